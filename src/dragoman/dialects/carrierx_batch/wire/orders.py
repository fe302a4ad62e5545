"""What POST asks for (carrierx-batch.md 5): read whole, refused with every fault that it has."""

from typing import Any

from dragoman.dialects.carrierx_batch import problems as faults
from dragoman.dialects.carrierx_batch.wire.tasks import NAMES
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.bulk import Method
from dragoman.usecases.batches.lifecycle import NewBatch
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.batches.types.resource_types import ResourceType

METHODS = tuple(str(method) for method in Method)


SELECTED = "must be empty beside entries_filter"


def parse_order(value: Any, *, most: int, is_selected: bool = False) -> NewBatch:
    """The batch that is to be made, of `most` operations at most. Invalid with all its faults, in the order of the
    keys; unknown keys come last (E13). `is_selected`: its objects are found by a filter, so it has no entries."""
    body = faults.an_object(value)
    problems = Problems()
    method = body.get("method")
    known = Method(method) if isinstance(method, str) and method in METHODS else None
    if known is not None and is_selected and known is not Method.POST:
        _check_data(body.get("data"), [None], known, problems)
        _check_unset(body, ("entries", "field"), problems)
    elif known is not None:
        _check_data(body.get("data"), body.get("entries"), known, problems)
        _check_entries(body.get("entries"), known, problems)
        check_field(body.get("field"), body.get("type"), known, problems)
    else:
        _check_shapes(body.get("data"), body.get("entries"), body.get("field"), problems)
    check_method(method, problems)
    _check_review(body, problems)
    _check_status(body, problems)
    check_type(body.get("type"), known, problems)
    faults.refuse_unknown(body, NAMES, problems)
    size = _size(body, known)
    if size > most:
        name = "data" if known is Method.POST else "entries"
        problems.add(name, faults.VALUE, f"holds {size} operations; at most {most} are taken")
    faults.refuse(problems)
    return _order(body, Method(body["method"]), size)


def _order(body: dict[str, Any], method: Method, size: int) -> NewBatch:
    """`entries` and `field` of a POST are null, and so is the data of a DELETE, however its absence was spelt (5)."""
    listed = None if method is Method.POST else body.get("entries")
    entries = None if listed is None else faults.spelled(listed)
    data = None if method is Method.DELETE else faults.spelled(body["data"])
    field = None if method is Method.POST else body.get("field")
    return NewBatch(method, body["type"], field, entries, data, body.get("review", True), size)


def _size(body: dict[str, Any], method: Method | None) -> int:
    listed = body.get("data" if method is Method.POST else "entries")
    return len(listed) if isinstance(listed, list) else 0


def _required(name: str, method: Method, problems: Problems) -> None:
    problems.add(name, faults.REQUIRED, f"this field is required when method is {method}")


def _must_be_empty(name: str, method: Method, problems: Problems) -> None:
    problems.add(name, faults.EMPTY, f"must be empty when method is {method}")


def _check_unset(body: dict[str, Any], names: tuple[str, ...], problems: Problems) -> None:
    for name in names:
        if body.get(name) is not None:
            problems.add(name, faults.EMPTY, SELECTED)


def _check_shapes(data: Any, entries: Any, field: Any, problems: Problems) -> None:
    """Faults that don't depend on the method: all are reported at once (12), also beside a bad method."""
    if not isinstance(data, dict | list | None):
        problems.add("data", faults.TYPE, "must be an object or an array of objects")
    if isinstance(entries, list):
        _check_each(entries, problems)
    elif entries is not None:
        problems.add("entries", faults.TYPE, "must be an array of strings and integers")
    if not isinstance(field, str | None):
        problems.add("field", faults.TYPE, "must be a string")


