"""Outside types: which tables are understood, and how templates and pointers are read."""

from typing import Any

import pytest

from dragoman.domain import outside
from dragoman.domain.bulk import Method
from dragoman.domain.configured import Misconfigured, Secret
from dragoman.domain.outside import OutsideType

TABLE: dict[str, Any] = {
    "base": "https://crm.example/api/v3",
    "natural_key": "reference",
    "find": {
        "id": {"get": "/tickets/{entry}"},
        "reference": {"get": "/tickets?reference={entry}", "items": "/results", "id": "/id"},
    },
    "apply": {
        "POST": {"method": "POST", "url": "/tickets"},
        "PATCH": {"method": "PATCH", "url": "/tickets/{id}"},
        "DELETE": {"method": "DELETE", "url": "/tickets/{id}"},
    },
    "http": {
        "auth": {"header": "Authorization", "secret": "crm_token"},
        "ok": [200, 201, 202, 204],
        "gone_is_success": True,
        "retry": {"on": [408, 425, 429, 500, 502, 503, 504], "tries": 5, "backoff_s": 0.5, "max_s": 30},
        "rate_per_s": 20,
        "concurrency": 4,
        "timeout_s": 30,
        "idempotency": "Idempotency-Key",
        "if_match": True,
        "allow": ["10.1.0.0/16"],
        "version": "etag",
    },
    "undo": True,
    "scope": "tickets",
}


def with_(path: str, value: Any) -> dict[str, Any]:
    """The table with another member; None takes it away."""

    def changed(table: Any, names: list[str]) -> Any:
        copy = dict(table)
        if names[1:]:
            copy[names[0]] = changed(copy[names[0]], names[1:])
        elif value is None:
            del copy[names[0]]
        else:
            copy[names[0]] = value
        return copy

    return dict(changed(TABLE, path.split(".")))


def test_all_members_are_read() -> None:
    read = outside.read("crm_ticket", TABLE)
    assert read.methods == frozenset(Method)
    assert read.http.retry.backoff_s == 0.5
    assert read.http.allow == ("10.1.0.0/16",)
    assert read.undo


