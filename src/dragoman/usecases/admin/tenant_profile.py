"""The tenant as its administrators see and change it; disabling and enabling it is the operator's."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.command import Keys, Lock
from dragoman.domain.access import require_admin
from dragoman.domain.errors import NotFound
from dragoman.domain.people import Tenant
from dragoman.usecases import preconditions
from dragoman.usecases.preconditions import Revisions
from dragoman.usecases.uow import UnitOfWork


class Get(msgspec.Struct, frozen=True):
    """Read the tenant."""

    def keys(self) -> Keys:
        return Keys().also("tenant", [()], Lock.NONE)


def get(uow: UnitOfWork, command: Get) -> Tenant:
    """The tenant. What of it everybody may see is for the caller to choose by `uow.principal`."""
    return uow.home


class Change(msgspec.Struct, frozen=True):
    """Change the given fields. `limits` are merged; None removes one."""

    fields: Mapping[str, Any] = {}
    limits: Mapping[str, int | None] = {}
    revisions: Revisions | None = None

    def keys(self) -> Keys:
        return Keys().also("tenant", [()], Lock.CHANGE)


def change(uow: UnitOfWork, command: Change) -> Tenant:
    """The changed tenant. A limit below what is in use refuses more, and deletes nothing.

    Forbidden unless the principal administers the tenant; StaleVersion unless it is at one of the revisions.
    """
    require_admin(uow.principal)
    tenant = _locked(uow)
    preconditions.check(uow, "tenant", tenant, command.revisions)
    merged = {**tenant.limits, **command.limits}
    limits = {name: value for name, value in merged.items() if value is not None}
    return _saved(uow, tenant, replace(tenant, **command.fields, limits=limits))


class Disable(msgspec.Struct, frozen=True):
    """Refuse every credential of the tenant, and let its jobs and timers stand still; or the reverse."""

    is_disabled: bool

    def keys(self) -> Keys:
        return Keys().also("tenant", [()], Lock.CHANGE)


def disable(uow: UnitOfWork, command: Disable) -> Tenant:
    """The tenant; again changes nothing. All data stays."""
    tenant = _locked(uow)
    if (tenant.disabled_at is not None) is command.is_disabled:
        return tenant
    return _saved(uow, tenant, replace(tenant, disabled_at=uow.now if command.is_disabled else None))


def _locked(uow: UnitOfWork) -> Tenant:
    tenant = uow.tenants.find((), Lock.CHANGE)
    if tenant is None:
        raise NotFound("tenant_not_found", "There is no such tenant.")
    return tenant


def _saved(uow: UnitOfWork, before: Tenant, after: Tenant) -> Tenant:
    return before if after == before else uow.tenants.save(after)
