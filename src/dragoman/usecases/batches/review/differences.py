"""What differs between two states of an object, member by member as the type's own GET shows them.

Never what the server keeps for itself, nor moments that follow from a state.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from dragoman.domain import json_numbers
from dragoman.domain.case import Case
from dragoman.domain.contact import Contact
from dragoman.domain.extension import Extension
from dragoman.domain.pointers import Difference, differences, escaped
from dragoman.domain.resource import Resource
from dragoman.domain.task import Task
from dragoman.usecases.batches.review.images import ENTITIES

SHOWN: dict[type[Any], frozenset[str]] = {
    Task: frozenset(
        (
            *("kind", "name", "title", "description", "category", "type", "work_list", "state", "suspended"),
            *("escalated", "read"),
            *("priority", "assignee", "creator", "starter", "contact", "case", "stage", "parent", "due_at"),
            *("due_local", "due_zone", "remind_before_minutes", "expires_at", "delete_at", "resume_at", "template"),
            *("escalations", "timing", "messages", "binaries", "properties", "extras"),
        )
    ),
    Contact: frozenset(
        (
            *("kind", "first_name", "last_name", "company_name", "company", "job_title", "about", "email"),
            *("is_private", "shared_with", "labels", "creator", "extras"),
        )
    ),
    Case: frozenset(
        (
            *("kind", "title", "description", "contact", "assignee", "creator", "expires_at", "is_private"),
            *("sales_stage", "members", "labels", "extras"),
        )
    ),
}
"""Fields that are members of the document under their own names."""
OUTCOME = frozenset({"outcome_code", "outcome_text"})
NAMES = frozenset({"kind", "first_name", "last_name", "company_name"})


def between(before: Any, after: Any, names: tuple[str, ...]) -> Iterator[Difference]:
    """The members that differ, where only these fields may."""
    if isinstance(after, Resource):
        if "body" in names:
            yield from differences(_set(before.body), _set(after.body))
        return
    shown = SHOWN[type(after)]
    for name in names:
        if name in shown:
            old, new = getattr(before, name), getattr(after, name)
            if old is new:
                continue
            if isinstance(new, dict):
                yield from differences(_plain(old), _plain(new), f"/{name}")
            elif not json_numbers.are_same(_plain(old), _plain(new)):
                yield f"/{name}", _plain(old), _plain(new)
        elif name == "extensions":
            yield from _of_extensions(before.extensions, after.extensions)
    if not OUTCOME.isdisjoint(names):
        yield from differences(_outcome(before), _outcome(after), "/outcome")
    if isinstance(after, Contact) and not NAMES.isdisjoint(names):
        yield from differences(before.display_name, after.display_name, "/display_name")


def pointer_of(entity: str, name: str) -> str | None:
    """The member that a name of a history row's changes is about; None for one that isn't shown."""
    field, _, inside = name.partition(".")
    if entity == "resource":
        return f"/{escaped(inside)}" if field == "body" and inside else None
    if field in OUTCOME:
        return f"/outcome/{field.removeprefix('outcome_')}"
    if field != "extensions" and field not in SHOWN[ENTITIES[entity]]:
        return None
    return f"/{field}/{escaped(inside)}" if inside else f"/{field}"


def of_new(after: Any) -> Iterator[Difference]:
    """The members that a new object has."""
    nothing = replace(after, body={}) if isinstance(after, Resource) else _blank(after)
    found = between(nothing, after, after.__struct_fields__)
    return ((pointer, None, new) for pointer, _, new in found if new is not None and new is not False)


def _blank(entity: Any) -> Any:
    """An object of which nothing is set."""
    cleared: dict[str, Any] = dict.fromkeys(SHOWN[type(entity)] | (OUTCOME & set(entity.__struct_fields__)))
    for name in ("extras", "properties", "timing", "messages", "binaries", "extensions"):
        if name in entity.__struct_fields__:
            cleared[name] = {}
    return replace(entity, **cleared)


def _set(body: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that are set: null is shown where one is not."""
    return {name: value for name, value in body.items() if value is not None}


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def _outcome(entity: Any) -> dict[str, Any] | None:
    code, text = entity.outcome_code, entity.outcome_text
    return None if code is None and text is None else {"code": code, "text": text}


def _of_extensions(before: Mapping[str, Extension], after: Mapping[str, Extension]) -> Iterator[Difference]:
    for folded in before.keys() | after.keys():
        old, new = before.get(folded), after.get(folded)
        if old == new:
            continue
        if old is not None and new is not None and old.name == new.name:
            place = f"/extensions/{escaped(new.name)}"
            yield from differences(json_numbers.decode(old.value), json_numbers.decode(new.value), place)
            continue
        if old is not None:
            yield f"/extensions/{escaped(old.name)}", json_numbers.decode(old.value), None
        if new is not None:
            yield f"/extensions/{escaped(new.name)}", None, json_numbers.decode(new.value)
