"""The wizard that makes a batch: which tasks, what is done to them, and a look at all of it. Until it is sent there is
only a draft."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import Response

from dragoman.domain.batch_draft import Draft
from dragoman.domain.bulk import OnChange
from dragoman.domain.errors import Expected, Forbidden, Invalid, NotFound, Problem
from dragoman.usecases.batches import drafts
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.lifecycle import NewBatch
from dragoman.usecases.batches.standing import SCOPES
from dragoman.usecases.inbox.search import COUNTED
from dragoman.usecases.uow import UnitOfWork
from dragoman.web.views.batches import fields, options, orders, sources, wording
from dragoman.web.views.batches import page as pages
from dragoman.web.views.inbox import chips
from dragoman.web.visit import Visit

STEPS = ("choose", "change", "check")
NEW = "/ui/batches/new"
LONGEST = {"q": 2_000, "numbers": 4_000_000, "purpose": 2_000}
USUAL = 4_000
SENDING = ("send", "run")
"""What the last step may do with the draft."""
MAKING = "batch.create"
"""The name of making a batch, in history."""
OK = 200


async def new(visit: Visit) -> Response:
    """The first step of a batch that has no draft yet."""
    visit.require(*SCOPES["create"])
    numbers = (visit.request.first("numbers") or "").replace(",", "\n")
    content = {"choose": "numbers" if numbers else "filter", "q": visit.request.first("q") or "", "numbers": numbers}
    return await _choose(visit, None, content)


async def begin(visit: Visit) -> Response:
    """Make a draft of the first step."""
    visit.require(*SCOPES["create"])
    content = _sent(visit, ("choose", "q", "numbers"))
    taken = await _chosen(visit, None, content)
    if taken.is_refused:
        visit.request.code = "invalid_form"
        return await _choose(visit, None, content, taken.faults, taken.status, taken.places)
    draft = await _kept(visit, taken, drafts.add, drafts.Add(taken.content, taken.file))
    return visit.see_other(_after_choice(visit, draft))


async def step(visit: Visit) -> Response:
    """A step of a draft."""
    visit.require(*SCOPES["create"])
    draft = await _draft(visit)
    return await _shown(visit, draft, draft.content, {})


async def fill(visit: Visit) -> Response:
    """Keep what a step says, and go on; or back, whatever it says."""
    visit.require(*SCOPES["create"])
    name, go = visit.path["step"], visit.form.text("go")
    try:
        draft = await _draft(visit)
    except NotFound:
        if name != "check" or go not in SENDING:
            raise
        return _made(visit, await _made_before(visit))
    content = draft.content | _sent(visit, _fields(name))
    if name == "choose":
        return await _choose_again(visit, draft, content)
    if name == "change":
        content |= {key: "" for key in _fields(name) if key not in visit.form}
    if go not in SENDING:
        draft = await visit.write(drafts.fill, _filled(draft, content, draft.file), operation=sources.OPERATION)
    if go == "back":
        return visit.see_other(f"{_home(draft)}/{'choose' if name == 'change' else 'change'}")
    if go == "add":
        return visit.see_other(f"{_home(draft)}/change?add=1")
    if name == "check":
        return await _send(visit, draft, content, review=go != "run")
    faults = orders.change(visit, content).faults
    if faults:
        visit.request.code = "invalid_form"
        return await _shown(visit, draft, content, faults, 422)
    return visit.see_other(f"{_home(draft)}/check")


async def _choose_again(visit: Visit, draft: Draft, content: dict[str, str]) -> Response:
    """The first step of a draft. A file that is refused leaves the draft as it was."""
    taken = await _chosen(visit, draft, content)
    if not (taken.is_refused and visit.form.arriving):
        draft = await _kept(visit, taken, drafts.fill, _filled(draft, taken.content, taken.file))
    if taken.is_refused:
        visit.request.code = "invalid_form"
        return await _choose(visit, draft, content, taken.faults, taken.status, taken.places)
    return visit.see_other(_after_choice(visit, draft))


def _filled(draft: Draft, content: dict[str, str], file: str | None) -> drafts.Fill:
    return drafts.Fill(draft.uid, content, draft.file, file)


async def _kept(visit: Visit, taken: sources.Taken, run: Callable[[UnitOfWork, Any], Draft], command: Any) -> Draft:
    """The draft with what was chosen. A new file goes where it can't have it."""
    try:
        return await visit.write(run, command, operation=sources.OPERATION)
    except Expected:
        if taken.upload is not None:
            await visit.abandon(taken.upload, sources.OPERATION)
        raise


async def _chosen(visit: Visit, draft: Draft | None, content: dict[str, str]) -> sources.Taken:
    """What the first step says. A file that was sent counts, whatever else is chosen."""
    if visit.form.arriving is not None:
        return await sources.take(visit, visit.form.arriving, content)
    if orders.is_by_file(content):
        return await sources.map_columns(visit, draft, content)
    faults = await _faults_of_choice(visit, content)
    return sources.Taken(content | dict.fromkeys(sources.FIELDS, ""), None, faults)


