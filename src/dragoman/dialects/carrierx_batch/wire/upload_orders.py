"""What an upload asks for: the keys of a new task but its entries, as parameters of the query."""

from typing import Any

from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch.wire import options, orders
from dragoman.dialects.kit import Request, json
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.bulk import Method
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches.lifecycle import NewBatch

KEYS = ("data", "field", "method", "review", "type")
PARAMETERS = (*KEYS, *options.PARAMETERS, "dry_run")
FLAGS = {"true": True, "false": False}


def parse_upload(request: Request) -> NewBatch:
    """The batch without its entries; its data is what they share. Invalid, to be answered 400, with all faults."""
    problems = Problems()
    given = {name: _one(name, request.query[name], problems) for name in KEYS if name in request.query}
    method, type_, field = given.get("method"), given.get("type"), given.get("field")
    known = Method(method) if method in orders.METHODS else None
    data = _data(given.get("data"), known, problems)
    if known is not None:
        orders.check_field(field, type_, known, problems)
    orders.check_method(method, problems)
    review = FLAGS.get(given.get("review", "true"))
    if review is None:
        problems.add("review", faults.TYPE, "must be true or false")
    orders.check_type(type_, known, problems)
    chosen = options.parse_parameters(request, problems)
    problems.raise_if_any("invalid_query", "The query isn't as it should be; each fault is listed.")
    return NewBatch(Method(str(method)), str(type_), field, None, data, review is not False, 0, chosen)


def _one(name: str, values: list[str], problems: Problems) -> str:
    if len(values) > 1:
        problems.add(name, faults.VALUE, "is given more than once")
    return values[0]


def _data(text: str | None, method: Method | None, problems: Problems) -> str | None:
    """What all entries share, as it is stored; None for nothing."""
    if text is None:
        return None
    try:
        data: Any = json.parse(text.encode())
    except Invalid as unreadable:
        problems.add("data", faults.VALUE, f"is not JSON: {unreadable.message}")
        return None
    if method is Method.DELETE:
        if data not in (None, {}, []):
            problems.add("data", faults.EMPTY, "must be empty when method is DELETE")
        return None
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        problems.add("data", faults.TYPE, "must be an object")
    elif not data:
        problems.add("data", faults.VALUE, "must have at least one key")
    return faults.spelled(data)
