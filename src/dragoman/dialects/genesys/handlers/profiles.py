"""Customer profiles: made, read, replaced, deleted, and their extensions (page 2, sections B, C and F)."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Lock
from dragoman.dialects.genesys.handlers.modes import Command
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.genesys.responses import render_nothing
from dragoman.dialects.genesys.wire import profiles as wire
from dragoman.dialects.genesys.wire import queries
from dragoman.dialects.genesys.wire.paths import shown
from dragoman.dialects.genesys.wire.resources import NAME
from dragoman.dialects.kit import Later, Reply, Request, json
from dragoman.domain.access import may_edit_contact, require_to
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.errors import Invalid, NotFound, Problem
from dragoman.domain.extension import Owner, fold
from dragoman.usecases import extension_schemas as schemas
from dragoman.usecases import extension_values as extensions
from dragoman.usecases.cases import services
from dragoman.usecases.contacts import forgetting, records, search
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.uow import UnitOfWork


class Alone(Command, frozen=True):
    """A command on contacts that are found by their values."""

    def rows(self) -> Exclusive:
        return EXCLUSIVE


class Write(Alone, frozen=True):
    """Make a profile, replace one, or set extensions of one: `run` decides which."""

    content: wire.Sent | Invalid
    switches: Switches
    customer: str = ""


class Show(Alone, frozen=True):
    customer: str
    wanted: queries.Wanted | Invalid


class Record(Alone, frozen=True):
    """Change or remove the record of an extension that its unique attributes select."""

    customer: str
    extension: str
    text: str | Invalid


class Delete(Alone, frozen=True):
    """Delete a profile and a portion of its services; `after` is where the portion begins."""

    customer: str
    after: services.Place | None = None


def parse_write(switches: Switches, request: Request) -> Write:
    """The body has core attributes and extensions."""
    content = judged_late(lambda: wire.parse(request.body))
    return Write(content, switches, request.path.get("cid", ""))


def parse_show(switches: Switches, request: Request) -> Show:
    """`extensions=` chooses the extensions that are shown."""
    return Show(request.path["cid"], judged_late(lambda: queries.parse_wanted(request)))


def parse_record(switches: Switches, request: Request) -> Record:
    """The body is one flat record."""
    text = judged_late(lambda: _object(request.body))
    return Record(request.path["cid"], request.path["ext"], text)


def parse_delete(switches: Switches, request: Request) -> Delete:
    """Nothing but the path."""
    return Delete(request.path["cid"])


def create(uow: UnitOfWork, command: Write) -> dict[str, Any]:
    """The new customer's id."""
    attributes, values = _content(uow, command)
    if not attributes and not values:
        raise Invalid("missing_field", "a profile needs an attribute or an extension")
    made = wire.apply(_new(uow), attributes)
    names = (*(field for _, field in wire.FIELDS.values()), "attributes")
    contact = contacts.add(uow, made.kind, **{name: getattr(made, name) for name in names})
    _save(uow, contact, extensions.set_extensions(uow, contact, values, require_schema=command.switches.require_schema))
    return {wire.CUSTOMER_ID: contact.customer_key}


def show(uow: UnitOfWork, command: Show) -> dict[str, Any]:
    """The profile with its core attributes and the requested extensions."""
    contact = find_profile(uow, command.customer)
    return wire.render(contact, judge(command.wanted))


def update(uow: UnitOfWork, command: Write) -> None:
    """All core attributes are replaced; of the extensions those that the body names."""
    contact = find_profile(uow, command.customer, to_edit=True)
    attributes, values = _content(uow, command, contact)
    _refuse_shared_names(attributes, set(contact.extensions) - set(map(fold, values)), "is an extension of it")
    after = wire.apply(contact, attributes)
    _save(uow, contact, extensions.set_extensions(uow, after, values, require_schema=command.switches.require_schema))


