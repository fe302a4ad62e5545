"""Making a schema and its versions: rows of attributes, or the JSON Schema beside them, each made from the other.

A further version is saved only when it was held against the stored values, and what would break was shown.
"""

from typing import NamedTuple

import msgspec
from starlette.responses import Response

from dragoman.dialects.native import problems
from dragoman.dialects.native.wire.schemas import Schema
from dragoman.domain import json_numbers
from dragoman.domain.errors import Conflict, Invalid, NotFound, Problem
from dragoman.domain.extension import TYPES, Attribute, Declaration, ExtensionSchema, Owner
from dragoman.domain.json_schema import from_json_schema, to_json_schema
from dragoman.usecases import extension_schemas as schemas
from dragoman.web.site import Page
from dragoman.web.views.schemas.pages import ADDRESS, KINDS, owner_of, require_administrator, written
from dragoman.web.visit import Visit

MOST_ROWS = 1_000
PLACES = {Owner.TASK: "/ui/tasks/", Owner.CASE: "/ui/cases/", Owner.CONTACT: "/ui/contacts/", Owner.STAGE: ""}
"""Where what has a value is shown; stages have no page of their own."""


class Row(NamedTuple):
    """An attribute as it is typed."""

    name: str = ""
    type: str = "string"
    length: str = ""
    needed: bool = False
    default: str = ""


class Typed(NamedTuple):
    """The form as it is typed."""

    name: str
    many: bool
    rows: list[Row]
    unique: str
    document: str


async def new(visit: Visit) -> Response:
    """The empty form."""
    require_administrator(visit)
    return await _page(visit, Typed("", False, [Row(), Row(), Row()], "", ""))


async def edit(visit: Visit) -> Response:
    """The form with the newest version."""
    require_administrator(visit)
    known = await _known(visit)
    return await _page(visit, _as_typed(known.name, known.declaration, written(to_json_schema(known))))


async def _known(visit: Visit) -> ExtensionSchema:
    known: ExtensionSchema = await visit.read(schemas.get, schemas.Get(owner_of(visit), visit.path["name"]))
    if known.is_classifier:
        raise NotFound("unknown_path", "There is no such page.")
    return known


def _is_new(visit: Visit) -> bool:
    return "name" not in visit.path


async def act(visit: Visit) -> Response:
    """Save the schema; or try it on stored values, add a row, make one notation from the other, without storing it."""
    require_administrator(visit)
    owner, typed = owner_of(visit), _typed(visit)
    match visit.form.text("act"):
        case "add":
            return await _page(visit, typed._replace(rows=[*typed.rows, Row()]))
        case "to_json":
            return await _to_json(visit, owner, typed)
        case "from_json":
            return await _from_json(visit, typed)
        case "check":
            return await _check(visit, owner, typed)
    is_checked = _is_new(visit) or visit.is_sealed(_mark(typed), visit.form.text("checked"))
    return await (_save(visit, owner, typed) if is_checked else _check(visit, owner, typed))


async def _check(visit: Visit, owner: Owner, typed: Typed) -> Response:
    """Show how many stored values the rules would refuse."""
    faults = _row_faults(visit, typed)
    if not faults:
        try:
            trial = await visit.read(schemas.try_out, schemas.Try(owner, typed.name, _declaration(typed)))
            return await _page(visit, typed, trial=trial)
        except Invalid as refused:
            faults = _refused(refused)
    return await _page(visit, typed, 422, faults)


def _mark(typed: Typed) -> str:
    """What was tried: another form has to be tried again."""
    return repr(typed._replace(document=""))


async def _save(visit: Visit, owner: Owner, typed: Typed) -> Response:
    faults = _row_faults(visit, typed)
    if not faults:
        try:
            if _is_new(visit):
                return await _create(visit, owner, typed)
            return await _change(visit, owner, typed)
        except Conflict as taken:
            visit.request.code = taken.code
            is_taken = taken.code == "schema_exists"
            faults = {"name": visit.gettext("There is a schema of this name." if is_taken else taken.message)}
        except Invalid as refused:
            faults = _refused(refused)
    return await _page(visit, typed, 422, faults)


async def _create(visit: Visit, owner: Owner, typed: Typed) -> Response:
    command = schemas.Create(owner, typed.name, _declaration(typed))
    name = await visit.keep_once(schemas.create, command, lambda made: made.name, str, "create_schema")
    return visit.acted(f"{ADDRESS}/{owner}/{name}", visit.gettext("Schema %(name)s made.", name=name))


async def _change(visit: Visit, owner: Owner, typed: Typed) -> Response:
    text = visit.form.text("version")
    seen = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    command = schemas.Change(owner, visit.path["name"], _declaration(typed), seen)
    version = await visit.keep_once(schemas.change, command, lambda made: made.version, int, "change_schema")
    if version == seen:
        said = visit.gettext("Nothing has changed.")
    else:
        said = visit.gettext("Version %(version)s saved.", version=version)
    return visit.acted(f"{ADDRESS}/{owner}/{visit.path['name']}", said)


async def _to_json(visit: Visit, owner: Owner, typed: Typed) -> Response:
    faults = _row_faults(visit, typed)
    if faults:
        return await _page(visit, typed, 422, faults)
    found = _declaration(typed)
    schema = ExtensionSchema(0, owner, "", typed.name, 1, found.is_multi_valued, found.attributes, found.unique)
    return await _page(visit, typed._replace(document=written(to_json_schema(schema))))


