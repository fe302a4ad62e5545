"""A whole exchange, from the socket to the operation and back."""

import base64
import gzip
import json
import logging
from collections.abc import Iterator

import msgspec
import pytest

from dragoman import settings
from tests.integration.http.live import AUTH, Live, call, connect, exchange, read_answer, serving
from tests.support.plain_dialect import READER_TOKEN, TOKEN

BASIC = "Basic " + base64.b64encode(b"anna:geheim").decode()


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with serving() as running:
        yield running


def test_an_operation_answers(live: Live) -> None:
    answer = call(live, "GET /plain/tasks/7")
    assert (answer.status, answer.json()["id"]) == (200, "7")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_large_body_is_parsed_off_the_loop(live: Live) -> None:
    at_limit = call(live, "POST /plain/tasks", b'{"title": "%s"}' % (b"x" * (65_536 - 13)))
    beyond = call(live, "POST /plain/tasks", b'{"title": "%s"}' % (b"x" * (65_536 - 12)))
    assert (at_limit.status, beyond.status) == (201, 201)
    assert at_limit.json()["thread"] != beyond.json()["thread"]


@pytest.mark.parametrize(
    ("line", "status", "code"),
    [
        ("GET /plain/nothing", 404, "unknown_path"),
        ("PATCH /plain/tasks/7", 405, "method_not_allowed"),
        ("DELETE /plain/tasks/7", 501, "not_offered"),
        ("PUT /plain/tasks/7?action=dance", 400, "unknown_action"),
        ("GET /plain/busy", 503, "queue_full"),
    ],
)
def test_errors_have_the_dialects_shape(live: Live, line: str, status: int, code: str) -> None:
    answer = call(live, line)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/json"


def test_a_wrong_method_has_allow_and_no_credentials_are_asked(live: Live) -> None:
    answer = call(live, "PATCH /plain/tasks/7", token=None)
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PUT"


def test_credentials_come_before_the_action_and_the_scope_before_the_body(live: Live) -> None:
    assert call(live, "PUT /plain/tasks/7?action=dance", token=None).status == 401
    answer = call(live, "POST /plain/tasks", b"no json", token=READER_TOKEN)
    assert (answer.status, answer.json()["scopes"]) == (403, ["write"])
    assert answer.headers["connection"] == "close"


def test_a_public_operation_needs_no_credentials(live: Live) -> None:
    assert call(live, "GET /plain/open", token=None).json()["login"] == "anonymous"
    assert call(live, "GET /plain/open", Authorization="Broken").status == 200


def test_a_login_reads_its_credentials_from_its_body(live: Live) -> None:
    right = call(live, "POST /plain/login", b'{"user": "anna", "password": "geheim"}', token=None)
    wrong = call(live, "POST /plain/login", b'{"user": "anna", "password": "falsch"}', token=None)
    assert (right.status, right.json()["login"]) == (200, "anna")
    assert wrong.status == 401


def test_basic_is_refused_to_another_site(live: Live) -> None:
    line, body = "POST /plain/tasks", b'{"title": "x"}'
    assert call(live, line, body, Authorization=BASIC).status == 201
    assert call(live, line, body, Authorization=BASIC, Sec_Fetch_Site="cross-site").json()["code"] == "cross_site"
    assert call(live, "GET /plain/tasks/7", Authorization=BASIC, Sec_Fetch_Site="cross-site").status == 200


def test_a_vendor_has_ways_of_its_own(live: Live) -> None:
    assert call(live, "GET /api/2.0/tasks/7.xml", token=None, Authorization=TOKEN).json()["extension"] == ".xml"
    cookie = f"asc_auth_key={TOKEN}"
    assert call(live, "GET /api/2.0/tasks/7", token=None, Cookie=cookie).status == 200
    assert call(live, "POST /api/2.0/nap", token=None, Cookie=cookie, Origin="https://evil.example").status == 403
    form = f"asc_auth_key={TOKEN}".encode()
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    assert call(live, "POST /api/2.0/nap", form, token=None, Content_Type=kind).status == 200
    assert call(live, "POST /api/2.0/nap", form, token=None, Content_Type="text/plain").status == 401


def test_preflights_are_answered_without_credentials_where_the_vendor_does(live: Live) -> None:
    assert call(live, "OPTIONS /api/2.0/whatever", token=None).status == 200
    assert call(live, "OPTIONS /plain/tasks/7", token=None).status == 405


