"""One batch: under review, while it runs, and what became of it, all under one address."""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from dragoman.command import Ref
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Batch, Effect, Method, Policy, Status
from dragoman.domain.bulk_failures import FailureCode
from dragoman.domain.errors import NotFound
from dragoman.domain.limits import LARGEST_NUMBER, uuid_of
from dragoman.usecases.batches import documents, overview
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.outcomes.results import Became
from dragoman.usecases.batches.overview import Look, Overview
from dragoman.usecases.batches.standing import SCOPES
from dragoman.web.live.progress import MOVING
from dragoman.web.views.batches import wording
from dragoman.web.visit import Visit

ROWS = 100
GROUPS = 20
KEPT = ("effect", "outcome", "code", "field", "from", "to", "find")
"""The parameters that say which rows are shown."""


def ref(visit: Visit) -> Ref:
    """The batch that the address names, by number or id. NotFound for what is neither."""
    text = visit.path["batch"]
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST_NUMBER:
        return int(text)
    uid = uuid_of(text)
    if uid is None:
        raise NotFound("batch_not_found", f"There is no batch {text[:64]}.")
    return uid


def address(number: int | str) -> str:
    """Where the page of a batch is."""
    return f"/ui/batches/{number}"


def asked(visit: Visit) -> Look:
    """What the address asks for. What isn't known asks nothing."""
    query = visit.request.query

    def among(name: str, known: Any) -> tuple[Any, ...]:
        words = (word for text in query.get(name, ()) for word in text.split(","))
        return tuple(dict.fromkeys(known(word) for word in words if word in set(map(str, known))))

    field = visit.request.first("field")
    first = visit.request.first("after") or ""
    effects = among("effect", Effect)
    return Look(
        batch=ref(visit),
        first=int(first) if first.isascii() and first.isdigit() and len(first) < 10 else 0,
        limit=ROWS,
        effects=effects,
        field=None if not field else "/" + field.replace("~", "~0").replace("/", "~1").replace(".", "/"),
        before=visit.request.first("from"),
        after=visit.request.first("to"),
        find=(visit.request.first("find") or "").strip()[:200],
        outcomes=frozenset(among("outcome", Became)),
        codes=among("code", FailureCode),
        with_preview=bool(effects or field),
    )


async def show(visit: Visit) -> Response:
    """The page, or the part of it that moves."""
    if visit.wants_part and visit.request.first("part") == "live":
        return await _live(visit)
    return await page(visit)


async def _live(visit: Visit) -> Response:
    """How far it is."""
    visit.require(*SCOPES["read"])
    seen: Shown = await visit.read(documents.get, documents.Get(ref(visit)))
    template = "batches/preparing.html" if seen.batch.status is Status.CREATED else "batches/progress.html"
    return visit.part(template, batch=seen.batch, **progress_of(visit, seen))


async def page(visit: Visit, status: int = 200, **more: Any) -> Response:
    """The page as it is now. `more` is what an act that was refused adds: `refusal`, `typed`, `faults`, and what was
    seen."""
    visit.require(*SCOPES["read"])
    look = asked(visit)
    seen: Overview = await visit.read(overview.look, look)
    batch = seen.batch
    values = {"refusal": "", "typed": {}, "faults": {}, **more}
    values["since"] = _since(visit, seen, values.pop("seen_revision", None), values.pop("seen_changes", ""))
    heading = batch.title or visit.gettext("Batch %(number)s", number=batch.number)
    return await visit.framed(
        "batches/batch.html",
        "batches",
        status,
        heading=heading,
        seen=seen,
        batch=batch,
        look=look,
        can={str(act): True for act in seen.standing.acts},
        **_evidence(visit, seen, look),
        **_decision(visit, seen),
        **progress_of(visit, seen),
        **values,
    )


