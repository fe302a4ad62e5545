"""What this dialect offers, one row an operation. Numbers are those of the page, section 2."""

from dataclasses import replace
from functools import partial

from dragoman.dialects.genesys import errors
from dragoman.dialects.genesys.handlers import extensions, schemas, server, services, states, tasks
from dragoman.dialects.genesys.handlers.modes import guarded
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.profile_operations import of_keys, of_maintenance, of_profiles
from dragoman.dialects.genesys.responses import (
    created_at,
    render_created,
    render_json,
    render_named,
    render_no_content,
    render_nothing,
    render_text,
)
from dragoman.dialects.genesys.wire import business, events, queries
from dragoman.dialects.kit import ANY_CREDENTIALS, NO_BODY, PUBLIC, OperationSpec, Reply, Request, any_of
from dragoman.domain.extension import Owner

TASK_READ = any_of("task.read")
TASK_WRITE = any_of("task.write")
CASE_READ = any_of("case.read")
CASE_WRITE = any_of("case.write")
SCHEMA_READ = any_of("schema.read")
SCHEMA_WRITE = any_of("schema.write")

SERVICE = "/services/{sid}"
STATE = f"{SERVICE}/states/{{stid}}"
TASK = f"{SERVICE}/tasks/{{tid}}"
EXTENSION = "/extensions/{ext}"

LISTS = (("", "", None), ("/active", "_active", True), ("/completed", "_completed", False))
"""Suffixes of a list's path and of its operation's name, and whether it lists open resources."""

KINDS = (
    ("services", "service", Owner.CASE, (24, 25, 26)),
    ("states", "state", Owner.STAGE, (27, 28, 29)),
    ("tasks", "task", Owner.TASK, (30, 31, 32)),
    ("profiles", "profile", Owner.CONTACT, (33, 34, 35)),
)
"""Kinds of schemas: path, noun, owner, rows of create, query, delete."""


def operations(switches: Switches) -> tuple[OperationSpec, ...]:
    """Every operation under these switches."""
    in_production = (
        *_services(switches),
        *_states(switches),
        *_tasks(switches),
        *_extensions(switches),
        *of_profiles(switches),
    )
    in_both_modes = (*_schemas(switches), *of_keys(switches), *_server(switches), *of_maintenance(switches))
    return (
        *(_guarded(row, switches, needs_production=True) for row in in_production),
        *(_guarded(row, switches, needs_production=False) for row in in_both_modes),
    )


def _guarded(row: OperationSpec, switches: Switches, *, needs_production: bool) -> OperationSpec:
    return replace(
        row,
        scopes=row.scopes if switches.auth else PUBLIC,
        run=guarded(
            row.run,
            switches,
            reads=not row.writes,
            needs_production=needs_production,
            also=tasks.is_review if row.name == "task.complete" else None,
        ),
    )


