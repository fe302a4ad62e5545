"""The list of schemas, one of them, and its deletion."""

from difflib import ndiff
from typing import Any, NamedTuple

import msgspec
from starlette.responses import Response

from dragoman.domain.errors import NotFound
from dragoman.domain.extension import ExtensionSchema, Owner, fold
from dragoman.domain.json_schema import to_json_schema
from dragoman.usecases import extension_schemas as schemas
from dragoman.web.site import Page
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ADDRESS = "/ui/schemas"
KINDS = {Owner.TASK: N_("Task"), Owner.CASE: N_("Case"), Owner.STAGE: N_("Stage"), Owner.CONTACT: N_("Contact")}


async def show_all(visit: Visit) -> Response:
    """All schemas, by kind and name."""
    principal = visit.require("schema.read")
    found = await visit.read(schemas.overview, schemas.Overview())
    rows = [(schema, visit.gettext(KINDS[schema.owner]), used(count)) for schema, count in found]
    return await visit.framed(
        "schemas/list.html",
        "schemas",
        heading=visit.gettext("Schemas"),
        rows=rows,
        kinds=[(str(kind), visit.gettext(word)) for kind, word in KINDS.items()],
        may_change=principal.is_admin,
    )


async def show(visit: Visit) -> Response:
    """One schema. `compare` names two of its versions."""
    principal = visit.require("schema.read")
    schema, count = await _found(visit)
    return await visit.framed(
        "schemas/show.html",
        "schemas",
        heading=schema.name,
        schema=schema,
        kind=visit.gettext(KINDS[schema.owner]),
        used=used(count),
        document=written(to_json_schema(schema)),
        compared=_compared(visit, schema),
        older=[each.version for each in schema.versions[:-1]][::-1],
        may_change=principal.is_admin,
    )


async def ask_delete(visit: Visit) -> Response:
    """The question before a deletion."""
    require_administrator(visit)
    schema, count = await _found(visit)
    return await _question(visit, schema, count)


async def delete(visit: Visit) -> Response:
    """Delete the schema and its values, if its name was typed."""
    require_administrator(visit)
    schema, count = await _found(visit)
    if fold(visit.form.text("name").strip()) != schema.folded:
        faults = {"name": visit.gettext("Type the name of the schema, %(name)s.", name=schema.name)}
        return await _question(visit, schema, count, 422, faults)
    await visit.do_once(schemas.delete, schemas.Delete(schema.owner, schema.name), "delete_schema")
    return visit.acted(ADDRESS, visit.gettext("Schema %(name)s deleted.", name=schema.name))


async def _question(
    visit: Visit, schema: ExtensionSchema, count: int, status: int = 200, faults: dict[str, str] | None = None
) -> Response:
    values = visit.ngettext("%(shown)s value goes with it.", "%(shown)s values go with it.", count, shown=used(count))
    return await visit.framed(
        "schemas/delete.html",
        "schemas",
        status,
        heading=visit.gettext("Delete schema %(name)s", name=schema.name),
        schema=schema,
        values=values,
        typed=visit.form.text("name"),
        faults=faults or {},
    )


async def _found(visit: Visit) -> tuple[ExtensionSchema, int]:
    return await visit.read(schemas.get_used, schemas.Get(owner_of(visit), visit.path["name"]))


def owner_of(visit: Visit) -> Owner:
    """The kind in the address. NotFound for an unknown one."""
    if visit.path["kind"] not in list(Owner):
        raise NotFound("unknown_path", "There is no such page.")
    return Owner(visit.path["kind"])


def require_administrator(visit: Visit) -> None:
    """NotFound for everybody else: places that one may not enter aren't there."""
    if not visit.require("schema.write").is_admin:
        raise NotFound("unknown_path", "There is no such page.")


def used(count: int) -> str:
    """A count of values as it is shown."""
    return f"{schemas.COUNTED - 1}+" if count >= schemas.COUNTED else str(count)


def written(document: Any) -> str:
    """JSON as people read it."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


class Line(NamedTuple):
    """A line of two versions: `same`, `del` where the newer one hasn't got it, `ins` where the older one hasn't."""

    kind: str
    text: str


class Compared(NamedTuple):
    """Two versions, line by line; no lines where they are the same."""

    older: int
    newer: int
    lines: list[Line]


KINDS_OF_LINES = {" ": "same", "-": "del", "+": "ins"}


def _compared(visit: Visit, schema: ExtensionSchema) -> Compared | None:
    """The two versions that are asked for. NotFound for one that is not kept."""
    asked = visit.request.first("compare")
    if asked is None:
        return None
    known = {str(each.version): each for each in schema.versions}
    older, _, newer = (known.get(part) for part in asked.partition(".."))
    if older is None or newer is None:
        raise NotFound("version_not_found", N_("This version of the schema is not kept."))
    before, now = (written(to_json_schema(each)).splitlines() for each in (older, newer))
    lines = [Line(KINDS_OF_LINES[line[0]], line[2:]) for line in ndiff(before, now) if line[0] in KINDS_OF_LINES]
    is_same = all(line.kind == "same" for line in lines)
    return Compared(older.version, newer.version, [] if is_same else lines)


PAGES = (
    Page(ADDRESS, show_all),
    Page(f"{ADDRESS}/{{kind}}/{{name}}", show),
    Page(f"{ADDRESS}/{{kind}}/{{name}}/delete", ask_delete, delete),
)
