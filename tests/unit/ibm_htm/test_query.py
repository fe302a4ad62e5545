"""The query table TASK: what its parameters say, and how tasks are sorted where the store can't do it."""

import pytest

from dragoman.dialects.ibm_htm.handlers import queries
from dragoman.dialects.ibm_htm.wire import query
from dragoman.dialects.ibm_htm.wire.query import ATTRIBUTES
from dragoman.dialects.kit import Request
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.task import State, Task
from dragoman.usecases.tasks.lists import Sort

COLUMNS = """
TKIID ACTIVATED APPLIC_DEFAULTS_ID APPLIC_NAME ASSIGNMENT_TYPE BUSINESS_RELEVANCE COMPLETED CONTAINMENT_CTX_ID
CTX_AUTHORIZATION CUSTOM_TEXT1…8 DUE EXPIRES FIRST_ACTIVATED FOLLOW_ON_TKIID HIERARCHY_POSITION INHERITED_AUTH
IS_AD_HOC IS_CHILD IS_ESCALATED IS_INLINE IS_READ IS_TRANSFERRED_TO_WORK_BASKET INVOKED_INSTANCE_ID
INVOKED_INSTANCE_TYPE IS_WAIT_FOR_SUB_TK KIND LAST_MODIFIED LAST_STATE_CHANGE NAME NAME_SPACE ORIGINATOR OWNER
PARENT_CONTEXT_ID PRIORITY RESUMES STARTED STARTER STATE SUPPORT_AUTOCLAIM SUPPORT_CLAIM_SUSP SUPPORT_DELEGATION
SUPPORT_FOLLOW_ON SUPPORT_SUB_TASK SUSPENDED TKTID TOP_TKIID TYPE WORK_BASKET
""".replace("CUSTOM_TEXT1…8", " ".join(f"CUSTOM_TEXT{number}" for number in range(1, 9)))
"""As the page lists them."""


def request(parameters: str, **path: str) -> Request:
    asked = Request("GET", "/", query_string=parameters, received_at=Moment(0))
    asked.path = path
    return asked


def test_the_table_has_the_columns_of_the_page() -> None:
    assert list(ATTRIBUTES) == COLUMNS.split()
    assert {attribute.type for attribute in ATTRIBUTES.values()} == {"ID", "STRING", "NUMBER", "BOOLEAN", "TIMESTAMP"}


@pytest.mark.parametrize("text", [None, "", "  "])
def test_without_a_selection_all_attributes_are_shown(text: str | None) -> None:
    assert query.parse_attributes(text) == tuple(ATTRIBUTES.values())


def test_a_selection_keeps_its_order_and_shows_nothing_twice() -> None:
    chosen = query.parse_attributes("state, NAME,State")
    assert [attribute.name for attribute in chosen] == ["STATE", "NAME"]


@pytest.mark.parametrize("text", ["COLOUR", "NAME,", "TASK.NAME", "WI.REASON", "*"])
def test_an_attribute_that_the_table_lacks_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        query.parse_attributes(text)
    assert refused.value.code == "bad_attribute"


def test_an_order_is_ascending_unless_it_says_otherwise() -> None:
    orders = query.parse_orders("STATE DESC, NAME,PRIORITY asc")
    assert query.sorts_of(orders) == (Sort("state_code", True), Sort("name"), Sort("priority"))


def test_the_store_sorts_by_none_or_all_of_an_order() -> None:
    assert query.sorts_of(query.parse_orders("NAME,NAME_SPACE")) is None
    assert query.sorts_of(()) == ()


def test_sorting_by_what_is_shown_puts_states_by_code_and_the_missing_last() -> None:
    def key(name: str, details: dict[str, str], state: State = State.READY) -> tuple[bool, object]:
        return query.sort_key(ATTRIBUTES[name], details, Task(tenant=1, number=1, uid="x", state=state))

    assert key("STATE", {}, State.READY) < key("STATE", {}, State.CLAIMED) < key("STATE", {}, State.EXPIRED)
    assert key("NAME_SPACE", {"namespace": "z"}) < key("NAME_SPACE", {})


@pytest.mark.parametrize(
    ("name", "values"), [("BUSINESS_RELEVANCE", [False, True]), ("PRIORITY", [0, 1]), ("NAME_SPACE", ["", "z"])]
)
def test_sorting_by_what_is_shown_compares_values_of_one_type(name: str, values: list[object]) -> None:
    def key(details: dict[str, object]) -> tuple[bool, object]:
        return query.sort_key(ATTRIBUTES[name], details, Task(tenant=1, number=1, uid="x"))

    member = ATTRIBUTES[name].member
    given: list[dict[str, object]] = [{}, *({member: value} for value in reversed(values))]
    assert sorted(given, key=key) == [*({member: value} for value in values), {}]


@pytest.mark.parametrize("parameters", ["size=-1", "size=1.5", "size=%2B1", "size=", "offset=99999999999999999999"])
def test_a_page_is_named_by_whole_numbers(parameters: str) -> None:
    with pytest.raises(Invalid) as refused:
        queries.parse_list(request(parameters, query="TASK"))
    assert refused.value.code == "unknown_value"


def test_parameters_are_refused_before_the_table_is_looked_for() -> None:
    with pytest.raises(Invalid):
        queries.parse_list(request("interactionFilter=X", query="OTHER"))
    with pytest.raises(NotFound):
        queries.parse_list(request("interactionFilter=WORK_ON", query="OTHER"))


def test_ways_to_see_are_all_there_unless_one_is_taken_away() -> None:
    assert queries.parse_count(request("", query="TASK")).through == {"everybody", "individual", "group"}
    assert queries.parse_count(request("group=false&everybody=TRUE", query="TASK")).through == {
        "everybody",
        "individual",
    }
