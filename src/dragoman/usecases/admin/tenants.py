"""Tenants: each starts with an inbox for tasks without a case, and the twelve task categories of a fresh portal."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.category import Category
from dragoman.domain.errors import Conflict, NotFound
from dragoman.domain.people import Tenant
from dragoman.domain.zones import NOTED_AS, RELEASE
from dragoman.store.unit.mappings import Setting
from dragoman.usecases.events import event_log
from dragoman.usecases.events.event_log import LOG_FROM, LOG_ID
from dragoman.usecases.uow import UnitOfWork

DEFAULT_CATEGORIES = (
    # onlyoffice-crm.md 11: titles and icons of a fresh portal, in this order [C].
    ("Phone call", "call"),
    ("Opportunity", "deal"),
    ("Demo", "demo"),
    ("Email", "email"),
    ("Fax", "fax"),
    ("Execution control", "follow_up"),
    ("Lunch", "lunch"),
    ("Appointment", "meeting"),
    ("Note", "note"),
    ("Delivery", "ship"),
    ("Social networks", "social_networks"),
    ("Expression of gratitude", "thank_you"),
)


class RegisterTenant(msgspec.Struct, frozen=True):
    """Register a tenant's name under a number; run under the directory tenant."""

    name: str
    must_be_new: bool = True

    def keys(self) -> Keys:
        return Keys(settings={f"tenant:{self.name}"}, numbers={"tenant"})


def register(uow: UnitOfWork, command: RegisterTenant) -> int:
    """The tenant's number, assigned now for a new name. Conflict if the name must be new and is registered."""
    known = uow.settings.find(f"tenant:{command.name}")
    if known is not None:
        if command.must_be_new:
            raise Conflict("tenant_exists", f"There is a tenant {command.name} already.")
        return int(known.value)
    number = uow.numbers.draw("tenant")
    uow.settings.add(Setting(tenant=uow.tenant, name=f"tenant:{command.name}", value=str(number)))
    return number


class InitializeTenant(msgspec.Struct, frozen=True):
    """Create the initial rows of a registered tenant; run under its own number."""

    name: str

    def keys(self) -> Keys:
        return Keys(numbers={"case", "category"}, settings={NOTED_AS, LOG_ID, LOG_FROM}).also(
            "tenant", [()], Lock.CHANGE
        )


def initialize(uow: UnitOfWork, command: InitializeTenant) -> Tenant:
    """Create the tenant, its inbox and its categories. Repeating it changes nothing."""
    known = uow.tenants.find(())
    if known is not None:
        return known
    inbox = uow.cases.add(
        Case(
            tenant=uow.tenant,
            number=uow.numbers.draw("case"),
            uid=uow.new_id(),
            kind=CaseKind.INBOX,
            title="Inbox",
            started_at=uow.now,
            created_at=uow.now,
            modified_at=uow.now,
        )
    )
    for order, (title, icon) in enumerate(DEFAULT_CATEGORIES, start=1):
        uow.categories.add(
            Category(
                tenant=uow.tenant,
                number=uow.numbers.draw("category"),
                title=title,
                icon=f"task_category_{icon}.png",
                sort_order=order,
                created_at=uow.now,
            )
        )
    uow.settings.add(Setting(tenant=uow.tenant, name=NOTED_AS, value=RELEASE))
    event_log.begin(uow)
    return uow.tenants.add(Tenant(tenant=uow.tenant, name=command.name, inbox_case=inbox.number, created_at=uow.now))


class ListTenants(msgspec.Struct, frozen=True):
    """All tenants' names and numbers; run under the directory tenant."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def list_all(uow: UnitOfWork, command: ListTenants) -> list[tuple[str, int]]:
    """Name and number of every tenant, by name."""
    return [(setting.name.removeprefix("tenant:"), int(setting.value)) for setting in uow.settings.beginning("tenant:")]


class FindTenant(msgspec.Struct, frozen=True):
    """The number of a tenant by name; run under the directory tenant."""

    name: str

    def keys(self) -> Keys:
        return Keys(settings={f"tenant:{self.name}"})


def find(uow: UnitOfWork, command: FindTenant) -> int:
    """NotFound for an unknown tenant."""
    known = uow.settings.find(f"tenant:{command.name}")
    if known is None:
        raise NotFound("tenant_not_found", f"There is no tenant {command.name}.")
    return int(known.value)
