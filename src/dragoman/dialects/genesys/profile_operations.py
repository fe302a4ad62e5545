"""Operations around customers: profiles, identification keys, purge and export (page 2)."""

from functools import partial

from dragoman.dialects.genesys.handlers import identify, keys, maintenance, profiles
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.responses import (
    created_at,
    render_json,
    render_no_content,
    render_nothing,
)
from dragoman.dialects.genesys.wire.identify import CONTROLS
from dragoman.dialects.genesys.wire.keys import MEMBERS
from dragoman.dialects.genesys.wire.profiles import CUSTOMER_ID
from dragoman.dialects.kit import NO_BODY, OTHERS, OperationSpec, any_of

CONTACT_READ = any_of("contact.read")
CONTACT_WRITE = any_of("contact.write")
SCHEMA_READ = any_of("schema.read")
SCHEMA_WRITE = any_of("schema.write")
CASE_READ = any_of("case.read")
CASE_WRITE = any_of("case.write")

PROFILES = "/profiles"
PROFILE = f"{PROFILES}/{{cid}}"
RECORD = f"{PROFILE}/extensions/{{ext}}"
KEYS = "/metadata/identification-keys"
KEY = f"{KEYS}/{{name}}"
OF_SEARCHES = dict.fromkeys(CONTROLS[1:], "genesys-2.md, D")
IGNORED_ID = {CUSTOMER_ID: "genesys-2.md, B"}
BOUNDS = ("time_from", "time_to")


def of_profiles(switches: Switches) -> tuple[OperationSpec, ...]:
    """Profiles and their extensions (page 2, B to F)."""
    return (
        OperationSpec(
            name="profile.create",
            method="POST",
            path=PROFILES,
            scopes=CONTACT_WRITE,
            parse=partial(profiles.parse_write, switches),
            run=profiles.create,
            render=created_at("profiles", CUSTOMER_ID),
            writes=True,
            is_extensible=True,
            ignored_members=IGNORED_ID,
            summary="Create the profile of a customer.",
            standing="row 42 [D]",
        ),
        OperationSpec(
            name="profile.identify",
            method="GET",
            path=PROFILES,
            scopes=CONTACT_READ,
            parse=partial(identify.parse, switches),
            run=identify.run,
            render=render_json,
            parameters=(*CONTROLS, OTHERS),
            summary="The customers that have all these attributes.",
            standing="row 43 [D]",
        ),
        OperationSpec(
            name="profile.show",
            method="GET",
            path=PROFILE,
            scopes=CONTACT_READ,
            parse=partial(profiles.parse_show, switches),
            run=profiles.show,
            render=render_json,
            parameters=CONTROLS[:1],
            ignored_parameters=OF_SEARCHES,
            summary="One profile, with the requested extensions.",
            standing="row 44 [D]",
        ),
        OperationSpec(
            name="profile.update",
            method="PUT",
            path=PROFILE,
            scopes=CONTACT_WRITE,
            parse=partial(profiles.parse_write, switches),
            run=profiles.update,
            render=render_no_content,
            writes=True,
            media=NO_BODY,
            is_extensible=True,
            ignored_members=IGNORED_ID,
            summary="Replace all core attributes, and the extensions that the body names.",
            standing="row 45 [A]",
        ),
        OperationSpec(
            name="profile.delete",
            method="DELETE",
            path=PROFILE,
            scopes=CONTACT_WRITE,
            parse=partial(profiles.parse_delete, switches),
            run=profiles.delete,
            render=profiles.render_deleted,
            writes=True,
            streams=True,
            media=NO_BODY,
            summary="Delete a profile, with the services of its customer that began here.",
            standing="CV.WS.PROF.8 [D]",
        ),
        OperationSpec(
            name="profile.extension.insert",
            method="POST",
            path=f"{PROFILE}/extensions",
            scopes=CONTACT_WRITE,
            parse=partial(profiles.parse_write, switches),
            run=profiles.insert,
            render=render_nothing,
            writes=True,
            media=NO_BODY,
            is_extensible=True,
            ignored_members=IGNORED_ID,
            summary="Replace the extensions that the body names.",
            standing="row 46 [D]",
        ),
        OperationSpec(
            name="profile.record.update",
            method="PUT",
            path=f"{RECORD}/by/unique",
            scopes=CONTACT_WRITE,
            parse=partial(profiles.parse_record, switches),
            run=profiles.update_record,
            render=render_no_content,
            writes=True,
            media=NO_BODY,
            summary="Change the record that its unique attributes select.",
            standing="row 47 [D]",
        ),
        OperationSpec(
            name="profile.record.delete",
            method="PUT",
            path=f"{RECORD}/delete/by/unique",
            scopes=CONTACT_WRITE,
            parse=partial(profiles.parse_record, switches),
            run=profiles.delete_record,
            render=render_no_content,
            writes=True,
            media=NO_BODY,
            summary="Remove the record that its unique attributes select.",
            standing="row 48 [D]",
        ),
    )


