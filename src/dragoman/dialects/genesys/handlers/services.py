"""Starting, ending, associating, reading and deleting services (page, rows 1 to 3, 10, 11, 14, 22, 23)."""

from typing import Any

from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.dialects.genesys.handlers.lookups import find_service, with_service
from dragoman.dialects.genesys.handlers.modes import Command
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.genesys.views import Inner, beside_services, finishers_of_cases, services
from dragoman.dialects.genesys.wire import events, moments, queries, resources
from dragoman.dialects.genesys.wire.business import SERVICE, settled
from dragoman.dialects.genesys.wire.events import Event
from dragoman.dialects.genesys.wire.paths import ServiceId, parse_service, refuse_literal, render_service
from dragoman.dialects.kit import Request
from dragoman.dialects.kit.changes import changed
from dragoman.domain.access import may_see_case
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Conflict, Forbidden, Invalid
from dragoman.domain.extension import Owner
from dragoman.usecases import extension_values as extensions
from dragoman.usecases import purge as removal
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import lookup as case_lookup
from dragoman.usecases.uow import UnitOfWork

NAME = resources.NAME
LONGEST_CUSTOMER = 16
KEPT = ("service_type", "est_duration", "ttl", "expiration_time")


class Start(Command, frozen=True):
    event: Event | Invalid
    switches: Switches

    def rows(self) -> Keys:
        names = () if isinstance(self.event, Invalid) else self.event.extensions
        return extensions.announce(Keys(numbers={"case"}), Owner.CASE, names)


class Change(Command, frozen=True):
    """Complete a service, associate a customer, or move its end of life: `run` decides which."""

    service: ServiceId
    content: Any
    require_schema: bool = False
    customer: str = ""

    def rows(self) -> Keys:
        keys = with_service(Keys(), self.service, Lock.CHANGE)
        names = self.content.extensions if isinstance(self.content, Event) else ()
        return extensions.announce(keys, Owner.CASE, names)


class Delete(Command, frozen=True):
    """Delete a service with all that it holds."""

    service: ServiceId

    def rows(self) -> Exclusive:
        return EXCLUSIVE


class Filter(Command, frozen=True):
    """What a list of services, or one of them, shows."""

    inside: queries.Inside
    wanted: queries.Wanted
    matching: queries.ServiceFilter


class Show(Command, frozen=True):
    service: ServiceId
    content: Filter | Invalid
    style: str

    def rows(self) -> Exclusive:
        return EXCLUSIVE


class List(Command, frozen=True):
    """The services of a customer, or those of a contact key that have none."""

    content: Filter | Invalid
    style: str
    is_open: bool | None
    customer: str | None = None
    contact_key: str = ""

    def rows(self) -> Exclusive:
        return EXCLUSIVE


def parse_start(switches: Switches, request: Request) -> Start:
    """`customer_id` or `contact_key` is needed."""
    read = switches.business.read
    event = judged_late(lambda: read(SERVICE, events.parse_service_start, request.body, request.ignore))
    return Start(event, switches)


def parse_end(switches: Switches, request: Request) -> Change:
    """Nothing is mandatory in the body."""
    event = judged_late(lambda: switches.business.read(SERVICE, events.parse_end, request.body, request.ignore))
    return Change(_service(switches, request), event, switches.require_schema)


def parse_associate(switches: Switches, request: Request) -> Change:
    """The body may change fields of the start event."""
    event = judged_late(lambda: _parse_association(switches, request))
    return Change(_service(switches, request), event, switches.require_schema, request.path["cid"])


def parse_expiry(switches: Switches, request: Request) -> Change:
    """`ttl` or `expiration_time`."""
    refuse_literal("sid", request.path["sid"])
    return Change(_service(switches, request), judged_late(lambda: events.parse_expiry(request.body, request.ignore)))


def parse_delete(switches: Switches, request: Request) -> Delete:
    """Nothing but the path."""
    refuse_literal("sid", request.path["sid"])
    return Delete(_service(switches, request))


