"""Requests to receivers of webhooks, over real sockets: what they carry, where they go, and what comes of them."""

import asyncio
import base64
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook, WebhookVerificationError

from dragoman.delivery.guard import Guard, Resolve
from dragoman.delivery.webhook import Message, Receivers, Times
from dragoman.domain.clock import SystemClock
from dragoman.domain.delivery import DeliveryError, Outcome
from dragoman.domain.webhook_secret import PREFIX, key_of
from tests.support.private_hosts import PRIVATE_HOSTS
from tests.support.receiver import (
    Behaviour,
    Exchange,
    Receiver,
    dropped,
    endless,
    raw,
    receiving,
    replies,
    silent,
    stalling,
)

SECRET = PREFIX + base64.b64encode(b"k" * 32).decode()
OLD_SECRET = PREFIX + base64.b64encode(b"o" * 24).decode()
BODY = '{"title":"ünï"}'.encode()
HERE = ("127.0.0.0/8", "::1/128")
QUICK = Times(connect_seconds=0.3, total_seconds=0.3)
PATIENT = Times(connect_seconds=10.0, total_seconds=10.0)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def message(url: str, *secrets: str, event: str = "01a2") -> Message:
    return Message(url, event, BODY, [key_of(secret) for secret in secrets or (SECRET,)])


def send(
    *messages: Message,
    allow: Sequence[str] = HERE,
    resolve: Resolve | None = None,
    times: Times = PATIENT,
    allow_http: bool = False,
) -> list[Outcome]:
    """The outcomes of messages, sent one after the other by one process."""

    async def run() -> list[Outcome]:
        receivers = Receivers(Guard(allow, resolve, allow_http=allow_http), SystemClock(), times)
        try:
            return [await receivers.send(each) for each in messages]
        finally:
            receivers.close()

    return asyncio.run(run())


def test_a_request_has_what_receivers_need_and_nothing_else(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    receiver.always = replies(200, b"thanks", set_cookie="a=b", content_encoding="gzip")
    first, second = send(message(receiver.url("/h/ook?x=%20")), message(receiver.url("/h/ook?x=%20"), event="02"))
    assert (first.status, first.error, first.answer) == (200, None, "thanks")
    assert second.error is None
    one, two = receiver.sent
    assert (one.method, one.target, one.body) == ("POST", "/h/ook?x=%20", BODY)
    assert one.connection == two.connection
    assert one.headers.pop("webhook-signature").startswith("v1,")
    assert int(one.headers.pop("webhook-timestamp")) * 10_000_000 <= first.at
    agent = one.headers.pop("user-agent")
    assert agent.startswith("Dragoman/")
    assert one.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "content-type": "application/cloudevents+json; charset=utf-8",
        "content-length": str(len(BODY)),
        "webhook-id": "01a2",
    }
    assert two.headers.keys() == {*one.headers, "webhook-signature", "webhook-timestamp", "user-agent"}


def test_the_library_of_standard_webhooks_verifies_signatures(receiver: Receiver) -> None:
    send(message(receiver.url()), message(receiver.url(), SECRET, OLD_SECRET))
    alone, overlap = receiver.sent
    for secret, sent in ((SECRET, alone), (SECRET, overlap), (OLD_SECRET, overlap)):
        Webhook(secret).verify(sent.body, sent.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD_SECRET).verify(alone.body, alone.headers)
    assert overlap.headers["webhook-signature"].startswith(alone_signature(overlap.headers, overlap.body))


def alone_signature(headers: dict[str, str], body: bytes) -> str:
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    return Webhook(SECRET).sign(headers["webhook-id"], at, body.decode())


STALLS = DeliveryError.TIMEOUT


@pytest.mark.parametrize(
    ("behaviour", "status", "error"),
    [
        (replies(204), 204, None),
        (replies(299), 299, None),
        (replies(302, location="http://127.0.0.1:9/"), 302, DeliveryError.REDIRECT),
        (replies(304), 304, DeliveryError.REDIRECT),
        (replies(410), 410, DeliveryError.STATUS),
        (replies(500), 500, DeliveryError.STATUS),
        (raw(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), 200, None),
        (raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), 101, DeliveryError.STATUS),
        (raw(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"), 200, None),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut"), 200, None),
        (raw(b"HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\ncut"), 500, DeliveryError.STATUS),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense"), 200, None),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), None, DeliveryError.CONNECT),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000), None, DeliveryError.CONNECT),
        (raw(b"HTTP/1.1 200"), None, DeliveryError.CONNECT),
        (dropped, None, DeliveryError.CONNECT),
        (endless, 200, None),
        (silent, None, STALLS),
        (stalling(b"HTTP/1.1 200 OK\r\n"), None, STALLS),
        (stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"), 200, None),
    ],
)
def test_outcomes(receiver: Receiver, behaviour: Behaviour, status: int | None, error: DeliveryError | None) -> None:
    receiver.next.append(behaviour)
    times = QUICK if behaviour is silent or "stall" in behaviour.__qualname__ else PATIENT
    (outcome,) = send(message(receiver.url()), times=times)
    assert (outcome.status, outcome.error) == (status, error)
    assert len(receiver.sent) == 1


def test_the_beginning_of_an_answer_is_kept(receiver: Receiver) -> None:
    receiver.next += [replies(500, b"\xff\0" + b"y" * 5_000), endless]
    first, second = send(message(receiver.url()), message(receiver.url()))
    assert first.answer == "��" + "y" * 1_022
    assert second.answer == "x" * 1_024