def _services(switches: Switches) -> tuple[OperationSpec, ...]:
    return (
        OperationSpec(
            name="service.start",
            method="POST",
            path="/services/start",
            scopes=CASE_WRITE,
            parse=partial(services.parse_start, switches),
            run=services.start,
            render=created_at("services", "service_id"),
            writes=True,
            is_extensible=True,
            members=tuple(events.SERVICE_START),
            ignored_members=dict.fromkeys(sorted(events.IN_THE_URL), "genesys.md, 3"),
            summary="Start a service.",
            standing="row 1 [C]",
        ),
        OperationSpec(
            name="service.associate",
            method="POST",
            path="/customers/{cid}/services/{sid}",
            scopes=CASE_WRITE,
            parse=partial(services.parse_associate, switches),
            run=services.associate,
            render=render_nothing,
            writes=True,
            media=NO_BODY,
            is_extensible=True,
            members=tuple(events.ASSOCIATE),
            ignored_members=dict.fromkeys(sorted(events.NOT_OF_ASSOCIATIONS), "genesys.md, 3"),
            summary="Associate a customer with a service.",
            standing="row 2 [A]",
        ),
        OperationSpec(
            name="service.complete",
            method="POST",
            path=f"{SERVICE}/end",
            scopes=CASE_WRITE,
            parse=partial(services.parse_end, switches),
            run=services.end,
            render=render_no_content,
            writes=True,
            media=NO_BODY,
            is_extensible=True,
            members=tuple(events.END),
            ignored_members=dict.fromkeys(sorted(events.DROPPED), "genesys.md, 3"),
            summary="Complete a service; its states and tasks stay as they are.",
            standing="row 3 [C]",
        ),
        *(
            OperationSpec(
                name=f"service.anonymous{name}",
                method="GET",
                path=f"/services/anonymous/{{contact_key}}{path}",
                scopes=CASE_READ,
                parse=partial(services.parse_list, is_open, switches),
                run=services.list_all,
                render=render_named(switches.business, business.SERVICE),
                parameters=queries.OF_SERVICES,
                ignored_parameters=queries.OF_OTHER_LISTS,
                summary="The services of a contact key that have no customer.",
                standing="row 10 [D]",
            )
            for path, name, is_open in LISTS
        ),
        *(
            OperationSpec(
                name=f"service.of_customer{name}",
                method="GET",
                path=f"/customers/{{cid}}/services{path}",
                scopes=CASE_READ,
                parse=partial(services.parse_list, is_open, switches),
                run=services.list_all,
                render=render_named(switches.business, business.SERVICE),
                parameters=queries.OF_SERVICES,
                ignored_parameters=queries.OF_OTHER_LISTS,
                summary="The services of a customer.",
                standing="row 11 [D]",
            )
            for path, name, is_open in LISTS
        ),
        OperationSpec(
            name="service.show",
            method="GET",
            path=SERVICE,
            scopes=CASE_READ,
            parse=partial(services.parse_show, switches),
            run=services.show,
            render=render_named(switches.business, business.SERVICE),
            parameters=queries.OF_A_SERVICE,
            ignored_parameters=queries.OF_OTHER_LISTS,
            summary="One service, optionally with its states and tasks.",
            standing="row 14 [D]",
        ),
        OperationSpec(
            name=errors.DELETE_SERVICE,
            method="DELETE",
            path=SERVICE,
            scopes=CASE_WRITE,
            parse=partial(services.parse_delete, switches),
            run=services.delete,
            render=render_nothing,
            writes=True,
            media=NO_BODY,
            summary="Delete a service with its states, tasks and extensions.",
            standing="row 22 [D]",
        ),
        OperationSpec(
            name="service.expire_at",
            method="PUT",
            path=SERVICE,
            scopes=CASE_WRITE,
            parse=partial(services.parse_expiry, switches),
            run=services.update_expiry,
            render=render_nothing,
            writes=True,
            media=NO_BODY,
            members=tuple(events.EXPIRY),
            ignored_members=dict.fromkeys(sorted(events.IN_THE_URL), "genesys.md, 3"),
            summary="Set when a service expires with everything in it.",
            standing="row 23 [D]",
        ),
    )


def _states(switches: Switches) -> tuple[OperationSpec, ...]:
    return (
        OperationSpec(
            name="state.start",
            method="POST",
            path=f"{SERVICE}/states/start",
            scopes=CASE_WRITE,
            parse=partial(states.parse_start, switches),
            run=states.start,
            render=render_created,
            writes=True,
            is_extensible=True,
            members=tuple(events.STATE_START),
            ignored_members=dict.fromkeys(sorted(events.IN_THE_URL), "genesys.md, 3"),
            summary="Start a state of a service.",
            standing="row 5 [C]",
        ),
        OperationSpec(
            name="state.complete",
            method="POST",
            path=f"{STATE}/end",
            scopes=CASE_WRITE,
            parse=partial(states.parse_end, switches),
            run=states.end,
            render=render_no_content,
            writes=True,
            media=NO_BODY,
            is_extensible=True,
            members=tuple(events.END),
            ignored_members=dict.fromkeys(sorted(events.DROPPED), "genesys.md, 3"),
            summary="Complete a state.",
            standing="row 6 [C]",
        ),
        OperationSpec(
            name="state.transition",
            method="POST",
            path=f"{SERVICE}/states/transition",
            scopes=CASE_WRITE,
            parse=partial(states.parse_pass, switches),
            run=states.pass_on,
            render=render_created,
            writes=True,
            is_extensible=True,
            members=("from", "to", *events.COMMON),
            ignored_members=dict.fromkeys(sorted(events.IN_THE_URL), "genesys.md, 3"),
            summary="End one state and start the next, both or neither.",
            standing="row 7 [A]",
        ),
        *(
            OperationSpec(
                name=f"state.list{name}",
                method="GET",
                path=f"{SERVICE}/states{path}",
                scopes=CASE_READ,
                parse=partial(states.parse_list, is_open, switches),
                run=states.list_all,
                render=render_named(switches.business, business.STATE),
                parameters=queries.OF_STATES,
                ignored_parameters=queries.OF_OTHER_LISTS,
                summary="The states of a service, oldest first.",
                standing="row 12 [D]",
            )
            for path, name, is_open in LISTS
        ),
        OperationSpec(
            name="state.show",
            method="GET",
            path=STATE,
            scopes=CASE_READ,
            parse=partial(states.parse_show, switches),
            run=states.show,
            render=render_named(switches.business, business.STATE),
            parameters=queries.OF_A_STATE,
            ignored_parameters=queries.OF_OTHER_LISTS,
            summary="One state.",
            standing="row 15 [D]",
        ),
    )


