"""An application in the test's own process, used without a network: its people, clock, dialects and use cases."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Self

import sqlalchemy as sa

from dragoman.command import AS_STORED, EXCLUSIVE, Exclusive, Keys
from dragoman.dialects import discover
from dragoman.dialects.kit import Reply
from dragoman.domain.access import Principal, system
from dragoman.domain.clock import Clock, FixedClock, Moment
from dragoman.domain.errors import Expected
from dragoman.domain.people import User, with_roles
from dragoman.domain.task import Task
from dragoman.http.local import LocalClient
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.store.unit.overlay import Stamp
from dragoman.store.unit.transaction import Transactions
from dragoman.store.unit.work import Work
from dragoman.usecases.identity import adding
from dragoman.usecases.identity import users as people
from dragoman.usecases.uow import UnitOfWork
from tests.support import event_laws

NOON = Moment(17_900_000_000_000_000)


OF_THE_TEST = "of_the_test"
"""The execution option of connections on which a test looks at tables by itself: no failures are injected there."""


class ExclusiveCommand:
    """Any command that needs its transaction to itself."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class StoredCommand:
    """The same on rows as they are stored, whatever timers are due."""

    def keys(self) -> Exclusive:
        return AS_STORED


class World:
    """One tenant of an application on a database of its own, its people, and a clock that stands until it is moved."""

    is_lawful = False
    """Whether the event log is checked at the end: the tables must hold only what commands wrote."""
    announces_batches = True
    """Whether batches are changed only by the use cases that do this."""

    def __init__(self, url: str, clock: Clock | None = None, settings: Mapping[str, object] | None = None) -> None:
        self.clock = clock if isinstance(clock, FixedClock) else FixedClock(NOON)
        options = {dialect.name: dialect.options for dialect in discover()}
        chosen = load(overrides={**(settings or {}), "database": url}, dialects=options)
        self.app = Application(chosen, clock or self.clock).open()
        self._settle("main")

    def _settle(self, tenant: str) -> None:
        self._lanes: dict[bool, Transactions] = {}
        self.name = tenant
        self.tenant = self.app.ensure_tenant(tenant)
        self.people: dict[str, Principal] = {}
        self.client = LocalClient(self.app.dialects, self.app.executor, "http://127.0.0.1:8080")

    @classmethod
    def beside(cls, other: "World", tenant: str) -> Self:
        """Another tenant of the same application, which stays that of the first to close. It has no people."""
        world = cls.__new__(cls)
        world.app, world.clock = other.app, other.clock
        world._settle(tenant)
        return world

    def close(self) -> None:
        """Close the application. The event log must be lawful, where that is asked for."""
        for transactions in self._lanes.values():
            transactions.close()
        try:
            if self.is_lawful:
                event_laws.check(self.sql, with_batches=self.announces_batches)
        finally:
            self.app.close()

    # -- people -------------------------------------------------------------------------------------------------

    def add(self, login: str, *, admin: bool = False, uid: str = "") -> Principal:
        """A new user."""
        uid = uid or f"00000000-0000-7000-8000-{len(self.people):012x}"
        command = adding.AddUser(login, is_admin=admin, uid=uid)
        user: User = self.core(lambda uow: self._added(uow, command))
        self.people[login] = people.principal_of(user)
        return self.people[login]

    def _added(self, uow: UnitOfWork, command: adding.AddUser) -> User:
        """The stored user. Worlds of other tenants have people of the same logins, without a claim to them."""
        if self.tenant == 1:
            return adding.add_user(uow, command)
        login, roles = command.login, ("administrator",) if command.is_admin else ()
        number = uow.numbers.draw("user")
        user = User(self.tenant, number, str(command.uid), login, display_name=login, first_name=login)
        return uow.users.add(with_roles(user, roles))

    # -- requests -----------------------------------------------------------------------------------------------

    def ask(
        self, who: str, method: str, target: str, body: bytes | str = b"", headers: dict[str, str] | None = None
    ) -> Reply:
        """The reply to a request of this user; an error in the shape of its dialect."""
        raw = body.encode() if isinstance(body, str) else body
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if raw:
            given.setdefault("content-type", "application/json")
        request = self.client.request(method, target, self.people[who], raw, given)
        try:
            return self.client.execute(request)
        except Expected as error:
            assert request.dialect is not None, target
            return request.dialect.error(error, request)

    def native(self, who: str, method: str, target: str, content: Any = None, **headers: str) -> Any:
        """Status and JSON of a reply of the native dialect."""
        body = b"" if content is None else json.dumps(content).encode()
        reply = self.ask(who, method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return reply.status, json.loads(reply.body) if reply.body else None

    # -- use cases ----------------------------------------------------------------------------------------------

    def core(
        self,
        run: Any,
        who: Principal | None = None,
        tenant: int | None = None,
        *,
        dialect: str = "test",
    ) -> Any:
        """Run a function of the unit of work in a transaction of its own, by the system unless a user is given."""
        return self.app.executor.call(
            lambda uow, _: run(uow),
            ExclusiveCommand(),
            tenant or self.tenant,
            principal=who,
            dialect=dialect,
            operation="core",
        )

    def task(self, number: int) -> Task:
        """A task as it is stored, whatever timers are due."""
        task: Task = self.stored(lambda uow: uow.tasks.get(number))
        return task

    def stored(self, run: Callable[[UnitOfWork], Any], tenant: int | None = None) -> Any:
        """What a function finds in the rows as they are stored."""
        return self.app.executor.call(lambda uow, _: run(uow), StoredCommand(), tenant or self.tenant, operation="core")

    # -- groups: several commands in one transaction ------------------------------------------------------------

    def work(
        self,
        run: Callable[[UnitOfWork], Any],
        keys: Keys | Exclusive,
        principal: Principal | None = None,
        operation: str | None = None,
    ) -> Work:
        """A command of this tenant, to be run in a group."""
        who = principal or system(self.tenant)
        stamp = Stamp(who.login, "test", operation or run.__name__)
        return Work(who.tenant, keys, lambda overlay: run(UnitOfWork(overlay, who)), stamp)

    def group(self, *works: Work) -> list[Any]:
        """Run these in one group, as a lane does. Each gives a result or an error."""
        self._transactions(writes=True).run(list(works))
        return [work.error or work.result for work in works]

    def write(
        self, run: Callable[[UnitOfWork], Any], keys: Keys | Exclusive, principal: Principal | None = None
    ) -> Any:
        """Run one command in a group of its own."""
        work = self.work(run, keys, principal)
        self.group(work)
        return work.unwrap()

    def read(
        self,
        run: Callable[[UnitOfWork], Any],
        principal: Principal | None = None,
        keys: Keys | Exclusive | None = None,
    ) -> Any:
        """Read what is committed, as a reader does."""
        work = self.work(run, Keys() if keys is None else keys, principal)
        self._transactions(writes=False).run([work])
        return work.unwrap()

    def sql(self, text: str, **values: Any) -> list[Any]:
        """The rows of a statement that bypasses the store."""
        with self.app.store.engine.raw.connect().execution_options(**{OF_THE_TEST: True}) as connection:
            return list(connection.execute(sa.text(text), values))

    def _transactions(self, *, writes: bool) -> Transactions:
        if writes not in self._lanes:
            self._lanes[writes] = self.app.store._transactions(writes=writes, lane=writes)
        return self._lanes[writes]
