"""The operations on the tenant itself, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import tenants
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire.tenants import Policies, Tenant, TenantPatch
from dragoman.usecases.admin import tenant_profile
from dragoman.usecases.batches.review import tenant_policies

_get = partial(operation, method="GET")
_put = partial(operation, method="PUT", writes=True, query=queries.Trial)

TENANT = (
    _get(
        name="read_tenant",
        path="/tenant",
        summary="The tenant. Administrators see all of it, others its names, zone and language.",
        scopes=any_of("tenant.read"),
        parse=tenants.parse_get,
        run=tenant_profile.get,
        render=tenants.render,
        answer=Tenant,
    ),
    operation(
        method="PATCH",
        name="patch_tenant",
        path="/tenant",
        summary="Change the named members of the tenant. For administrators.",
        scopes=any_of("tenant.manage"),
        writes=True,
        query=queries.Trial,
        parse=tenants.parse_patch,
        run=tenant_profile.change,
        render=tenants.render,
        body=TenantPatch,
        answer=Tenant,
        is_conditional=True,
    ),
    _get(
        name="read_batch_policies",
        path="/tenant/batch-policies",
        summary="The tenant's own policies of batches. For administrators.",
        scopes=any_of("tenant.read"),
        parse=tenants.parse_get_policies,
        run=tenant_policies.get,
        render=tenants.render_policies,
        answer=Policies,
    ),
    _put(
        name="put_batch_policies",
        path="/tenant/batch-policies",
        summary="Replace them; they tighten those of the configuration. For administrators.",
        scopes=any_of("tenant.manage"),
        parse=tenants.parse_put_policies,
        run=tenant_policies.put,
        render=tenants.render_policies,
        body=Policies,
        answer=Policies,
        is_conditional=True,
    ),
)
