"""The ring of requests is bounded by their number and by bytes, shares what is common, and keeps tenants apart."""

from dragoman.dialects.kit import Reply, Request
from dragoman.domain.access import Principal
from dragoman.domain.clock import FixedClock, Moment
from dragoman.domain.traffic import RECORDING_SECONDS, Entry
from dragoman.logs import Line
from dragoman.runtime.traffic import LONGEST, MOST_SHARED, Traffic

ANNA = Principal(1, "uid-of-anna", "anna", is_admin=True, client="desk")
BERT = Principal(2, "uid-of-bert", "bert")
HEADERS = {"host": "localhost", "authorization": "Bearer of anna", "accept": "*/*"}


def add(
    traffic: Traffic,
    path: str = "/v1/tasks",
    who: Principal | None = ANNA,
    *,
    query: str = "",
    headers: dict[str, str] | None = None,
    reply: Reply | None = None,
    body: bytes = b"",
) -> None:
    request = Request("GET", path, headers=HEADERS if headers is None else headers, body=body, received_at=Moment(7))
    request.principal = who
    tenant = 0 if who is None else who.tenant
    traffic.add(
        Line("", "info", "http.request", path, "GET", path, 200, 1.5, "native", "list", tenant), request, query, reply
    )


def entries(traffic: Traffic, tenant: int = 1, *, with_strangers: bool = False) -> list[Entry]:
    return list(traffic.of(tenant, with_strangers=with_strangers))


def test_the_last_ones_stay_newest_first() -> None:
    traffic = Traffic(FixedClock(Moment(0)), most=3)
    for number in range(5):
        add(traffic, f"/{number}")
    assert [entry.path for entry in entries(traffic)] == ["/4", "/3", "/2"]
    assert traffic.bytes == sum(entry.size for entry in entries(traffic))


def test_many_bytes_push_out_more_than_one() -> None:
    traffic = Traffic(FixedClock(Moment(0)), most_bytes=10_000)
    for number in range(8):
        add(traffic, f"/{number}")
    add(traffic, "/long", headers={f"x-{number}": "ä" * LONGEST for number in range(2)})
    assert [entry.path for entry in entries(traffic)] == ["/long", "/7", "/6"]
    add(traffic, "/too-long", headers={f"x-{number}": "ä" * LONGEST for number in range(9)})
    assert entries(traffic) == []
    assert traffic.bytes == 0


def test_what_requests_have_in_common_is_kept_once() -> None:
    traffic = Traffic(FixedClock(Moment(0)))
    for _ in range(2):
        add(traffic, headers={"user-agent": "".join(["py", "thon"])})
    one, other = entries(traffic)
    assert one.headers[0] is other.headers[0]
    for number in range(MOST_SHARED + 10):
        add(traffic, headers={"x-request-id": str(number)})
    assert len(traffic._seen) <= MOST_SHARED


def test_credentials_never_stand_in_it() -> None:
    traffic = Traffic(FixedClock(Moment(0)))
    secret = "dgm_1_CanaryOfAToken00000000000000000000000000000"
    traffic.record(1)
    headers = {"authorization": f"Bearer {secret}", "x-custom": secret, "x-api-key": "short", "cookie": "a=short"}
    body = b'{"token": "short", "at": "%s"}' % secret.encode()
    reply = Reply(200, body, "application/json", [("Set-Cookie", "a=short")])
    for _ in range(2):
        add(traffic, f"/v1/{secret}", query=f"a={secret}&key=short", headers=headers, reply=reply, body=secret.encode())
    assert "Canary" not in repr(vars(traffic)) + repr(vars(traffic._seen)) + repr(dict(traffic._seen))
    assert "short" not in repr(vars(traffic)) + repr(vars(traffic._seen)) + repr(dict(traffic._seen))
    (entry, _) = entries(traffic)
    assert entry.headers == tuple((name, "***") for name in headers)
    assert entry.target == "/v1/***?a=***&key=***"


def test_each_tenant_has_its_own_and_strangers_are_apart() -> None:
    traffic = Traffic(FixedClock(Moment(0)))
    for who in (ANNA, BERT, None):
        add(traffic, who=who)
    assert [entry.client for entry in entries(traffic)] == ["desk"]
    assert [entry.client for entry in entries(traffic, 2)] == ["bert"]
    assert [entry.client for entry in entries(traffic, with_strangers=True)] == ["", "desk"]


def test_bodies_are_recorded_for_ten_minutes_and_for_one_tenant() -> None:
    clock = FixedClock(Moment(0))
    traffic = Traffic(clock)
    reply = Reply(200, b"[]", "application/json", [("ETag", '"1"')])
    add(traffic, reply=reply, body=b"before")
    traffic.record(1)
    add(traffic, reply=reply, body=b"while")
    add(traffic, who=BERT, reply=reply, body=b"of another")
    clock.advance(RECORDING_SECONDS)
    assert traffic.recording_until(1) is None
    add(traffic, reply=reply, body=b"behind")
    assert [entry.bodies and entry.bodies.request for entry in entries(traffic)] == [None, "while", None]
    (bodies,) = [entry.bodies for entry in entries(traffic) if entry.bodies]
    assert (bodies.reply, bodies.reply_headers) == ("[]", (("etag", '"1"'),))
    assert entries(traffic, 2)[0].bodies is None
