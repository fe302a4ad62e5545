"""What the gauges of the event log take for a fault: a wrong count, order or signature, a commit not there."""

import asyncio
import base64
import hashlib
import hmac
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from bench import delta, earlier, event_rows, list_before, webhooks
from bench.compare import Table
from bench.kept import Kept
from bench.listeners import Heard, Listener, same
from bench.make_world import Only
from bench.page import render
from bench.plan import Bench, Plan
from bench.processes import environment
from bench.receivers import Received
from bench.world import World, make
from dragoman.store import tables
from dragoman.store.engine.engines import Engine

KEY = b"a secret of twenty-four!"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
MOMENT = datetime(2026, 11, 29, 20, 0, 0, 500_000, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> World:
    return make(Only(f"sqlite:///{tmp_path}/bench.db"), "sqlite", 1_000)


def test_the_log_is_counted_beside_history(place: World) -> None:
    event_rows.check(place)
    with Engine(place.url).writer() as connection:
        connection.execute(sa.delete(tables.event).where(tables.event.c.sequence == 7))
        connection.commit()
    with pytest.raises(SystemExit, match="the event log on sqlite is wrong"):
        event_rows.check(place)


def test_without_the_earlier_commit_its_figure_is_left_out_for_all_to_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    bench = Bench(Plan(), tmp_path, Only(""), Table(0, lines.append))
    monkeypatch.setattr(list_before, "BEFORE", "0" * 40)
    monkeypatch.setattr(Bench, "report", lambda self, line: lines.append(line))
    list_before.run(bench, "sqlite")
    assert not bench.figures
    assert lines == [f"left out: list_vs_before_sqlite: {bench.left_out['list_vs_before_sqlite']}"]
    kept = Kept()
    kept.add("abc", bench.figures, left_out=bench.left_out)
    assert "(left out) |  | commit 0000" in render(Plan(), kept)


@pytest.mark.parametrize(("module", "writes"), [("bench.without_events", False), ("dragoman", True)])
def test_the_event_log_is_compared_with_a_program_that_makes_no_events(place: World, module: str, writes: bool) -> None:
    before = event_rows.counted(place)
    command = [sys.executable, "-m", module, "user", "add", "berta", "--database", place.url]
    subprocess.run(command, env=environment(), check=True, capture_output=True)
    after = event_rows.counted(place)
    assert after["history rows"] > before["history rows"]
    assert (after["events"] > before["events"]) is writes


def test_a_folder_without_git_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "ROOT", tmp_path)
    with pytest.raises(earlier.NotInThisCloneError), earlier.checked_out("0" * 40, tmp_path / "source"):
        pass


def envelope(sequence: int, subject: str = "tasks/1", type_: str = "task.changed") -> bytes:
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": f"event-{sequence}",
            "type": type_,
            "subject": subject,
            "time": "2026-11-29T20:00:00.500000Z",
            "sequence": f"{sequence:020}",
        }
    )


def listener(sequences: Sequence[int], size: int) -> Listener:
    """A stream with these changes, which come in chunks of HTTP and in pieces of so many bytes."""
    blocks = [b"retry: 2000\nevent: stream.ready\nid: c\ndata: {}\n\n", b": beat\n"]
    blocks += [b"id: c\nevent: task.changed\ndata: %b\n\n" % envelope(sequence) for sequence in sequences]
    sent = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent += b"".join(b"%x\r\n%b\r\n" % (len(block), block) for block in blocks)
    made = Listener(b"")
    for place in range(0, len(sent), size):
        made.data_received(sent[place : place + size])
    return made


def heard(*streams: Sequence[int], count: int) -> list[list[Heard]]:
    async def listen() -> list[list[Heard]]:
        opened = [listener(sequences, 7 + number) for number, sequences in enumerate(streams)]
        assert [(each.changes, each.beats, each.ready.done()) for each in opened] == [
            (len(sequences), 1, True) for sequences in streams
        ]
        return same(opened, count)

    return asyncio.run(listen())


def test_streams_are_read_with_the_moments_of_cause_and_arrival() -> None:
    one, other = heard([3, 4], [3, 4], count=2)
    assert [event.sequence for event in one] == [event.sequence for event in other] == [3, 4]
    assert {event.caused_at for event in one} == {MOMENT.timestamp()}
    assert 0 < one[0].arrived_at <= one[1].arrived_at


@pytest.mark.parametrize("streams", [([3],), ([3, 3],), ([4, 3],), ([3, 4], [3, 5]), ([3, 4], [3])], ids=str)
def test_streams_that_miss_repeat_or_mix_up_an_event_fail(streams: tuple[list[int], ...]) -> None:
    with pytest.raises(SystemExit):
        heard(*streams, count=2)


def pages(*sequences: int) -> list[delta.Page]:
    items = [msgspec.Raw(envelope(sequence, type_="task.created")) for sequence in sequences]
    return [delta.Page(items[:1], "c", True), delta.Page(items[1:], "c", False)]


def test_delta_has_each_creation_once_and_in_order() -> None:
    delta.check(pages(1, 2), 2)
    for wrong in ((1,), (1, 1), (2, 1), (1, 2, 3)):
        with pytest.raises(SystemExit):
            delta.check(pages(*wrong), 2)


def webhook(sequence: int, subject: str = "tasks/1", key: bytes = KEY) -> Received:
    id_, body = b"event-%d" % sequence, envelope(sequence, subject)
    signature = base64.b64encode(hmac.digest(key, b"%b.1790000000.%b" % (id_, body), hashlib.sha256))
    headers = {b"webhook-id": id_, b"webhook-timestamp": b"1790000000", b"webhook-signature": b"v1," + signature}
    return Received(1.0, headers, body)


def test_webhooks_of_other_tasks_may_pass_by() -> None:
    webhooks.check([webhook(1), webhook(3, "tasks/2"), webhook(2)], 3, SECRET)


WRONG: dict[str, Callable[[], list[Received]]] = {
    "one is missing": lambda: [webhook(1)],
    "one came twice": lambda: [webhook(1), webhook(1)],
    "out of order": lambda: [webhook(2), webhook(1)],
    "another key": lambda: [webhook(1), webhook(2, key=b"another one of that size")],
}


@pytest.mark.parametrize("received", WRONG.values(), ids=WRONG)
def test_webhooks_that_are_wrong_fail(received: Callable[[], list[Received]]) -> None:
    with pytest.raises(SystemExit):
        webhooks.check(received(), 2, SECRET)
