"""Reading a new batch, and changes of one: every fault at once, each with its place (REVIEWED-BULK 3.1, 3.6)."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from dragoman.dialects.kit import Request, json, times
from dragoman.dialects.kit.fields import Problems, pointer
from dragoman.dialects.native.wire import batches as wire
from dragoman.domain.bulk import Method, OnChange
from dragoman.domain.clock import Moment, later
from dragoman.domain.errors import Invalid, Problem, TooLarge
from dragoman.usecases.batches.lifecycle import NewBatch, Options
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.batches.types.resource_types import ResourceType

FAULTS = "The body isn't as it should be; each fault is listed."
CONTENT = ("method", "type", "field", "entries", "select", "data", "review")
OPTIONS = (
    "title",
    "purpose",
    "policy",
    "on_change",
    "max_failures",
    "canary",
    "rate_per_second",
    "concurrency",
    "not_before",
    "priority",
    "review_expires_at",
)
PATCHED = tuple(wire.BatchPatch.__struct_fields__)
SHOWN = frozenset(wire.Batch.__struct_fields__)
METHODS = tuple(str(method) for method in Method)
CHANGES = tuple(str(word) for word in OnChange)
NO_DATA: tuple[Any, ...] = (None, {}, [])
YEAR_SECONDS = 366 * 86_400
PER_CENT = re.compile(r"([0-9]{1,9})%", re.ASCII)

Values = Mapping[str, Any]
Texts = Mapping[str, str]


def parse_order(request: Request) -> NewBatch:
    """The batch that a body asks for. Invalid with every fault; TooLarge `too_many_entries`."""
    members, texts = _object(request)
    problems = Problems()
    refuse_others(members, (*CONTENT, *OPTIONS), problems)
    method = method_of(members, problems)
    type_ = type_of(members, method, problems)
    _check_size(members, method, request.limits.entries)
    if method is not None:
        _check_content(members, method, type_, problems)
    check_boolean(members, "review", problems)
    options = parse_options(members, texts, request.received_at, problems)
    problems.raise_if_any(message=FAULTS)
    assert method is not None  # noqa: S101 - it has no fault
    return _order(members, texts, method, options)


def parse_options(members: Values, texts: Texts, now: Moment, problems: Problems) -> Options:
    """What a new batch asks for besides its content. Notes faults; the options then mean nothing."""
    values = {name: READERS[name](members[name], f"/{name}", problems, now) for name in OPTIONS if name in members}
    if members.get("rate_per_second") is not None:
        values["rate"] = texts["rate_per_second"]
    values.pop("rate_per_second", None)
    return Options(**values) if not problems else Options()


def parse_patch(request: Request) -> dict[str, Any]:
    """The members that change, by the names of `Options`; None sets the default. Invalid with every fault."""
    members, texts = _object(request)
    problems = Problems()
    refuse_others(members, PATCHED, problems)
    found: dict[str, Any] = {}
    for name in PATCHED:
        if name in members:
            value = members[name]
            found[name] = None if value is None else READERS[name](value, f"/{name}", problems, request.received_at)
    problems.raise_if_any(message=FAULTS)
    if "rate_per_second" in found:
        del found["rate_per_second"]
        found["rate"] = None if members["rate_per_second"] is None else texts["rate_per_second"]
    return found


def _object(request: Request) -> tuple[dict[str, Any], dict[str, str]]:
    """The members of the body, and the text of each."""
    try:
        value = request.json()
    except Invalid as refused:
        if any(each.code == "too_many" and each.path.startswith(("/entries", "/data")) for each in refused.problems):
            raise _too_many(request.limits.entries) from refused
        raise
    problems = Problems()
    if not isinstance(value, dict):
        problems.add("", "type", "must be an object")
    problems.raise_if_any(message=FAULTS)
    return value, json.texts_of(request.body)


def _order(members: Values, texts: Texts, method: Method, options: Options) -> NewBatch:
    selection = texts.get("select")
    data = None if method is Method.DELETE else texts.get("data")
    listed = members.get("data" if method is Method.POST else "entries")
    return NewBatch(
        method,
        members["type"],
        members.get("field"),
        texts.get("entries"),
        data,
        members.get("review", True),
        len(listed) if isinstance(listed, list) else 0,
        options,
        selection,
    )


def refuse_others(members: Values, known: tuple[str, ...], problems: Problems) -> None:
    for name in members:
        if name in known:
            continue
        if name in SHOWN or name in CONTENT or name in OPTIONS:
            problems.add(pointer("", name), "read_only", "can't be set here")
        else:
            problems.add(pointer("", name), "unknown", "is not a field here")


def _check_size(members: Values, method: Method | None, most: int) -> None:
    names = ("entries", "data") if method is None else ("data",) if method is Method.POST else ("entries",)
    for name in names:
        listed = members.get(name)
        if isinstance(listed, list) and len(listed) > most:
            raise _too_many(most)


def _too_many(most: int) -> TooLarge:
    return TooLarge("too_many_entries", f"A batch sent as JSON has at most {most} entries.", limit=most)


# What it does, and to which objects


def method_of(members: Values, problems: Problems) -> Method | None:
    """The method; None where it has a fault."""
    if "method" not in members:
        problems.add("/method", "missing", "is missing")
        return None
    return Method(word) if (word := _choice(members["method"], "/method", problems, METHODS)) else None


def type_of(members: Values, method: Method | None, problems: Problems) -> ResourceType | None:
    """The type, and whether it allows the method; None where there is none of this name."""
    if "type" not in members:
        problems.add("/type", "missing", "is missing")
        return None
    name = members["type"]
    if type(name) is not str:
        problems.add("/type", "type", "must be text")
        return None
    type_ = resource_types.find(name)
    if type_ is None:
        problems.add("/type", "unknown_type", f"must be one of {', '.join(resource_types.names())}")
    elif method is not None and method not in type_.methods:
        allowed = ", ".join(sorted(type_.methods))
        problems.add("/method", "not_allowed", f"must be one of {allowed} for {name}")
    return type_


def _check_content(members: Values, method: Method, type_: ResourceType | None, problems: Problems) -> None:
    if method is Method.POST:
        refuse_chosen(members, problems)
    else:
        _check_chosen(members, type_, problems)
    _check_data(members, method, problems)


def refuse_chosen(members: Values, problems: Problems) -> None:
    """POST makes objects, so it chooses none."""
    for name in ("field", "entries", "select"):
        if name in members:
            problems.add(f"/{name}", "must_be_absent", "must be absent when the method is POST")


def _check_chosen(members: Values, type_: ResourceType | None, problems: Problems) -> None:
    if ("entries" in members) is ("select" in members):
        problems.add("/entries", "one_of", "send either entries or select")
    if "entries" in members:
        _check_entries(members["entries"], problems)
    if "select" in members:
        _check_select(members["select"], type_, problems)
    check_field(members, type_, problems)


def check_field(members: Values, type_: ResourceType | None, problems: Problems) -> None:
    """Whether `field` is a key of the type; of a selection it must be absent."""
    if "select" in members:
        if "field" in members:
            problems.add("/field", "must_be_absent", "must be absent when objects are selected")
    elif "field" not in members:
        problems.add("/field", "missing", "is missing")
    elif type(members["field"]) is not str:
        problems.add("/field", "type", "must be text")
    elif type_ is not None and members["field"] not in type_.keys:
        problems.add("/field", "unknown_key", f"must be one of {', '.join(type_.keys)}")


def _check_entries(entries: Any, problems: Problems) -> None:
    if not isinstance(entries, list):
        problems.add("/entries", "type", "must be an array")
        return
    if not entries:
        problems.add("/entries", "too_few", "must have at least 1 member")
    for index, entry in enumerate(entries):
        if type(entry) is not str and type(entry) is not int:
            problems.add(f"/entries/{index}", "type", "must be text or an integer")


def _check_select(select: Any, type_: ResourceType | None, problems: Problems) -> None:
    """Faults of conditions are those that the type's own list has for them."""
    if not isinstance(select, dict | str):
        problems.add("/select", "type", "must be an object or text")
        return
    if isinstance(select, str) and text_of(select, "/select", problems, wire.LONGEST_SELECTION) is None:
        return
    if type_ is None:
        return
    if type_.select is None:
        problems.add("/select", "not_allowed", f"objects of the type {type_.name} can't be selected")
        return
    try:
        type_.select(select)
    except Invalid as refused:
        for fault in refused.problems or (Problem("", "type", refused.message),):
            problems.add(f"/select{_place(fault.path)}", fault.code, fault.message)


