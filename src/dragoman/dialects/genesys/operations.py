"""What this dialect offers, one row an operation, and what it leaves out. Numbers are those of the page, section 2."""

from collections.abc import Callable
from functools import partial
from typing import Any

from dragoman.dialects.genesys import errors
from dragoman.dialects.genesys.handlers import extensions, schemas, server, services, states, tasks
from dragoman.dialects.genesys.handlers.guards import guarded
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.responses import (
    created_at,
    render_created,
    render_json,
    render_no_content,
    render_nothing,
    render_text,
)
from dragoman.dialects.kit import NO_BODY, PUBLIC, NotOffered, Operation, Reply, Request
from dragoman.domain.extension import Owner

TASK_READ = frozenset({"task.read", "task.write"})
TASK_WRITE = frozenset({"task.write"})
CASE_READ = frozenset({"case.read", "case.write", "task.read", "task.write"})
CASE_WRITE = frozenset({"case.write", "task.write"})
SCHEMA_READ = frozenset({"schema.read", "schema.write"})
SCHEMA_WRITE = frozenset({"schema.write"})
ANY_READ = CASE_READ | SCHEMA_READ

SERVICE = "/services/{sid}"
STATE = f"{SERVICE}/states/{{stid}}"
TASK = f"{SERVICE}/tasks/{{tid}}"
EXTENSION = "/extensions/{ext}"

LISTS = (("", "", None), ("/active", "_active", True), ("/completed", "_completed", False))
"""What stands behind a list's path, and behind its name; whether it shows what is open."""

KINDS = (
    ("services", "service", Owner.CASE, (24, 25, 26)),
    ("states", "state", Owner.STAGE, (27, 28, 29)),
    ("tasks", "task", Owner.TASK, (30, 31, 32)),
)
"""Kinds of schemas: path, noun, owner, rows of create, query, delete."""


def operations(switches: Switches) -> tuple[Operation, ...]:
    """Every operation under these switches."""
    row = partial(_row, switches)
    return (*_services(row), *_states(row), *_tasks(row), *_extensions(row), *_schemas(row), *_server(row))


Row = Callable[..., Operation]


def _row(
    switches: Switches,
    method: str,
    path: str,
    scopes: frozenset[str],
    parse: Callable[[Switches, Request], Any],
    run: Callable[[Any, Any], Any],
    render: Callable[[Any, Request], Reply],
    name: str,
    summary: str,
    standing: str,
    *,
    in_maintenance: bool = False,
) -> Operation:
    reads = method == "GET"
    return Operation(
        method,
        path,
        scopes if switches.auth else PUBLIC,
        partial(parse, switches),
        guarded(run, switches, reads=reads, needs_production=not in_maintenance),
        render,
        name=name,
        write=not reads,
        media=NO_BODY if render in (render_nothing, render_no_content) else (),
        summary=summary,
        standing=standing,
    )


def _services(row: Row) -> tuple[Operation, ...]:
    return (
        row(
            "POST",
            "/services/start",
            CASE_WRITE,
            services.parse_start,
            services.start,
            created_at("services", "service_id"),
            "service.start",
            "Start a service.",
            "row 1 [C]",
        ),
        row(
            "POST",
            "/customers/{cid}/services/{sid}",
            CASE_WRITE,
            services.parse_associate,
            services.associate,
            render_nothing,
            "service.associate",
            "Put a customer to a service.",
            "row 2 [A]",
        ),
        row(
            "POST",
            f"{SERVICE}/end",
            CASE_WRITE,
            services.parse_end,
            services.end,
            render_no_content,
            "service.complete",
            "Complete a service; its states and tasks stay as they are.",
            "row 3 [C]",
        ),
        *(
            row(
                "GET",
                f"/services/anonymous/{{contact_key}}{path}",
                CASE_READ,
                partial(services.parse_list, is_open),
                services.list_all,
                render_json,
                f"service.anonymous{name}",
                "The services of a contact key that have no customer.",
                "row 10 [D]",
            )
            for path, name, is_open in LISTS
        ),
        *(
            row(
                "GET",
                f"/customers/{{cid}}/services{path}",
                CASE_READ,
                partial(services.parse_list, is_open),
                services.list_all,
                render_json,
                f"service.of_customer{name}",
                "The services of a customer.",
                "row 11 [D]",
            )
            for path, name, is_open in LISTS
        ),
        row(
            "GET",
            SERVICE,
            CASE_READ,
            services.parse_show,
            services.show,
            render_json,
            "service.show",
            "One service, with states and tasks inside it when they are asked for.",
            "row 14 [D]",
        ),
        row(
            "DELETE",
            SERVICE,
            CASE_WRITE,
            services.parse_delete,
            services.delete,
            render_nothing,
            errors.DELETE_SERVICE,
            "Delete a service with its states, tasks and extensions.",
            "row 22 [D]",
        ),
        row(
            "PUT",
            SERVICE,
            CASE_WRITE,
            services.parse_expiry,
            services.update_expiry,
            render_nothing,
            "service.expire_at",
            "Say when a service and all in it is to be gone.",
            "row 23 [D]",
        ),
    )


