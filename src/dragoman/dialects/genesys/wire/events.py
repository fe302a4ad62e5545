"""Start, end and transition events (page, 3.1 to 3.3): the fields that we know, and extensions beside them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from dragoman.dialects.genesys import problems as faults
from dragoman.dialects.genesys.wire import moments
from dragoman.dialects.genesys.wire.names import RESERVED
from dragoman.dialects.kit import fields, json
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Problem
from dragoman.domain.extension import MOST_EXTENSIONS, name_fault

Reader = Callable[[Any, str, Problems], Any]
Readers = Mapping[str, Reader]
Fields = dict[str, Any]
Ignore = Callable[[Iterable[str]], None]

UNLISTED = "unlisted"
"""The code of a fault: a business attribute has no such value."""
NO_READERS: Readers = {}

LONGEST_WORD = 255
LONGEST_KEY = 1_024
LONGEST_SECONDS = 2**31 - 1
LONGEST_AUTO_COMPLETE = 100_000_000_000  # seconds; three thousand years


class Event(msgspec.Struct, frozen=True):
    """An event as it was sent: fields with moments in their one form, extensions as the client's own text.

    Of fields that business attributes are mapped to: `title` is what people call its type, `written` holds the values
    as they were sent, `names` those of values that are listed, `unlisted` the faults of others, for `business.settled`.
    """

    fields: Fields = {}
    extensions: dict[str, str] = {}
    title: str | None = None
    written: Fields = {}
    names: dict[str, str] = {}
    unlisted: tuple[Problem, ...] = ()

    def titled(self, type_field: str) -> str | None:
        """The title of what begins: its type in words, None without a type."""
        kind = self.fields.get(type_field)
        return self.title if self.title is not None or kind is None else str(kind)

    def word(self, name: str) -> Any:
        """A field in words: the text that was sent, or the name of the value whose dbid was sent."""
        sent = self.written.get(name, self.fields.get(name))
        return sent if isinstance(sent, str) else self.names.get(name, sent)

    def at(self, now: Moment) -> Moment:
        """When it happened: as the client sent it, else by the server's clock."""
        written = self.fields.get("timestamp")
        return moments.cut(now) if written is None else moments.parse(written)

    def only(self, names: Readers, now: Moment) -> Fields:
        """Those of the fields, with the moment first and always."""
        sent = {name: value for name, value in self.fields.items() if name in names and name != "timestamp"}
        return {"timestamp": moments.render(self.at(now)), **sent}


class Transition(msgspec.Struct, frozen=True):
    """The end of one state and the start of the next, at one moment."""

    state: int
    end: Event
    start: Event


def _nothing(names: Iterable[str]) -> None:
    pass


def word(value: Any, path: str, problems: Problems) -> Any:
    """A "long or string", kept in the type that was received."""
    if type(value) is int:
        return value
    if type(value) is str:
        return fields.text(value, path, problems, max_length=LONGEST_WORD)
    problems.add(path, "value", "must be text or an integer")
    return ""


def _text(max_length: int) -> Reader:
    return lambda value, path, problems: fields.text(value, path, problems, max_length=max_length)


def _interaction(value: Any, path: str, problems: Problems) -> str:
    # Clients also send a number: its text is stored (page, 3.1).
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    return fields.text(text, path, problems, max_length=50)


def _integer(value: Any, path: str, problems: Problems) -> int:
    return fields.integer(value, path, problems)


def _seconds(maximum: int = LONGEST_SECONDS) -> Reader:
    return lambda value, path, problems: fields.integer(value, path, problems, minimum=0, maximum=maximum)


def _moment(value: Any, path: str, problems: Problems) -> str:
    return moments.render(fields.moment(value, path, problems, moments.parse))


COMMON: dict[str, Reader] = {
    "session_id": _text(32),
    "interaction_id": _interaction,
    "application_type": word,
    "application_id": _integer,
    "resource_type": word,
    "resource_id": _integer,
    "media_type": word,
    "timestamp": _moment,
}
OUTCOME: dict[str, Reader] = {"disposition": word, "disposition_desc": _text(64)}
EXPIRY: dict[str, Reader] = {"ttl": _seconds(), "expiration_time": _moment}
SERVICE_EVENT: dict[str, Reader] = {**COMMON, **EXPIRY, "auto_complete_after": _seconds(LONGEST_AUTO_COMPLETE)}
SERVICE_START: dict[str, Reader] = {
    **SERVICE_EVENT,
    "est_duration": _seconds(),
    "customer_id": _text(16),
    "contact_key": _text(LONGEST_KEY),
    "service_type": word,
}
STATE_START: dict[str, Reader] = {
    **COMMON,
    "est_duration": _seconds(),
    "state_type": word,
    "previous_state_id": _integer,
}
TASK_START: dict[str, Reader] = {**COMMON, "est_duration": _seconds(), "task_type": word, "state_id": _integer}
END: dict[str, Reader] = {**COMMON, **OUTCOME}
ASSOCIATE: dict[str, Reader] = {**COMMON, "contact_key": _text(LONGEST_KEY), "service_type": word}

IN_THE_URL = frozenset({"service_id"})
"""What some clients repeat in the body of any event (page, 3.2)."""

DROPPED = frozenset(SERVICE_START) | frozenset(STATE_START) | frozenset(TASK_START) | {"task_id"} | IN_THE_URL
"""Fields of start events that public clients send in bodies of ends: neither errors nor extensions nor changes."""

NOT_OF_ASSOCIATIONS = (DROPPED | frozenset(OUTCOME)) - frozenset(ASSOCIATE)

