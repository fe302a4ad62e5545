"""The patch of a task that a form asks for: of the members that changed, and of no others."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from dragoman.command import Ref
from dragoman.dialects.kit import json
from dragoman.dialects.native import problems
from dragoman.dialects.native.handlers import tasks as native
from dragoman.dialects.native.wire.tasks import TaskPatch
from dragoman.domain import json_numbers
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.extension import Attribute, fold
from dragoman.domain.limits import uuid_of
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.tasks.editing import Sheet
from dragoman.usecases.tasks.edits import Change
from dragoman.web.views.tasks.form_fields import EXTENSION, PROPERTY, Record, Values, declared_names, instant
from dragoman.web.views.tasks.typed import DUE, number
from dragoman.web.words import N_

NOT_A_MOMENT = N_("must be a date and a time, with a time zone such as Europe/Riga")
LINKS = ("case", "contact", "parent")


class Patch:
    """A patch with its faults. What has a fault isn't in it."""

    def __init__(self, sheet: Sheet, changes: Values, many: Mapping[str, list[Record]]) -> None:
        self._sheet = sheet
        self.found: list[Problem] = []
        self.members: dict[str, Any] = {}
        self.extensions: dict[str, Any] = {}
        self._declared = declared_names(sheet)
        for name, value in changes.items():
            self._add(name, value)
        for name, records in many.items():
            self.extensions[name] = self._records(name, records)
        faults = problems.find(TaskPatch, self.members).found
        self.found.extend(faults)
        for fault in faults:
            self.members.pop(fault.path.split("/")[1], None)

    def command(self, task: Ref, revisions: Revisions | None) -> Change:
        """The change."""
        texts = {name: Raw(json_numbers.encode(value)) for name, value in self.extensions.items()}
        return native.change(task, TaskPatch(**self.members, extensions=texts), revisions)

    def _add(self, name: str, value: str | None) -> None:
        if name in ("priority", "category"):
            before = len(self.found)
            parsed = number(value, name, self.found)
            if len(self.found) == before:
                self.members[name] = parsed
        elif name in LINKS:
            is_number = value is not None and value.isascii() and value.isdigit() and len(value) < 19
            self.members[name] = int(value) if is_number and value is not None else value
            if value is not None and not is_number and uuid_of(value) is None:
                self.members.pop(name)
                self.found.append(Problem(f"/{name}", "format", "must be a number or an id"))
        elif name == DUE:
            self._add_due(value)
        elif name.startswith(PROPERTY):
            self.members.setdefault("properties", {})[name.removeprefix(PROPERTY)] = value
        elif name in self._declared:
            schema, attribute = self._declared[name]
            self.extensions.setdefault(schema.name, {})[attribute.name] = self._value(name, attribute, value)
        elif name.startswith(EXTENSION):
            self._add_json(name, value)
        else:
            self.members[name] = value

    def _add_due(self, value: str | None) -> None:
        if value is None:
            self.members["due_at"] = None
            return
        local, _, zone = value.partition(" ")
        self.members[DUE] = f"{local}:00" if local.count(":") == 1 else local
        if zone:
            self.members["due_zone"] = zone

    def _value(self, name: str, attribute: Attribute, value: str | None) -> Any:
        if value is None:
            return None
        if attribute.type == "boolean" and value in ("true", "false"):
            return value == "true"
        if attribute.type == "datetime":
            try:
                return instant(value)
            except (ValueError, OverflowError):
                self.found.append(Problem(f"/{name.replace('.', '/')}", "format", NOT_A_MOMENT))
        return value

    def _records(self, name: str, records: list[Record]) -> list[dict[str, Any]]:
        schema = self._sheet.schemas[fold(name)]
        whole = []
        for place, record in enumerate(records):
            values = {
                each.name: self._value(f"{EXTENSION}{name}.{place}.{each.name}", each, record.get(each.name))
                for each in schema.attributes
            }
            whole.append({key: value for key, value in values.items() if value is not None})
        return whole

    def _add_json(self, name: str, value: str | None) -> None:
        bare = name.removeprefix(EXTENSION)
        if value is None:
            self.extensions[bare] = None
            return
        stored = self._sheet.task.extensions.get(fold(bare))
        try:
            parsed, _ = json.parse_raw(value.encode())
            parsed = json_numbers.decode(value)
        except (Invalid, ValueError, msgspec.DecodeError) as fault:
            self.found.append(Problem(f"/extensions/{bare}", "json", _place(value, fault)))
            return
        self.extensions[bare] = difference(None if stored is None else json_numbers.decode(stored.value), parsed)


def difference(old: Any, new: Any) -> Any:
    """The merge patch that makes `new` of `old`."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    changed = {name: difference(old.get(name), value) for name, value in new.items() if value != old.get(name)}
    return changed | dict.fromkeys(old.keys() - new.keys())


def _place(text: str, fault: Exception) -> str:
    """Where a JSON text ends to be one, by line and column."""
    import json as standard  # its errors have a place; ours read as the server reads

    try:
        standard.loads(text)
    except standard.JSONDecodeError as found:
        return f"isn't JSON at line {found.lineno}, column {found.colno}"
    return str(getattr(fault, "message", fault)).rstrip(".")
