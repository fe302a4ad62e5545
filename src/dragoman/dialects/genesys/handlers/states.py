"""Starting, ending, passing on and reading states (page, rows 5 to 7, 12, 15)."""

from typing import Any

from msgspec.structs import replace

from dragoman.command import EXCLUSIVE, Exclusive, Keys, Lock
from dragoman.dialects.genesys.handlers.lookups import find_service, find_state, with_number, with_service
from dragoman.dialects.genesys.handlers.modes import Command
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.genesys.views import Inner, inside_of_state
from dragoman.dialects.genesys.wire import events, queries, resources
from dragoman.dialects.genesys.wire.business import STATE, settled
from dragoman.dialects.genesys.wire.events import Event, Transition
from dragoman.dialects.genesys.wire.paths import ServiceId, parse_service, refuse_literal, render_service
from dragoman.dialects.kit import Request
from dragoman.domain.case import Case, Stage
from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.extension import Owner
from dragoman.usecases import extension_values as extensions
from dragoman.usecases.cases import lookup as case_lookup
from dragoman.usecases.cases import stages
from dragoman.usecases.uow import UnitOfWork

NAME = resources.NAME


PREVIOUS = "previous_state_id"


class Start(Command, frozen=True):
    """Begin a state in a service."""

    service: ServiceId
    event: Event | Invalid
    require_schema: bool

    def rows(self) -> Keys:
        keys = with_service(Keys(numbers={"stage"}), self.service, Lock.SHARED)
        if isinstance(self.event, Invalid):
            return keys
        previous = self.event.fields.get(PREVIOUS)
        if previous is not None:
            keys.also("stage", [previous], Lock.NONE)
        return extensions.announce(keys, Owner.STAGE, self.event.extensions)


class End(Command, frozen=True):
    service: ServiceId
    state: str
    event: Event | Invalid
    require_schema: bool

    def rows(self) -> Keys:
        keys = with_number(with_service(Keys(), self.service), "stage", self.state, Lock.CHANGE)
        names = () if isinstance(self.event, Invalid) else self.event.extensions
        return extensions.announce(keys, Owner.STAGE, names)


class Pass(Command, frozen=True):
    """End one state and begin the next."""

    service: ServiceId
    transition: Transition | Invalid
    require_schema: bool

    def rows(self) -> Keys:
        keys = with_service(Keys(numbers={"stage"}), self.service, Lock.SHARED)
        if isinstance(self.transition, Invalid):
            return keys
        keys.also("stage", [self.transition.state], Lock.CHANGE)
        return extensions.announce(keys, Owner.STAGE, self.transition.start.extensions)


class Filter(Command, frozen=True):
    """What a list of states, or one of them, shows."""

    inside: queries.Inside
    wanted: queries.Wanted
    types: frozenset[str] | None = None


class Show(Command, frozen=True):
    service: ServiceId
    state: str
    content: Filter | Invalid
    style: str

    def rows(self) -> Exclusive:
        return EXCLUSIVE


class List(Command, frozen=True):
    service: ServiceId
    content: Filter | Invalid
    style: str
    is_open: bool | None

    def rows(self) -> Exclusive:
        return EXCLUSIVE


def parse_start(switches: Switches, request: Request) -> Start:
    """Nothing is mandatory in the body."""
    event = judged_late(lambda: switches.business.read(STATE, events.parse_state_start, request.body, request.ignore))
    return Start(_service(switches, request), event, switches.require_schema)


def parse_end(switches: Switches, request: Request) -> End:
    """Nothing is mandatory in the body."""
    event = judged_late(lambda: switches.business.read(STATE, events.parse_end, request.body, request.ignore))
    return End(_service(switches, request), request.path["stid"], event, switches.require_schema)


def parse_pass(switches: Switches, request: Request) -> Pass:
    """`from` and `to` are needed."""
    transition = judged_late(lambda: _parse_transition(switches, request))
    return Pass(_service(switches, request), transition, switches.require_schema)


def parse_show(switches: Switches, request: Request) -> Show:
    """The query chooses what is shown inside the state."""
    refuse_literal("stid", request.path["stid"])
    content = judged_late(lambda: _parse_filter(switches, request))
    return Show(_service(switches, request), request.path["stid"], content, switches.service_id_style)


def parse_list(is_open: bool | None, switches: Switches, request: Request) -> List:
    """All, those that are active, or those that are completed."""
    content = judged_late(lambda: _parse_filter(switches, request))
    return List(_service(switches, request), content, switches.service_id_style, is_open)


def start(uow: UnitOfWork, command: Start) -> dict[str, Any]:
    """The new state's id. Others stay active."""
    case = find_service(uow, command.service, lock=Lock.SHARED)
    return _begin(uow, case, judge(command.event), require_schema=command.require_schema)


