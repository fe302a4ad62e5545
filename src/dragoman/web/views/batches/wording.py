"""What stands on a batch's page in words: values before and after, why an entry can't be done, what a policy asks."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dragoman.dialects.kit import times
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Batch, Effect, OnChange, Policy
from dragoman.usecases.batches.overview import NAMED, Titles
from dragoman.usecases.batches.review.review_entries import Difference, Entry
from dragoman.web.visit import Visit
from dragoman.web.words import N_

LONGEST_VALUE = 300
SHOWN_ITEMS = 5
EFFECTS = (
    (Effect.WILL_CHANGE, "k-change", N_("will change")),
    (Effect.NO_OP, "k-same", N_("nothing to do")),
    (Effect.MISSING, "k-missing", N_("not found")),
    (Effect.AMBIGUOUS, "k-double", N_("ambiguous")),
    (Effect.INVALID, "k-invalid", N_("invalid")),
    (Effect.FORBIDDEN, "k-barred", N_("not allowed")),
)


class Line(NamedTuple):
    """A member before and after; `kept` says how many items of a list stay."""

    name: str
    before: str
    after: str
    kept: str


def pointer_words(pointer: str) -> str:
    """`/extensions/Parcel/weight` as `extensions.Parcel.weight`."""
    return pointer[1:].replace("/", ".").replace("~1", "/").replace("~0", "~")


def line(visit: Visit, difference: Difference, titles: Titles) -> Line:
    """A difference; of two lists only what comes and goes."""
    name, before, after = pointer_words(difference.pointer), difference.before, difference.after
    if isinstance(before, list) and isinstance(after, list):
        gone, new = [each for each in before if each not in after], [each for each in after if each not in before]
        count = len(before) - len(gone)
        kept = visit.ngettext("%(count)s unchanged", "%(count)s unchanged", count) if count else ""
        return Line(name, _items(visit, gone), _items(visit, new), kept)
    return Line(
        name,
        value(visit, before, difference.pointer, titles),
        value(visit, after, difference.pointer, titles),
        "",
    )


def value(visit: Visit, known: Any, pointer: str = "", titles: Titles | None = None) -> str:
    """A value of a document for people. `titles`: what users and categories are called."""
    if known is None:
        return visit.gettext("none")
    if titles and pointer in NAMED and (title := titles.get((NAMED[pointer], str(known)))):
        return _cut(title)
    if isinstance(known, bool):
        return visit.gettext("yes") if known else visit.gettext("no")
    if isinstance(known, str):
        return _text(visit, known, pointer)
    return _cut(json_numbers.encode(known).decode())


def _text(visit: Visit, known: str, pointer: str) -> str:
    if pointer.endswith("_at"):
        try:
            return visit.moments.of(times.parse_iso(known)).near
        except ValueError:
            return _cut(known)
    return _cut(known) if known else visit.gettext("empty")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _items(visit: Visit, items: Sequence[Any]) -> str:
    if not items:
        return visit.gettext("none")
    more = len(items) - SHOWN_ITEMS
    shown = ", ".join(value(visit, each) for each in items[:SHOWN_ITEMS])
    return visit.gettext("%(items)s and %(more)s more", items=shown, more=more) if more > 0 else shown


def problem(visit: Visit, entry: Entry, type_: str) -> str:
    """Why an entry isn't done, as a sentence; empty for one that is."""
    if entry.effect is Effect.WILL_CHANGE:
        return ""
    if entry.effect is Effect.NO_OP:
        return visit.gettext("Nothing to do: the value is there already.")
    if entry.effect is Effect.MISSING:
        return not_found(visit, type_)
    if entry.effect is Effect.AMBIGUOUS:
        return visit.gettext("Ambiguous: more than one object has this value.")
    if entry.effect is Effect.FORBIDDEN:
        return visit.gettext("Not allowed: the creator of the batch may not do this.")
    return visit.gettext("%(fault)s. It will fail.", fault=fault(visit, entry.error))