def _states(row: Row) -> tuple[Operation, ...]:
    return (
        row(
            "POST",
            f"{SERVICE}/states/start",
            CASE_WRITE,
            states.parse_start,
            states.start,
            render_created,
            "state.start",
            "Start a state of a service.",
            "row 5 [C]",
        ),
        row(
            "POST",
            f"{STATE}/end",
            CASE_WRITE,
            states.parse_end,
            states.end,
            render_no_content,
            "state.complete",
            "Complete a state.",
            "row 6 [C]",
        ),
        row(
            "POST",
            f"{SERVICE}/states/transition",
            CASE_WRITE,
            states.parse_pass,
            states.pass_on,
            render_created,
            "state.transition",
            "End one state and start the next, both or neither.",
            "row 7 [A]",
        ),
        *(
            row(
                "GET",
                f"{SERVICE}/states{path}",
                CASE_READ,
                partial(states.parse_list, is_open),
                states.list_all,
                render_json,
                f"state.list{name}",
                "The states of a service, oldest first.",
                "row 12 [D]",
            )
            for path, name, is_open in LISTS
        ),
        row(
            "GET",
            STATE,
            CASE_READ,
            states.parse_show,
            states.show,
            render_json,
            "state.show",
            "One state.",
            "row 15 [D]",
        ),
    )


def _tasks(row: Row) -> tuple[Operation, ...]:
    return (
        row(
            "POST",
            f"{SERVICE}/tasks/start",
            TASK_WRITE,
            tasks.parse_start,
            tasks.start,
            render_created,
            "task.start",
            "Start a task in a service, with or without a state.",
            "row 8 [C]",
        ),
        row(
            "POST",
            f"{TASK}/end",
            TASK_WRITE,
            tasks.parse_end,
            tasks.end,
            render_no_content,
            "task.complete",
            "Complete a task; the second time its end is overwritten.",
            "row 9 [C]",
        ),
        *(
            row(
                "GET",
                f"{SERVICE}/tasks{path}",
                TASK_READ,
                partial(tasks.parse_list, is_open),
                tasks.list_all,
                render_json,
                f"task.list{name}",
                "The tasks of a service, oldest first.",
                "row 13 [D]",
            )
            for path, name, is_open in LISTS
        ),
        row(
            "GET",
            TASK,
            TASK_READ,
            tasks.parse_show,
            tasks.show,
            render_json,
            "task.show",
            "One task.",
            "row 16 [D]",
        ),
    )


def _extensions(row: Row) -> tuple[Operation, ...]:
    made = []
    for path, noun, owner, rows in (
        (SERVICE, "service", Owner.CASE, (4, 19)),
        (STATE, "state", Owner.STAGE, (17, 20)),
        (TASK, "task", Owner.TASK, (18, 21)),
    ):
        read = TASK_READ if owner is Owner.TASK else CASE_READ
        write = TASK_WRITE if owner is Owner.TASK else CASE_WRITE
        standing = "[S]" if owner is Owner.TASK else "[D]"
        made += [
            row(
                "PUT",
                path + EXTENSION,
                write,
                partial(extensions.parse_put, owner),
                extensions.put,
                render_nothing,
                f"{noun}.extension.put",
                f"Exchange an extension of a {noun}, or make it.",
                f"row {rows[0]} {standing}",
            ),
            row(
                "PUT",
                f"{path}{EXTENSION}/merge",
                write,
                partial(extensions.parse_merge, owner),
                extensions.put,
                render_nothing,
                f"{noun}.extension.merge",
                f"Lay members over an extension of a {noun}.",
                f"row {rows[1]} [D]",
            ),
            row(
                "GET",
                path + EXTENSION,
                read,
                partial(extensions.parse_show, owner),
                extensions.show,
                render_text,
                f"{noun}.extension.show",
                f"The bare value of an extension of a {noun}.",
                "our addition [A]",
            ),
            row(
                "DELETE",
                path + EXTENSION,
                write,
                partial(extensions.parse_delete, owner),
                extensions.delete,
                render_no_content,
                f"{noun}.extension.delete",
                f"Delete an extension of a {noun}.",
                "our addition [A]",
            ),
        ]
    alias = row(
        "POST",
        TASK + EXTENSION,
        TASK_WRITE,
        partial(extensions.parse_put, Owner.TASK),
        extensions.put,
        render_nothing,
        "task.extension.post",
        "The same as PUT: the page's head line says so.",
        "row 18 [S]",
    )
    return (*made, alias)


