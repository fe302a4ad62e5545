"""The form of a task: shown, saved, and merged with what others saved meanwhile."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dragoman.domain.access import Permission, forbidden
from dragoman.domain.errors import Conflict, Invalid, NotFound, Problem, StaleVersion
from dragoman.domain.extension import fold
from dragoman.domain.merging import Clash, MergedRecords, Placed, merge, merge_records
from dragoman.usecases.tasks import editing
from dragoman.usecases.tasks.acting import Acted
from dragoman.usecases.tasks.editing import Sheet
from dragoman.web.forms import faults_of, new_key
from dragoman.web.views.tasks import finding, form_fields, lately, meanwhile, origins, typed
from dragoman.web.views.tasks.acts import seen
from dragoman.web.views.tasks.form_fields import EXTENSION, Record, Values
from dragoman.web.views.tasks.labels import FORM_LABELS, IN_PLACE
from dragoman.web.views.tasks.patches import Patch
from dragoman.web.views.tasks.typed import Typed
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ATTEMPTS = 5
CHOICE, THEIRS, YOURS, BOTH = "choice.", "theirs", "yours", "both"
TEXTS = frozenset({"title", "description"})
NOT_CHOSEN = N_("Choose one of the values.")
HIDDEN_SINCE = N_("You may not see this task any more. Nothing was saved.")
ENDED_SINCE = N_("%(sentence)s Nothing was saved.")


async def show(visit: Visit) -> Response:
    """The form with the values of now."""
    sheet = await _sheet(visit)
    _require(visit, sheet)
    read = _begun(visit, sheet)
    if visit.wants_part and visit.request.first("field") in IN_PLACE:
        return visit.part("tasks/field_form.html", **_values(visit, sheet, read, {}))
    return await _form(visit, sheet, read)


async def save(visit: Visit) -> Response:
    """Save what changed; what others saved meanwhile stays, and where both changed the same, a person chooses."""
    try:
        sheet = await _sheet(visit)
    except NotFound:
        return await _lost(visit)
    _require(visit, sheet)
    read = _with_choices(visit, typed.read(visit.form, sheet))
    if any(name in visit.form for name in ("add", "remove", "add_extension")) and "save" not in visit.form:
        return await _form(visit, sheet, with_other_records(visit, sheet, read))
    if visit.form.text("was.open") == "true" and not sheet.task.is_open:
        return await _lost(visit)
    for _ in range(ATTEMPTS):
        answer = await _tried(visit, sheet, read)
        if answer is not None:
            return answer
        sheet = await _sheet(visit)
    raise Conflict("stale", "The task is changed by others all the time. Try again.")


async def _tried(visit: Visit, sheet: Sheet, read: Typed) -> Response | None:
    """The answer; None where somebody else was quicker."""
    theirs = form_fields.plain_values(sheet, visit.moments.zone)
    merged = merge(read.begun, theirs, read.mine)
    lists, clashes = _merged_lists(visit, sheet, read)
    clashes = [*merged.clashes, *clashes]
    chosen = {each.name: visit.form.text(CHOICE + each.name) for each in clashes}
    clashing = [name for name in visit.form.all("clash") if not visit.form.text(CHOICE + name)]
    if clashes or clashing:
        return await _clash(visit, sheet, read, clashes, chosen)
    if any(visit.form.text(CHOICE + name) == BOTH for name in visit.form.all("clash")):
        return await _form(visit, sheet, _with_both(visit, read))
    patch = Patch(sheet, merged.changes, lists)
    command = editing.Save(patch.command(sheet.task.number, frozenset({sheet.task.revision})))
    try:
        if patch.found:
            more = await visit.read(editing.faults, command)
            raise Invalid("invalid_body", "", (*patch.found, *more))
        done = await visit.write_once(editing.save, command, Acted, operation="edit_task")
    except StaleVersion:
        return None
    except Invalid as refused:
        visit.request.code = refused.code
        found = refused.problems or (Problem("/title", refused.code, refused.message),)
        return await _form(visit, sheet, read, faults_in(visit, found))
    sentence = await meanwhile.saved(visit, sheet.task, seen(visit))
    changes = [(done.number, done.revision)] if done.is_changed else []
    return visit.acted(finding.address(done.number), sentence, changes)


def _merged_lists(visit: Visit, sheet: Sheet, read: Typed) -> tuple[dict[str, list[Record]], list[Clash[str]]]:
    """The lists of records that change, and the records that clash."""
    present = form_fields.many_values(sheet, visit.moments.zone)
    changed: dict[str, list[Record]] = {}
    clashes: list[Clash[str]] = []
    for name, mine in read.many.items():
        begun, theirs = read.begun_many[name], present.get(name, [])
        found: MergedRecords[Record] = merge_records(begun, theirs, mine)
        if found.records != theirs:
            changed[name] = found.records
        by_origin = {placed.origin: placed.record for placed in mine}
        for place in found.clashes:
            values = (begun[place], theirs[place] if place < len(theirs) else None, by_origin.get(place))
            texts = (None if value is None else form_fields.encoded([value])[1:-1] for value in values)
            clashes.append(Clash(f"{EXTENSION}{name}.{place}", *texts))
    return changed, clashes


async def _sheet(visit: Visit) -> Sheet:
    try:
        return await visit.read(editing.look, editing.Look(finding.named(visit)))
    except NotFound:
        raise finding.unknown() from None


def _require(visit: Visit, sheet: Sheet) -> None:
    if Permission.EDIT not in sheet.granted:
        raise forbidden(visit.require(), Permission.EDIT)


def _begun(visit: Visit, sheet: Sheet) -> Typed:
    values = form_fields.plain_values(sheet, visit.moments.zone)
    many = form_fields.many_values(sheet, visit.moments.zone)
    placed = {name: [Placed(place, record) for place, record in enumerate(records)] for name, records in many.items()}
    return Typed(values, dict(values), many, placed)


def with_other_records(visit: Visit, sheet: Sheet, read: Typed) -> Typed:
    """The form with one more record, one less, or one more extension."""
    mine, many = dict(read.mine), {name: list(records) for name, records in read.many.items()}
    begun_many = dict(read.begun_many)
    if (name := visit.form.text("add")) in many:
        many[name].append(Placed(None, {}))
    name, _, place = visit.form.text("remove").rpartition(".")
    if name in many and place.isdigit() and int(place) < len(many[name]):
        del many[name][int(place)]
    wanted = visit.form.text("extension").strip()
    if "add_extension" in visit.form and wanted:
        _add_extension(sheet, wanted, mine, many, begun_many)
    return Typed(read.begun, mine, begun_many, many)


def _add_extension(
    sheet: Sheet,
    wanted: str,
    mine: Values,
    many: dict[str, list[Placed[Record]]],
    begun_many: dict[str, list[Record]],
) -> None:
    schema = sheet.schemas.get(fold(wanted))
    if schema is None:
        mine.setdefault(f"{EXTENSION}{wanted}", "{}")
    elif schema.is_multi_valued:
        many.setdefault(schema.name, [Placed(None, {})])
        begun_many.setdefault(schema.name, [])
    else:
        for each in schema.attributes:
            mine.setdefault(f"{EXTENSION}{schema.name}.{each.name}", None)


def _with_choices(visit: Visit, read: Typed) -> Typed:
    """The form with theirs where theirs was chosen: what it began with are theirs by then."""
    mine, many = dict(read.mine), {name: list(records) for name, records in read.many.items()}
    for name in visit.form.all("clash"):
        if visit.form.text(CHOICE + name) != THEIRS:
            continue
        if name in mine:
            mine[name] = read.begun.get(name)
        list_name, _, place = name.removeprefix(EXTENSION).rpartition(".")
        if list_name in many and place.isdigit():
            many[list_name] = _with_theirs(many[list_name], read.begun_many[list_name], int(place))
    return read._replace(mine=mine, many=many)


def _with_theirs(mine: list[Placed[Record]], theirs: list[Record], origin: int) -> list[Placed[Record]]:
    """My records with theirs at this place; without it, where they have none."""
    if origin >= len(theirs):
        return [placed for placed in mine if placed.origin != origin]
    if all(placed.origin != origin for placed in mine):
        return [*mine, Placed(origin, theirs[origin])]
    return [Placed(origin, theirs[origin]) if placed.origin == origin else placed for placed in mine]


def _new_records(sheet: Sheet, read: Typed, present: Mapping[str, list[Record]], zone: str) -> list[tuple[str, str]]:
    """Fields for the records that others added, so that saving choices keeps them."""
    pairs: list[tuple[str, str]] = []
    for name in read.many:
        theirs = present.get(name, [])
        for place in range(len(read.begun_many[name]), len(theirs)):
            pairs.append((f"{typed.MANY}{name}", f"t{place}:{place}"))
            for each in sheet.schemas[fold(name)].attributes:
                field, value = f"{EXTENSION}{name}.t{place}.{each.name}", theirs[place].get(each.name)
                if value is None:
                    pairs.append((f"{typed.UNSET}{field}", "on"))
                elif each.type == "datetime":
                    local, _, its_zone = value.partition(" ")
                    pairs += [(field, local), (f"{field}.zone", its_zone or zone)]
                else:
                    pairs.append((field, value))
    return pairs


def _with_both(visit: Visit, read: Typed) -> Typed:
    """The form with both texts in one field, to edit."""
    mine = dict(read.mine)
    for name in visit.form.all("clash"):
        if visit.form.text(CHOICE + name) == BOTH:
            separator = "\n" if name != "title" else " "
            mine[name] = separator.join(filter(None, (read.begun.get(name), read.mine.get(name))))
        elif visit.form.text(CHOICE + name) == THEIRS:
            mine[name] = read.begun.get(name)
    return read._replace(mine=mine)


def faults_in(visit: Visit, found: Any) -> dict[str, str]:
    """Field -> what is wrong with it."""
    named = [Problem(_named(problem.path), problem.code, problem.message) for problem in found]
    labels = FORM_LABELS | {
        problem.path: problem.path.removeprefix(EXTENSION) for problem in named if problem.path not in FORM_LABELS
    }
    return faults_of(named, visit.gettext, labels)


def _named(path: str) -> str:
    """The name of the field at a place in the body."""
    parts_ = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    return {"due_at": "due_local"}.get(".".join(parts_), ".".join(parts_))


async def _form(visit: Visit, sheet: Sheet, read: Typed, faults: Mapping[str, str] | None = None) -> Response:
    status = 422 if faults else 200
    return await visit.framed("tasks/edit.html", "", status, **_values(visit, sheet, read, faults or {}))


def _values(visit: Visit, sheet: Sheet, read: Typed, faults: Mapping[str, str]) -> dict[str, Any]:
    seen_at = seen(visit)
    many = {name: [(placed.origin, placed.record) for placed in records] for name, records in read.many.items()}
    return {
        "heading": visit.gettext("Edit task %(number)s", number=sheet.task.number),
        "task": sheet.task,
        "sheet": sheet,
        "revision": sheet.task.revision if seen_at is None else seen_at,
        "key": visit.form.text("key") or new_key(),
        "was_open": visit.form.text("was.open") or ("true" if sheet.task.is_open else "false"),
        "seal": visit.seal(f"task {sheet.task.number}"),
        "mine": read.mine,
        "begun": read.begun,
        "many": {name: form_fields.encoded(records) for name, records in read.begun_many.items()},
        "groups": list(form_fields.groups(sheet, read.mine, many)),
        "properties": [name for name in read.mine if name.startswith(form_fields.PROPERTY)],
        "others": [schema.name for schema in sheet.schemas.values()],
        "may_assign": Permission.ASSIGN in sheet.granted,
        "faults": faults,
        "labels_of_form": FORM_LABELS,
        "wanted": visit.request.first("field") or "title",
        "back": visit.back(origins.address(visit, sheet.task.number)),
    }


async def _clash(
    visit: Visit, sheet: Sheet, read: Typed, clashes: list[Clash[str]], chosen: Mapping[str, str]
) -> Response:
    found = await finding.whole(visit)
    present = form_fields.many_values(sheet, visit.moments.zone)
    by_name = {each.name: each for each in clashes}
    for name in visit.form.all("clash"):  # those of the page before, where nothing was chosen
        if name not in by_name and name in read.mine and not visit.form.text(CHOICE + name):
            by_name[name] = Clash(name, read.begun.get(name), read.begun.get(name), read.mine[name])
    pairs = [
        (name, value)
        for name, value in visit.form.shown()
        if name not in ("revision", "clash") and not name.startswith(CHOICE)
        and not (name.startswith("was.") and (name.removeprefix("was.") in by_name or _is_list(name, read)))
    ]  # fmt: skip
    theirs = [(f"was.{each.name}", each.theirs) for each in by_name.values() if each.theirs is not None]
    lists = [(f"was.{EXTENSION}{name}", form_fields.encoded(present.get(name, []))) for name in read.many]
    values = {
        "heading": visit.gettext("Edit task %(number)s", number=sheet.task.number),
        "task": sheet.task,
        "revision": sheet.task.revision,
        "clashes": [
            (each, meanwhile.author(visit, found, each.name, seen(visit)), each.name in TEXTS)
            for each in by_name.values()
        ],
        "pairs": [*pairs, *theirs, *lists, *_new_records(sheet, read, present, visit.moments.zone)],
        "labels_of_form": FORM_LABELS,
        "faults": {name: visit.gettext(NOT_CHOSEN) for name in visit.form.all("clash") if not chosen.get(name)},
    }
    visit.request.code = "clash"
    return await visit.framed("tasks/clash.html", "", 409, **values)


def _is_list(name: str, read: Typed) -> bool:
    return any(name == f"was.{EXTENSION}{each}" for each in read.many)


async def _lost(visit: Visit) -> Response:
    """The task ended, was deleted or hidden meanwhile: what was typed stays in the page, and who did it."""
    if not visit.is_sealed(f"task {visit.path['n']}", visit.form.text("seal")):
        raise finding.unknown()
    try:
        found = await finding.whole(visit)
        sentence = visit.gettext(ENDED_SINCE, sentence=lately.sentence(visit, found, seen(visit)))
    except NotFound:
        sentence = visit.gettext(HIDDEN_SINCE)
    names = (*FORM_LABELS, EXTENSION, form_fields.PROPERTY)
    kept = [(name, value) for name, value in visit.form.shown() if value and name.startswith(names)]
    heading = visit.gettext("Edit task %(number)s", number=visit.path["n"])
    values = {"heading": heading, "sentence": sentence, "kept": kept, "labels_of_form": FORM_LABELS}
    return await visit.framed("tasks/lost.html", "", 410, **values)