def _since(visit: Visit, seen: Overview, revision: int | None, changes: str) -> list[str]:
    """What differs from the revision that somebody has seen."""
    if revision is None or revision == seen.batch.revision:
        return []
    said = []
    summary = seen.batch.summary
    if summary is not None and changes.isdigit() and len(changes) < 10 and int(changes) != summary.will_change:
        then, now = visit.words.number(int(changes)), visit.words.number(summary.will_change)
        said.append(visit.gettext("%(then)s entries would have changed, now %(now)s.", then=then, now=now))
    server = visit.gettext("The server")
    for each in reversed(seen.story):
        facts, who = each.facts, each.by or server
        if int(facts.get("revision", 0)) <= revision:
            continue
        if facts.get("action") == "preview":
            said.append(visit.gettext("%(who)s asked for a new preview.", who=who))
        for name, (old, new) in (facts.get("options") or {}).items():
            before, after = wording.value(visit, old), wording.value(visit, new)
            said.append(visit.gettext("%(name)s was %(before)s, now %(after)s.", name=name, before=before, after=after))
    return said or [visit.gettext("It is at revision %(revision)s now.", revision=seen.batch.revision)]


def _evidence(visit: Visit, seen: Overview, look: Look) -> dict[str, Any]:
    batch = seen.batch
    more = len(seen.groups) - GROUPS
    moved = seen.moved or (0, False)
    return {
        "effects": _effects(visit, batch, look),
        "groups": [_group(visit, batch, each, seen.titles) for each in seen.groups[:GROUPS]],
        "more_groups": max(0, more),
        "moved": wording.moved(visit, batch, moved[0], more=moved[1]) if moved[0] else "",
        "moved_become": wording.moved_become(visit, batch),
        "entries": [_entry(visit, batch, each, seen.titles) for each in seen.entries],
        "results": [(each, _outcome(visit, batch, each)) for each in seen.results],
        "next_page": None if seen.next is None else "?" + urlencode([*_kept(visit), ("after", seen.next)]),
        "kept": _kept(visit),
        "is_search": bool(look.find or look.effects or look.field or look.outcomes or look.codes),
        "selection": selection_words(batch),
        "fault": lambda error: wording.fault(visit, error),
        "shows_preview": batch.status is Status.IN_REVIEW or look.with_preview,
    }


def _kept(visit: Visit) -> list[tuple[str, str]]:
    return [(name, text) for name in KEPT for text in visit.request.query.get(name, ())]


def _effects(visit: Visit, batch: Batch, look: Look) -> list[dict[str, Any]]:
    if batch.summary is None:
        return []
    found, x = [], 0
    for effect, mark, label in wording.EFFECTS:
        count = getattr(batch.summary, effect)
        if count:
            words = visit.gettext(label)
            found.append(
                {
                    "effect": str(effect),
                    "mark": mark,
                    "label": words,
                    "count": count,
                    "x": x,
                    "on": effect in look.effects,
                }
            )
        x += count
    return found


def _group(visit: Visit, batch: Batch, group: overview.Group, titles: overview.Titles) -> dict[str, Any]:
    stored, pointer = group.stored, group.stored.pointer
    name = wording.pointer_words(pointer)
    query = [("field", name)]
    is_alone = stored.befores == 1 and group.shows_before
    if is_alone:
        query.append(("from", overview.text_of(group.before)))
    query.append(("to", overview.text_of(group.after)))
    many = visit.ngettext("%(shown)s different value", "%(shown)s different values", stored.befores,
                          shown=visit.words.number(stored.befores))  # fmt: skip
    return {
        "name": name,
        "before": wording.value(visit, group.before, pointer, titles) if is_alone else many,
        "after": wording.value(visit, group.after, pointer, titles),
        "href": "?" + urlencode(query),
        "count": counted(visit, batch.type, stored.count),
    }


def counted(visit: Visit, type_: str, count: int) -> str:
    """So many objects of a type."""
    shown = visit.words.number(count)
    if type_ == "task":
        return visit.ngettext("%(shown)s task", "%(shown)s tasks", count, shown=shown)
    return visit.ngettext("%(shown)s entry", "%(shown)s entries", count, shown=shown)


def _entry(visit: Visit, batch: Batch, entry: Any, titles: overview.Titles) -> dict[str, Any]:
    return {
        "row": entry,
        "lines": [wording.line(visit, each, titles) for each in entry.differences],
        "names": [wording.pointer_words(each) for each in entry.changed],
        "problem": wording.problem(visit, entry, batch.type),
        "stale": wording.stale(visit, entry, batch) if entry.is_stale else "",
        "href": _href(batch.type, entry.number),
    }