def _check_data(data: Any, entries: Any, method: Method, problems: Problems) -> None:
    """One object per thing to create; or the change, one for all entries or one for each."""
    if method is Method.DELETE:
        if data not in (None, {}, []):
            _must_be_empty("data", method, problems)
    elif data is None:
        _required("data", method, problems)
    elif isinstance(data, list):
        _check_items(data, entries, method, problems)
    elif method is Method.POST:
        problems.add("data", faults.TYPE, "must be an array of objects when method is POST")
    elif not isinstance(data, dict):
        problems.add("data", faults.TYPE, "must be an object or an array of objects")
    elif not data:
        problems.add("data", faults.VALUE, "must have at least one key")


def _check_items(data: list[Any], entries: Any, method: Method, problems: Problems) -> None:
    if not data:
        problems.add("data", faults.VALUE, "must not be empty")
    for index, item in enumerate(data):
        if not isinstance(item, dict):
            problems.add("data", faults.TYPE, f"item {index} must be an object")
    if method is Method.PATCH:
        count = len(entries) if isinstance(entries, list) else 1
        if data and len(data) not in (1, count):
            problems.add("data", faults.VALUE, f"must be one object, or one for each of the {count} entries")
        elif data == [{}]:
            problems.add("data", faults.VALUE, "must have at least one key")


def _check_entries(entries: Any, method: Method, problems: Problems) -> None:
    if method is Method.POST:
        if entries is not None:
            _must_be_empty("entries", method, problems)
    elif entries is None:
        _required("entries", method, problems)
    elif not isinstance(entries, list):
        problems.add("entries", faults.TYPE, "must be an array of strings and integers")
    elif not entries:
        problems.add("entries", faults.VALUE, "must not be empty")
    else:
        _check_each(entries, problems)


def _check_each(entries: list[Any], problems: Problems) -> None:
    for index, entry in enumerate(entries):
        if type(entry) is not str and type(entry) is not int:
            problems.add("entries", faults.TYPE, f"entry {index} must be a string or an integer")


def check_field(field: Any, type_name: Any, method: Method, problems: Problems) -> None:
    """Whether the type is found by this field."""
    if method is Method.POST:
        if field is not None:
            _must_be_empty("field", method, problems)
    elif field is None:
        _required("field", method, problems)
    elif not isinstance(field, str):
        problems.add("field", faults.TYPE, "must be a string")
    else:
        type_ = _named(type_name)
        if type_ is not None and field not in type_.keys:
            problems.add("field", faults.VALUE, f"a {type_.name} is found by {' or '.join(sorted(type_.keys))} only")


def check_method(method: Any, problems: Problems) -> None:
    """Whether it is one of the three methods."""
    if method is None:
        problems.add("method", faults.REQUIRED, "this field is required")
    elif not isinstance(method, str):
        problems.add("method", faults.TYPE, "must be a string")
    elif method not in METHODS:
        problems.add("method", faults.VALUE, f"must be one of {', '.join(METHODS)}")


def _check_review(body: dict[str, Any], problems: Problems) -> None:
    if type(body.get("review", True)) is not bool:
        problems.add("review", faults.TYPE, "must be true or false")


def _check_status(body: dict[str, Any], problems: Problems) -> None:
    """Tasks can't be created as approved."""
    status = body.get("status", "created")
    if not isinstance(status, str):
        problems.add("status", faults.TYPE, "must be a string")
    elif status != "created":
        problems.add("status", faults.VALUE, "a new task is created; send nothing else")


def check_type(name: Any, method: Method | None, problems: Problems) -> None:
    """Whether a type of this name allows the method."""
    if name is None:
        problems.add("type", faults.REQUIRED, "this field is required")
    elif not isinstance(name, str):
        problems.add("type", faults.TYPE, "must be a string")
    else:
        type_ = _named(name)
        if type_ is None:
            problems.add("type", faults.VALUE, f"must be one of {', '.join(resource_types.names())}")
        elif method is not None and method not in type_.methods:
            problems.add("type", faults.VALUE, f"a {name} can't be changed by {method}")


def _named(name: Any) -> ResourceType | None:
    return resource_types.find(name) if isinstance(name, str) else None