async def _from_json(visit: Visit, typed: Typed) -> Response:
    try:
        document = json_numbers.decode(typed.document)
    except (msgspec.DecodeError, ValueError) as wrong:
        return await _page(visit, typed, 422, {"document": _place(typed.document, str(wrong))})
    found = problems.find(Schema, document).found
    if found:
        return await _page(visit, typed, 422, {"document": "; ".join(f"{each.path}: {each.message}" for each in found)})
    try:
        declaration = from_json_schema(document)
    except Invalid as refused:
        return await _page(visit, typed, 422, {"document": refused.message})
    name = str(document["title"]) if _is_new(visit) else visit.path["name"]
    return await _page(visit, _as_typed(name, declaration, typed.document))


def _as_typed(name: str, declaration: Declaration, document: str) -> Typed:
    rows = [_row(attribute) for attribute in declaration.attributes]
    return Typed(name, declaration.is_multi_valued, rows, ", ".join(declaration.unique), document)


def _typed(visit: Visit) -> Typed:
    form, rows = visit.form, []
    for place in range(MOST_ROWS):
        at = f"attributes.{place}."
        if f"{at}name" not in form:
            break
        length, default = form.text(f"{at}length").strip(), form.text(f"{at}default")
        row = Row(form.text(f"{at}name").strip(), form.text(f"{at}type"), length, f"{at}needed" in form, default)
        rows.append(row)
    many = "many" in form
    name = form.text("name").strip() if _is_new(visit) else visit.path["name"]
    return Typed(name, many, rows or [Row()], form.text("unique").strip(), form.text("document"))


def _row_faults(visit: Visit, typed: Typed) -> dict[str, str]:
    """What can't be told by the rules of schemas, since it never gets as far as these."""
    faults: dict[str, str] = {}
    if not typed.name:
        faults["name"] = visit.gettext("A schema needs a name.")
    for place, row in enumerate(typed.rows):
        if row.name and row.type not in TYPES:
            faults[f"attributes.{place}.type"] = visit.gettext("Choose a type.")
        if row.length and not (row.length.isascii() and row.length.isdigit() and len(row.length) < 19):
            faults[f"attributes.{place}.length"] = visit.gettext("A length is a whole number.")
    if not any(row.name for row in typed.rows):
        faults["attributes.0.name"] = visit.gettext("A schema needs at least one attribute.")
    return faults


def _declaration(typed: Typed) -> Declaration:
    attributes = tuple(
        Attribute(row.name, row.type, int(row.length) if row.length else None, row.needed, _default(row))
        for row in typed.rows
        if row.name
    )
    unique = tuple(name for part in typed.unique.split(",") if (name := part.strip()))
    return Declaration(typed.many, attributes, unique)


def _default(row: Row) -> str | None:
    """The default as JSON: numbers and booleans as they are typed, everything else as text."""
    if not row.default:
        return None
    if row.type in ("integer", "long", "double", "currency", "boolean"):
        try:
            json_numbers.decode(row.default)
        except (msgspec.DecodeError, ValueError):
            return msgspec.json.encode(row.default).decode()
        return row.default
    return msgspec.json.encode(row.default).decode()


def _row(attribute: Attribute) -> Row:
    default = attribute.default or ""
    if default.startswith('"'):
        default = str(json_numbers.decode(default))
    length = "" if attribute.length is None else str(attribute.length)
    return Row(attribute.name, attribute.type, length, attribute.mandatory, default)


def _refused(refused: Invalid) -> dict[str, str]:
    """The faults of a refusal, each at its field."""
    if not refused.problems:
        return {"name": refused.message}
    return {_field(problem): problem.message for problem in refused.problems}


def _field(problem: Problem) -> str:
    parts = problem.path.strip("/").split("/")
    if parts[0] == "attributes" and len(parts) > 1 and parts[1].isdigit():
        names = {"type": "type", "length": "length", "default": "default", "mandatory": "needed"}
        return f"attributes.{parts[1]}.{names.get(parts[2] if len(parts) > 2 else '', 'name')}"
    return parts[0] if parts[0] in ("name", "unique") else "name"


def _place(text: str, message: str) -> str:
    """A fault of JSON with its line and column."""
    _, found, rest = message.partition("(byte ")
    place = rest.rstrip(")")
    if not found or not place.isdigit():
        return message
    before = text.encode()[: int(place)].decode(errors="replace")
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return f"{message.partition(' (byte')[0]} ({line}:{column})"


async def _page(
    visit: Visit,
    typed: Typed,
    status: int = 200,
    faults: dict[str, str] | None = None,
    trial: schemas.Trial | None = None,
) -> Response:
    owner = owner_of(visit)
    known = None if _is_new(visit) else await _known(visit)
    version = visit.form.text("version") or ("" if known is None else str(known.version))
    return await visit.framed(
        "schemas/new.html",
        "schemas",
        status,
        heading=visit.gettext("New schema") if known is None else known.name,
        known=known,
        version=version,
        next_version=1 if known is None else known.version + 1,
        trial=trial,
        checked="" if trial is None else visit.seal(_mark(typed)),
        where=PLACES[owner],
        kind=str(owner),
        kind_word=visit.gettext(KINDS[owner]),
        kinds=[(str(each), visit.gettext(word)) for each, word in KINDS.items()],
        typed=typed,
        types=TYPES,
        faults=faults or {},
    )


PAGES = (Page(f"{ADDRESS}/{{kind}}/new", new, act), Page(f"{ADDRESS}/{{kind}}/{{name}}/edit", edit, act))