CUSTOMER_NEEDED = "customer_id or contact_key is needed"


def parse_service_start(body: bytes, ignore: Ignore = _nothing, mapped: Readers = NO_READERS) -> Event:
    """A service's start: it names its customer, or how one got in touch."""
    problems = Problems()
    members = json.parse_object(body)
    event = _read(members, body, _with(SERVICE_START, mapped), IN_THE_URL, problems, ignore)
    if all(members.get(name, "") == "" for name in ("customer_id", "contact_key")):
        problems.add("", "missing", CUSTOMER_NEEDED)
    faults.raise_if_any(problems)
    return event


def parse_state_start(body: bytes, ignore: Ignore = _nothing, mapped: Readers = NO_READERS) -> Event:
    """A state's start; nothing is mandatory."""
    return _start(body, _with(STATE_START, mapped), ignore)


def parse_task_start(body: bytes, ignore: Ignore = _nothing, mapped: Readers = NO_READERS) -> Event:
    """A task's start; nothing is mandatory."""
    return _start(body, _with(TASK_START, mapped), ignore)


def parse_end(body: bytes, ignore: Ignore = _nothing, mapped: Readers = NO_READERS) -> Event:
    """The end of a service, state or task; nothing is mandatory."""
    return _change(body, _with(END, mapped), DROPPED, ignore)


def parse_association(body: bytes, ignore: Ignore = _nothing, mapped: Readers = NO_READERS) -> Event:
    """What an association changes beside the customer."""
    return _change(body, _with(ASSOCIATE, mapped), NOT_OF_ASSOCIATIONS, ignore)


def parse_expiry(body: bytes, ignore: Ignore = _nothing) -> Fields:
    """`ttl` or `expiration_time`; one of them is needed."""
    problems = Problems()
    members = json.parse_object(body)
    found = {name: read(members[name], f"/{name}", problems) for name, read in EXPIRY.items() if name in members}
    ignore(IN_THE_URL & members.keys())
    fields.refuse_unknown(members, (*EXPIRY, *IN_THE_URL), "", problems)
    if not found:
        problems.add("", "missing", "ttl or expiration_time is needed")
    faults.raise_if_any(problems)
    return found


def parse_transition(body: bytes, ignore: Ignore = _nothing, mapped: Readers = NO_READERS) -> Transition:
    """From one state to the next; members beside `from` and `to` apply to both."""
    problems = Problems()
    members = json.parse_object(body)
    end = _part(members, "from", {"state_id": _integer, **_with(OUTCOME, mapped)}, problems)
    start = _part(members, "to", _with({"state_type": word, "est_duration": _seconds()}, mapped), problems)
    if "from" in members and not problems and "state_id" not in end:
        problems.add("/from/state_id", "missing", "is needed")
    beside = {name: value for name, value in members.items() if name not in ("from", "to")}
    shared = _read(beside, body, _with(COMMON, mapped), IN_THE_URL, problems, ignore)
    faults.raise_if_any(problems)
    state = end.pop("state_id")
    started = {**shared.fields, **start, "previous_state_id": state}
    return Transition(state, Event({**shared.fields, **end}), Event(started, shared.extensions))


def _part(members: Fields, name: str, known: Readers, problems: Problems) -> Fields:
    if name not in members:
        problems.add(f"/{name}", "missing", "is needed")
        return {}
    part = fields.mapping(members[name], f"/{name}", problems)
    fields.refuse_unknown(part, tuple(known), f"/{name}", problems)
    return {key: read(part[key], f"/{name}/{key}", problems) for key, read in known.items() if key in part}


def _with(known: Readers, mapped: Readers) -> Readers:
    """The readers of an event, where business attributes are mapped to its fields those of their values."""
    return {name: mapped.get(name, read) for name, read in known.items()} if mapped else known


def _start(body: bytes, known: Readers, ignore: Ignore) -> Event:
    if not body.strip():
        return Event()
    problems = Problems()
    event = _read(json.parse_object(body), body, known, IN_THE_URL, problems, ignore)
    faults.raise_if_any(problems)
    return event


def _change(body: bytes, known: Readers, dropped: frozenset[str], ignore: Ignore) -> Event:
    """An event of what is there: values without a business attribute may be those that are stored, and are no fault
    yet."""
    if not body.strip():
        return Event()
    problems = Problems()
    event = _read(json.parse_object(body), body, known, dropped, problems, ignore)
    unlisted = tuple(problem for problem in problems.found if problem.code == UNLISTED)
    if len(unlisted) < len(problems.found):
        faults.raise_if_any(problems)
    return msgspec.structs.replace(event, unlisted=unlisted) if unlisted else event


def _read(
    members: Fields,
    body: bytes,
    known: Readers,
    dropped: frozenset[str],
    problems: Problems,
    ignore: Ignore,
) -> Event:
    """Every other member is an extension of that name, in the client's own text."""
    sent: Fields = {}
    others: list[str] = []
    for name, value in members.items():
        if name in known:
            sent[name] = known[name](value, fields.pointer("", name), problems)
        elif name in dropped:
            ignore((name,))
        else:
            fault = name_fault(name, RESERVED)
            if fault is not None:
                problems.add(fields.pointer("", name), "name", f"can't be an extension: {fault}")
            others.append(name)
    if len(others) > MOST_EXTENSIONS:
        problems.add("", "value", f"more than {MOST_EXTENSIONS} extensions")
    is_read = all(problem.code == UNLISTED for problem in problems.found)
    raw = json.members_raw(body) if others and is_read else {}
    return Event(sent, {name: raw[name] for name in others} if raw else {})
