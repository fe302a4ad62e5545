"""Schemas of extensions: as JSON Schema, and back. They bind everybody, so only administrators change them here."""

from typing import Any

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.native import problems as faults
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.schemas import Schema
from dragoman.domain.access import require_admin
from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.extension import ExtensionSchema, Owner
from dragoman.domain.json_schema import from_json_schema, to_json_schema
from dragoman.usecases import extension_schemas as schemas
from dragoman.usecases.uow import UnitOfWork


def parse_create(request: Request, query: queries.Trial) -> schemas.Create:
    """A schema to be declared; its title is the extension's name."""
    owner = _owner(request)
    reading.check_media(request, reading.JSON)
    document = json.parse(request.body)
    faults.find(Schema, document).raise_if_any(message="The body isn't as it should be; each fault is listed.")
    try:
        return schemas.Create(owner, document["title"], from_json_schema(document))
    except Invalid as refused:
        raise _contradicts_itself(refused) from refused


def parse_list(request: Request, query: queries.Nothing) -> schemas.List:
    """All of one kind."""
    return schemas.List(_owner(request))


def parse_get(request: Request, query: queries.Nothing) -> schemas.Get:
    return schemas.Get(_owner(request), request.path["name"])


def parse_delete(request: Request, query: queries.Trial) -> schemas.Delete:
    """One to be deleted, with all values under its name."""
    return schemas.Delete(_owner(request), request.path["name"])


def create(uow: UnitOfWork, command: schemas.Create) -> ExtensionSchema:
    """Declare it, as an administrator."""
    require_admin(uow.principal)
    try:
        return schemas.create(uow, command)
    except Invalid as refused:
        raise _contradicts_itself(refused) from refused


def delete(uow: UnitOfWork, command: schemas.Delete) -> None:
    require_admin(uow.principal)
    schemas.delete(uow, command)


def render(schema: ExtensionSchema, request: Request) -> Reply:
    return replies.plain(to_json_schema(schema))


def render_made(schema: ExtensionSchema, request: Request) -> Reply:
    """201 with the schema and where it is."""
    headers = [("Location", f"{request.full_path}/{schema.name}")]
    return Reply(201, json.encode(to_json_schema(schema)), replies.JSON, headers)


def render_list(found: list[ExtensionSchema], request: Request) -> Reply:
    items: list[dict[str, Any]] = [to_json_schema(schema) for schema in found]
    return replies.plain({"items": items})


def _owner(request: Request) -> Owner:
    try:
        return Owner(request.path["kind"])
    except ValueError:
        known = ", ".join(Owner)
        raise NotFound("kind_not_found", f"There are extensions of these kinds: {known}.") from None


def _contradicts_itself(refused: Invalid) -> Invalid:
    """What the declared form has let pass and is still refused: a member that is required and not declared."""
    return Invalid(refused.code, refused.message, refused.problems, status=409)
