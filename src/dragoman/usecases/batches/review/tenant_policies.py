"""The policies of batches that a tenant's administrators set, beside those of the operator's configuration."""

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.domain.access import require_admin
from dragoman.domain.batch_policy import Rule
from dragoman.domain.errors import Invalid, NotFound, Problem
from dragoman.domain.people import Tenant
from dragoman.usecases import preconditions
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.uow import UnitOfWork


class Get(msgspec.Struct, frozen=True):
    """Read the tenant's own policies."""

    def keys(self) -> Keys:
        return Keys().also("tenant", [()], Lock.NONE)


def get(uow: UnitOfWork, command: Get) -> Tenant:
    """The tenant with its policies. Forbidden unless the principal administers it."""
    require_admin(uow.principal)
    return uow.home


class Policies(msgspec.Struct, frozen=True):
    """What a tenant asks of batches, at a revision of the tenant."""

    rules: tuple[Rule, ...]
    revision: int


class Put(msgspec.Struct, frozen=True):
    """Replace the tenant's own policies."""

    policies: tuple[Rule, ...]
    revisions: Revisions | None = None

    def keys(self) -> Keys:
        return Keys().also("tenant", [()], Lock.CHANGE)


def put(uow: UnitOfWork, command: Put) -> Tenant:
    """The changed tenant. Batches that are prepared already keep the policy that they have.

    Forbidden unless the principal administers the tenant; Invalid for a type that no batch can have; StaleVersion
    unless the tenant is at one of the revisions.
    """
    require_admin(uow.principal)
    if faults := _unknown_types(command.policies):
        raise Invalid("invalid_body", "The body isn't as it should be; each fault is listed.", faults)
    tenant = uow.tenants.find((), Lock.CHANGE)
    if tenant is None:
        raise NotFound("tenant_not_found", "There is no such tenant.")
    preconditions.check(uow, "tenant", Policies(tenant.batch_policies, tenant.revision), command.revisions)
    if tenant.batch_policies == command.policies:
        return tenant
    return uow.tenants.save(replace(tenant, batch_policies=command.policies))


def _unknown_types(policies: tuple[Rule, ...]) -> tuple[Problem, ...]:
    known = ", ".join(resource_types.names())
    return tuple(
        Problem(f"/{index}/types/{place}", "unknown_type", f"is not a type of batches: {known}")
        for index, rule in enumerate(policies)
        for place, name in enumerate(rule.types or ())
        if resource_types.find(name) is None
    )
