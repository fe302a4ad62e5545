"""Which operation a request means."""

from dataclasses import replace

import pytest

from dragoman.dialects.kit import PUBLIC, Request, Route
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid, NotFound, NotOffered
from dragoman.http.router import BadTable, Router
from tests.support.plain_dialect import BARE, PLAIN, VENDOR, operation

ROUTER = Router([BARE, PLAIN, VENDOR])


def find(line: str, router: Router = ROUTER, query: str = "") -> Request:
    method, _, path = line.partition(" ")
    request = Request(method, path, query_string=query, received_at=Moment(0))
    place = router.place(path)
    assert place is not None
    table, request.prefix = place
    request.dialect = table.dialect
    if table.find(request, path[len(request.prefix) :]) is None:
        raise table.explain(request, path[len(request.prefix) :])
    return request


def named(request: Request) -> str:
    assert request.operation is not None
    return request.operation.name


def test_a_word_wins_over_a_variable() -> None:
    assert named(find("GET /plain/tasks/filter")) == "filter"
    assert named(find("GET /plain/tasks/7")) == "GET /tasks/{id}"


def test_a_word_that_lacks_the_method_gives_way_to_the_variable() -> None:
    router = Router([replace(PLAIN, operations=(*PLAIN.operations, operation("PATCH", "/tasks/{id}")))])
    request = find("PATCH /plain/tasks/filter", router)
    assert request.path == {"id": "filter"}


def test_a_word_that_leads_nowhere_gives_way_to_the_variable() -> None:
    ways = (
        operation("GET", "/tasks/open/parts"),
        operation("GET", "/tasks/{id}/history"),
        operation("GET", "/{kind}/{id}/history/{entry}"),
    )
    router = Router([replace(PLAIN, operations=ways, not_offered=())])
    assert named(find("GET /plain/tasks/open/parts", router)) == "GET /tasks/open/parts"
    assert find("GET /plain/tasks/open/history", router).path == {"id": "open"}
    assert find("GET /plain/tasks/open/history/3", router).path == {"kind": "tasks", "id": "open", "entry": "3"}


def test_variables_are_decoded_and_keep_their_case() -> None:
    assert find("GET /plain/tasks/a%2Fb%20%C3%A9").path == {"id": "a/b é"}
    assert find("GET /API/2.0/TASKS/AbC").path == {"id": "AbC"}


@pytest.mark.parametrize("path", ["/plain/tasks/%ff", "/plain/tasks/%00", "/plain/tasks/%c0%af", "/plain/tasks/%"])
def test_a_path_that_is_no_text_is_nowhere(path: str) -> None:
    if path.endswith("%"):
        assert find(f"GET {path}").path == {"id": "%"}
    else:
        with pytest.raises(NotFound):
            find(f"GET {path}")


@pytest.mark.parametrize("path", ["/plain", "/plain/", "/plain/tasks//", "/plain/tasks/7/8", "/plain/x"])
def test_an_unknown_path_is_not_found(path: str) -> None:
    with pytest.raises(NotFound) as refused:
        find(f"GET {path}")
    assert refused.value.code == "unknown_path"


@pytest.mark.parametrize("path", ["/", "/nothing", "/plainer/tasks/7", "/PLAIN/tasks/7", "/bar/tasks", "/Tasks/7"])
def test_a_path_outside_all_dialects_has_no_place(path: str) -> None:
    assert ROUTER.place(path) is None


def test_a_wrong_method_gets_the_allowed_ones() -> None:
    with pytest.raises(NotOffered) as refused:
        find("PATCH /plain/tasks/7")
    assert refused.value.code == "method_not_allowed"
    assert refused.value.parameters["allow"] == "DELETE, GET, HEAD, PUT"


def test_an_operation_that_is_not_offered_has_a_reason() -> None:
    with pytest.raises(NotOffered) as refused:
        find("DELETE /plain/tasks/7")
    assert (refused.value.code, refused.value.parameters["reason"]) == ("not_offered", "Tasks stay.")


