"""Reading the log over connections that break: each page once, whatever comes between."""

import json
from typing import Any, cast

import click
import pytest

from dragoman.cli.event_pages import FEW_TRIES, Reader
from dragoman.cli.remote import Answer, Refused, Remote, Unreachable

CUT = Unreachable("http://there can't be reached: ReadError.", was_cut=True)
AWAY = Unreachable("http://there can't be reached: refused.", was_cut=False)
BUSY = Refused("Too many requests (too_many_requests)", "too_many_requests", 429, "7")
FULL = Refused("The server answered with status 503.", "503", 503)


def page(*items: int, next_: str = "", more: bool = False) -> Answer:
    shown = {"items": list(items), "next": next_ or f"c{items[-1]}", "more": more}
    return Answer({}, json.dumps(shown).encode())


class Script:
    """A server whose answers are known before; it notes what it was asked, and how long a client slept."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.left = list(answers)
        self.asked: list[tuple[str, str]] = []
        self.slept: list[float] = []

    def ask(self, method: str, path: str, *, query: list[tuple[str, str]]) -> Answer:
        assert (method, path) == ("GET", "/v1/events")
        given = dict(query)
        assert (given["types"], given["limit"]) == ("task.*", "500")
        self.asked.append((given["since"], given.get("wait", "0")))
        answer = self.left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def read(self, count: int, *, since: str = "earliest", is_brief: bool = False) -> tuple[Reader, list[Any]]:
        """So many pages' items."""
        reader = Reader(
            cast(Remote, self), since, [("types", "task.*")], is_brief=is_brief, sleep=lambda s: self.slept.append(s)
        )
        pages = zip(range(count), reader.pages(), strict=False)
        return reader, [json.loads(bytes(item)) for _, page in pages for item in page.items]


def test_the_cursor_of_each_page_asks_for_the_next() -> None:
    script = Script(page(1, 2, more=True), page(3), page(4), page(5))
    assert script.read(4)[1] == [1, 2, 3, 4, 5]
    assert script.asked == [("earliest", "0"), ("c2", "0"), ("c3", "5"), ("c4", "5")]
    assert script.slept == []


def test_latest_is_a_cursor_before_anything_is_held_back() -> None:
    script = Script(page(next_="c9"), CUT, page(10))
    assert script.read(2, since="latest")[1] == [10]
    assert script.asked == [("latest", "0"), ("c9", "5"), ("c9", "5")]


@pytest.mark.parametrize("broken", [CUT, AWAY, BUSY, FULL], ids=lambda error: error.code)
def test_whatever_breaks_each_page_comes_once(broken: Refused, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(page(1), broken, broken, page(2), broken, page(3))
    assert script.read(3)[1] == [1, 2, 3]
    assert [since for since, _ in script.asked] == ["earliest", "c1", "c1", "c1", "c2", "c2"]
    assert len(script.slept) == 3
    assert capsys.readouterr().err.count("Trying again.") == 2  # one for each of the times that it broke


def test_a_page_that_was_not_used_is_not_passed_over() -> None:
    script = Script(page(1), page(2))
    reader, _ = script.read(2)
    assert reader.cursor == "c1"


def test_a_pause_is_as_long_as_the_server_asks() -> None:
    script = Script(page(1), BUSY, FULL, FULL, FULL, page(2))
    script.read(2)
    asked, *doubled = script.slept
    assert asked == 7
    assert all(whole / 2 <= pause <= whole for pause, whole in zip(doubled, (2, 4, 8), strict=True))


def test_many_failures_end_no_reader_that_has_begun() -> None:
    script = Script(page(1), *[AWAY] * 100, page(2))
    assert script.read(2)[1] == [1, 2]
    assert max(script.slept) <= 30


def test_a_server_that_was_never_there_is_an_error() -> None:
    with pytest.raises(Unreachable):
        Script(AWAY).read(1)


@pytest.mark.parametrize("broken", [CUT, BUSY])
def test_a_first_answer_is_waited_for_within_bounds(broken: Refused) -> None:
    assert Script(*[broken] * (FEW_TRIES - 1), page(1)).read(1)[1] == [1]
    with pytest.raises(Refused, match=r"\(too_many|reached"):
        Script(*[broken] * FEW_TRIES).read(1)


def test_a_brief_reader_waits_for_nothing_to_happen_and_gives_up(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(page(1, more=True), *[AWAY] * (FEW_TRIES - 1), page(2), *[CUT] * FEW_TRIES)
    with pytest.raises(Unreachable):
        script.read(3, is_brief=True)
    assert {wait for _, wait in script.asked} == {"0"}
    assert capsys.readouterr().err == ""  # whoever reads the cursor there reads nothing else


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500])
def test_what_waiting_does_not_mend_ends_it(status: int) -> None:
    script = Script(page(1), Refused("no (no)", "no", status, "1"))
    with pytest.raises(Refused):
        script.read(2)
    assert script.slept == []


def test_a_server_that_holds_nothing_back_is_not_asked_without_a_pause() -> None:
    script = Script(page(next_="a"), page(next_="a"), page(next_="a"), page(1))
    script.read(4)
    assert script.slept == [1.0, 1.0]


def test_something_that_is_no_server_of_ours_is_an_error() -> None:
    with pytest.raises(click.ClickException, match="not a page of events"):
        Script(Answer({}, b"<html>")).read(1)
