"""From the fields of a draft to the batch that it asks for, and what is wrong with them."""

import re
from typing import Any, NamedTuple

from dragoman.dialects.kit import json
from dragoman.domain.bulk import Method, OnChange
from dragoman.domain.due import moment_of
from dragoman.domain.limits import LARGEST_NUMBER, uuid_of
from dragoman.usecases.batches.lifecycle import NewBatch, Options
from dragoman.web.views.batches import options
from dragoman.web.visit import Visit
from dragoman.web.words import N_

TEXTS = ("title", "name", "description", "type")
NUMBERS = ("priority", "category", "case", "contact", "parent")
PEOPLE = ("assignee",)
MOMENTS = ("due_at",)
FLAGS = ("escalated", "read")
FIELDS = (*TEXTS, *NUMBERS, *PEOPLE, *MOMENTS, *FLAGS)
DO: dict[str, tuple[str, dict[str, Any] | None]] = {
    "complete": (N_("Complete"), {"state": "completed"}),
    "terminate": (N_("Terminate"), {"state": "terminated"}),
    "reopen": (N_("Reopen"), {"state": "ready"}),
    "assign": (N_("Assign"), None),
    "release": (N_("Release"), {"assignee": None}),
}
MOST_FIELDS = 10
MOST_NUMBERS = 100_000
UID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
OPTION_FIELDS = ("purpose", *options.NUMBERS, *options.MOMENTS)


class Change(NamedTuple):
    """What is done to each task: the method, its data, and what is wrong with the fields."""

    method: Method
    data: dict[str, Any]
    faults: dict[str, str]


def numbers(text: str) -> list[int | str]:
    """The ids of a text, as batches take them: numbers, UUIDs in whatever spelling; all else as it is."""
    found: list[int | str] = []
    for word in re.split(r"[\s,;]+", text.strip()):
        if word.isascii() and word.isdigit() and len(word) < 20 and int(word) <= LARGEST_NUMBER:
            found.append(int(word))
        elif word:
            uid = UID.search(word)
            found.append((uuid_of(uid[0]) if uid else None) or word)
    return list(dict.fromkeys(found))


def change(visit: Visit, content: dict[str, str]) -> Change:
    """The change that a draft asks for."""
    kind = content.get("change", "set")
    if kind == "delete":
        return Change(Method.DELETE, {}, {})
    if kind == "do":
        return _do(visit, content)
    data, faults = dict[str, Any](), dict[str, str]()
    for place in range(MOST_FIELDS):
        name, text = content.get(f"field.{place}", ""), content.get(f"value.{place}", "").strip()
        if name not in FIELDS:
            continue
        if content.get(f"clear.{place}"):
            data[name] = None
            continue
        try:
            data[name] = _value(visit, name, text)
        except ValueError:
            faults[f"value.{place}"] = _fault(visit, name)
    if not data and not faults:
        faults["field.0"] = visit.gettext("Choose a field.")
    return Change(Method.PATCH, data, faults)


def _do(visit: Visit, content: dict[str, str]) -> Change:
    verb, who = content.get("do", ""), content.get("assignee", "").strip()
    if verb not in DO:
        return Change(Method.PATCH, {}, {"do": visit.gettext("Choose what to do.")})
    _, data = DO[verb]
    if data is None and not who:
        return Change(Method.PATCH, {}, {"assignee": visit.gettext("Say who.")})
    return Change(Method.PATCH, {"assignee": who} if data is None else data, {})


def _value(visit: Visit, name: str, text: str) -> Any:
    """The value of a field by its type. ValueError for what is none."""
    if name in NUMBERS:
        return int(text)
    if name in FLAGS:
        known = {"yes": True, "true": True, "no": False, "false": False, visit.gettext("yes"): True,
                 visit.gettext("no"): False}  # fmt: skip
        if text.lower() not in known:
            raise ValueError
        return known[text.lower()]
    if name in MOMENTS:
        local = f"{text}T17:00:00" if len(text) == 10 else f"{text.replace(' ', 'T')}:00" if len(text) == 16 else text
        return visit.moments.of(moment_of(local, visit.moments.zone)).iso
    if not text:
        raise ValueError
    return text


def _fault(visit: Visit, name: str) -> str:
    if name in NUMBERS:
        return visit.gettext("%(name)s must be a whole number.", name=name)
    if name in FLAGS:
        return visit.gettext("%(name)s must be yes or no.", name=name)
    if name in MOMENTS:
        return visit.gettext("%(name)s must be a moment such as 2026-12-01 17:00.", name=name)
    return visit.gettext("%(name)s must not be empty.", name=name)


class Ordered(NamedTuple):
    """The batch that a draft asks for; None with faults of its options."""

    order: NewBatch | None
    faults: dict[str, str]


def order(visit: Visit, content: dict[str, str], *, review: bool) -> Ordered:
    """The batch. Its objects and its change have no faults any more."""
    made = change(visit, content)
    texts = {name: content.get(name, "").strip() for name in OPTION_FIELDS if content.get(name, "").strip()}
    found, faults = options.read(visit, texts)
    title = content.get("title", "").strip()
    if len(title) > 255:
        faults["title"] = visit.gettext("A title has at most %(most)s characters.", most=255)
    if faults:
        return Ordered(None, faults)
    if found.get("priority") is None:
        found.pop("priority", None)
    word = content.get("on_change", "")
    found["on_change"] = OnChange(word) if word in set(map(str, OnChange)) else OnChange.FAIL
    by_filter = content.get("choose", "filter") == "filter"
    entries = [] if by_filter else numbers(content.get("numbers", ""))
    data = None if made.method is Method.DELETE else json.encode(made.data).decode()
    return Ordered(
        NewBatch(
            made.method,
            "task",
            None if by_filter else "id",
            None if by_filter else json.encode(entries).decode(),
            data,
            review,
            len(entries),
            Options(title=title or None, **found),
            json.encode({"filter": content.get("q", "")}).decode() if by_filter else None,
        ),
        {},
    )


def proposed_title(visit: Visit, content: dict[str, str]) -> str:
    """What the batch may be called."""
    made = change(visit, content)
    if made.method is Method.DELETE:
        return visit.gettext("Delete tasks")
    if content.get("change") == "do":
        label, _ = DO[content["do"]]
        return visit.gettext("%(verb)s tasks", verb=visit.gettext(label))
    members = ", ".join(f"{name} {'–' if value is None else value}" for name, value in made.data.items())
    return visit.gettext("Set %(members)s", members=members)[:255]