def _place(path: str) -> str:
    """The place of a condition; a parameter of a list is a member here."""
    if path.startswith("?"):
        return pointer("", path[1:])
    return path if path.startswith("/") or not path else pointer("", path)


def _check_data(members: Values, method: Method, problems: Problems) -> None:
    data = members.get("data")
    if method is Method.DELETE:
        if not any(type(data) is type(nothing) and data == nothing for nothing in NO_DATA):
            problems.add("/data", "must_be_absent", "must be absent when the method is DELETE")
    elif "data" not in members:
        problems.add("/data", "missing", "is missing")
    elif isinstance(data, list):
        _check_items(members, data, method, problems)
    elif method is Method.POST:
        problems.add("/data", "type", "must be an array of objects")
    elif not isinstance(data, dict):
        problems.add("/data", "type", "must be an object or an array of objects")
    elif not data:
        problems.add("/data", "too_few", "must have at least 1 member")


def _check_items(members: Values, data: list[Any], method: Method, problems: Problems) -> None:
    if not data:
        problems.add("/data", "too_few", "must have at least 1 member")
    for index, item in enumerate(data):
        if not isinstance(item, dict):
            problems.add(f"/data/{index}", "type", "must be an object")
    if method is Method.PATCH:
        _check_count(members, len(data), problems)
        if data == [{}]:
            problems.add("/data/0", "too_few", "must have at least 1 member")


