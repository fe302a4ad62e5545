"""ONLYOFFICE Workspace and Community Server, CRM tasks (`api/2.0/crm/task…`), for clients that no vendor serves any
more. The specification is dialects/onlyoffice-crm.md ("the page"); what we do beyond it is in README.md."""

from collections.abc import Mapping
from functools import partial

from dragoman.dialects.kit import Dialect, Reply, Request, cors_origins
from dragoman.dialects.onlyoffice_crm.errors import render_error, render_incident
from dragoman.dialects.onlyoffice_crm.handlers.references import PERSON_NAMES
from dragoman.dialects.onlyoffice_crm.operations import NOT_OFFERED, operations
from dragoman.dialects.onlyoffice_crm.options import DEFAULTS, NAME, OPTIONS, Options
from dragoman.dialects.onlyoffice_crm.showing import SHOWN_TASK, calls, contact_ids
from dragoman.dialects.onlyoffice_crm.wire.credentials import KEY, find
from dragoman.dialects.onlyoffice_crm.wire.paths import normaliser
from dragoman.dialects.onlyoffice_crm.wire.pictures import beside


def preflight(request: Request) -> Reply:
    """OPTIONS on any path (page, 1)."""
    allowed = [
        ("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE"),
        ("Access-Control-Allow-Headers", "origin, authorization, accept, content-type"),
        ("Access-Control-Max-Age", "1728000"),
    ]
    return Reply(200, headers=allowed)


def make(options: Options) -> Dialect:
    """The dialect with these switches."""
    offered = operations(options)
    return Dialect(
        name=NAME,
        title="ONLYOFFICE CRM",
        prefixes=("/api/2.0", "/api/1.0"),
        operations=offered,
        not_offered=NOT_OFFERED,
        error=partial(render_error, options.default_format),
        incident=partial(render_incident, options.default_format),
        options=(*OPTIONS, cors_origins()),
        normalise=normaliser([*(row.path for row in offered), *(row.path for row in NOT_OFFERED)]),
        case_insensitive=True,
        tells_users=True,
        beside=beside(),
        find_credentials=find,
        preflight=preflight,
        configure=configure,
        kept_categories=frozenset({options.default_category} - {0}),
        media=("application/json", "text/xml"),
        key_name=KEY,
        person_names=PERSON_NAMES,
        shown_task=SHOWN_TASK,
        contact_ids=contact_ids,
        calls=calls,
    )


def configure(values: Mapping[str, object]) -> Dialect:
    """The dialect as the settings want it."""
    return make(Options.of(values))


DIALECT = make(DEFAULTS)
