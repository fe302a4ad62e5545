"""How the databases find what lists show: by an index, page by page, in each dialect.

Real requests are asked of a few thousand tasks; every statement that looks for tasks is explained by the database
itself. A million tasks are found by the same plans, since they grow with what matches and not with what there is.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from psycopg import sql

from dragoman.command import Exclusive
from dragoman.domain.access import system
from dragoman.domain.ids import new_id
from dragoman.store import tables
from dragoman.store.engine import driver
from dragoman.store.engine.engines import BY_INDEX
from dragoman.store.engine.postgresql import with_numbers
from dragoman.store.repositories import task_queries
from dragoman.store.unit.work import Work
from dragoman.usecases.admin import samples
from tests.support.databases import BACKENDS, Databases
from tests.support.world import NOON, World

TASKS = 5_000
CASES = 3_000
KEY = "sqlite_autoindex_task_1|task_pkey"
BY_DUE = "task_by_end_due|task_by_urgency"
WORD = "task_word USING PRIMARY KEY|task_word_pkey"
NATIVE = "/v1/tasks"
CRM = "/api/2.0/crm/task/filter"
IBM = "/rest/bpm/htm/v1/tasks/query/TASK"
EVERYTHING = 'SCAN task|Seq Scan on task|SCAN case|Seq Scan on "case"'
OF_A_CASE_THAT_IS_OVER = "Seq Scan on task held_task"  # never run as long as none is; here one case holds all
THE_PAGE_ITSELF = "USE TEMP B-TREE FOR group_concat(ORDER BY)"


class Expected(NamedTuple):
    """A request, and what each statement that looks for tasks goes by. `walks`: nothing is sorted on the way."""

    target: str
    finder: str
    walks: bool = False


LISTS = (
    Expected(f"{NATIVE}", KEY, walks=True),
    Expected(f"{NATIVE}?sort=-number", KEY, walks=True),
    Expected(f"{NATIVE}?state=ready&sort=due", "task_by_state_due", walks=True),
    Expected(f"{NATIVE}?state=ready&sort=-due", "task_by_state_due", walks=True),
    Expected(f"{NATIVE}?state=ready,claimed&sort=due", "task_by_state_due"),
    Expected(f"{NATIVE}?is_open=true&sort=due", "task_by_end_due", walks=True),
    Expected(f"{NATIVE}?sort=due", "task_by_end_due"),
    Expected(f"{NATIVE}?sort=-created", "task_by_creation", walks=True),
    Expected(f"{NATIVE}?assignee=me", "task_by_assignee"),
    Expected(f"{NATIVE}?assignee=me&state=claimed", "task_by_assignee", walks=True),
    Expected(f"{NATIVE}?assignee=me&is_open=true&sort=due", "task_by_assignee"),
    Expected(f"{NATIVE}?creator=me", "task_by_creator"),
    Expected(f"{NATIVE}?category=3", "task_by_category", walks=True),
    Expected(f"{NATIVE}?contact=3", "task_by_contact"),
    Expected(f"{NATIVE}?contact=3&sort=-due", "task_by_contact"),
    Expected(f"{NATIVE}?parent=3", "task_by_parent"),
    Expected(f"{NATIVE}?stage=3", "task_by_stage"),
    Expected(f"{NATIVE}?case=3", "task_by_case"),
    Expected(f"{NATIVE}?type=customs", "task_by_type"),
    Expected(f"{NATIVE}?kind=batch", "task_of_no_work"),
    Expected(f"{NATIVE}?due_from={{now}}&due_to={{soon}}", BY_DUE),
    Expected(f"{NATIVE}?state=ready&due_from={{now}}&due_to={{soon}}&sort=due", "task_by_state_due"),
    Expected(f"{NATIVE}?created_from={{yesterday}}", "task_by_creation"),
    Expected(f"{NATIVE}?q=4711", WORD),
    Expected(f"{CRM}?responsibleid={{me}}", "task_by_assignee"),
    Expected(f"{CRM}?isClosed=false&responsibleid={{me}}", "task_by_assignee"),
    Expected(f"{CRM}?entityType=contact&entityid=3", "task_by_contact"),
    Expected(f"{CRM}?entityType=case&entityid=3", "task_by_case|task_by_entity"),
    Expected(f"{CRM}?filterValue=4711", WORD),
    Expected(f"{IBM}?interactionFilter=WORK_ON", "task_by_assignee"),
    Expected(f"{IBM}?interactionFilter=CHECK_COMPLETED", "task_by_assignee"),
    Expected("/services/{service}/tasks", "task_by_case"),
)

CHANGES = "task_by_change|task_by_hour"
BY_CHANGE = (
    Expected(f"{NATIVE}?is_open=true&sort=-modified", CHANGES, walks=True),
    Expected(f"{NATIVE}?is_open=true&sort=modified&modified_from={{yesterday}}", CHANGES, walks=True),
    Expected(f"{NATIVE}?sort=-modified", CHANGES),
    Expected(f"{NATIVE}?state=ready&sort=-modified", CHANGES, walks=True),
)
BY_TITLE = (
    Expected(f"{NATIVE}?is_open=true&sort=title", "task_by_title", walks=True),
    Expected(f"{NATIVE}?sort=-title", "task_by_title"),
)
HOURS = "Presorted Key: task.changed_hour"
OFTEN_CHANGED = ("title", "name", "description", "modified_at", "properties", "row_version")
"""Columns of which PostgreSQL may have no index, or each change of one writes to all indexes: decision 0056."""


class Library:
    """A full database, anna who administers and bert who doesn't, and the statements that it is asked."""

    def __init__(self, url: str) -> None:
        self.world = World(url)
        anna = self.world.add("anna", admin=True)
        bert = self.world.add("bert")
        people = tuple(new_id() for _ in range(40))
        made = self.world.core(lambda uow: samples.make_contacts(uow, samples.MakeContacts(40)))
        self.world.core(lambda uow: samples.make_contacts(uow, samples.MakeContacts(40)))
        command = samples.GatherTeam((*people, str(anna.user), str(bert.user)), tuple(made))
        team = self.world.core(lambda uow: samples.team(uow, command))
        samples.make_tasks(self.world.app.store, team, system(self.world.tenant), TASKS, NOON)
        started = self.world.native("anna", "POST", "/services/start", {"contact_key": "x"})
        self.known = {
            "service": started[1]["service_id"],
            "now": "2026-09-21T14:00:00Z",
            "soon": "2026-09-21T20:00:00Z",
            "yesterday": "2026-09-21T00:00:00Z",
        }
        self._engine = self.world.app.store.engine
        self._add_cases(CASES)
        self._asked: list[tuple[str, Any]] = []
        with self._engine.raw.connect() as connection:
            if self._engine.is_postgresql:  # which would learn it by itself after a while
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
        self._run, self.world.app.store.run = self.world.app.store.run, self._noting  # type: ignore[method-assign]
        sa.event.listen(self._engine.raw, "before_cursor_execute", self._listen)

    def _add_cases(self, count: int) -> None:
        """Cases that never end, beside those that tests begin."""
        case = tables.case
        columns = {"kind": "case", "tenant": self.world.tenant}
        rows = [{**columns, "number": number, "uid": f"a case {number}"} for number in range(1_000, 1_000 + count)]
        with self._engine.raw.begin() as connection:
            connection.execute(sa.insert(case), rows)

    def indexed(self) -> str:
        """The definitions of all indexes of tasks on PostgreSQL; none on SQLite."""
        if self._engine.is_sqlite:
            return ""
        with self._engine.raw.connect() as connection:
            found = connection.exec_driver_sql("SELECT indexdef FROM pg_indexes WHERE tablename = 'task'")
            return "\n".join(found.scalars())

    @property
    def is_sqlite(self) -> bool:
        return self._engine.is_sqlite

    def _noting(self, work: Work, *, writes: bool = True) -> object:
        self._is_quick = isinstance(work.keys, Exclusive) and work.keys.is_quick
        return self._run(work, writes=writes)

    def _listen(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        self.note(statement, parameters)

    def note(self, statement: str, parameters: Any) -> None:
        """Keep a statement that looks for tasks."""
        if (
            "FROM task" in statement
            and ("ORDER BY" in statement or "count(" in statement)
            and "EXPLAIN" not in statement
            and "look_0" not in statement  # by which the way is chosen
        ):
            self._asked.append((statement, parameters))

    def plans(self, who: str, target: str) -> list[str]:
        """How the statements of a request that look for tasks are done."""
        self._asked.clear()
        reply = self.world.ask(who, "GET", target.format(me=self.world.people[who].user, **self.known))
        assert reply.status == 200, reply.body
        # By key they are found without a limit.
        looks = [
            asked for asked in self._asked if "LIMIT" in asked[0] or "task.uid" not in asked[0].partition("FROM")[0]
        ]
        return [self._plan(*look) for look in looks if "is_any_due" not in look[0]]

    def _plan(self, statement: str, parameters: Any) -> str:
        with self._engine.raw.connect() as connection:
            if self._engine.is_sqlite:
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                return "\n".join(row[3] for row in rows)
            raw: Any = connection.connection.dbapi_connection
            if self._is_quick:
                for setting in BY_INDEX:
                    raw.execute(setting)
            raw.execute(f"PREPARE looked_for AS {with_numbers(statement)}")
            values = sql.SQL(", ").join(map(sql.Literal, parameters))
            explained = raw.execute(sql.SQL("EXPLAIN EXECUTE looked_for ({})").format(values)).fetchall()
            raw.execute("DEALLOCATE looked_for")
            for setting in BY_INDEX:
                raw.execute(f"RESET {setting.split()[1]}")
            return "\n".join(row[0] for row in explained)


@pytest.fixture(scope="module", params=BACKENDS)
def library(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Library]:
    with databases.lent(request.param) as url, pytest.MonkeyPatch.context() as patch:
        library = Library(url)
        patch.setattr(driver, "fetch", listening(library))
        patch.setattr(task_queries, "FEW", TASKS // 5)  # or all of these are few enough to be looked at one by one
        yield library
        library.world.close()


def listening(library: Library) -> Callable[[sa.Connection, str, Sequence[Any]], list[Any]]:
    """The driver's way to fetch, which SQLAlchemy's events don't tell of."""
    fetch = driver.fetch

    def told(connection: sa.Connection, text: str, values: Sequence[Any]) -> list[Any]:
        library.note(text, values)
        return fetch(connection, text, values)

    return told


@pytest.mark.parametrize("who", ["anna", "bert"])
@pytest.mark.parametrize("expected", LISTS, ids=lambda expected: expected.target)
def test_a_list_goes_by_an_index(library: Library, expected: Expected, who: str) -> None:
    check(library.plans(who, expected.target), expected)


def check(plans: list[str], expected: Expected) -> None:
    """Each goes by one of the indexes, and reads neither all tasks nor all cases."""
    assert plans
    for plan in plans:
        assert any(index in plan for index in expected.finder.split("|")), plan
        assert not any(way in plan.replace(OF_A_CASE_THAT_IS_OVER, "") for way in EVERYTHING.split("|")), plan
    if expected.walks:
        assert "USE TEMP B-TREE" not in plans[0].replace(THE_PAGE_ITSELF, ""), plans[0]
        assert "Sort  (" not in plans[0], plans[0]


@pytest.mark.parametrize("who", ["anna", "bert"])
@pytest.mark.parametrize("expected", BY_CHANGE, ids=lambda expected: expected.target)
def test_a_list_by_change_goes_by_an_index(library: Library, expected: Expected, who: str) -> None:
    plans = library.plans(who, expected.target)

    check(plans, expected if library.is_sqlite else expected._replace(walks=False))
    if not library.is_sqlite and "modified_from" not in expected.target:
        assert all(HOURS in plan for plan in plans), plans


@pytest.mark.parametrize("expected", BY_TITLE, ids=lambda expected: expected.target)
def test_a_list_by_title_goes_by_an_index_on_sqlite(library: Library, expected: Expected) -> None:
    for who in ("anna", "bert"):
        plans = library.plans(who, expected.target)
        assert plans
        if library.is_sqlite:
            check(plans, expected)


def test_postgresql_has_no_index_of_what_updates_change(library: Library) -> None:
    assert not any(re.search(rf"\b{column}\b", library.indexed()) for column in OFTEN_CHANGED)


WALKED = (
    "sort=number", "sort=-number", "sort=-created", "is_open=true&sort=due", "is_open=true&sort=-modified",
    "state=ready&sort=-due", "category=3",
)  # fmt: skip
PLACE = {True: r"SEARCH task USING [^\n]*[<>]\?", False: r"(?m)^ +Index Cond: .* [<>]=? "}
"""How a plan of SQLite, and one of PostgreSQL, says that a walk along an index begins at a value."""


@pytest.mark.parametrize("walked", WALKED)
def test_a_cursor_is_a_place_in_an_index(library: Library, walked: str) -> None:
    """So page 1,000 costs what page 1 costs: nothing in front of the cursor is read, to be left out by a filter."""
    start = f"{NATIVE}?{walked}&limit=20"
    _, page = library.world.native("anna", "GET", start)

    first, later = (places(library, library.plans("anna", target)) for target in (start, page["next"]))

    assert later > first


def places(library: Library, plans: list[str]) -> int:
    """How many walks along indexes begin at a value."""
    return sum(len(re.findall(PLACE[library.is_sqlite], plan)) for plan in plans)
