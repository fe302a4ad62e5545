"""How the databases find customers and services: by an index, however many there are.

Real requests are asked of some thousand contacts and services; every statement that looks for them is explained by the
database itself.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from dragoman.domain.case import Case, CaseKind
from dragoman.domain.clock import Moment
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.extension import Extension
from dragoman.domain.ids import new_id
from dragoman.usecases.uow import UnitOfWork
from tests.support.databases import BACKENDS, Databases
from tests.support.world import NOON, World

COUNT = 3_000
HOUR = 36_000_000_000
VALUES = "contact_value USING PRIMARY KEY|contact_value_pkey"
SERVICES = "case_of_services"
CUSTOMERS = "case_by_customer"
SCANS = ("SCAN contact", "Seq Scan on contact", "SCAN case", 'Seq Scan on "case"')
LOOKS = (
    ("/profiles?EmailAddress=p7@example.com", VALUES),
    ("/profiles?EmailAddress=p7@example.com&LastName=Everybody", VALUES),
    ("/profiles?LastName=Everybody&EmailAddress=p7@example.com&include_profile=yes&extensions=*", VALUES),
    ("/profiles?Car.plate=B-7", VALUES),
    ("/profiles?Car.plate=B-7&Car.colour=red", VALUES),
    ("/profiles/{key}", VALUES),
    ("/customers/{key}/services", CUSTOMERS),
    ("/v1/contacts/7/journey", CUSTOMERS),
    ("/maintenance/services/stream?time_from={from}&time_to={to}", SERVICES),
)


class Library:
    """A full database, anna who administers and bert who doesn't, and the statements that it is asked."""

    def __init__(self, url: str) -> None:
        self.world = World(url)
        anna = self.world.add("anna", admin=True)
        self.world.add("bert")
        self.world.core(lambda uow: furnish(uow, str(anna.user)))
        key = self.world.core(lambda uow: uow.contacts.get(7).customer_key)
        self.known = {"key": key, "from": "2026-09-21T14:00:00Z", "to": "2026-09-21T15:00:00Z"}
        self._engine = self.world.app.store.engine
        self._asked: list[tuple[str, Any]] = []
        with self._engine.raw.connect() as connection:
            if self._engine.is_postgresql:  # which would learn it by itself after a while
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
        sa.event.listen(self._engine.raw, "before_cursor_execute", self._listen)

    def _listen(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        looks = any(part in statement for part in ("contact_value", "kind = 'service'", "lower("))
        if looks and "EXPLAIN" not in statement:
            self._asked.append((statement, parameters))

    def plans(self, who: str, target: str) -> list[str]:
        """How the statements of a request that look for contacts or services are done."""
        self._asked.clear()
        reply = self.world.ask(who, "GET", target.format(**self.known))
        assert reply.status == 200, reply.body
        return [self._plan(*look) for look in list(self._asked)]

    def _plan(self, statement: str, parameters: Any) -> str:
        with self._engine.raw.connect() as connection:
            if self._engine.is_sqlite:
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                return "\n".join(row[3] for row in rows)
            return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))


def furnish(uow: UnitOfWork, anna: str) -> None:
    """Contacts of whom all have one name, some are private; and services, one an hour."""
    blank = Contact(uow.tenant, 0, "", ContactKind.PERSON, last_name="Everybody", creator=anna)
    service = Case(uow.tenant, 0, "", CaseKind.SERVICE, creator=anna)
    for number in range(1, COUNT + 1):
        car = Extension("Car", f'[{{"plate":"B-{number}","colour":"red"}}]')
        more = {"email": f"p{number}@example.com", "is_private": number % 10 == 0, "extensions": {"car": car}}
        uow.contacts.add(replace(blank, number=number, uid=new_id(), **more))
        at = Moment(NOON + HOUR * (number - COUNT // 2))
        uow.cases.add(replace(service, number=number + 1, uid=new_id(), started_at=at))


@pytest.fixture(scope="module", params=BACKENDS)
def library(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Library]:
    with databases.lent(request.param) as url:
        library = Library(url)
        yield library
        library.world.close()


@pytest.mark.parametrize("who", ["anna", "bert"])
@pytest.mark.parametrize(("target", "finder"), LOOKS, ids=lambda part: part if part.startswith("/") else "")
def test_customers_and_services_are_found_by_an_index(library: Library, target: str, finder: str, who: str) -> None:
    plans = library.plans(who, target)

    assert plans
    for plan in plans:
        assert any(index in plan for index in finder.split("|")), plan
        assert not any(scan in plan for scan in SCANS), plan