def _after_choice(visit: Visit, draft: Draft) -> str:
    """A new file is looked at before what is done."""
    return f"{_home(draft)}/{'choose' if visit.form.arriving else 'change'}"


async def discard(visit: Visit) -> Response:
    """Throw the draft away."""
    await visit.write(drafts.discard, drafts.Discard(visit.path["draft"]), operation=sources.OPERATION)
    return visit.acted("/ui/batches", visit.gettext("The draft was discarded."))


async def count(visit: Visit) -> Response:
    """How many tasks the filter finds, for script."""
    visit.require(*SCOPES["create"])
    return visit.part("batches/count.html", **await _counted(visit, visit.request.first("q") or ""))


async def _send(visit: Visit, draft: Draft, content: dict[str, str], *, review: bool) -> Response:
    ordered = orders.order(visit, content, review=review)
    faults = await _faults_of_choice(visit, content) | orders.change(visit, content).faults | ordered.faults
    if faults or ordered.order is None:
        visit.request.code = "invalid_form"
        return await _shown(visit, draft, content, faults, 422)
    try:
        number = await _batch(visit, draft, content, ordered.order)
    except NotFound as error:
        if error.code != "draft_not_found":
            raise
        number = await _made_before(visit)  # the form was sent twice, or its draft was discarded meanwhile
    except (Forbidden, Invalid) as error:
        visit.request.code = error.code
        return await _shown(visit, draft, content, {"title": visit.gettext(error.message)}, 422)
    return _made(visit, number)


async def _batch(visit: Visit, draft: Draft, content: dict[str, str], order: NewBatch) -> int:
    """Make the batch; its number."""
    if not orders.is_by_file(content):
        return await visit.keep_once(drafts.send, drafts.Send(draft.uid, order), _number, int, MAKING)
    upload = orders.upload(visit, draft, content, order)
    command = await visit.receive(upload, sources.pieces(visit, draft), MAKING)
    try:
        return await visit.keep_once(drafts.send, command, _number, int, MAKING)
    finally:
        await visit.abandon(upload, MAKING)  # the batch may be an earlier one, of the same form


async def _made_before(visit: Visit) -> int:
    """The number of the batch that this very form has made. NotFound where it made none: its draft is gone."""
    return await visit.keep_once(drafts.get, drafts.Get(visit.path["draft"]), lambda _: 0, int, MAKING)


def _number(made: Shown) -> int:
    return made.batch.number


def _made(visit: Visit, number: int) -> Response:
    return visit.acted(pages.address(number), visit.gettext("Batch %(number)s was made.", number=number))


async def _draft(visit: Visit) -> Draft:
    if visit.path["step"] not in STEPS:
        raise NotFound("unknown_path", "There is no such page.")
    found: Draft = await visit.read(drafts.get, drafts.Get(visit.path["draft"]))
    return found


def _home(draft: Draft) -> str:
    return f"/ui/batches/drafts/{draft.uid}"


def _fields(name: str) -> tuple[str, ...]:
    """The fields of a step."""
    if name == "choose":
        return ("choose", "q", "numbers", *sources.COLUMNS)
    if name == "change":
        rows = (f"{each}.{place}" for place in range(orders.MOST_FIELDS) for each in ("field", "value", "clear"))
        return ("change", "do", "assignee", *rows)
    return ("title", "on_change", *orders.OPTION_FIELDS)


def _sent(visit: Visit, names: tuple[str, ...]) -> dict[str, str]:
    return {name: visit.form.text(name)[: LONGEST.get(name, USUAL)] for name in names if name in visit.form}


async def _faults_of_choice(visit: Visit, content: dict[str, str]) -> dict[str, str]:
    if content.get("choose", "filter") == "numbers":
        found = orders.numbers(visit, content.get("numbers", ""))
        if not found:
            return {"numbers": visit.gettext("Give at least one number.")}
        if len(found) > orders.MOST_NUMBERS:
            return {"numbers": visit.gettext("At most %(most)s numbers.", most=visit.words.number(orders.MOST_NUMBERS))}
        return {}
    if orders.is_by_file(content):
        return {} if _is_read(content) else {"columns": visit.gettext("Choose the columns of the file.")}
    counted = await _counted(visit, content.get("q", ""))
    return {"q": counted["fault"]} if counted["fault"] else {}


def _is_read(content: dict[str, str]) -> bool:
    """Whether the file of a draft was read by its columns."""
    return bool(content.get("file_head") and content.get("size"))