def parse_show(switches: Switches, request: Request) -> Show:
    """The query chooses what is shown inside the service."""
    refuse_literal("sid", request.path["sid"])
    return Show(
        _service(switches, request), judged_late(lambda: _parse_filter(switches, request)), switches.service_id_style
    )


def parse_list(is_open: bool | None, switches: Switches, request: Request) -> List:
    """Of a customer or of a contact key: all, those that are active, or those that are completed."""
    content = judged_late(lambda: _parse_filter(switches, request))
    return List(
        content, switches.service_id_style, is_open, request.path.get("cid"), request.path.get("contact_key", "")
    )


def start(uow: UnitOfWork, command: Start) -> dict[str, Any]:
    """The new service's id."""
    event = judge(command.event)
    sent, at = event.fields, event.at(uow.now)
    known = {name: sent[name] for name in KEPT if name in sent}
    known["started"] = event.only(events.SERVICE_EVENT, uow.now)
    seconds = sent.get("auto_complete_after")
    made = cases.add(
        uow,
        CaseKind.SERVICE,
        title=event.titled("service_type"),
        customer_key=sent.get("customer_id") or None,
        contact_key=sent.get("contact_key") or None,
        started_at=at,
        expires_at=_expires_at(sent, at),
        auto_complete_at=None if seconds is None else later(at, seconds=seconds),
        extras={NAME: known},
    )
    extended = extensions.set_extensions(uow, made, event.extensions, require_schema=command.switches.require_schema)
    return {"service_id": render_service(cases.save(uow, extended), command.switches.service_id_style)}


def end(uow: UnitOfWork, command: Change) -> None:
    """Completed, with its outcome. Its states and tasks stay as they are; the second time the end is overwritten."""
    case = _own_service(uow, command.service)
    event: Event = judge(command.content)
    finisher = finishers_of_cases(uow, [case]).get(case.number) if resources.RESOURCE in event.fields else None
    event = settled(event, resources.completed(case, finisher) or {})
    ended = case if resources.shows_end(case, event.fields, finisher) else _ended(uow, case, event)
    cases.save(uow, extensions.set_extensions(uow, ended, event.extensions, require_schema=command.require_schema))


def _ended(uow: UnitOfWork, case: Case, event: Event) -> Case:
    code = event.fields.get("disposition")
    return replace(
        case,
        completed_at=event.at(uow.now),
        outcome_code=None if code is None else str(code),
        outcome_text=event.fields.get("disposition_desc"),
        extras=_with(case, completed=event.only(events.END, uow.now)),
    )


def associate(uow: UnitOfWork, command: Change) -> None:
    """The service belongs to this customer from now on; an earlier association is overridden."""
    case = find_service(uow, command.service, to_edit=True, lock=Lock.CHANGE)
    begun = resources.started(case, beside_services(uow, [replace(case, completed_at=None)]))
    shown = {**begun, "service_type": resources.type_of(case, "service_type", case.title)}
    event = settled(judge(command.content), shown)
    sent = event.fields
    news = {name: value for name, value in sent.items() if name in events.COMMON and changed({name: value}, shown)}
    started = {**_started(case), **news}
    facts: dict[str, Any] = {"started": started} if news else {}
    changes: dict[str, Any] = {"customer_key": command.customer}
    if "timestamp" in news:
        changes["started_at"] = moments.parse(sent["timestamp"])
    if "contact_key" in sent:
        changes["contact_key"] = sent["contact_key"] or None
    if "service_type" in sent and changed({"service_type": sent["service_type"]}, shown):
        facts["service_type"] = sent["service_type"]
        changes["title"] = event.titled("service_type")
    associated = replace(case, extras=_with(case, **facts) if facts else case.extras, **changes)
    cases.save(uow, extensions.set_extensions(uow, associated, event.extensions, require_schema=command.require_schema))


def update_expiry(uow: UnitOfWork, command: Change) -> None:
    """When the service and all in it is gone; `ttl` counts from the start and wins."""
    case = _own_service(uow, command.service)
    sent: events.Fields = judge(command.content)
    if not changed(sent, resources.expiry(case)):
        return
    facts = {name: known for name, known in resources.facts(case).items() if name not in events.EXPIRY}
    extras = {**case.extras, NAME: {**facts, **sent}}
    cases.save(uow, replace(case, extras=extras, expires_at=_expires_at(sent, case.started_at)))