def _tasks(switches: Switches) -> tuple[OperationSpec, ...]:
    return (
        OperationSpec(
            name="task.start",
            method="POST",
            path=f"{SERVICE}/tasks/start",
            scopes=TASK_WRITE,
            parse=partial(tasks.parse_start, switches),
            run=tasks.start,
            render=render_created,
            writes=True,
            is_extensible=True,
            members=tuple(events.TASK_START),
            ignored_members=dict.fromkeys(sorted(events.IN_THE_URL), "genesys.md, 3"),
            summary="Start a task in a service, with or without a state.",
            standing="row 8 [C]",
        ),
        OperationSpec(
            name="task.complete",
            method="POST",
            path=f"{TASK}/end",
            scopes=TASK_WRITE,
            parse=partial(tasks.parse_end, switches),
            run=tasks.end,
            render=render_no_content,
            writes=True,
            media=NO_BODY,
            is_extensible=True,
            members=tuple(events.END),
            ignored_members=dict.fromkeys(sorted(events.DROPPED), "genesys.md, 3"),
            summary="Complete a task; the second time its end is overwritten.",
            standing="row 9 [C]",
        ),
        *(
            OperationSpec(
                name=f"task.list{name}",
                method="GET",
                path=f"{SERVICE}/tasks{path}",
                scopes=TASK_READ,
                parse=partial(tasks.parse_list, is_open, switches),
                run=tasks.list_all,
                render=render_named(switches.business, business.TASK),
                parameters=queries.OF_TASKS,
                ignored_parameters=queries.OF_OTHER_LISTS,
                summary="The tasks of a service, oldest first.",
                standing="row 13 [D]",
            )
            for path, name, is_open in LISTS
        ),
        OperationSpec(
            name="task.show",
            method="GET",
            path=TASK,
            scopes=TASK_READ,
            parse=partial(tasks.parse_show, switches),
            run=tasks.show,
            render=render_named(switches.business, business.TASK),
            parameters=queries.OF_A_TASK,
            ignored_parameters=queries.OF_OTHER_LISTS,
            summary="One task.",
            standing="row 16 [D]",
        ),
    )


def _extensions(switches: Switches) -> tuple[OperationSpec, ...]:
    made: list[OperationSpec] = []
    for path, noun, owner, rows in (
        (SERVICE, "service", Owner.CASE, (4, 19)),
        (STATE, "state", Owner.STAGE, (17, 20)),
        (TASK, "task", Owner.TASK, (18, 21)),
    ):
        read = TASK_READ if owner is Owner.TASK else CASE_READ
        write = TASK_WRITE if owner is Owner.TASK else CASE_WRITE
        standing = "[S]" if owner is Owner.TASK else "[D]"
        made += [
            OperationSpec(
                name=f"{noun}.extension.put",
                method="PUT",
                path=path + EXTENSION,
                scopes=write,
                parse=partial(extensions.parse_put, owner, switches),
                run=extensions.put,
                render=render_nothing,
                writes=True,
                media=NO_BODY,
                summary=f"Replace an extension of a {noun}, or create it.",
                standing=f"row {rows[0]} {standing}",
            ),
            OperationSpec(
                name=f"{noun}.extension.merge",
                method="PUT",
                path=f"{path}{EXTENSION}/merge",
                scopes=write,
                parse=partial(extensions.parse_merge, owner, switches),
                run=extensions.put,
                render=render_nothing,
                writes=True,
                media=NO_BODY,
                summary=f"Merge members into an extension of a {noun}.",
                standing=f"row {rows[1]} [D]",
            ),
            OperationSpec(
                name=f"{noun}.extension.show",
                method="GET",
                path=path + EXTENSION,
                scopes=read,
                parse=partial(extensions.parse_show, owner, switches),
                run=extensions.show,
                render=render_text,
                summary=f"The bare value of an extension of a {noun}.",
                standing="our addition [A]",
            ),
            OperationSpec(
                name=f"{noun}.extension.delete",
                method="DELETE",
                path=path + EXTENSION,
                scopes=write,
                parse=partial(extensions.parse_delete, owner, switches),
                run=extensions.delete,
                render=render_no_content,
                writes=True,
                media=NO_BODY,
                summary=f"Delete an extension of a {noun}.",
                standing="our addition [A]",
            ),
        ]
    alias = OperationSpec(
        name="task.extension.post",
        method="POST",
        path=TASK + EXTENSION,
        scopes=TASK_WRITE,
        parse=partial(extensions.parse_put, Owner.TASK, switches),
        run=extensions.put,
        render=render_nothing,
        writes=True,
        media=NO_BODY,
        summary="The same as PUT, as the heading of the vendor's page has it.",
        standing="row 18 [S]",
    )
    return (*made, alias)