def _check_count(members: Values, count: int, problems: Problems) -> None:
    """One for all, or one for each entry."""
    entries = [None] if "select" in members else members.get("entries")
    if count <= 1 or not isinstance(entries, list):
        return
    wanted = len(entries)
    if count != wanted:
        code = "too_few" if count < wanted else "too_many"
        problems.add("/data", code, f"must have one object, or one for each of {wanted} entries")


# Options


def text_of(value: Any, path: str, problems: Problems, most: int) -> str | None:
    if type(value) is not str:
        problems.add(path, "type", "must be text")
        return None
    if len(value) > most:
        problems.add(path, "range", f"must be at most {most} characters")
        return None
    return value


def _choice(value: Any, path: str, problems: Problems, choices: tuple[str, ...]) -> str | None:
    if type(value) is not str:
        problems.add(path, "type", "must be text")
        return None
    if value not in choices:
        problems.add(path, "choice", f"must be one of {', '.join(choices)}")
        return None
    return value


def _integer(value: Any, path: str, problems: Problems, least: int, most: int) -> int | None:
    """An integer, which may be written as 3.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int:
        problems.add(path, "type", "must be an integer")
        return None
    if not least <= value <= most:
        problems.add(path, "range", f"must be from {least} to {most}")
        return None
    return value


def check_boolean(members: Values, name: str, problems: Problems) -> None:
    """Whether a member is true or false, where it is given."""
    if type(members.get(name, True)) is not bool:
        problems.add(f"/{name}", "type", "must be true or false")


def _moment(value: Any, path: str, problems: Problems, now: Moment) -> Moment | None:
    try:
        at = times.parse_iso(value) if type(value) is str else None
    except ValueError:
        at = None
    if at is None:
        problems.add(path, "type", "must be a moment such as 2031-05-04T10:20:30Z")
    elif at > later(now, seconds=YEAR_SECONDS):
        problems.add(path, "range", "must be at most a year ahead")
    return at


def _title(value: Any, path: str, problems: Problems, now: Moment) -> str | None:
    return None if value is None else text_of(value, path, problems, 255)


def _purpose(value: Any, path: str, problems: Problems, now: Moment) -> str | None:
    return None if value is None else text_of(value, path, problems, wire.LONGEST_PURPOSE)


def _policy(value: Any, path: str, problems: Problems, now: Moment) -> dict[str, Any]:
    if not isinstance(value, dict):
        problems.add(path, "type", "must be an object")
        return {}
    found: dict[str, Any] = {}
    for name, member in value.items():
        place = pointer(path, name)
        if name == "approvals":
            found[name] = _integer(member, place, problems, 1, wire.MOST_APPROVALS)
        elif name != "creator_may_approve":
            problems.add(place, "unknown", "is not a field here")
        elif type(member) is not bool:
            problems.add(place, "type", "must be true or false")
        else:
            found[name] = member
    return found


def _on_change(value: Any, path: str, problems: Problems, now: Moment) -> OnChange | None:
    word = _choice(value, path, problems, CHANGES)
    return None if word is None else OnChange(word)


def _max_failures(value: Any, path: str, problems: Problems, now: Moment) -> str | None:
    """As text: a number, or per cent."""
    if value is None:
        return None
    if isinstance(value, str):
        found = PER_CENT.fullmatch(value)
        if found is None:
            problems.add(path, "type", "must be an integer, or per cent such as 10%")
        elif int(found[1]) > 100:
            problems.add(path, "range", "must be from 0% to 100%")
        return None if found is None else f"{int(found[1])}%"
    number = _integer(value, path, problems, 0, 2**63 - 1)
    return None if number is None else str(number)


def _canary(value: Any, path: str, problems: Problems, now: Moment) -> int | None:
    return None if value is None else _integer(value, path, problems, 1, wire.LARGEST_CANARY)


def _rate(value: Any, path: str, problems: Problems, now: Moment) -> None:
    """Checked only: the text of it is what is kept."""
    if value is None:
        return
    if type(value) is not int and not isinstance(value, float):
        problems.add(path, "type", "must be a number")
    elif not 0 < value <= wire.LARGEST_RATE:
        problems.add(path, "range", f"must be more than 0 and at most {wire.LARGEST_RATE}")


def _concurrency(value: Any, path: str, problems: Problems, now: Moment) -> int | None:
    return _integer(value, path, problems, 1, wire.LARGEST_CONCURRENCY)


def _not_before(value: Any, path: str, problems: Problems, now: Moment) -> Moment | None:
    """A past moment is as none."""
    at = None if value is None else _moment(value, path, problems, now)
    return None if at is None or at <= now else at


def _priority(value: Any, path: str, problems: Problems, now: Moment) -> int | None:
    return _integer(value, path, problems, 0, wire.LARGEST_PRIORITY)


def _review_expires_at(value: Any, path: str, problems: Problems, now: Moment) -> Moment | None:
    at = _moment(value, path, problems, now)
    if at is not None and at <= now:
        problems.add(path, "range", "must be ahead")
    return at


READERS: dict[str, Callable[[Any, str, Problems, Moment], Any]] = {
    "title": _title,
    "purpose": _purpose,
    "policy": _policy,
    "on_change": _on_change,
    "max_failures": _max_failures,
    "canary": _canary,
    "rate_per_second": _rate,
    "concurrency": _concurrency,
    "not_before": _not_before,
    "priority": _priority,
    "review_expires_at": _review_expires_at,
}
