"""Forms for what others may change meanwhile: they carry the revision and the values that they began with.

What was not typed anew is not sent on, so changes of different fields merge. Where the same field was changed since,
both values are shown, and the reader chooses.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dragoman.domain.errors import StaleVersion
from dragoman.web.forms import Form

BEFORE = "before."
CHOICE = "choice."
THEIRS, YOURS = "theirs", "yours"


class Clash(NamedTuple):
    """A field that was changed since: what it was at first, what it is now, and what was typed."""

    field: str
    before: str
    theirs: str
    yours: str


class Sent(NamedTuple):
    """A form as it came: what was typed, what is to change, and the fields for which no choice was made."""

    values: dict[str, str]
    patch: dict[str, str]
    revision: int | None
    open_choices: tuple[str, ...]


def sent(form: Form, names: Sequence[str]) -> Sent:
    """What a form asks for."""
    values = {name: form.text(name).strip() for name in names}
    began = {name: form.text(BEFORE + name) for name in names}
    asked = [name for name in names if f"{CHOICE}{name}.asked" in form]
    chosen = {name: form.text(CHOICE + name) for name in asked}
    patch = {
        name: values[name]
        for name in names
        if name in form and values[name] != began[name] and chosen.get(name) != THEIRS
    }
    revision = form.text("revision")
    number = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 19 else None
    return Sent(values, patch, number, tuple(name for name in asked if chosen[name] not in (THEIRS, YOURS)))


def clashes(stale: StaleVersion, form: Form, now: Mapping[str, str], patch: Mapping[str, Any]) -> list[Clash]:
    """The fields that both changed. What both made the same is none."""
    found: Any = stale.parameters.get("changed") or tuple(patch)
    changed = [name for name in found if name in patch and now.get(name, "") != patch[name]]
    return [Clash(name, form.text(BEFORE + name), now.get(name, ""), patch[name]) for name in changed]
