"""Acme's shapes, ids and times, and the domain's."""

from typing import Any

import msgspec

from dragoman.dialects.kit import Reply, Request, json, times
from dragoman.dialects.kit.fields import Problems, mapping, moment, refuse_unknown, text
from dragoman.domain.clock import Moment
from dragoman.domain.errors import NotFound
from dragoman.domain.task import Task

JSON = "application/json"
MEMBERS = ("title", "due", "color")
LARGEST_ID = 2**63 - 1


class Fields(msgspec.Struct, frozen=True):
    """What a client may set."""

    title: str
    due_at: Moment | None = None
    color: str | None = None


def parse_id(value: str) -> int:
    """The task's number. NotFound for anything that can't be one, so that it is never taken for "no filter"."""
    if not (value.isascii() and value.isdigit()) or len(value) > 19 or int(value) > LARGEST_ID:
        raise NotFound("task_not_found", "There is no such task.")
    return int(value)


def parse_fields(body: Any) -> Fields:
    """The body of a PUT. Invalid with every fault; what is absent is cleared."""
    problems = Problems()
    members = mapping(body, "", problems)
    refuse_unknown(members, MEMBERS, "", problems)
    title = text(members.get("title"), "/title", problems, min_length=1, max_length=255)
    due = members.get("due")
    color = members.get("color")
    due_at = None if due is None else moment(due, "/due", problems, times.parse_iso)
    color = None if color is None else text(color, "/color", problems, max_length=32)
    problems.raise_if_any()
    return Fields(title, due_at, color)


def shown_fields(task: Task) -> Fields:
    """What acme shows of a task, as a client would send it back."""
    due_at = None if task.due_at is None else times.parse_iso(times.render_millis(task.due_at))
    return Fields(task.title or task.name or "", due_at, task.extras.get("acme", {}).get("color"))


def render_task(task: Task, request: Request) -> Reply:
    """A task, for every operation that answers with one."""
    shown = shown_fields(task)
    return Reply(
        200,
        json.encode(
            {
                "id": task.number,
                "title": shown.title,
                "due": None if shown.due_at is None else times.render_millis(shown.due_at),
                "color": shown.color,
                "done": task.state.is_ended,
                "changed": times.render_millis(task.modified_at),
            }
        ),
        JSON,
    )
