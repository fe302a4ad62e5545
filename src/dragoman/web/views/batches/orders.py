"""From the fields of a draft to the batch that it asks for, and what is wrong with them."""

import re
from typing import Any, NamedTuple

from dragoman.dialects.kit import json
from dragoman.domain.batch_draft import Draft
from dragoman.domain.bulk import Method, OnChange
from dragoman.domain.due import moment_of
from dragoman.domain.limits import LARGEST_NUMBER, uuid_of
from dragoman.domain.row_formats.faults import Row
from dragoman.usecases.batches import drafts
from dragoman.usecases.batches.content.uploads import Reader, Upload
from dragoman.usecases.batches.lifecycle import NewBatch, Options
from dragoman.web.views.batches import fields, options, sources
from dragoman.web.visit import Visit
from dragoman.web.words import N_

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


def numbers(visit: Visit, text: str) -> list[int | str]:
    """The ids of a text, as batches take them: numbers, UUIDs in the spelling of any dialect; all else as it is."""
    return list(dict.fromkeys(entry(visit, word) for word in re.split(r"[\s,;]+", text.strip()) if word))


def entry(visit: Visit, word: str) -> int | str:
    """An id as batches take it."""
    if word.isascii() and word.isdigit() and len(word) < 20 and int(word) <= LARGEST_NUMBER:
        return int(word)
    for dialect in visit.app.dialects:
        shown = dialect.shown_task
        if shown is not None and shown.read is not None and (own := shown.read(word)) is not None:
            return own
    uid = UID.search(word)
    return (uuid_of(uid[0]) if uid else None) or word


def change(visit: Visit, content: dict[str, str]) -> Change:
    """The change that a draft asks for."""
    kind = content.get("change", "set")
    if kind == "delete":
        return Change(Method.DELETE, {}, {})
    if kind == "do":
        return _do(visit, content)
    if kind == "columns":
        faults = {} if members(content) else {"change": visit.gettext("The file has no columns with values.")}
        return Change(Method.PATCH, {}, faults)
    data, faults = dict[str, Any](), dict[str, str]()
    for place in range(MOST_FIELDS):
        name, text = content.get(f"field.{place}", ""), content.get(f"value.{place}", "").strip()
        if name not in fields.ALL:
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


def is_by_file(content: dict[str, str]) -> bool:
    """Whether the entries come from a file."""
    return content.get("choose") == "file"


def members(content: dict[str, str]) -> list[str]:
    """The members of tasks whose values the file has."""
    return sources.members(content) if is_by_file(content) else []


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
    if name in fields.NUMBERS:
        return int(text)
    if name in fields.FLAGS:
        known = {"yes": True, "true": True, "no": False, "false": False, visit.gettext("yes"): True,
                 visit.gettext("no"): False}  # fmt: skip
        if text.lower() not in known:
            raise ValueError
        return known[text.lower()]
    if name in fields.MOMENTS:
        local = f"{text}T17:00:00" if len(text) == 10 else f"{text.replace(' ', 'T')}:00" if len(text) == 16 else text
        return visit.moments.of(moment_of(local, visit.moments.zone)).iso
    if not text:
        raise ValueError
    return text


def _fault(visit: Visit, name: str) -> str:
    if name in fields.NUMBERS:
        return visit.gettext("%(name)s must be a whole number.", name=name)
    if name in fields.FLAGS:
        return visit.gettext("%(name)s must be yes or no.", name=name)
    if name in fields.MOMENTS:
        return visit.gettext("%(name)s must be a moment such as 2026-12-01 17:00.", name=name)
    return visit.gettext("%(name)s must not be empty.", name=name)


class Ordered(NamedTuple):
    """The batch that a draft asks for; None with faults of its options."""

    order: NewBatch | None
    faults: dict[str, str]


def order(visit: Visit, content: dict[str, str], *, review: bool) -> Ordered:
    """The batch. Its objects and its change have no faults any more. The entries of its file are left to `upload`."""
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
    entries, data, size = _content(visit, content, made)
    return Ordered(
        NewBatch(
            made.method,
            "task",
            None if by_filter else "id",
            entries,
            data,
            review,
            size,
            Options(title=title or None, **found),
            json.encode({"filter": content.get("q", "")}).decode() if by_filter else None,
        ),
        {},
    )


def upload(visit: Visit, draft: Draft, content: dict[str, str], order: NewBatch) -> Upload:
    """What makes the batch of this order, while the file of its draft is read."""
    return Upload(
        _Entries(visit, sources.reader(visit, content), has_data=content.get("change") == "columns"),
        order,
        most=visit.request.limits.upload_entries,
        command=lambda complete: drafts.Send(draft.uid, complete),
    )


class _Entries:
    """Reads the entries of a file as batches take them, and the data of their own where these count."""

    def __init__(self, visit: Visit, reader: Reader, *, has_data: bool) -> None:
        self.faults = reader.faults
        self._visit = visit
        self._reader = reader
        self._has_data = has_data

    def feed(self, piece: bytes) -> list[Row]:
        return self._of(self._reader.feed(piece))

    def close(self) -> list[Row]:
        return self._of(self._reader.close())

    def _of(self, rows: list[Row]) -> list[Row]:
        return [
            (entry(self._visit, each) if isinstance(each, str) else each, own if self._has_data else None)
            for each, own in rows
        ]


def _content(visit: Visit, content: dict[str, str], made: Change) -> tuple[str | None, str | None, int]:
    """Entries and data as JSON text, and the number of entries; no entries where a filter selects them, or a file has
    them."""
    data = None if made.method is Method.DELETE else json.encode(made.data).decode()
    if content.get("choose", "filter") == "filter":
        return None, data, 0
    if is_by_file(content):
        return None, None if content.get("change") == "columns" else data, int(content.get("size") or 0)
    found = numbers(visit, content.get("numbers", ""))
    return json.encode(found).decode(), data, len(found)


def proposed_title(visit: Visit, content: dict[str, str]) -> str:
    """What the batch may be called."""
    made = change(visit, content)
    if made.method is Method.DELETE:
        return visit.gettext("Delete tasks")
    if content.get("change") == "do":
        label, _ = DO[content["do"]]
        return visit.gettext("%(verb)s tasks", verb=visit.gettext(label))
    shown = [f"{name} {'–' if value is None else value}" for name, value in made.data.items()]
    shown = members(content) if content.get("change") == "columns" else shown
    return visit.gettext("Set %(members)s", members=", ".join(shown))[:255]