def of_keys(switches: Switches) -> tuple[OperationSpec, ...]:
    """Identification keys (page 2, E)."""
    return (
        OperationSpec(
            name="identification_key.create",
            method="POST",
            path=KEYS,
            scopes=SCHEMA_WRITE,
            parse=partial(keys.parse_create, switches),
            run=keys.create,
            render=created_at(KEYS[1:], "name"),
            writes=True,
            members=MEMBERS,
            summary="Declare attributes by which customers are identified together.",
            standing="row 49 [D]",
        ),
        OperationSpec(
            name="identification_key.list",
            method="GET",
            path=KEYS,
            scopes=SCHEMA_READ,
            parse=partial(keys.parse_show, switches),
            run=keys.list_all,
            render=render_json,
            summary="The identification keys, in the order of their creation.",
            standing="page 2, E [D]",
        ),
        OperationSpec(
            name="identification_key.show",
            method="GET",
            path=KEY,
            scopes=SCHEMA_READ,
            parse=partial(keys.parse_show, switches),
            run=keys.show,
            render=render_json,
            summary="One identification key.",
            standing="page 2, E [D]",
        ),
        OperationSpec(
            name="identification_key.delete",
            method="DELETE",
            path=KEY,
            scopes=SCHEMA_WRITE,
            parse=partial(keys.parse_delete, switches),
            run=keys.delete,
            render=render_no_content,
            writes=True,
            media=NO_BODY,
            summary="Delete an identification key.",
            standing="page 2, E [A]",
        ),
    )


def of_maintenance(switches: Switches) -> tuple[OperationSpec, ...]:
    """Purge and export (page 2, H and I)."""
    return (
        OperationSpec(
            name="service.purge",
            method="POST",
            path="/maintenance/purge",
            scopes=CASE_WRITE,
            parse=partial(maintenance.parse_purge, switches),
            run=maintenance.purge,
            render=maintenance.render_purged,
            writes=True,
            streams=True,
            media=NO_BODY,
            parameters=("limit", "operation"),
            members=("limit", "operation"),
            summary="Delete the services that began here before a moment, as an administrator.",
            standing="row 39 [D]",
        ),
        OperationSpec(
            name="service.export_stream",
            method="GET",
            path="/maintenance/services/stream",
            scopes=CASE_READ,
            parse=partial(maintenance.parse_stream, switches),
            run=maintenance.export,
            render=maintenance.render_stream,
            streams=True,
            parameters=BOUNDS,
            summary="Services with all that is inside them, oldest first, as one array.",
            standing="row 40 [C]",
        ),
        OperationSpec(
            name="service.export_files",
            method="POST",
            path="/maintenance/services/files",
            scopes=CASE_READ,
            parse=partial(maintenance.parse_files, switches),
            run=maintenance.export,
            render=maintenance.render_files,
            streams=True,
            parameters=BOUNDS,
            summary="The same, written to files on the server, as an administrator.",
            standing="row 41 [C]",
        ),
    )