def _schemas(switches: Switches) -> tuple[OperationSpec, ...]:
    made: list[OperationSpec] = []
    for folder, noun, owner, rows in KINDS:
        path = f"/metadata/{folder}/extensions"
        made += [
            OperationSpec(
                name=f"{noun}.schema.create",
                method="POST",
                path=path,
                scopes=SCHEMA_WRITE,
                parse=partial(schemas.parse_create, owner, switches),
                run=schemas.create,
                render=created_at(path[1:], "name"),
                writes=True,
                summary=f"Declare the schema of a {noun}'s extension.",
                standing=f"row {rows[0]} {'[S]' if owner is Owner.TASK else '[D]'}",
            ),
            OperationSpec(
                name=f"{noun}.schema.list",
                method="GET",
                path=path,
                scopes=SCHEMA_READ,
                parse=partial(schemas.parse_list, owner, switches),
                run=schemas.list_all,
                render=render_json,
                summary=f"The schemas of {noun} extensions.",
                standing=f"row {rows[1]} [D]",
            ),
            OperationSpec(
                name=f"{noun}.schema.show",
                method="GET",
                path=f"{path}/{{ext}}",
                scopes=SCHEMA_READ,
                parse=partial(schemas.parse_show, owner, switches),
                run=schemas.show,
                render=render_json,
                summary=f"The schema of one {noun} extension.",
                standing=f"row {rows[1]} [D]",
            ),
            OperationSpec(
                name=f"{noun}.schema.delete",
                method="DELETE",
                path=f"{path}/{{ext}}",
                scopes=SCHEMA_WRITE,
                parse=partial(schemas.parse_delete, owner, switches),
                run=schemas.delete,
                render=render_no_content,
                writes=True,
                media=NO_BODY,
                summary="Delete a schema and every record of its extension.",
                standing=f"row {rows[2]} [D]",
            ),
        ]
    return tuple(made)


def _server(switches: Switches) -> tuple[OperationSpec, ...]:
    return (
        OperationSpec(
            name="attribute.list",
            method="GET",
            path="/metadata/business-attributes",
            scopes=SCHEMA_READ,
            parse=partial(server.parse_attributes, switches),
            run=server.attributes,
            render=render_json,
            parameters=("cv-attribute",),
            summary="The configured business attributes, or the one that a field is mapped to.",
            standing="row 36 [D]",
        ),
        OperationSpec(
            name="attribute.show",
            method="GET",
            path="/metadata/business-attributes/{name}",
            scopes=SCHEMA_READ,
            parse=partial(server.parse_attributes, switches),
            run=server.attribute,
            render=render_json,
            summary="One business attribute.",
            standing="row 36 [D]",
        ),
        OperationSpec(
            name="server.mode",
            method="POST",
            path="/server/mode",
            scopes=SCHEMA_WRITE,
            parse=partial(server.parse_set_mode, switches),
            run=server.set_mode,
            render=_render_mode,
            writes=True,
            members=("mode",),
            summary="Switch between production and maintenance.",
            standing="row 37 [D]",
        ),
        OperationSpec(
            name="server.status",
            method="GET",
            path="/server/status",
            scopes=ANY_CREDENTIALS,
            parse=partial(server.parse_status, switches),
            run=server.status,
            render=render_json,
            summary="The mode.",
            standing="row 38 [A]",
        ),
    )


def _render_mode(mode: dict[str, str], request: Request) -> Reply:
    reply = render_json(mode, request)
    reply.headers.append(("Location", f"{request.prefix}/server/status"))
    return reply