def delete(uow: UnitOfWork, command: Delete) -> None:
    """With all its states, tasks and extensions."""
    case = _own_service(uow, command.service)
    try:
        removal.remove_case(uow, case)
    except Conflict as kept:
        raise Forbidden(kept.code, kept.message) from None


def _own_service(uow: UnitOfWork, ref: ServiceId) -> Case:
    """The service, whose life is to be changed. Forbidden for a case that another dialect or the server made."""
    case = find_service(uow, ref, to_edit=True, lock=Lock.CHANGE)
    if case.kind is not CaseKind.SERVICE:
        raise Forbidden("no_service", f"{case.title or case.number} was not made as a service")
    return case


def show(uow: UnitOfWork, command: Show) -> resources.Resource:
    """The service, with the requested content."""
    case = find_service(uow, command.service)
    return _shown(uow, [case], judge(command.content), command.style)[0]


def list_all(uow: UnitOfWork, command: List) -> list[resources.Resource]:
    """All that match and may be seen, oldest first."""
    asked = judge(command.content)
    if command.customer is not None:
        found = case_lookup.of_customer(uow, command.customer)
    else:
        found = case_lookup.anonymous(uow, command.contact_key)
    seen = [case for case in found if may_see_case(uow.principal, case)]
    matching = [case for case in seen if _matches(case, command.is_open, asked.matching)]
    return _shown(uow, resources.in_order(matching), asked, command.style)


def _service(switches: Switches, request: Request) -> ServiceId:
    return parse_service(request.path["sid"], switches.service_id_style)


def _parse_association(switches: Switches, request: Request) -> Event:
    event = switches.business.read(SERVICE, events.parse_association, request.body, request.ignore)
    if len(request.path["cid"]) > LONGEST_CUSTOMER:
        raise Invalid("invalid_value", f"customer_id must be at most {LONGEST_CUSTOMER} characters")
    return event


def _parse_filter(switches: Switches, request: Request) -> Filter:
    matching = queries.parse_service_filter(request)
    if matching.types is not None:
        matching = replace(matching, types=switches.business.asked(SERVICE, matching.types))
    return Filter(queries.parse_inside(request), queries.parse_wanted(request), matching)


def _shown(uow: UnitOfWork, found: list[Case], asked: Filter, style: str) -> list[resources.Resource]:
    return services(uow, found, style, Inner(asked.inside, asked.wanted))


def _matches(case: Case, is_open: bool | None, asked: queries.ServiceFilter) -> bool:
    if is_open is not None and is_open is not (case.completed_at is None):
        return False
    kind = resources.type_of(case, "service_type", case.title)
    if asked.types is not None and not resources.is_of_type(kind, asked.types):
        return False
    return _within(case.started_at, asked.started_from, asked.started_to) and _within(
        case.completed_at, asked.completed_from, asked.completed_to
    )


def _within(moment: Moment | None, begin: Moment | None, end: Moment | None) -> bool:
    """On or after `begin`, strictly before `end`; what has no moment lies within no bounds."""
    if moment is None:
        return begin is None and end is None
    return (begin is None or moment >= begin) and (end is None or moment < end)


def _expires_at(sent: events.Fields, started_at: Moment) -> Moment | None:
    if "ttl" in sent:
        return later(started_at, seconds=sent["ttl"])
    return moments.parse(sent["expiration_time"]) if "expiration_time" in sent else None


def _started(case: Case) -> dict[str, Any]:
    sent: dict[str, Any] = resources.facts(case).get("started") or {"timestamp": moments.render(case.started_at)}
    return sent


def _with(case: Case, **facts: Any) -> dict[str, dict[str, Any]]:
    """The case's extras with these facts of this dialect replaced."""
    return {**case.extras, NAME: {**resources.facts(case), **facts}} if facts else case.extras
