"""Uploads to the real server on both engines: broken off, killed, refused, sent twice."""

import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from dragoman.store import tables
from tests.support.browser import Browser
from tests.support.databases import BACKENDS, Databases
from tests.support.server import Answer, Server
from tests.support.tenant import PASSWORD, Tenant

CSV = {"Content-Type": "text/csv"}
NEW = "/core/v2/batch/tasks?method=POST&type=phonenumber"
PATCH = "/core/v2/batch/tasks?method=PATCH&type=phonenumber&field=phonenumber"
WIZARD = "/ui/batches/new"
CONFIG = """
[timeouts]
body_seconds = 1.0
[[batch.policy]]
types = ["prefix"]
review = "required"
"""
PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="module", params=BACKENDS)
def running(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Server]:
    with databases.lent(request.param) as url, Server(url, config=CONFIG) as running:
        yield running


class Place:
    """A tenant of the test's own, asked by anna."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.server: Server = tenant.server
        self.key = tenant.key
        self.authorization = tenant.basic("anna")

    def call(
        self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        return self.server.call(method, target, body, {"Authorization": self.authorization, **(headers or {})})


@pytest.fixture
def server(running: Server) -> Place:
    return Place(Tenant(running))


def numbers(first: int, count: int) -> bytes:
    return b"".join(b"%d,n%d\n" % (12_025_000_000 + n, n) for n in range(first, first + count))


class Sender:
    """A client that sends a body in chunks, as far as it likes."""

    def __init__(self, server: Place, target: str, *more: str, media: str = "text/csv") -> None:
        self.connection = socket.create_connection(("127.0.0.1", server.server.port), timeout=PATIENCE_SECONDS)
        head = [f"POST {target} HTTP/1.1", "Host: x", f"Content-Type: {media}", "Transfer-Encoding: chunked"]
        head += more or [f"Authorization: {server.authorization}"]
        self.connection.sendall("\r\n".join([*head, "", ""]).encode())

    def send(self, text: bytes) -> None:
        self.connection.sendall(b"%x\r\n%b\r\n" % (len(text), text))

    def answer(self) -> tuple[int, Any]:
        """What the server says before it closes."""
        got = b""
        while part := self.connection.recv(65_536):
            got += part
        head, _, body = got.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)


FILE = 'name="file"; filename="a.csv"\r\n\r\nid,title\r\n'


class Page(Sender):
    """A browser that sends a form to the page that makes batches. `last`: the beginning of its last part."""

    def __init__(self, server: Place, last: str = FILE, **fields: str) -> None:
        browser = Browser(server.server)
        assert browser.sign_in(server.tenant.login("anna"), PASSWORD).status == 303
        browser.get(WIZARD)
        super().__init__(
            server, WIZARD, f"Cookie: {'; '.join(map('='.join, browser.cookies.items()))}",
            "Sec-Fetch-Site: same-origin", media="multipart/form-data; boundary=B",
        )  # fmt: skip
        parts = [f'name="{name}"\r\n\r\n{value}' for name, value in ({"csrf": browser.csrf()} | fields).items()]
        parts.append(last)
        self.send("\r\n".join(f"--B\r\nContent-Disposition: form-data; {part}" for part in parts).encode())

    def end(self) -> str:
        """Send the end of the form; the first line of the answer."""
        self.send(b"\r\n--B--\r\n")
        self.connection.sendall(b"0\r\n\r\n")
        return self.status()

    def status(self) -> str:
        return self.connection.recv(65_536).partition(b"\r\n")[0].decode()


def stored(server: Place) -> int:
    """How many chunks and batches the database holds, and pieces of files, and drafts."""
    with server.server.app.store.engine.reader() as connection:
        return sum(
            connection.execute(
                sa.select(sa.func.count()).select_from(table).where(table.c.tenant == server.key)
            ).scalar_one()
            for table in (tables.batch_chunk, tables.batch, tables.task, tables.batch_draft, tables.batch_draft_file)
        )


def wait_until(server: Place, count: int, *, more: bool = False) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (stored(server) >= count if more else stored(server) == count):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def listed(server: Place) -> int:
    total: int = server.call("GET", "/core/v2/batch/tasks").json()["total"]
    return total


def let_leases_run_out(server: Place) -> None:
    with server.server.app.store.engine.writer() as connection:
        connection.execute(sa.update(tables.job).values(run_at=0))
        connection.commit()


@contextmanager
def begun(server: Place, rows: int = 3_000) -> Iterator[Sender]:
    """An upload of which a part is stored."""
    sender = Sender(server, NEW)
    with sender.connection:
        sender.send(b"phonenumber,name\n" + numbers(0, rows))
        wait_until(server, rows // 1_000 - 1, more=True)
        yield sender


@contextmanager
def half_sent(server: Place, **fields: str) -> Iterator[Page]:
    """A form of which a part of the file is stored."""
    page = Page(server, **fields)
    with page.connection:
        page.send(numbers(0, 15_000))
        wait_until(server, 1, more=True)
        yield page


def test_an_upload_is_run_like_any_batch(server: Place) -> None:
    body = b"phonenumber,name\n" + numbers(0, 2_500)
    made = server.call("POST", NEW + "&review=false", body, CSV)
    assert (made.status, len(made.json()["data"])) == (200, 2_500)
    sid = made.json()["task_sid"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (shown := server.call("GET", f"/core/v2/batch/tasks/{sid}").json())["status"] != "completed":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (shown["success"], shown["failure"]) == (2_500, 0)
    found = server.call("GET", "/core/v2/phonenumber/dids?filter=name%20eq%20n2499&include_fields=phonenumber")
    assert [item["phonenumber"] for item in found.json()["items"]] == ["12025002499"]


def test_nothing_is_shown_while_it_arrives(server: Place) -> None:
    with begun(server) as sender:
        assert listed(server) == 0
        assert server.call("GET", "/v1/tasks").json()["items"] == []
        sender.send(numbers(3_000, 10))
        sender.connection.sendall(b"0\r\n\r\n")
        assert sender.connection.recv(20).startswith(b"HTTP/1.1 200")
        assert listed(server) == 1


def test_nothing_stays_of_an_upload_whose_client_leaves(server: Place) -> None:
    with begun(server):
        pass
    wait_until(server, 0)


def test_nothing_stays_of_an_upload_that_stops_coming(server: Place) -> None:
    with begun(server) as sender:
        assert sender.answer()[0] == 408
    wait_until(server, 0)


def test_nothing_stays_of_an_upload_whose_server_is_killed(server: Place) -> None:
    with begun(server):
        server.server.kill()
    assert stored(server) > 0
    server.server.start()
    assert listed(server) == 0
    if server.server.database_url.startswith(
        "postgresql"
    ):  # another node may have its client: its lease has to run out
        let_leases_run_out(server)
    wait_until(server, 0)
    assert server.call("POST", NEW, b"phonenumber\n12025550101\n", CSV).status == 200


def test_nothing_stays_of_a_refused_upload(server: Place) -> None:
    with begun(server) as sender:
        sender.send(b"1,2,3\n")
        sender.connection.sendall(b"0\r\n\r\n")
        sender.connection.shutdown(socket.SHUT_WR)
        status, refusal = sender.answer()
    assert (status, refusal["errors"]) == (
        422,
        [{"message": "the header has 2 columns, this row has 3: line 3002 column 5", "type": "ragged_row"}],
    )
    wait_until(server, 0)


@pytest.mark.parametrize("piece", [b"x" * 60_000, b'"' + b"x" * 60_000, b"x,y,z\n" * 10_000])
def test_an_endless_upload_is_refused_on_the_way(server: Place, piece: bytes) -> None:
    with begun(server) as sender:
        sent = 0
        while not select.select([sender.connection], [], [], 0)[0]:
            sender.send(piece)
            sent += len(piece)
            assert sent < 20_000_000
        assert sender.connection.recv(20).startswith(b"HTTP/1.1 422")
    wait_until(server, 0)


def test_a_hundred_faults_are_listed(server: Place) -> None:
    answer = server.call("POST", PATCH, b"phonenumber,name\n" + b"1\n" * 150, CSV)
    assert answer.status == 422
    assert len(answer.json()["errors"]) == 100


def test_an_endless_line_of_a_small_upload_has_its_fault(server: Place) -> None:
    answer = server.call("POST", PATCH, b"phonenumber,name\n1," + b"x" * 1_100_000 + b"\n", CSV)
    assert (answer.status, [each["type"] for each in answer.json()["errors"]]) == (422, ["line_too_long"])


@pytest.mark.parametrize("rows", [10, 2_500])
def test_a_key_makes_one_batch_of_many_uploads(server: Place, rows: int) -> None:
    body = b"phonenumber,name\n" + numbers(0, rows)
    headers = {**CSV, "Idempotency-Key": "k1"}
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(server.call("POST", NEW, body, headers))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [200] * 4
    assert len({answer.json()["task_sid"] for answer in answers}) == 1
    assert listed(server) == 1
    chunks = -(-rows // 1_000)
    wait_until(server, 2 + chunks)
    other = server.call("POST", NEW, body + b"12025559999,x\n", headers)
    assert other.status == 422
    wait_until(server, 2 + chunks)


@pytest.mark.parametrize("media", ["text/csv", "application/x-ndjson"])
@pytest.mark.parametrize("what", ["results", "entries"])
def test_results_and_entries_can_be_sent_back(server: Place, media: str, what: str) -> None:
    task = server.call("POST", "/v1/tasks", b'{"title":"one"}', {"Content-Type": "application/json"}).json()
    target = "/v1/batches?method=PATCH&type=task&field=id&data=%7B%22priority%22%3A1.0%2C%22description%22%3A%22d%22%7D"
    lines = [
        f'{{"entry":{task["number"]},"data":{{"title":"a \\"b\\",\\nc","properties":{{"/x":"ü"}}}}}}',
        '"nobody"',
        '{"entry":99999,"data":{"description":"","priority":null}}',
    ]
    body = "\n".join(lines).encode()
    made = server.call("POST", target + "&review=false", body, {"Content-Type": "application/x-ndjson"})
    assert made.status == 201, made.text
    path = f"/v1/batches/{made.json()['id']}"
    ended = server.call("GET", f"{path}?wait=30").json()
    assert (ended["status"], ended["counts"]["success"], ended["counts"]["failure"]) == ("completed", 1, 2)
    file = server.call("GET", f"{path}/{what}", headers={"Accept": media})
    assert file.status == 200, file.text
    alone = target.partition("&data")[0]
    again = server.call("POST", alone, file.body, {"Content-Type": media})
    assert again.status == 201, again.text
    assert entries_of(server, again.json()["id"]) == entries_of(server, made.json()["id"])


def entries_of(server: Place, batch: str) -> list[tuple[str, Any]]:
    items = server.call("GET", f"/v1/batches/{batch}/entries").json()["items"]
    return [(str(item["entry"]), item["data"]) for item in items]


@pytest.mark.parametrize("target", ["/v1/batches", "/core/v2/batch/tasks"])
@pytest.mark.parametrize("rows", [10, 2_500])
def test_a_policy_holds_for_uploads(server: Place, target: str, rows: int) -> None:
    body = b"prefix\n" + b"".join(b"%d\n" % n for n in range(rows))
    refused = server.call("POST", f"{target}?method=POST&type=prefix&review=false", body, CSV)
    assert refused.status == 403, refused.text
    assert b"review" in refused.body
    wait_until(server, 0)


@pytest.mark.parametrize(("rows", "has_summary"), [(1_000, True), (2_500, False)])
def test_a_dry_run_knows_how_many_there_are(server: Place, rows: int, has_summary: bool) -> None:
    body = b"phonenumber,name\n" + numbers(0, rows)
    tried = server.call("POST", "/v1/batches?method=POST&type=phonenumber&dry_run=true", body, CSV)
    assert tried.status == 200, tried.text
    shown = tried.json()
    assert (shown["id"], shown["counts"]["total"]) == (None, rows)
    assert (shown["summary"] is not None) is has_summary
    assert stored(server) == 0


def test_a_dry_run_of_carrierx_shows_the_task_whole(server: Place) -> None:
    target = "/core/v2/batch/tasks?method=POST&type=phonenumber&dry_run=true"
    tried = server.call("POST", target, b"phonenumber,name\n" + numbers(0, 2_500), CSV)
    assert tried.status == 200, tried.text
    assert len(tried.json()["data"]) == 2_500
    assert stored(server) == 0


def test_a_form_is_accepted_when_all_of_it_is_there(server: Place) -> None:
    with half_sent(server) as page:
        assert stored(server) == 1
        assert page.end() == "HTTP/1.1 303 See Other"
    assert stored(server) == 3  # the draft, and two pieces


def test_nothing_stays_of_a_file_whose_browser_leaves(server: Place) -> None:
    with half_sent(server):
        pass
    wait_until(server, 0)


def test_nothing_stays_of_a_file_that_stops_coming(server: Place) -> None:
    with half_sent(server) as page:
        status, problem = page.answer()
        assert (status, problem["code"]) == (408, "body_timeout")
    wait_until(server, 0)


@pytest.mark.parametrize("end", [b"1,2,3\n", b"1,\xff\n"])
def test_nothing_stays_of_a_file_with_a_late_fault(server: Place, end: bytes) -> None:
    with half_sent(server) as page:
        page.send(end)
        assert page.end() == "HTTP/1.1 422 Unprocessable Entity"
    wait_until(server, 0)


def test_nothing_stays_of_a_form_without_its_end(server: Place) -> None:
    with half_sent(server) as page:
        page.connection.sendall(b"0\r\n\r\n")
        assert page.status() == "HTTP/1.1 400 Bad Request"
    wait_until(server, 0)


def test_a_form_of_another_site_is_refused_before_its_file_has_come(server: Place) -> None:
    page = Page(server, csrf="wrong")
    with page.connection:
        page.send(numbers(0, 10))
        assert page.status() == "HTTP/1.1 403 Forbidden"
    assert stored(server) == 0


def test_fields_that_drip_have_as_long_as_any_form(server: Place) -> None:
    page = Page(server, last='name="q"\r\n\r\n')
    with page.connection:
        for _ in range(100):
            if select.select([page.connection], [], [], 0.1)[0]:
                break
            page.send(b"x")
        else:
            pytest.fail("the server goes on reading")
        assert page.status() == "HTTP/1.1 408 Request Timeout"