def insert(uow: UnitOfWork, command: Write) -> None:
    """Each named extension is replaced. Invalid for a core attribute."""
    contact = find_profile(uow, command.customer, to_edit=True)
    sent, declared = judge(command.content), _declared(uow)
    sent = sent.emptying(contact.extensions)
    core = sent.core(declared)
    _refuse_shared_names(core, set(map(fold, core)), "is no extension but a core attribute")
    _, values = sent.split(declared)
    known = set(map(fold, wire.attributes_of(contact)))
    _refuse_shared_names(values, known, "is a core attribute of this customer")
    _save(uow, contact, extensions.set_extensions(uow, contact, values, require_schema=command.switches.require_schema))


def update_record(uow: UnitOfWork, command: Record) -> None:
    """Attributes that are sent are written, the others stay."""
    _change_record(uow, command, records.update)


def delete_record(uow: UnitOfWork, command: Record) -> None:
    """Only the unique attributes of the body count."""
    _change_record(uow, command, records.remove)


def delete(uow: UnitOfWork, command: Delete) -> services.Place | None:
    """Delete services of the customer that began here, and after the last of them the profile; where to go on, None
    when all is done."""
    contact = find_profile(uow, command.customer, to_edit=True)
    wanted = services.ServiceFilter(customer_key=contact.customer_key, made_through=NAME)
    after = services.clear(uow, services.Clear(wanted, after=command.after))
    if after is None:
        forgetting.forget(uow, contact)
    return after


def render_deleted(after: services.Place | None, request: Request) -> Reply | Later:
    """200 when all of it is gone."""
    command: Delete = request.command

    async def done() -> Reply:
        place = after
        while place is not None:
            place = await request.run(replace(command, after=place))
        return render_nothing(None, request)

    return Later(done)


def find_profile(uow: UnitOfWork, customer: str, *, to_edit: bool = False) -> Contact:
    """The contact with this customer id. NotFound `profile_not_found`; Forbidden with `to_edit` for a user who may not
    change it."""
    contact = search.by_key(uow, customer, Lock.CHANGE if to_edit else Lock.NONE)
    if contact is None:
        raise NotFound("profile_not_found", f"no customer {shown(customer)}")
    if to_edit:
        require_to(may_edit_contact(uow.principal, contact), uow.principal, "change this customer")
    return contact


def _object(body: bytes) -> str:
    json.parse_object(body)
    return json.parse_raw(body)[1]


def _new(uow: UnitOfWork) -> Contact:
    return Contact(uow.tenant, 0, "", ContactKind.PERSON)


def _content(uow: UnitOfWork, command: Write, stored: Contact | None = None) -> tuple[wire.Attributes, dict[str, str]]:
    """Attributes and extensions of the body, told apart by the schemas that exist and by what is stored."""
    sent = judge(command.content).emptying(() if stored is None else stored.extensions)
    known = None if stored is None else wire.attributes_of(stored)
    return sent.split(_declared(uow), wire.known_names(command.switches.profile_attributes), known)


def _declared(uow: UnitOfWork) -> set[str]:
    return {schema.folded for schema in schemas.list_all(uow, schemas.List(Owner.CONTACT))}


def _refuse_shared_names(names: Any, taken: set[str], why: str) -> None:
    problems = tuple(Problem(f"/{name}", "name", why) for name in names if fold(name) in taken)
    if problems:
        message = "; ".join(f"{shown(problem.path[1:])} {problem.message}" for problem in problems[:10])
        raise Invalid("invalid_name", message, problems[:100])


def _change_record(
    uow: UnitOfWork, command: Record, change: Callable[[UnitOfWork, Contact, str, str], Contact]
) -> None:
    contact = find_profile(uow, command.customer, to_edit=True)
    records.schema_of(uow, command.extension)
    change(uow, contact, command.extension, judge(command.text))


def _save(uow: UnitOfWork, before: Contact, after: Contact) -> None:
    if after != before:
        contacts.save(uow, before, after)
