"""The query table TASK: what its parameters say."""

import pytest

from dragoman.dialects.ibm_htm.handlers import composites, queries, query_requests
from dragoman.dialects.ibm_htm.wire import query
from dragoman.dialects.ibm_htm.wire.expressions import tables, task_columns
from dragoman.dialects.ibm_htm.wire.expressions.views import TASK, TASK_DESC
from dragoman.dialects.kit import Request
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid

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
    assert list(query.MEMBERS) == COLUMNS.split()
    assert list(TASK.columns) == COLUMNS.split()
    shown = {attribute.info()["type"] for attribute in query.TABLE.attributes}
    assert shown == {"ID", "STRING", "NUMBER", "BOOLEAN", "TIMESTAMP"}


def test_each_column_can_be_asked_for() -> None:
    assert task_columns.ASKS.keys() | task_columns.PEOPLE.keys() >= TASK.columns.keys() | TASK_DESC.columns.keys()


@pytest.mark.parametrize("text", [None, "", "  "])
def test_without_a_selection_all_attributes_are_shown(text: str | None) -> None:
    assert [each.name for each in tables.selected(query.TABLE, text)] == COLUMNS.split()


def test_a_selection_keeps_its_order_and_shows_nothing_twice() -> None:
    chosen = tables.selected(query.TABLE, "state, NAME,State,WI.REASON")
    assert [attribute.name for attribute in chosen] == ["STATE", "NAME", "WI.REASON"]
    assert [attribute.is_array for attribute in chosen] == [False, False, True]


@pytest.mark.parametrize("text", ["COLOUR", "NAME,", "TASK.NAME", "WI.COLOUR", "WORK_ITEM.REASON", "*"])
def test_an_attribute_that_the_table_lacks_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        tables.selected(query.TABLE, text)
    assert refused.value.code == "bad_attribute"


def test_an_order_is_ascending_unless_it_says_otherwise() -> None:
    orders = tables.sorted_by(query.TABLE, "STATE DESC, NAME,PRIORITY asc,STATE")
    assert [(order.column.name, order.descending) for order in orders] == [
        ("STATE", True),
        ("NAME", False),
        ("PRIORITY", False),
    ]


@pytest.mark.parametrize("text", ["WI.REASON", "COLOUR", "1"])
def test_what_is_no_attribute_is_no_order(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        tables.sorted_by(query.TABLE, text)
    assert refused.value.code == "bad_attribute"


@pytest.mark.parametrize("parameters", ["size=-1", "size=1.5", "size=%2B1", "size=", "offset=99999999999999999999"])
def test_a_page_is_named_by_whole_numbers(parameters: str) -> None:
    texts = queries.parse(request(parameters, query="TASK")).texts
    with pytest.raises(Invalid) as refused:
        query_requests.read(texts, query.TABLE, composites.VIEWS, Moment(0))
    assert refused.value.code == "unknown_value"


def test_parameters_are_refused_before_the_table_is_looked_for() -> None:
    with pytest.raises(Invalid):
        queries.parse(request("interactionFilter=X", query="OTHER"))


def test_ways_to_see_are_all_there_unless_one_is_taken_away() -> None:
    assert queries.parse(request("", query="TASK")).through == {"everybody", "individual", "group"}
    assert queries.parse(request("group=false&everybody=TRUE", query="TASK")).through == {"everybody", "individual"}