def test_what_is_not_given_is_as_in_the_sample() -> None:
    read = outside.read("crm_ticket", {name: TABLE[name] for name in ("base", "natural_key", "find", "apply")})
    sample = outside.read("crm_ticket", TABLE)
    assert (read.http.ok, read.http.retry, read.http.timeout_s) == (
        sample.http.ok,
        sample.http.retry,
        sample.http.timeout_s,
    )
    assert (read.http.version, read.http.idempotency, read.undo) == ("etag", "Idempotency-Key", False)


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("base", None, ""),
        ("base", "ftp://crm.example", "base"),
        ("base", "crm.example", "base"),
        ("base", "https://", "base"),
        ("base", "https://user:word@crm.example", "base"),
        ("base", "https://crm.example/?a=1", "base"),
        ("base", "https://crm.example:0", "base"),
        ("base", "https://crm.example:99999", "base"),
        ("base", "https://bücher.example", "base"),
        ("base", 7, "base"),
        ("natural_key", "", "natural_key"),
        ("find", [], "find"),
        ("find", {}, "find"),
        ("find.id.get", "/tickets/{id}", "find.id.get"),
        ("find.id.get", "/tickets", "find.id.get"),
        ("find.id.get", "/{entry}/{entry}", "find.id.get"),
        ("find.id.get", "https://other.example/{entry}", "find.id.get"),
        ("find.id.get", "/a b/{entry}", "find.id.get"),
        ("find.id.got", "/tickets/{entry}", "find.id"),
        ("find.reference.items", "results", "find.reference.items"),
        ("find.reference.id", "/a~2", "find.reference.id"),
        ("apply", {}, "apply"),
        ("apply.GET", {"method": "GET", "url": "/tickets/{id}"}, "apply.GET.method"),
        ("apply.PURGE", {"method": "DELETE", "url": "/tickets/{id}"}, "apply.PURGE"),
        ("apply.POST.url", "/tickets/{id}", "apply.POST.url"),
        ("apply.PATCH.url", "/tickets", "apply.PATCH.url"),
        ("http.auth.secret", "key", "http.auth.secret"),
        ("http.auth.secret", "KEY", "http.auth.secret"),
        ("http.auth.secret", "Bearer abc", "http.auth.secret"),
        ("http.auth.header", "Host", "http.auth.header"),
        ("http.auth.header", "X Y", "http.auth.header"),
        ("http.idempotency", "Authorization", "http.idempotency"),
        ("http.idempotency", "a:b", "http.idempotency"),
        ("http.ok", [], "http.ok"),
        ("http.ok", [404], "http.ok[0]"),
        ("http.retry.on", [200], "http.retry.on[0]"),
        ("http.retry.tries", 0, "http.retry.tries"),
        ("http.retry.max_s", 0.1, "http.retry.max_s"),
        ("http.retry.most", 3, "http.retry"),
        ("http.rate_per_s", 0, "http.rate_per_s"),
        ("http.concurrency", 65, "http.concurrency"),
        ("http.timeout_s", "30", "http.timeout_s"),
        ("http.version", "date", "http.version"),
        ("http.allow", ["10.1.0.0/33"], "http.allow"),
        ("http.allow", ["crm.example"], "http.allow"),
        ("undo", "yes", "undo"),
        ("scope", "a b", "scope"),
        ("urls", {}, ""),
    ],
)
def test_a_wrong_member_is_refused_with_its_place(path: str, value: Any, place: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        outside.read("crm_ticket", with_(path, value))
    assert refused.value.path == place
    assert refused.value.why


@pytest.mark.parametrize("name", ["", "1st", "a.b", "a b", "ä", "x" * 65])
def test_a_name_that_scopes_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured):
        outside.read(name, TABLE)


def test_scopes_begin_with_the_name_or_the_configured_word() -> None:
    named = OutsideType("crm_ticket", outside.read("crm_ticket", with_("scope", None)))
    assert named.scopes(Method.POST) == {"crm_ticket.create", "crm_ticket.manage"}
    worded = OutsideType("crm_ticket", outside.read("crm_ticket", TABLE))
    assert worded.scopes(Method.PATCH) == {"tickets.update", "tickets.manage"}
    assert worded.scopes(Method.DELETE) == {"tickets.delete", "tickets.manage"}


def test_a_secret_is_not_printed() -> None:
    assert "hush" not in repr(OutsideType("t", outside.read("t", TABLE), Secret("hush-hush")))


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("17", "/tickets/17"),
        ("a/b?c#d%", "/tickets/a%2Fb%3Fc%23d%25"),
        ("ü x", "/tickets/%C3%BC%20x"),
        ("-._~", "/tickets/-._~"),
        ("{entry}", "/tickets/%7Bentry%7D"),
        ("", None),
        (".", None),
        ("..", None),
    ],
)
def test_values_are_percent_encoded_and_never_leave_their_place(value: str, target: str | None) -> None:
    assert outside.expanded("/tickets/{entry}", "entry", value) == target


def test_dots_are_values_in_a_query() -> None:
    assert outside.expanded("/tickets?reference={entry}", "entry", "..") == "/tickets?reference=.."


def test_pointers_lead_into_objects_and_arrays() -> None:
    content = {"a/b": [{"~": 1}], "": 2}
    assert outside.pointed(content, "/a~1b/0/~0") == 1
    assert outside.pointed(content, "/") == 2
    assert outside.pointed(content, "") is content
    for pointer in ("/x", "/a~1b/1", "/a~1b/-", "/a~1b/00", "/a~1b/0/~0/z"):
        with pytest.raises(LookupError):
            outside.pointed(content, pointer)