def end(uow: UnitOfWork, command: End) -> None:
    """Completed, with its outcome; the second time the end is overwritten."""
    case = find_service(uow, command.service)
    stage = find_state(uow, command.service, command.state, case, to_edit=True, lock=Lock.CHANGE)
    event = settled(judge(command.event), resources.completed(stage) or {})
    _end(uow, stage, event, require_schema=command.require_schema)


def pass_on(uow: UnitOfWork, command: Pass) -> dict[str, Any]:
    """The id of the new state. Invalid, and nothing changed, unless the old one is an active one of this service."""
    case = find_service(uow, command.service, lock=Lock.SHARED)
    transition = judge(command.transition)
    number = transition.state
    try:
        stage = stages.get(uow, case, number, to_edit=True, lock=Lock.CHANGE)
    except NotFound:
        raise Invalid("invalid_value", f"from/state_id {number} is no state of this service") from None
    if stage.completed_at is not None:
        raise Invalid("invalid_value", f"state {number} is completed already")
    _end(uow, stage, transition.end, require_schema=command.require_schema)
    return _begin(uow, case, transition.start, require_schema=command.require_schema)


def show(uow: UnitOfWork, command: Show) -> resources.Resource:
    """The state, with the requested content."""
    case = find_service(uow, command.service)
    stage = find_state(uow, command.service, command.state, case)
    return _shown(uow, case, stage, judge(command.content), command.style)


def list_all(uow: UnitOfWork, command: List) -> list[resources.Resource]:
    """All that match, oldest first."""
    case = find_service(uow, command.service)
    asked, is_open = judge(command.content), command.is_open
    found = [
        stage
        for stage in case_lookup.stages_of(uow, case)
        if (is_open is None or is_open is (stage.completed_at is None)) and _is_wanted(stage, asked.types)
    ]
    return [_shown(uow, case, stage, asked, command.style) for stage in resources.in_order(found)]


def _service(switches: Switches, request: Request) -> ServiceId:
    return parse_service(request.path["sid"], switches.service_id_style)


def _parse_transition(switches: Switches, request: Request) -> Transition:
    taken = switches.business.taken
    sent = events.parse_transition(request.body, request.ignore, switches.business.readers(STATE))
    return Transition(sent.state, taken(STATE, sent.end), taken(STATE, sent.start))


def _parse_filter(switches: Switches, request: Request) -> Filter:
    types = queries.parse_list(request, "state_types")
    return Filter(
        queries.parse_inside(request),
        queries.parse_wanted(request),
        None if types is None else switches.business.asked(STATE, types),
    )


def _begin(uow: UnitOfWork, case: Case, event: Event, *, require_schema: bool) -> dict[str, Any]:
    sent = event.fields
    known: resources.Resource = {name: sent[name] for name in ("state_type", "est_duration") if name in sent}
    known["started"] = event.only(events.COMMON, uow.now)
    previous = sent.get(PREVIOUS)
    if previous is not None and not stages.is_of(uow, case, previous):
        # What is no state of this service is kept as it was sent, and never becomes one that is made later.
        known[PREVIOUS], previous = previous, None
    made = stages.add(
        uow,
        case,
        title=event.titled("state_type"),
        previous=previous,
        started_at=event.at(uow.now),
        extras={NAME: known},
    )
    extended = extensions.set_extensions(uow, made, event.extensions, require_schema=require_schema)
    return {"state_id": stages.save(uow, extended).number}


def _end(uow: UnitOfWork, stage: Stage, event: Event, *, require_schema: bool) -> None:
    ended = stage if resources.shows_end(stage, event.fields) else _ended(uow, stage, event)
    stages.save(uow, extensions.set_extensions(uow, ended, event.extensions, require_schema=require_schema))


def _ended(uow: UnitOfWork, stage: Stage, event: Event) -> Stage:
    code = event.fields.get("disposition")
    known = {**resources.facts(stage), "completed": event.only(events.END, uow.now)}
    return replace(
        stage,
        completed_at=event.at(uow.now),
        outcome_code=None if code is None else str(code),
        outcome_text=event.fields.get("disposition_desc"),
        extras={**stage.extras, NAME: known},
    )


def _is_wanted(stage: Stage, types: frozenset[str] | None) -> bool:
    kind = resources.type_of(stage, "state_type", stage.title)
    return types is None or resources.is_of_type(kind, types)


def _shown(uow: UnitOfWork, case: Case, stage: Stage, asked: Filter, style: str) -> resources.Resource:
    shown = resources.state(stage, render_service(case, style), asked.wanted)
    return shown | inside_of_state(uow, case, stage, Inner(asked.inside, asked.wanted))