def test_compressed_bodies_are_for_those_who_take_them(live: Live) -> None:
    body = gzip.compress(b'{"title": "x"}')
    refused = call(live, "POST /plain/tasks", body, Content_Encoding="gzip")
    assert (refused.status, refused.json()["code"]) == (415, "unsupported_encoding")
    assert call(live, "POST /api/2.0/tasks", body, Content_Encoding="gzip").status == 201
    bomb = gzip.compress(b'{"title": "%s"}' % (b"x" * 2_000_000))
    assert call(live, "POST /api/2.0/tasks", bomb, Content_Encoding="gzip").status == 413


def test_a_body_beyond_its_limit_is_refused_in_the_dialects_shape(live: Live) -> None:
    at_limit = b'{"title": "%s"}' % (b"x" * (1_048_576 - 13))
    assert call(live, "POST /plain/tasks", at_limit).status == 201
    answer = call(live, "POST /plain/tasks", at_limit + b" ")
    assert (answer.status, answer.json()["code"], answer.headers["connection"]) == (413, "body_too_large", "close")


@pytest.mark.parametrize("path", ["/plain/bug", "/plain/split"])
def test_a_bug_shows_its_number_and_nothing_else(live: Live, path: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = call(live, f"GET {path}")
    assert answer.status == 500
    assert list(answer.json()) == ["incident"]
    assert "x-injected" not in answer.headers
    record = next(record for record in caplog.records if record.message == "request.failed")
    assert record.incident == answer.json()["incident"]  # type: ignore[attr-defined]
    assert record.exc_info is not None
    line = live.log()[-1]
    assert (line["incident"], line["level"], line["status"]) == (answer.json()["incident"], "error", 500)


def test_a_request_id_is_taken_when_it_is_sane(live: Live) -> None:
    assert call(live, "GET /plain/open", X_Request_Id="abc-1.2_X").headers["x-request-id"] == "abc-1.2_X"
    ids = {call(live, "GET /plain/open", X_Request_Id=bad).headers["x-request-id"] for bad in ("a b", "a" * 65, "é")}
    assert len(ids) == 3
    assert all(made != "a" * 65 for made in ids)


def test_a_log_line_has_the_principal_and_operation_but_no_secret(live: Live) -> None:
    call(live, f"GET /plain/tasks/7?asc_auth_key={TOKEN}", X_Request_Id="here")
    line = next(line for line in live.log() if line["request"] == "here")
    milliseconds = line.pop("milliseconds")
    assert isinstance(milliseconds, float)
    assert str(line.pop("time")).endswith("Z")
    assert line == {
        "level": "info", "event": "http.request", "request": "here", "method": "GET", "path": "/plain/tasks/7",
        "status": 200, "dialect": "plain", "operation": "GET /tasks/{id}", "tenant": 1, "principal": "anna",
        "ignored": ["asc_auth_key"],
    }  # fmt: skip
    assert TOKEN not in json.dumps(live.log())


def test_a_refused_request_is_logged_with_its_code(live: Live) -> None:
    call(live, "GET /plain/tasks/7", token=None, X_Request_Id="nobody")
    line = next(line for line in live.log() if line["request"] == "nobody")
    assert (line["status"], line["code"], line["level"]) == (401, "credentials_missing", "info")


def test_liveness_and_readiness_are_reported(live: Live) -> None:
    assert call(live, "GET /healthz", token=None).status == 200
    assert call(live, "GET /readyz", token=None).status == 200
    live.app.is_ready = False
    try:
        assert call(live, "GET /readyz", token=None).status == 503
        assert call(live, "GET /healthz", token=None).status == 200
    finally:
        live.app.is_ready = True
    assert call(live, "POST /healthz", b"", token=None).headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/", "/ui", "//", "//ui"])
def test_the_root_leads_to_the_pages(live: Live, path: str) -> None:
    root = call(live, f"GET {path}", token=None)
    assert (root.status, root.headers["location"]) == (302, "/ui/")


def test_elsewhere_is_nothing(live: Live) -> None:
    nothing = call(live, "GET /nothing", token=None)
    assert (nothing.status, nothing.headers["content-type"]) == (404, "application/problem+json")


def test_pages_stand_beside_the_dialects(live: Live) -> None:
    answer = call(live, "POST /ui/tasks/7?x=1", b"form=1", token=None, X_Request_Id="page")
    assert (answer.status, answer.body, answer.headers["x-request-id"]) == (200, b"/ui/tasks/7 6", "page")
    assert call(live, "GET /plain/openapi.json", token=None).body == b"/plain/openapi.json 0"
    assert call(live, "GET /plain/tasks/7").headers["content-type"] == "application/json"
    assert call(live, "POST /ui/", b"x" * 1_048_577, token=None).status == 413
    assert call(live, "POST /ui/", b"x", token=None, Content_Encoding="gzip").status == 415


def test_a_page_that_breaks_shows_its_number(live: Live) -> None:
    answer = call(live, "POST /ui/", b"break", token=None, X_Request_Id="page")
    assert (answer.status, answer.headers["x-request-id"]) == (500, "page")
    assert "secret" not in answer.body.decode()
    assert answer.json()["incident"]


def test_rates_are_off_and_can_be_switched_on() -> None:
    base = settings.load(environ={"DRAGOMAN_LIMITS_RATE": "on", "DRAGOMAN_LIMITS_RATE_BURST": "2"})
    limits = msgspec.structs.replace(base.limits, rate_per_second=0.001)
    with serving(msgspec.structs.replace(base, limits=limits)) as slow:
        assert [call(slow, "GET /plain/tasks/7").status for _ in range(3)] == [200, 200, 429]
        assert call(slow, "POST /plain/nap", b"", token=READER_TOKEN).status == 403
        assert call(slow, "GET /plain/open", token=None).status == 200


def test_a_trusted_proxy_reports_the_clients_address() -> None:
    few = {"DRAGOMAN_LIMITS_LOGIN_FAILURES": "3"}  # refused before answers are held back
    base = settings.load(environ={"DRAGOMAN_SERVER_TRUSTED_PROXIES": "127.0.0.1", **few})
    wrong = "Basic " + base64.b64encode(b"anna:falsch").decode()
    with serving(base) as behind:
        for _ in range(3):
            call(behind, "GET /plain/tasks/7", Authorization=wrong, X_Forwarded_For="9.9.9.9, 10.0.0.1")
        assert (
            call(behind, "GET /plain/tasks/7", Authorization=BASIC, X_Forwarded_For="1.1.1.1, 10.0.0.1").status == 429
        )
        assert call(behind, "GET /plain/tasks/7", Authorization=BASIC, X_Forwarded_For="10.0.0.2").status == 200


@pytest.mark.parametrize("path", ["/plain/tasks/7", "/api/2.0/tasks/7.json", "/bare/1/tasks/7", "/tasks/7"])
def test_head_is_answered_like_get(live: Live, path: str) -> None:
    get, head = call(live, f"GET {path}"), call(live, f"HEAD {path}")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("path", ["//plain/tasks/7", "/plain//tasks/7", "/plain/tasks///7", "//plain//tasks//7//"])
def test_repeated_slashes_are_one(live: Live, path: str) -> None:
    assert call(live, f"GET {path}").status == 200


def test_repeated_slashes_reach_pages(live: Live) -> None:
    assert call(live, "GET //ui//tasks", token=None).body == b"/ui/tasks 0"


@pytest.mark.parametrize("path", ["/plain/tasks", "/api/2.0/tasks.json", "/bare/1/tasks", "/tasks"])
def test_json_behind_a_byte_order_mark_is_read(live: Live, path: str) -> None:
    assert call(live, f"POST {path}", b'\xef\xbb\xbf{"title":"x"}').status == 201


@pytest.mark.parametrize("line", ["OPTIONS /", "OPTIONS /healthz", "GET /readyz", "HEAD /"])
def test_a_probe_of_http_1_0_without_host_is_answered(live: Live, line: str) -> None:
    [status] = exchange(live.port, f"{line} HTTP/1.0\r\n\r\n")
    assert status in (200, 204, 302)


@pytest.mark.parametrize("path", ["/plain/tasks", "/api/2.0/tasks.json", "/tasks"])
def test_a_full_server_refuses_before_it_looks_at_credentials_and_body(live: Live, path: str) -> None:
    live.app.executor.full_for = frozenset({True})
    try:
        looked_up = live.app.accounts.look_ups
        answer = call(live, f"POST {path}", b"not JSON", token="dgm_1_" + "z" * 43)
        assert (answer.status, answer.json()["code"]) == (503, "queue_full")
        assert live.app.accounts.look_ups == looked_up
        assert call(live, "GET /plain/tasks/7").status == 200
        assert call(live, "GET /healthz", token=None).status == 200
        assert call(live, "POST /nothing", b"").status == 404
    finally:
        live.app.executor.full_for = frozenset()
    line = next(line for line in live.log() if line.get("code") == "queue_full")
    assert line["status"] == 503


def test_a_refused_connection_is_kept(live: Live) -> None:
    live.app.executor.full_for = frozenset({True})
    try:
        request = f"POST /plain/tasks HTTP/1.1\r\nHost: x\r\n{AUTH}Content-Length: 2\r\n\r\n{{}}"
        with connect(live.port) as connection:
            for _ in range(2):
                connection.sendall(request.encode())
                status, headers, _ = read_answer(connection)
                assert (status, "connection" in headers) == (503, False)
    finally:
        live.app.executor.full_for = frozenset()
