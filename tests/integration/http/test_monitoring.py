"""The page /metrics: whoever may read it finds there what all workers counted."""

import asyncio
import re
from pathlib import Path

import msgspec
import pytest

from dragoman import settings
from dragoman.domain.errors import Unavailable
from dragoman.http.endpoints.metrics import Metrics
from dragoman.http.server.worker_sockets import WorkerSockets
from dragoman.metrics import table
from dragoman.metrics.requests import Requests
from dragoman.metrics.snapshot import Snapshot
from dragoman.settings import Settings
from tests.integration.http.live import Live, call, serving
from tests.integration.http.test_server import get, process
from tests.support.plain_dialect import READER_TOKEN, PlainApplication

LINE = re.compile(r"^(?P<name>[a-z_]+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$", re.MULTILINE)


def values(text: str) -> dict[str, float]:
    """Each line of the page by its name and labels."""
    found = LINE.finditer(text)
    return {f"{line['name']}{{{line['labels'] or ''}}}": float(line["value"]) for line in found}


def scrape(live: Live) -> dict[str, float]:
    answer = call(live, "GET /metrics", token=None)
    assert answer.status == 200, answer.body
    return values(answer.body.decode())


def access(word: str) -> Settings:
    base = settings.load(environ={})
    return msgspec.structs.replace(base, server=msgspec.structs.replace(base.server, metrics=word))


def test_requests_are_counted_by_dialect_operation_and_class_of_status() -> None:
    with serving() as live:
        call(live, "GET /plain/tasks/7")
        call(live, "GET /plain/tasks/7")
        call(live, "GET /plain/tasks/7", token=None)
        call(live, "GET /nowhere/1")
        call(live, "GET /nowhere/2")
        found = scrape(live)
    counted = {name: value for name, value in found.items() if name.startswith("dragoman_requests_total")}
    assert counted == {
        'dragoman_requests_total{dialect="plain",operation="GET /tasks/{id}",status="2xx"}': 2,
        'dragoman_requests_total{dialect="plain",operation="GET /tasks/{id}",status="4xx"}': 1,
        'dragoman_requests_total{dialect="none",operation="none",status="4xx"}': 2,
    }
    assert found['dragoman_request_duration_seconds_count{dialect="plain"}'] == 3
    assert found['dragoman_refusals_total{code="credentials_missing"}'] == 1


def test_a_fault_of_ours_is_counted_as_an_incident() -> None:
    with serving() as live:
        before = scrape(live)["dragoman_incidents_total{}"]
        call(live, "POST /ui/page", b"break")
        assert scrape(live)["dragoman_incidents_total{}"] == before + 1


def test_it_reports_the_work_that_waits_in_the_database() -> None:
    with serving() as live:
        found = scrape(live)
    assert found['dragoman_jobs{state="available"}'] == 2
    assert found["dragoman_jobs_overdue_seconds{}"] == 1.5
    assert found["dragoman_database_up{}"] == 1


def test_without_the_database_it_reports_the_rest() -> None:
    with serving() as live:
        live.app.backlog = None
        found = scrape(live)
    assert found["dragoman_database_up{}"] == 0
    assert not [name for name in found if name.startswith("dragoman_jobs")]
    assert found["dragoman_workers{}"] == 1


def test_clients_that_prefer_openmetrics_get_it() -> None:
    with serving() as live:
        answer = call(live, "GET /metrics", token=None, Accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.body.endswith(b"# EOF\n")


def test_it_takes_nothing() -> None:
    with serving() as live:
        answer = call(live, "POST /metrics", b"", token=None)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
        assert call(live, "HEAD /metrics", token=None).status == 200


@pytest.mark.parametrize(
    ("token", "status"), [(None, 401), ("dgm_1_unknown", 401), (READER_TOKEN, 403)], ids=["none", "unknown", "other"]
)
def test_with_access_by_token_others_are_refused(token: str | None, status: int) -> None:
    with serving(access("token")) as live:
        assert call(live, "GET /metrics", token=token).status == status


def test_with_access_by_token_the_scope_opens_it() -> None:
    with serving(access("token")) as live:
        live.app.accounts.grant(READER_TOKEN, "metrics.read")
        assert call(live, "GET /metrics", token=READER_TOKEN).status == 200


def test_switched_off_there_is_no_such_page() -> None:
    with serving(access("off")) as live:
        assert call(live, "GET /metrics").status == 404


def test_each_worker_answers_for_all() -> None:
    with process(DRAGOMAN_SERVER_WORKERS="2") as (_, port):
        for _ in range(8):
            assert get(port) == [200]
        for _ in range(4):
            text = asyncio.run(fetch(port))
            found = values(text)
            assert found["dragoman_workers{}"] == 2
            assert found['dragoman_lanes{queue="write"}'] == 2
            assert found['dragoman_requests_total{dialect="none",operation="none",status="2xx"}'] >= 8


async def fetch(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    return text


def test_a_sibling_that_does_not_answer_is_missed(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        asyncio.run(WorkerSockets(str(tmp_path), 0, 2).ask())


@pytest.mark.parametrize("folder", [None, "/tmp/" + "too-long-for-a-socket" * 10])
def test_a_worker_without_a_place_to_meet_serves_and_does_not_add_up(folder: str | None) -> None:
    app = PlainApplication(settings.load(environ={}))
    sockets = WorkerSockets(folder, 0, 2)

    async def live() -> None:
        async with Metrics(app, Requests(), sockets).listening():
            with pytest.raises(Unavailable):
                await sockets.ask()

    asyncio.run(live())


def test_workers_send_their_counts(tmp_path: Path) -> None:
    async def meet() -> Snapshot:
        first, second = WorkerSockets(str(tmp_path), 0, 2), WorkerSockets(str(tmp_path), 1, 2)
        snapshot = Snapshot()
        snapshot.set(table.QUEUE_LENGTH, 3, "write")

        async def tell() -> bytes:
            return snapshot.pack()

        async with await second.listen(tell):
            for told in await first.ask():
                snapshot.add_packed(told)
        return snapshot

    assert asyncio.run(meet()).levels == {table.QUEUE_LENGTH.name: {("write",): 6}}
