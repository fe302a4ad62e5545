"""Files of many mebibytes on both engines, from the form to the batch."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from dragoman.domain.batch_draft import PIECE_BYTES, Draft
from dragoman.store import tables
from dragoman.web.views.batches import sources
from dragoman.web.visit import Visit
from tests.integration.web.batches.conftest import Desk
from tests.integration.web.batches.test_wizard import go
from tests.integration.web.batches.test_wizard_files import kept, kept_pieces, uploaded
from tests.support.browser import Browser
from tests.support.databases import BACKENDS, Databases
from tests.support.in_process_server import InProcessServer

ENTRIES = 52_000
LARGE = b"No.,title\n" + b"".join(b"%d,%b\n" % (n, b"x" * 120) for n in range(ENTRIES))
CHUNK_BYTES = 1024 * 1024


@pytest.fixture(scope="module", params=BACKENDS)
def both(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Desk]:
    with databases.lent(request.param) as url, InProcessServer(url) as server:
        yield Desk(server)


def test_a_large_file_becomes_a_batch_piece_by_piece(both: Desk) -> None:
    browser = both.browser("carla")
    assert len(LARGE) > 6 * 1024 * 1024
    before = kept_pieces(both)
    home = kept(browser, LARGE)
    longest = sa.func.max(sa.func.length(tables.batch_draft_file.c.text))
    assert (kept_pieces(both) - before, scalar(both, longest) <= PIECE_BYTES) == (-(-len(LARGE) // PIECE_BYTES), True)
    assert go(browser, f"{home}/choose", choose="file", column__0="id", column__1="title").status == 303
    assert go(browser, f"{home}/change", change="columns").status == 303
    assert "52,000 tasks" in browser.get(f"{home}/check").text
    number = int(go(browser, f"{home}/check", title="Large", go="send").headers["location"].rpartition("/")[2])
    chunk, uid = tables.batch_chunk.c, both.found(number)["id"]
    assert scalar(both, sa.func.sum(chunk.count), chunk.batch == uid) == ENTRIES
    assert scalar(both, sa.func.max(sa.func.length(chunk.data)), chunk.batch == uid) <= CHUNK_BYTES
    assert kept_pieces(both) == before
    last = both.tenant.native("GET", f"/v1/batches/{number}/entries?limit=1000")["items"][-1]
    assert (last["entry"], last["data"]) == (999, {"title": "x" * 120})


def test_a_late_fault_of_a_large_file_leaves_what_was_there(both: Desk) -> None:
    browser = both.browser("carla")
    home, before = kept(browser, b"id\n1\n", "first.csv"), kept_pieces(both)
    answer = uploaded(browser, LARGE[: 1 << 20] + b"\n1\n", "late.csv", f"{home}/choose")
    assert (answer.status, "column 2: The row has another number of cells" in answer.text) == (422, True)
    assert "first.csv" in browser.get(f"{home}/choose").text
    assert kept_pieces(both) == before


def ready(browser: Browser) -> tuple[str, dict[str, str]]:
    """The last step of a draft with a file: its address and its fields."""
    home = kept(browser, b"id\n" + b"".join(b"%d\n" % n for n in range(2_500)))
    go(browser, f"{home}/choose", choose="file", column__0="id")
    go(browser, f"{home}/change", change="delete")
    browser.get(f"{home}/check")
    return f"{home}/check", {"csrf": browser.csrf(), "key": "twice", "title": "T", "go": "send"}


def test_a_draft_with_a_file_that_is_sent_twice_makes_one_batch(both: Desk) -> None:
    browser, before, files = both.browser("carla"), chunks(both), kept_pieces(both)
    address, fields = ready(browser)
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: again(browser).post(address, fields), range(3)))
    answers.append(browser.post(address, fields))
    assert [answer.status for answer in answers] == [303] * 4, answers[-1].text
    [location] = {answer.headers["location"] for answer in answers}
    assert both.found(int(location.rpartition("/")[2]))["title"] == "T"
    assert (chunks(both), kept_pieces(both)) == (before + 3, files)


def test_a_form_that_finds_its_draft_sent_meanwhile_has_made_that_batch(
    both: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, before = both.browser("carla"), chunks(both)
    address, fields = ready(browser)
    pieces, has_begun, goes_on = sources.pieces, threading.Event(), threading.Event()

    async def late(visit: Visit, draft: Draft) -> AsyncIterator[bytes]:
        async for piece in pieces(visit, draft):
            yield piece
            if not has_begun.is_set():
                has_begun.set()
                await asyncio.to_thread(goes_on.wait)

    monkeypatch.setattr(sources, "pieces", late)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(again(browser).post, address, fields)
        has_begun.wait()
        second = browser.post(address, fields)
        goes_on.set()
        assert first.result().headers["location"] == second.headers["location"]
    assert chunks(both) == before + 3


def again(browser: Browser) -> Browser:
    """The same browser, for a thread of its own."""
    one = Browser(browser.server, User_Agent="Firefox")
    one.cookies = dict(browser.cookies)
    return one


def chunks(desk: Desk) -> int:
    return scalar(desk, sa.func.count(tables.batch_chunk.c.first))


def scalar(desk: Desk, wanted: "sa.Function[int]", *those: "sa.ColumnElement[bool]") -> int:
    """A figure over rows."""
    with desk.tenant.server.app.store.engine.reader() as connection:
        return int(connection.execute(sa.select(wanted).where(*those)).scalar_one())