def test_an_action_that_is_not_offered_has_a_reason() -> None:
    with pytest.raises(NotOffered) as refused:
        find("PUT /plain/tasks/7", query="action=escalate")
    assert refused.value.parameters["reason"] == "Nobody escalates."


@pytest.mark.parametrize("prefix", ["/plain", "/api/2.0", "/bare/1", ""])
def test_head_is_found_wherever_get_is(prefix: str) -> None:
    assert named(find(f"HEAD {prefix}/tasks/7")) == "GET /tasks/{id}"


@pytest.mark.parametrize("path", ["/plain/tasks/7/", "/api/2.0/tasks/7/", "/api/2.0/tasks/7.json/", "/tasks/7/"])
def test_a_slash_at_the_end_is_ignored(path: str) -> None:
    assert find(f"GET {path}").path == {"id": "7"}


def test_the_query_may_choose_the_operation() -> None:
    assert named(find("PUT /plain/tasks/7", query="action=claim")) == "claim"
    assert named(find("PUT /plain/tasks/7", query="x=1&action=start")) == "start"


@pytest.mark.parametrize(("query", "value"), [("", None), ("action=dance", "dance"), ("action=CLAIM", "CLAIM")])
def test_an_unknown_action_gets_the_known_ones(query: str, value: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        find("PUT /plain/tasks/7", query=query)
    assert refused.value.code == "unknown_action"
    assert refused.value.parameters == {"parameter": "action", "value": value, "known": ("claim", "start")}


def test_an_operation_without_a_query_takes_what_the_others_leave() -> None:
    rest = operation("PUT", "/tasks/{id}", name="rest")
    router = Router([replace(PLAIN, operations=(rest, *PLAIN.operations))])
    assert named(find("PUT /plain/tasks/7", router, "action=claim")) == "claim"
    assert named(find("PUT /plain/tasks/7", router, "action=dance")) == "rest"


def test_a_dialect_may_ignore_case_and_cut_an_extension() -> None:
    request = find("GET /aPi/2.0/Tasks/7.XML")
    assert (request.path, request.extension, request.prefix) == ({"id": "7"}, ".xml", "/aPi/2.0")
    assert find("GET /api/1.0/tasks/filter.json").operation is not None


def test_a_normaliser_may_put_the_query_right() -> None:
    def part(path: str) -> Route:
        below, _, query = path.partition("&")
        return Route(below, query=query)

    request = find("PUT /plain/tasks/7&action=claim", Router([replace(PLAIN, normalise=part)]))
    assert (named(request), request.query_string) == ("claim", "action=claim")


def test_bare_paths_come_last() -> None:
    assert find("GET /tasks/7").prefix == ""
    assert find("GET /bare/1/tasks/7").prefix == "/bare/1"
    taken = replace(PLAIN, name="taken", prefixes=("/tasks",), bare_roots=())
    request = find("GET /tasks/open", Router([BARE, taken]))
    assert request.dialect is taken


def test_the_longest_prefix_wins() -> None:
    inner = replace(PLAIN, name="inner", prefixes=("/plain/inner",))
    assert find("GET /plain/inner/open", Router([PLAIN, inner])).dialect is inner


@pytest.mark.parametrize(
    "operations",
    [
        (operation("GET", "/x", frozenset()),),
        (operation("GET", "/x"), operation("GET", "/x", PUBLIC)),
        (operation("GET", "/{a}"), operation("GET", "/{b}")),
        (operation("GET", "x"),),
    ],
)
def test_a_table_that_cannot_be_meant_does_not_start(operations: tuple[object, ...]) -> None:
    with pytest.raises(BadTable):
        Router([replace(PLAIN, operations=operations)])  # type: ignore[arg-type]


@pytest.mark.parametrize("prefix", ["plain", "/plain/"])
def test_a_prefix_is_written_in_one_way(prefix: str) -> None:
    with pytest.raises(BadTable):
        Router([replace(PLAIN, prefixes=(prefix,))])


def test_two_dialects_cannot_share_a_prefix() -> None:
    with pytest.raises(BadTable):
        Router([PLAIN, replace(PLAIN, name="other")])