async def _counted(visit: Visit, text: str) -> dict[str, Any]:
    dialects = tuple(dialect.name for dialect in visit.app.dialects)
    counted: drafts.Counted = await visit.read(drafts.count, drafts.Count(text, dialects))
    fault = " ".join(chips.fault(each, visit.words) for each in counted.found.faults)
    shown = ""
    if counted.count is not None:
        many = counted.count >= COUNTED
        number = f"{COUNTED - 1}+" if many else visit.words.number(counted.count)
        shown = visit.ngettext("%(shown)s task", "%(shown)s tasks", counted.count, shown=number)
    return {"fault": fault, "shown": shown}


async def _shown(
    visit: Visit, draft: Draft, content: dict[str, str], faults: dict[str, str], status: int = 200
) -> Response:
    name = visit.path["step"]
    if name == "choose":
        return await _choose(visit, draft, content, faults, status)
    if orders.is_by_file(content) and not _is_read(content):
        return visit.see_other(f"{_home(draft)}/choose")
    if name == "change":
        return await _change(visit, draft, content, faults, status)
    if orders.change(visit, content).faults:
        return visit.see_other(f"{_home(draft)}/change")
    return await _check(visit, draft, content, faults, status)


async def _choose(
    visit: Visit, draft: Draft | None, content: dict[str, str], faults: dict[str, str] | None = None, status: int = 200,
    places: Sequence[Problem] = (),
) -> Response:  # fmt: skip
    counted = await _counted(visit, content.get("q", ""))
    faults = dict(faults or {})
    if counted["fault"] and content.get("choose", "filter") == "filter" and content.get("q"):
        faults["q"], status = counted["fault"], 422
    if faults and status == OK:
        status = 422
    sheet, found = sources.sheet(visit, content), sources.said(visit, places)
    return await _framed(visit, "choose", draft, content, faults, status, counted=counted, sheet=sheet, found=found,
        is_new=visit.form.arriving is not None, most=visit.words.number(visit.request.limits.upload_entries),
    )  # fmt: skip


async def _change(visit: Visit, draft: Draft, content: dict[str, str], faults: dict[str, str], status: int) -> Response:
    rows = [place for place in range(orders.MOST_FIELDS) if content.get(f"field.{place}")]
    count = min(orders.MOST_FIELDS, len(rows) + (visit.request.first("add") is not None or not rows))
    verbs = [(name, visit.gettext(label)) for name, (label, _) in orders.DO.items()]
    return await _framed(
        visit, "change", draft, content, faults, status, rows=range(count), fields=fields.ALL, verbs=verbs,
        columns=orders.members(content), by_file=orders.is_by_file(content),
    )  # fmt: skip


async def _check(visit: Visit, draft: Draft, content: dict[str, str], faults: dict[str, str], status: int) -> Response:
    ordered = orders.order(visit, {**content, **dict.fromkeys(orders.OPTION_FIELDS, ""), "title": ""}, review=True)
    assert ordered.order is not None  # noqa: S101 - without options it has no faults
    outlook: drafts.Outlook = await visit.read(drafts.inspect, drafts.Inspect(ordered.order))
    by_filter = content.get("choose", "filter") == "filter"
    counted = await _counted(visit, content.get("q", "")) if by_filter else {"shown": "", "fault": ""}
    made = orders.change(visit, content)
    values = {name: content.get(name, "") for name in ("title", "purpose", *options.NUMBERS, *options.MOMENTS)}
    values["title"] = content["title"] if "title" in content else orders.proposed_title(visit, content)
    is_everything = by_filter and not content.get("q", "").strip()
    return await _framed(
        visit, "check", draft, content, faults, status,
        values=values,
        entries=counted["shown"] or pages.counted(visit, "task", ordered.order.size),
        by_filter=by_filter,
        file_name=content.get("file_name", "") if orders.is_by_file(content) else "",
        columns=orders.members(content) if content.get("change") == "columns" else (),
        members=[(name, wording.value(visit, value, f"/{name}")) for name, value in made.data.items()],
        is_deletion=str(made.method) == "DELETE",
        policy=wording.policy(visit, outlook.policy, None),
        may_run=not outlook.needs_review and not is_everything,
        warning=outlook.warning,
        changes=[(str(how), wording.on_change(visit, how)) for how in OnChange],
        zone=visit.moments.zone,
    )  # fmt: skip


async def _framed(
    visit: Visit, name: str, draft: Draft | None, content: dict[str, str], faults: dict[str, str], status: int,
    **more: Any,
) -> Response:  # fmt: skip
    home = None if draft is None else _home(draft)
    steps = [
        (each, words, None if home is None else f"{home}/{each}")
        for each, words in (
            ("choose", visit.gettext("Choose")),
            ("change", visit.gettext("Change")),
            ("check", visit.gettext("Check")),
        )
    ]
    return await visit.framed(
        f"batches/{name}.html",
        "batches",
        status,
        heading=visit.gettext("New batch"),
        step=name,
        steps=steps,
        home=home,
        action=NEW if home is None else f"{home}/{name}",
        content=content,
        faults=faults,
        **more,
    )