def _schemas(row: Row) -> tuple[Operation, ...]:
    made = []
    for folder, noun, owner, rows in KINDS:
        path = f"/metadata/{folder}/extensions"
        in_maintenance = partial(row, in_maintenance=True)
        made += [
            in_maintenance(
                "POST",
                path,
                SCHEMA_WRITE,
                partial(schemas.parse_create, owner),
                schemas.create,
                created_at(path[1:], "name"),
                f"{noun}.schema.create",
                f"Declare the schema of a {noun}'s extension.",
                f"row {rows[0]} {'[S]' if owner is Owner.TASK else '[D]'}",
            ),
            in_maintenance(
                "GET",
                path,
                SCHEMA_READ,
                partial(schemas.parse_list, owner),
                schemas.list_all,
                render_json,
                f"{noun}.schema.list",
                f"The schemas of {noun} extensions.",
                f"row {rows[1]} [D]",
            ),
            in_maintenance(
                "GET",
                f"{path}/{{ext}}",
                SCHEMA_READ,
                partial(schemas.parse_show, owner),
                schemas.show,
                render_json,
                f"{noun}.schema.show",
                f"The schema of one {noun} extension.",
                f"row {rows[1]} [D]",
            ),
            in_maintenance(
                "DELETE",
                f"{path}/{{ext}}",
                SCHEMA_WRITE,
                partial(schemas.parse_delete, owner),
                schemas.delete,
                render_no_content,
                f"{noun}.schema.delete",
                "Delete a schema and every record of its extension.",
                f"row {rows[2]} [D]",
            ),
        ]
    return tuple(made)


def _server(row: Row) -> tuple[Operation, ...]:
    in_maintenance = partial(row, in_maintenance=True)
    return (
        in_maintenance(
            "GET",
            "/metadata/business-attributes",
            SCHEMA_READ,
            server.parse_attributes,
            server.attributes,
            render_json,
            "attribute.list",
            "Business attributes; none are configured.",
            "row 36 [D]",
        ),
        in_maintenance(
            "POST",
            "/server/mode",
            SCHEMA_WRITE,
            server.parse_set_mode,
            server.set_mode,
            _render_mode,
            "server.mode",
            "Switch between production and maintenance.",
            "row 37 [D]",
        ),
        in_maintenance(
            "GET",
            "/server/status",
            ANY_READ,
            server.parse_status,
            server.status,
            render_json,
            "server.status",
            "The mode.",
            "row 38 [A]",
        ),
    )


def _render_mode(told: dict[str, str], request: Request) -> Reply:
    reply = render_json(told, request)
    reply.headers.append(("Location", f"{request.prefix}/server/status"))
    return reply


PROFILES = "Customer profiles live elsewhere in the 8.5 generation; a service names its customer without one."
STREAMS = "Exporting is done by `dragoman export`, which carries every dialect's data."
PURGE = (
    "Deleting services one by one, by ttl and by expiration time is offered; clearing a whole store by one call is not."
)

NOT_OFFERED = (
    NotOffered("POST", "/metadata/profiles/extensions", PROFILES, name="profile.schema.create"),
    NotOffered("GET", "/metadata/profiles/extensions", PROFILES, name="profile.schema.list"),
    NotOffered("GET", "/metadata/profiles/extensions/{ext}", PROFILES, name="profile.schema.show"),
    NotOffered("DELETE", "/metadata/profiles/extensions/{ext}", PROFILES, name="profile.schema.delete"),
    NotOffered("POST", "/maintenance/purge", PURGE, name="service.purge"),
    NotOffered("GET", "/maintenance/services/stream", STREAMS, name="service.export_stream"),
    NotOffered("POST", "/maintenance/services/files", STREAMS, name="service.export_files"),
    NotOffered("POST", "/profiles", PROFILES, name="profile.create"),
    NotOffered("GET", "/profiles", PROFILES, name="profile.identify"),
    NotOffered("GET", "/profiles/{cid}", PROFILES, name="profile.show"),
    NotOffered("PUT", "/profiles/{cid}", PROFILES, name="profile.update"),
    NotOffered("POST", "/profiles/{cid}/extensions", PROFILES, name="profile.extension.insert"),
    NotOffered("PUT", "/profiles/{cid}/extensions/{ext}/by/unique", PROFILES, name="profile.record.update"),
    NotOffered("PUT", "/profiles/{cid}/extensions/{ext}/delete/by/unique", PROFILES, name="profile.record.delete"),
    NotOffered("POST", "/metadata/identification-keys", PROFILES, name="identification_key.create"),
)
