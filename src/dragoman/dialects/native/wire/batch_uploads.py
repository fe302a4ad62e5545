"""Reading what an upload asks for: the members of a new batch but its entries, as parameters of the query."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dragoman.dialects.kit import Request, json
from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.native.wire import batch_orders as orders
from dragoman.domain.bulk import Method
from dragoman.domain.errors import Invalid, Problem
from dragoman.usecases.batches.lifecycle import NewBatch

FAULTS = "The query isn't as it should be; each fault is listed."
FLAGS = {"true": True, "false": False}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
JSON_NUMBERS = ("max_failures", "canary", "rate_per_second", "concurrency", "priority")
PARAMETERS = ("method", "type", "field", "data", "review", *orders.OPTIONS, "dry_run")
SHOWN = 64


def parse_upload(request: Request) -> tuple[NewBatch, bool]:
    """The batch without its entries, and whether it is a dry run. Its data is what the entries share. Invalid
    `invalid_query` with every fault."""
    problems = Problems()
    texts = _texts(request.query, problems)
    members = {name: _value(name, text, problems) for name, text in texts.items()}
    method = orders.method_of(members, problems)
    type_ = orders.type_of(members, method, problems)
    if method is Method.POST:
        orders.refuse_chosen(members, problems)
    elif method is not None:
        orders.check_field(members, type_, problems)
    data = _data(members, texts, method, problems)
    for name in ("review", "dry_run"):
        orders.check_boolean(members, name, problems)
    options = orders.parse_options(members, texts, request.received_at, problems)
    _refuse(problems)
    order = NewBatch(
        Method(members["method"]),
        members["type"],
        members.get("field"),
        None,
        data,
        members.get("review", True),
        0,
        options,
    )
    return order, members.get("dry_run", False)


def _texts(query: Mapping[str, list[str]], problems: Problems) -> dict[str, str]:
    for name, values in query.items():
        if name not in PARAMETERS:
            shown = name if len(name) <= SHOWN else name[: SHOWN - 1] + "…"
            problems.add(f"/{shown}", "unknown", "is not a parameter here")
        elif len(values) > 1:
            problems.add(f"/{name}", "twice", "is given more than once")
    return {name: values[0] for name, values in query.items() if name in PARAMETERS}


def _value(name: str, text: str, problems: Problems) -> Any:
    """The text as a JSON body would have it; what isn't of its type stays text, and is refused as such."""
    if name in ("review", "dry_run"):
        return FLAGS.get(text, text)
    if name in JSON_NUMBERS:
        return _json(name, text, problems) if NUMBER.fullmatch(text) else text
    return _json(name, text, problems) if name in ("data", "policy") else text


def _json(name: str, text: str, problems: Problems) -> Any:
    try:
        return json.parse(text.encode())
    except Invalid as unreadable:
        problems.add(f"/{name}", "format", f"must be JSON: {unreadable.message}")
        return {}


def _data(
    members: Mapping[str, Any], texts: Mapping[str, str], method: Method | None, problems: Problems
) -> str | None:
    """The JSON text of what all entries share; None for nothing."""
    data = members.get("data")
    if "data" not in members or method is None or any(each.path == "/data" for each in problems.found):
        return None
    if method is Method.DELETE:
        if not any(type(data) is type(nothing) and data == nothing for nothing in orders.NO_DATA):
            problems.add("/data", "must_be_absent", "must be absent when the method is DELETE")
        return None
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict):
        data, text = data[0], json.encode(data[0]).decode()
    else:
        text = texts["data"]
    if not isinstance(data, dict):
        problems.add("/data", "type", "must be an object")
    elif not data:
        problems.add("/data", "too_few", "must have at least 1 member")
    return text


def _refuse(problems: Problems) -> None:
    if problems.found:
        raise of_query(problems.found)


def of_query(faults: Iterable[Problem]) -> Invalid:
    """The faults of members, each at the parameter in which its member stands."""
    named = Problems()
    for each in faults:
        name, _, inner = each.path[1:].partition("/")
        named.add(f"?{name}", each.code, f"{inner} {each.message}" if inner else each.message)
    return Invalid("invalid_query", FAULTS, named.found)
