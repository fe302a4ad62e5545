"""The tenant itself: its names, zone and limits, and its policies of batches."""

from typing import Any

import msgspec
from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.native import problems as faults
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire import tenants as wire
from dragoman.dialects.native.wire.tenants import Policies
from dragoman.domain.errors import Invalid
from dragoman.domain.people import Tenant
from dragoman.usecases import tenant_limits
from dragoman.usecases.admin import tenant_profile
from dragoman.usecases.batches.review import tenant_policies
from dragoman.usecases.preconditions import Revisions

READ_ONLY = frozenset(wire.Tenant.__struct_fields__) - frozenset(wire.TenantPatch.__struct_fields__)


def parse_get(request: Request, query: queries.Nothing) -> tenant_profile.Get:
    return tenant_profile.Get()


def parse_patch(request: Request, query: queries.Trial) -> tenant_profile.Change:
    """A merge patch of the tenant; null for `limits` removes them all."""
    revisions = reading.if_match(request)
    return reading.body(
        request,
        wire.TenantPatch,
        lambda patch: _change(patch, revisions),
        media=reading.MERGE_PATCH,
        read_only=READ_ONLY,
    )


def change_of(members: dict[str, Any]) -> tenant_profile.Change:
    """The same for a command: Invalid with every fault of the members."""
    return _change(reading.document(json.encode(members), wire.TenantPatch, read_only=READ_ONLY), None)


def _change(patch: wire.TenantPatch, revisions: Revisions | None) -> tenant_profile.Change:
    named = {name: getattr(patch, name) for name in wire.TenantPatch.__struct_fields__ if name != "limits"}
    fields = {name: value for name, value in named.items() if value is not UNSET}
    return tenant_profile.Change(fields, _limits(patch), revisions)


def _limits(patch: wire.TenantPatch) -> dict[str, int | None]:
    if patch.limits is UNSET:
        return {}
    if patch.limits is None:
        return dict.fromkeys(tenant_limits.LIMITS)
    named = {name: getattr(patch.limits, name) for name in tenant_limits.LIMITS}
    return {name: value for name, value in named.items() if value is not UNSET}


def render(tenant: Tenant, request: Request) -> Reply:
    """200 with the tenant; all but its names, zone and language are for administrators."""
    is_admin = request.principal is not None and request.principal.is_admin
    return replies.plain(views.tenant(tenant, whole=is_admin), [replies.etag(tenant.revision)])


def parse_get_policies(request: Request, query: queries.Nothing) -> tenant_policies.Get:
    return tenant_policies.Get()


def parse_put_policies(request: Request, query: queries.Trial) -> tenant_policies.Put:
    """The list that replaces the present one. Invalid with every fault of it."""
    reading.check_media(request, reading.JSON)
    value = json.parse(request.body)
    faults.find(Policies, value).raise_if_any(message=reading.FAULTS_OF_BODY)
    try:
        policies = msgspec.convert(value, Policies)
    except msgspec.ValidationError as error:
        raise Invalid("invalid_body", str(error)) from error
    return tenant_policies.Put(tuple(policies), reading.if_match(request))


def render_policies(tenant: Tenant, request: Request) -> Reply:
    """200 with the list, and the revision of the tenant."""
    return replies.plain(tenant.batch_policies, [replies.etag(tenant.revision)])