def test_retry_after_counts_with_some_statuses_only(receiver: Receiver) -> None:
    at = (datetime.now(UTC) + timedelta(seconds=600)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    receiver.next += [
        replies(429, retry_after="7"),
        replies(503, retry_after="999999"),
        replies(502, retry_after=at),
        replies(504, retry_after="soon"),
        replies(500, retry_after="7"),
        replies(204, retry_after="7"),
    ]
    pauses = [outcome.pause_seconds for outcome in send(*[message(receiver.url())] * 6)]
    assert pauses[:2] == [7, 86_400]
    assert pauses[2] is not None
    assert 0 < pauses[2] <= 600
    assert pauses[3:] == [None] * 3


def test_a_connection_that_the_receiver_closed_costs_no_attempt(receiver: Receiver) -> None:
    receiver.next += [replies(204), dropped]
    first, second = send(message(receiver.url()), message(receiver.url()))
    assert (first.error, second.error) == (None, None)
    assert [sent.connection for sent in receiver.sent] == [1, 1, 2]


def test_what_may_follow_an_answer_without_a_body_is_not_taken_for_the_next(receiver: Receiver) -> None:
    async def promises_a_body(exchange: Exchange) -> None:
        await exchange.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n")
        exchange.is_kept = True

    receiver.next += [promises_a_body, replies(204), replies(200)]
    assert [each.error for each in send(*[message(receiver.url())] * 3)] == [None] * 3
    assert [sent.connection for sent in receiver.sent] == [1, 2, 2]


def test_no_connection_and_no_name() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        (refused,) = send(message(f"http://127.0.0.1:{port}/"))
    assert (refused.status, refused.error) == (None, DeliveryError.CONNECT)
    (unknown,) = send(message("https://hook.example/"), resolve=no_address)
    assert unknown.error is DeliveryError.DNS


async def no_address(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "not known")


def resolving(*answers: Sequence[str]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A name that leads somewhere else each time; the last answer stays."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["fe80::1%1"]],
)
def test_a_name_that_leads_here_is_refused(receiver: Receiver, addresses: list[str]) -> None:
    url = receiver.url().replace("127.0.0.1", "hook.example")
    (outcome,) = send(message(url), allow=(), resolve=resolving(addresses), allow_http=True)
    assert outcome.error is DeliveryError.ADDRESS_REFUSED
    assert receiver.connections == 0


def test_every_attempt_resolves_anew_also_on_a_kept_connection(receiver: Receiver) -> None:
    url = receiver.url().replace("127.0.0.1", "hook.example")
    resolve = resolving(["127.0.0.1"], ["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1"])
    outcomes = send(*[message(url)] * 4, resolve=resolve)
    assert [outcome.error for outcome in outcomes] == [None, None, DeliveryError.ADDRESS_REFUSED, None]
    assert [sent.headers["host"] for sent in receiver.sent] == [f"hook.example:{receiver.port}"] * 3


def test_addresses_in_numbers_reach_nothing_either(receiver: Receiver) -> None:
    for host in ("2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::ffff:7f00:1]"):
        (outcome,) = send(message(f"http://{host}:{receiver.port}/"), allow=(), allow_http=True)
        assert outcome.error is DeliveryError.ADDRESS_REFUSED
    assert receiver.connections == 0
    (outcome,) = send(message(f"http://2130706433:{receiver.port}/"))
    assert outcome.error is None


def trap() -> socket.socket:
    """A socket that listens on every address of this machine."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", 0))


async def as_this_machine(host: str, port: int) -> Sequence[str]:
    """Numbers as the system reads them; every name leads to the trap."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return ["127.0.0.1"]
    return [str(address[0]) for _, _, _, _, address in found]


def test_no_private_host_is_connected_to() -> None:
    connections: list[asyncio.StreamWriter] = []

    async def caught(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        writer.close()

    async def run() -> list[Outcome]:
        server = await asyncio.start_server(caught, sock=trap())
        port = server.sockets[0].getsockname()[1]
        guarded = Receivers(Guard((), as_this_machine, allow_http=True), SystemClock(), QUICK)
        open_ = Receivers(Guard(HERE, as_this_machine), SystemClock(), QUICK)
        try:
            urls = [f"http://{quote(host, safe='[]:%')}:{port}/hook" for host in PRIVATE_HOSTS]
            found = [await guarded.send(message(url)) for url in urls]
            assert not connections
            for host in ("0x7f.1", "hook.internal"):  # the trap works
                await open_.send(message(f"http://{host}:{port}/hook"))
        finally:
            guarded.close()
            open_.close()
            server.close()
        return found

    errors = [outcome.error for outcome in asyncio.run(run())]
    assert errors == [DeliveryError.ADDRESS_REFUSED] * len(PRIVATE_HOSTS)
    assert len(connections) == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of hook.example, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "hook.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


def test_tls_asks_for_the_name_of_the_url(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    receiver = Receiver()

    async def run() -> list[Outcome]:
        server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        receivers = Receivers(Guard(HERE, resolving(["127.0.0.1"])), SystemClock(), PATIENT)
        urls = [f"https://{host}:{port}/" for host in ("hook.example", "hook.example", "other.example", "127.0.0.1")]
        try:
            return [await receivers.send(message(url)) for url in urls]
        finally:
            receivers.close()
            server.close()

    unknown = asyncio.run(run())
    assert [outcome.error for outcome in unknown] == [DeliveryError.TLS] * 4
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    names.clear()
    known = asyncio.run(run())
    assert [outcome.error for outcome in known] == [None, None, DeliveryError.TLS, DeliveryError.TLS]
    assert names == ["hook.example", "other.example", None]


def test_tls_to_a_server_of_plain_http(receiver: Receiver) -> None:
    receiver.always = raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    (outcome,) = send(message(receiver.url().replace("http:", "https:")), times=Times(2.0, 2.0))
    assert outcome.error in (DeliveryError.TLS, DeliveryError.TIMEOUT)