def _href(type_: str, number: int | str | None) -> str:
    places = {"task": "/ui/tasks/", "contact": "/ui/contacts/", "case": "/ui/cases/"}
    return "" if number is None or type_ not in places else f"{places[type_]}{number}"


def _outcome(visit: Visit, batch: Batch, result: overview.Result) -> dict[str, str]:
    words = {
        Became.SUCCESS: visit.gettext("Nothing to do") if result.is_unchanged else visit.gettext("Done"),
        Became.FAILURE: visit.gettext("Failed"),
        Became.SKIPPED: visit.gettext("Skipped"),
    }[result.outcome]
    said = wording.fault(visit, result.error) if result.outcome is Became.FAILURE else ""
    return {"words": words, "said": said, "href": _href(batch.type, result.number)}


def selection_words(batch: Batch) -> str:
    """The conditions by which a batch was made, as they were typed; empty where there are none."""
    if batch.selection is None:
        return ""
    known = json_numbers.decode(batch.selection)
    if isinstance(known, dict) and isinstance(known.get("filter"), str):
        return str(known["filter"]) or "{}"
    return known if isinstance(known, str) else batch.selection


def _decision(visit: Visit, seen: Overview) -> dict[str, Any]:
    batch = seen.batch
    will = 0 if batch.summary is None else batch.summary.will_change
    shown = visit.words.number(will)
    is_deletion = batch.method is Method.DELETE
    if is_deletion:
        approve = visit.ngettext("Approve %(shown)s deletion", "Approve %(shown)s deletions", will, shown=shown)
    else:
        approve = visit.ngettext("Approve %(shown)s change", "Approve %(shown)s changes", will, shown=shown)
    rest = (batch.total or batch.size) - batch.cursor
    policy = batch.policy or Policy()
    return {
        "approve": approve,
        "is_deletion": is_deletion,
        "type_count": visit.gettext("Type %(shown)s to approve", shown=shown),
        "go_on": visit.gettext("Go on with %(shown)s", shown=visit.words.number(rest)),
        "policy": wording.policy(visit, policy, seen.creator),
        "approvals": (batch.approvals(), policy.approvals),
        "on_change": wording.on_change(visit, batch.on_change),
        "expires_days": _days_left(batch, seen),
        "is_on_last_canary": batch.canary is not None and batch.canary < (batch.total or batch.size),
    }


def _days_left(batch: Batch, seen: Overview) -> int | None:
    due = batch.decision_due_at()
    return None if due is None else int((due - seen.at) // (86_400 * 10_000_000))


def progress_of(visit: Visit, seen: Any) -> dict[str, Any]:
    """The numbers of a run in words. `seen` has the batch and the moment."""
    batch, number = seen.batch, visit.words.number
    total, settled = batch.total or 0, batch.settled or 0
    pace = batch.progress(seen.at)
    return {
        "done_words": visit.gettext(
            "%(done)s of %(all)s, %(share)s %%",
            done=number(settled),
            all=number(total),
            share=settled * 100 // total if total else 100,
        ),
        "left": total - settled,
        "rate": None if pace.rate_per_second is None else number(round(pace.rate_per_second, 1)),
        "time_left": _time_left(visit, seen, pace),
        "is_moving": batch.status in MOVING,
    }


def _time_left(visit: Visit, seen: Any, pace: Any) -> str:
    """About how long; a range until the pace is steady."""
    if pace.estimated_end_at is None:
        return ""
    seconds = max(1, (pace.estimated_end_at - seen.at) // 10_000_000)
    ran = (seen.at - (pace.started_at or seen.at)) // 10_000_000
    if ran < 10:
        least, most = _span(seconds * 2 // 3 or 1), _span(seconds * 3 // 2 + 1)
        return visit.gettext("about %(least)s to %(most)s left", least=least, most=most)
    return visit.gettext("about %(amount)s left", amount=_span(seconds))


def _span(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 5_400 else f"{round(seconds / 3_600)} h"