def not_found(visit: Visit, type_: str) -> str:
    """Nothing has the entry."""
    known = {
        "task": visit.gettext("Not found: no task has this number."),
        "contact": visit.gettext("Not found: no contact has this number."),
        "case": visit.gettext("Not found: no case has this number."),
    }
    return known.get(type_) or visit.gettext("Not found: nothing has this value.")


def fault(visit: Visit, error: dict[str, Any] | None) -> str:
    """A failure in words: its first details with their members."""
    if error is None:
        return visit.gettext("It can't be done")
    details = [f"{each.get('field') or ''} {each['message']}".strip() for each in error.get("errors", ())[:3]]
    return _cut("; ".join(details) or str(error["message"])).removesuffix(".")


def stale(visit: Visit, entry: Entry, batch: Batch) -> str:
    """Who changed the object since the preview, and what becomes of the entry."""
    becomes = {
        OnChange.FAIL: visit.gettext("It will be left out."),
        OnChange.MERGE: visit.gettext("It will be merged, or left out where both changed the same."),
        OnChange.PROCEED: visit.gettext("It will be done all the same."),
    }[batch.on_change]
    if entry.changed_by is None or entry.changed_at is None:
        return visit.gettext("Changed since this preview.") + " " + becomes
    near = visit.moments.of(entry.changed_at).near
    said = visit.gettext("Changed since this preview by %(person)s, %(moment)s.", person=entry.changed_by, moment=near)
    return f"{said} {becomes}"


def moved(visit: Visit, batch: Batch, count: int, *, more: bool) -> str:
    """How many objects changed since the preview."""
    shown = f"{count}+" if more else visit.words.number(count)
    if batch.type == "task":
        return visit.ngettext(
            "%(shown)s task changed since this preview was made.",
            "%(shown)s tasks changed since this preview was made.",
            count,
            shown=shown,
        )
    if batch.type == "contact":
        return visit.ngettext(
            "%(shown)s contact changed since this preview was made.",
            "%(shown)s contacts changed since this preview was made.",
            count,
            shown=shown,
        )
    return visit.ngettext(
        "%(shown)s object changed since this preview was made.",
        "%(shown)s objects changed since this preview was made.",
        count,
        shown=shown,
    )


def moved_become(visit: Visit, batch: Batch) -> str:
    """What the run would do with these."""
    return {
        OnChange.FAIL: visit.gettext("They would be left out and counted as failed."),
        OnChange.MERGE: visit.gettext("They would be merged, and left out where both changed the same."),
        OnChange.PROCEED: visit.gettext("They would be changed all the same."),
    }[batch.on_change]


def policy(visit: Visit, asked: Policy, creator: str | None, *, review: bool = True) -> str:
    """What a policy asks, as a sentence."""
    if not review:
        return visit.gettext("No review is demanded.")
    count = asked.approvals
    if asked.approvers is not None:
        names = ", ".join(name.replace("group:", visit.gettext("group") + " ") for name in asked.approvers)
        return visit.ngettext(
            "Needs %(count)s approval by one of: %(names)s.",
            "Needs %(count)s approvals by: %(names)s.",
            count,
            names=names,
        )
    if asked.creator_may_approve:
        return visit.ngettext("Needs %(count)s approval.", "Needs %(count)s approvals.", count)
    if creator is None:
        return visit.ngettext(
            "Needs %(count)s approval by somebody else.", "Needs %(count)s approvals by others.", count
        )
    return visit.ngettext(
        "Needs %(count)s approval by somebody other than %(person)s.",
        "Needs %(count)s approvals by others than %(person)s.",
        count,
        person=creator,
    )


def on_change(visit: Visit, how: OnChange) -> str:
    """What is done with what changed since the preview."""
    return {
        OnChange.FAIL: visit.gettext("leave it out"),
        OnChange.MERGE: visit.gettext("merge"),
        OnChange.PROCEED: visit.gettext("go on"),
    }[how]
