"""Rows that are drawn by their shape say what their tasks hold, whatever that is."""

import re
from html import unescape

import pytest
from msgspec.structs import replace

from dragoman.domain.clock import Moment
from dragoman.domain.task import State, Task, Verb
from dragoman.usecases.tasks.rows import Row
from dragoman.web import icons
from dragoman.web.drawing import row
from dragoman.web.moments import Moments
from dragoman.web.rows.columns import columns
from dragoman.web.rows.drawing import Drawer, escaped
from dragoman.web.words import words

TITLE = re.compile(
    r'<td class="what" hx-ignore><a href="/ui/tasks/7\?from=all&amp;q=x" dir="auto">(.*?)</a>', re.DOTALL
)
NOW = Moment(10**16)
TASK = Task(tenant=1, number=7, uid="a", title="Call", modified_at=NOW)


def drawn(task: Task, verbs: frozenset[Verb] = frozenset(), language: str = "en", cols: str | None = None) -> str:
    said = words(language)
    drawer = Drawer(
        row(language), said, Moments("UTC", said, NOW), NOW, columns("all", cols), from_list="?from=all&q=x"
    )
    return drawer.one(Row(task, "A & B", None, None, None, None, verbs=verbs))


@pytest.mark.parametrize("title", ["100 % %(number)s %s", "<b>&amp;\"'", "\x00number\x00", "a\x00b", "{{ number }}"])
def test_a_title_stands_as_it_is(title: str) -> None:
    found = TITLE.search(drawn(replace(TASK, title=title)))
    assert found is not None
    assert unescape(found[1]) == title
    assert "<" not in found[1]


def test_tasks_of_one_shape_have_their_own_values() -> None:
    assert drawn(TASK).replace("7", "8").replace("Call", "Ring") == drawn(replace(TASK, number=8, title="Ring"))


def test_what_differs_in_shape_is_drawn_anew() -> None:
    plain = drawn(TASK)
    assert "Claim</button>" not in plain
    assert "Claim</button>" in drawn(TASK, frozenset({Verb.CLAIM}))
    assert "Übernehmen</button>" in drawn(TASK, frozenset({Verb.CLAIM}), "de")
    assert 'data-level="2"' in drawn(replace(TASK, priority=5))
    assert 'class="due late"' in drawn(replace(TASK, due_at=Moment(1)))
    assert "<td" in drawn(TASK, cols="ext.A%(x)s.b)")


def test_a_due_time_that_was_chosen_in_another_zone_shows_that_zone() -> None:
    due = replace(TASK, due_at=Moment(NOW + 20 * 3_600 * 10_000_000), due_zone="Asia/Tokyo")
    assert '<span class="soft" title="Asia/Tokyo">JST</span>' in drawn(due)
    assert "JST" not in drawn(replace(due, due_zone="UTC"))


def test_values_are_escaped_also_where_one_holds_the_separator() -> None:
    assert escaped({"a": "<", "b": "\x00"}) == {"a": "&lt;", "b": "\x00"}
    assert escaped({"a": "<", "b": "&"}) == {"a": "&lt;", "b": "&amp;"}


def test_a_page_with_rows_has_every_icon_that_a_row_may_use() -> None:
    rows = drawn(TASK, frozenset(Verb)) + drawn(replace(TASK, state=State.FAILED))
    used = set(icons.USED.findall(rows))
    found = icons.sprite(f'<use href="#i-find"/><tbody id="rows">{rows}</tbody><use href="#i-gear"/>')
    assert {"find", "gear"} | used <= set(re.findall('<symbol id="i-([a-z_]+)"', found))
