"""The languages of conditions of the IBM dialect against a small evaluator over what tasks show: random expressions
find equal tasks in equal order, on every engine."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.command import EXCLUSIVE
from dragoman.dialects.ibm_htm import views as seen
from dragoman.dialects.ibm_htm.handlers import queries, query_rows, where_lists
from dragoman.dialects.ibm_htm.handlers.query_conditions import Whose
from dragoman.dialects.ibm_htm.handlers.query_requests import Texts
from dragoman.dialects.ibm_htm.handlers.where_lists import Where
from dragoman.dialects.ibm_htm.wire import query, template_rows, times
from dragoman.dialects.ibm_htm.wire.escalations import all_of
from dragoman.dialects.ibm_htm.wire.expressions import views
from dragoman.dialects.ibm_htm.wire.expressions.columns import Type
from dragoman.dialects.ibm_htm.wire.expressions.other_views import rows_of_escalation
from dragoman.dialects.ibm_htm.wire.tasks import details
from dragoman.domain.access import Principal, among_others
from dragoman.domain.binary_property import BinaryHead
from dragoman.domain.clock import Moment, whole_seconds
from dragoman.domain.escalation import Action, Escalation, Increase
from dragoman.domain.extension import Extension
from dragoman.domain.task import State, Task
from dragoman.domain.template import Template
from dragoman.domain.work_item import Role, WorkItem
from dragoman.store.repositories import task_queries
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks.lists import TaskFilter
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import NOON, World

SECOND = 10_000_000
NAMES = ("Alpha", "alpha", "Älpha", "a%b", "a_b", "it's", "", "𝄞", "z\\y", "Z!y")
TYPES = ("Review", "review", None)
MOMENTS = (NOON - SECOND, NOON + 1, NOON + 2 * SECOND - 1, NOON + 3 * SECOND)
"""No two within one second: conditions look at whole seconds, orders at all of a moment."""
OPS = ("=", "<>", "<", ">", "<=", ">=")
EVERYBODYS = (WorkItem(Role.READER, "*"), WorkItem(Role.POTENTIAL_OWNER, "bert"))
CREWS = (WorkItem(Role.EDITOR, "bert"), WorkItem(Role.POTENTIAL_OWNER, "group:crew"))
BERTS = (WorkItem(Role.ADMINISTRATOR, "bert"), WorkItem(Role.POTENTIAL_STARTER, "bert"))

LATE = Escalation("Late", after="PT1H", properties={"region": "north", "zone": "alpha"})
"""Its name is the value of a property, so that conditions on both can be true of different escalations."""
OTHERS = (
    Escalation("alpha", after="PT2H", increase_priority=Increase.ONCE),
    Escalation("north", after="DURATION_INFINITE", action=Action.CREATE_EVENT, chain=2, properties={"zone": "Late"}),
)
ESCALATIONS = ((), (LATE,), (LATE, *OTHERS))

TEMPLATES = (
    Template(1, "00000000-0000-4000-8000-0000000000a1", "Alpha", 1, priority=3, properties={"region": "north"}),
    Template(
        *(1, "00000000-0000-4000-8000-0000000000a0", "north", 1),
        description="late",
        is_stopped=True,
        properties={"region": "south", "zone": "north"},
    ),
)

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
Truth = Callable[[Mapping[str, Mapping[str, Any]]], bool | None]


def furnish(uow: UnitOfWork) -> None:
    states = itertools.cycle((State.READY, State.CLAIMED, State.COMPLETED, State.READY, State.INACTIVE))
    owners = itertools.cycle(("bert", "cara", "dora"))
    items = itertools.cycle(((), EVERYBODYS, CREWS, BERTS))
    previous: Task | None = None
    for template in TEMPLATES:
        uow.templates.add(template)
    for place, (name, state) in enumerate(zip(NAMES * 2, states, strict=False)):
        extras: dict[str, Any] = {} if place % 3 else {"namespace": f"ns{place % 2}", "supportsDelegation": False}
        if place % 5 == 0:
            extras["kind"] = "participating"
        made = tasks.add(
            uow,
            name=name if place % 4 else None,
            title=f"Title {place}",
            description=name if place % 2 else None,
            type=TYPES[place % 3],
            creator="cara" if place % 2 else "bert",
            priority=(None, 0, 5, 7)[place % 4],
            due_at=Moment(MOMENTS[place % 4 if place % 3 else 1]) if place % 2 else None,
            read=place % 3 == 0,
            escalated=place % 4 == 0,
            expires_at=Moment(NOON) if place % 7 == 3 and state is State.READY else None,
            parent=previous.number if previous is not None and place % 6 == 1 else None,
            work_items=next(items),
            binaries={"scan": BinaryHead("image/png", name)} if place % 7 == 4 else {},
            properties={"region": ("north", "south")[place % 2], "zone": name} if place % 3 == 1 else {},
            extensions={"region": Extension("region", '"hidden"'), "more": Extension("More", '{"x":1}')}
            if place % 5 == 2
            else {},
            escalations=ESCALATIONS[place % 3],
            template=(None, *(each.uid for each in TEMPLATES))[place % 3],
            extras={"ibm_htm": extras} if extras else {},
        )
        owner = next(owners) if state in (State.CLAIMED, State.COMPLETED) else None
        ended = uow.now if state is State.COMPLETED else None
        suspended = place % 8 == 3 and state is State.READY
        placed = replace(made, state=state, assignee=owner, completed_at=ended, suspended=suspended)
        previous = tasks.save(uow, made, placed)


BERT = Principal(tenant=1, user="bert", login="bert", groups=frozenset({"crew"}))


class Furnished(NamedTuple):
    """The world, and each task that bert sees: its id and its rows, the oldest first."""

    world: World
    every: list[tuple[str, Rows]]

    def __repr__(self) -> str:
        return f"{len(self.every)} tasks"


@pytest.fixture(scope="module")
def furnished(shared_world: World) -> Furnished:
    shared_world.write(furnish, EXCLUSIVE)
    return Furnished(shared_world, shared_world.read(lambda uow: rows_of(uow), BERT))


def rows_of(uow: UnitOfWork) -> list[tuple[str, Rows]]:
    whose = Whose(among_others(uow.principal))
    page = uow.tasks.page(TaskFilter(visible_to=whose.caller), (), limit=250)
    page.sort(key=lambda task: task.number)
    items = query_rows.of_tasks(uow, page, whose)
    found: list[tuple[str, Rows]] = []
    for one in seen.gather_all(uow, page):
        shown = details(one)
        found.append((shown["tkiid"], {
            "TASK": [of_task(shown)],
            "TASK_DESC": [{"DISPLAY_NAME": shown.get("displayName"), "DESCRIPTION": shown.get("description")}],
            "WORK_ITEM": items[one.task.number],
            "TASK_CPROP": [
                *({"NAME": name, "STRING_VALUE": text, "DATA_TYPE": views.PROPERTY_TYPE}
                  for name, text in shown["customProperties"].items()),
                *({"NAME": name, "STRING_VALUE": head.query, "DATA_TYPE": head.type}
                  for name, head in one.task.binaries.items()),
            ],
            **({} if one.template is None else template_rows.rows(one.template)),
            "ESCALATION": [choice for each in all_of(one.task) for choice in choices_of(rows_of_escalation(each))],
        }))  # fmt: skip
    return found


def choices_of(rows: Rows) -> list[Mapping[str, Any]]:
    """An escalation with each of its properties, and each again as a second row: columns of all its views."""
    own, described = rows["ESCALATION"][0], rows["ESCALATION_DESC"][0]
    properties = rows["ESCALATION_CPROP"] or [{}]
    return [
        {**own, **{f"{OF_DESC}.{name}": value for name, value in described.items()}}
        | {f"{OF_PROPERTY}.{name}": value for name, value in one.items()}
        | {f"{OF_PROPERTY}1.{name}": value for name, value in other.items()}
        for one, other in itertools.product(properties, repeat=2)
    ]


OF_DESC, OF_PROPERTY = "ESCALATION_DESC", "ESCALATION_CPROP"


def chosen_of(chosen: Mapping[str, Mapping[str, Any]], ref: str) -> Any:
    """The value of a column in the chosen rows; None where there is none."""
    row, _, column = ref.partition(".")
    if row.startswith("ESCALATION_"):
        row, column = "ESCALATION", ref
    return chosen[row].get(column)


def of_task(shown: dict[str, Any]) -> Mapping[str, Any]:
    """The columns of a task that shows this."""
    row = dict(query.values(shown))
    for name, column in views.TASK.columns.items():
        if row[name] is not None and column.type is Type.SYMBOL:
            row[name] = column.codes[row[name]]
        if row[name] is not None and column.type is Type.TIMESTAMP:
            row[name] = times.parse(row[name])
    return row


# Expressions: the text, and what a naive evaluation says of chosen rows: true, false, or unknown


def compare(ref: str, op: str, text: str, value: Any) -> tuple[str, Truth]:
    def truth(chosen: Mapping[str, Mapping[str, Any]]) -> bool | None:
        held = chosen_of(chosen, ref)
        if held is None:
            return None
        is_equal = bool(held == value)
        if op in ("=", "<>"):
            return is_equal is (op == "=")
        return bool(held < value if op in ("<", ">=") else held > value) is (op in ("<", ">"))

    return f"{ref}{op}{text}", truth


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def like(ref: str, pattern: str, *, denied: bool) -> tuple[str, Truth]:
    def truth(chosen: Mapping[str, Mapping[str, Any]]) -> bool | None:
        held = chosen_of(chosen, ref)
        return None if held is None else matches(held, pattern) is not denied

    return f"{ref} {'NOT ' * denied}LIKE {quoted(pattern)}", truth


def matches(text: str, pattern: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(matches(text[at:], pattern[1:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("_", text[0]) and matches(text[1:], pattern[1:])


def among(ref: str, values: list[tuple[str, Any]], *, denied: bool) -> tuple[str, Truth]:
    def truth(chosen: Mapping[str, Mapping[str, Any]]) -> bool | None:
        held = chosen_of(chosen, ref)
        return None if held is None else (held in [value for _, value in values]) is not denied

    return f"{ref} {'NOT ' * denied}IN ({','.join(text for text, _ in values)})", truth


def null(ref: str, *, denied: bool) -> tuple[str, Truth]:
    return f"{ref} IS {'NOT ' * denied}NULL", lambda chosen: (chosen_of(chosen, ref) is None) is not denied


TEXTS = st.sampled_from(
    [*NAMES, "Review", "bert", "cara", "nobody", "ns0", "region", "north", "Late", "More", "image/png", '{"x":1}']
)
PATTERNS = st.sampled_from(
    ["%", "a%", "_lpha", "%!%", "a\\%", "%\\%", "%é", "", "A%a", "%_%", "Title 1%", "a%b", "a_b"]
)
STRINGS = st.sampled_from([
    "TASK.NAME", "TASK.TYPE", "TASK.OWNER", "TASK.ORIGINATOR", "TASK.NAME_SPACE", "TASK.STARTER", "TASK.APPLIC_NAME",
    "TASK_CPROP.NAME", "TASK_CPROP.STRING_VALUE", "TASK_CPROP1.NAME", "TASK_CPROP1.STRING_VALUE",
    "TASK_CPROP1.DATA_TYPE", "WORK_ITEM.OWNER_ID", "WORK_ITEM.GROUP_NAME", "ESCALATION.NAME",
    "ESCALATION_DESC.DISPLAY_NAME", "ESCALATION_CPROP.NAME", "ESCALATION_CPROP.STRING_VALUE",
    "ESCALATION_CPROP1.STRING_VALUE", "TASK_DESC.DISPLAY_NAME", "TASK_DESC.DESCRIPTION",
    "TASK_TEMPL.NAME", "TASK_TEMPL_DESC.DESCRIPTION", "TASK_TEMPL_CPROP.NAME", "TASK_TEMPL_CPROP.STRING_VALUE",
    "TASK_TEMPL_CPROP1.STRING_VALUE",
])  # fmt: skip
FLAGS = st.sampled_from([
    "TASK.IS_READ", "TASK.IS_ESCALATED", "TASK.SUSPENDED", "TASK.SUPPORT_DELEGATION", "TASK.IS_CHILD",
    "TASK.IS_WAIT_FOR_SUB_TK", "TASK.IS_AD_HOC", "WORK_ITEM.EVERYBODY",
])  # fmt: skip
STAMPS = st.sampled_from(
    [
        "TASK.DUE",
        "TASK.EXPIRES",
        "TASK.COMPLETED",
        "TASK.LAST_STATE_CHANGE",
        "TASK.RESUMES",
        "ESCALATION.ESCALATION_TIME",
    ]
)
SYMBOLS = st.sampled_from([
    ("TASK.STATE", "STATE_READY", 2), ("TASK.STATE", "STATE_CLAIMED", 8), ("TASK.STATE", "STATE_EXPIRED", 12),
    ("TASK.STATE", "STATE_SKIPPED", 4), ("TASK.KIND", "KIND_HUMAN", 101), ("TASK.KIND", "105", 105),
    ("WORK_ITEM.REASON", "REASON_POTENTIAL_OWNER", 1), ("WORK_ITEM.REASON", "REASON_READER", 3),
    ("WORK_ITEM.REASON", "REASON_OWNER", 4), ("TASK.HIERARCHY_POSITION", "HIERARCHY_POSITION_SUB_TASK", 1),
    ("ESCALATION.STATE", "STATE_WAITING", 2), ("ESCALATION.STATE", "1", 1),
    ("ESCALATION.ACTION", "ACTION_CREATE_EVENT", 3),
    ("TASK_TEMPL.STATE", "STATE_STOPPED", 2), ("ESCALATION.INCREASE_PRIORITY", "INCREASE_PRIORITY_ONCE", 2),
    ("TASK.ASSIGNMENT_TYPE", "1", 1), ("TASK.CTX_AUTHORIZATION", "AUTH_READER", 2),
])  # fmt: skip


def stamp(moment: int) -> tuple[str, int]:
    shown = whole_seconds(Moment(moment))
    return f"TS('{times.render(shown)}')", shown


LEAVES = st.one_of(
    st.builds(lambda ref, op, text: compare(ref, op, quoted(text), text), STRINGS, st.sampled_from(OPS), TEXTS),
    st.builds(lambda ref, pattern, denied: like(ref, pattern, denied=denied), STRINGS, PATTERNS, st.booleans()),
    st.builds(lambda ref, denied: null(ref, denied=denied), st.one_of(STRINGS, FLAGS, STAMPS), st.booleans()),
    st.builds(
        lambda ref, texts, denied: among(ref, [(quoted(text), text) for text in texts], denied=denied),
        STRINGS, st.lists(TEXTS, min_size=1, max_size=3), st.booleans(),
    ),
    st.builds(lambda ref, op, value: compare(ref, op, str(value).upper(), value), FLAGS, st.sampled_from(["=", "<>"]),
              st.booleans()),
    st.builds(lambda symbol, op: compare(symbol[0], op, symbol[1], symbol[2]), SYMBOLS, st.sampled_from(OPS)),
    st.builds(lambda op, value: compare("TASK.PRIORITY", op, str(value), value), st.sampled_from(OPS),
              st.sampled_from([0, 5, 6.5, -1])),
    st.builds(lambda ref, op, at: compare(ref, op, *stamp(at)), STAMPS, st.sampled_from(OPS), st.sampled_from(MOMENTS)),
)  # fmt: skip


def joined(parts: list[tuple[str, Truth]], word: str) -> tuple[str, Truth]:
    def truth(chosen: Mapping[str, Mapping[str, Any]]) -> bool | None:
        found = [part(chosen) for _, part in parts]
        decisive = word == "OR"
        return decisive if decisive in found else (None if None in found else not decisive)

    return "(" + f" {word} ".join(text for text, _ in parts) + ")", truth


def denied(part: tuple[str, Truth]) -> tuple[str, Truth]:
    def truth(chosen: Mapping[str, Mapping[str, Any]]) -> bool | None:
        found = part[1](chosen)
        return None if found is None else not found

    return f"NOT {part[0]}", truth


EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["AND", "OR"])),
        st.builds(denied, inner),
    ),
    max_leaves=6,
)


ROWS = (
    *("TASK", "TASK_DESC", "WORK_ITEM", "TASK_CPROP1", "TASK_CPROP", "TASK_TEMPL", "TASK_TEMPL_DESC"),
    *("TASK_TEMPL_CPROP", "TASK_TEMPL_CPROP1", "ESCALATION"),
)


def selects(truth: Truth, text: str, rows: Rows) -> bool:
    """Whether one choice of rows makes it true: of each view that is named one, a row of nulls where there is none."""
    names = [name for name in ROWS if f"{name}." in text]
    if "ESCALATION" in text and "ESCALATION" not in names:
        names.append("ESCALATION")
    choices = [rows.get(name) or rows.get(name.rstrip("1")) or [{}] for name in names]
    return any(truth(dict(zip(names, chosen, strict=True))) is True for chosen in itertools.product(*choices))


def find(
    world: World, clause: str | None, orders: str | None = None, *, page: tuple[int, int] | None = None
) -> list[str]:
    offset, size = (None, None) if page is None else map(str, page)
    command = Where(clause, orders, offset, size)
    found: list[str] = world.read(lambda uow: [details(one)["tkiid"] for one in where_lists.find(uow, command)], BERT)
    return found


def is_query_filter(text: str) -> bool:
    """Whether it may stand in a query, too: conditions on tasks and work items, without a NOT before them."""
    others = ("CPROP", "_DESC", "TEMPL", "ESCALATION")
    return (
        not text.startswith("NOT ")
        and "(NOT " not in text
        and " NOT TASK" not in text
        and " NOT WORK" not in text
        and (" NOT (" not in text and not any(other in text for other in others))
    )


def count(world: World, text: str) -> int:
    """How many tasks a query finds by the same expression, in the spelling of queries."""
    ask = queries.Ask(Texts("TASK", filter=text.replace("WORK_ITEM.", "WI.").replace("TASK.", "")))
    found: int = world.read(lambda uow: queries.count(uow, ask), BERT)
    return found


@pytest.mark.parametrize("shared_world", ["sqlite", "postgresql"], indirect=True)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expression=EXPRESSIONS)
def test_an_expression_finds_what_a_naive_evaluation_selects(
    furnished: Furnished, expression: tuple[str, Truth]
) -> None:
    world, every = furnished
    text, truth = expression
    expected = [tkiid for tkiid, rows in every if selects(truth, text, rows)]
    assert find(world, text) == expected, text
    if is_query_filter(text):
        assert count(world, text) == len(expected), text


SORTABLE = [f"TASK.{name}" for name in views.TASK.columns if name not in ("TOP_TKIID", "PARENT_CONTEXT_ID")]
SORTABLE += ["TASK_DESC.DISPLAY_NAME", "TASK_DESC.DESCRIPTION", "TASK_DESC.LOCALE"]
SORTABLE += [f"TASK_TEMPL.{name}" for name in views.TASK_TEMPL.columns]


@pytest.mark.parametrize("shared_world", ["sqlite", "postgresql"], indirect=True)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=st.lists(st.tuples(st.sampled_from(SORTABLE), st.booleans()), min_size=1, max_size=3))
def test_a_list_is_in_the_order_of_what_it_shows(furnished: Furnished, orders: list[tuple[str, bool]]) -> None:
    world, every = furnished
    expected = sorted(every, key=lambda one: query_uid(one[0]))
    for name, is_descending in reversed(orders):

        def key(one: tuple[str, Rows], name: str = name) -> tuple[bool, Any]:
            view, _, column = name.partition(".")
            held = (one[1].get(view) or [{}])[0].get(column)
            held = query_uid(str(held)) if held is not None and column in ("TKIID", "TKTID") else held
            return held is None, 0 if held is None else held

        expected.sort(key=key, reverse=is_descending)
    clause = ",".join(f"{name}{' DESC' * is_descending}" for name, is_descending in orders)
    assert find(world, None, clause) == [tkiid for tkiid, _ in expected], clause


@pytest.mark.parametrize("shared_world", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("clause", [None, "TASK.STATE=TASK.STATE.STATE_READY", "TASK.PRIORITY>5", "TASK.NAME='none'"])
@pytest.mark.parametrize("first", [1, 4, 1_000])
def test_pages_are_those_of_the_whole_list_however_many_of_the_oldest_are_looked_at(
    furnished: Furnished, monkeypatch: pytest.MonkeyPatch, clause: str | None, first: int
) -> None:
    world, every = furnished
    monkeypatch.setattr(task_queries, "FIRST", (task_queries.FEW,))
    whole = find(world, clause)
    assert clause or whole == [tkiid for tkiid, _ in every]
    monkeypatch.setattr(task_queries, "FIRST", (first, task_queries.FEW))
    pages = [find(world, clause, page=(offset, 3)) for offset in range(0, len(whole) + 3, 3)]
    assert [tkiid for page in pages for tkiid in page] == whole


def query_uid(tkiid: str) -> str:
    return "".join(word.rjust(8, "0") for word in tkiid.partition(":")[2].split("."))


@pytest.mark.parametrize("shared_world", ["sqlite", "postgresql"], indirect=True)
def test_hierarchies_are_found_and_sorted_by_their_tops(furnished: Furnished) -> None:
    world, every = furnished
    parts = [(tkiid, rows["TASK"][0]) for tkiid, rows in every if rows["TASK"][0]["TOP_TKIID"] != tkiid]
    assert parts
    tkiid, row = parts[0]
    top = row["TOP_TKIID"]
    assert tkiid in find(world, f"TOP_TKIID=ID('{top}')")
    assert tkiid not in find(world, f"TOP_TKIID<>'{top}'")
    assert find(world, f"TASK.PARENT_CONTEXT_ID='{row['PARENT_CONTEXT_ID']}'") == [tkiid]
    assert tkiid in find(world, "TASK.PARENT_CONTEXT_ID IS NOT NULL")
    by_top = find(world, None, "TASK.TOP_TKIID")
    tops = {one: query_uid(rows["TASK"][0]["TOP_TKIID"]) for one, rows in every}
    assert by_top == sorted(tops, key=lambda one: (tops[one], query_uid(one)))


@pytest.mark.parametrize("shared_world", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize(
    "clause",
    [
        " OR ".join(f"TASK.PRIORITY={number}" for number in range(1_000)),
        " AND ".join(f"NOT TASK_CPROP{number % 9 + 1}.NAME='x{number}'" for number in range(100)),
        "(" * 100 + "TASK.NAME='x'" + ")" * 100,
        "".join(f"(TASK_CPROP1.NAME='{n}' {('OR', 'AND')[n % 2]} " for n in range(100))
        + "TASK_CPROP2.NAME='x'"
        + ")" * 100,
        f"TASK.PRIORITY IN ({','.join(map(str, range(11_000)))})",
        f"TASK.NAME LIKE '{'%a' * 16_000}'",
        f"TASK.NAME LIKE '{'_' * 32_000}'",
        "".join(f"(TASK.PRIORITY={n} {('OR', 'AND')[n % 2]} " for n in range(100)) + "TASK.NAME='x'" + ")" * 100,
        f"TASK.NAME='{'x' * 65_000}'",
    ],
    ids=["terms", "rows", "brackets", "nested", "values", "pattern", "signs", "turns", "text"],
)
def test_the_largest_expressions_are_answered(furnished: Furnished, clause: str) -> None:
    world, _ = furnished
    assert isinstance(find(world, clause), list)
