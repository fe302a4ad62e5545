"""Reading a request: its body, its query, the id in its path, its preconditions.

Valid requests take the fast path; for others `problems.py` reports every fault at once.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from dragoman.dialects.kit import Request, json
from dragoman.dialects.kit.conditions import tags_of
from dragoman.dialects.kit.fields import Problems
from dragoman.dialects.kit.forms import parse_query
from dragoman.dialects.native import problems as faults
from dragoman.dialects.native.wire import forms
from dragoman.dialects.native.wire.scalars import LARGEST, UUID
from dragoman.domain.errors import Invalid, NotFound, Problem
from dragoman.usecases.preconditions import OutOfRange

S = TypeVar("S", bound=msgspec.Struct)
R = TypeVar("R")

JSON = ("application/json",)
MERGE_PATCH = ("application/merge-patch+json", "application/json")

LIMITS = frozenset({"too_long", "range"})
"""The codes of faults that a value of another dialect may have."""

FAULTS_OF_BODY = "The body isn't as it should be; each fault is listed."

REVISION = re.compile(r'(?<!W/)"(0|[1-9][0-9]{0,18})"')
WEAK_REVISION = re.compile(r'"(0|[1-9][0-9]{0,18})"')
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")


def body(
    request: Request,
    type_: type[S],
    build: Callable[[S], R],
    *,
    media: tuple[str, ...] = JSON,
    may_be_empty: bool = False,
    read_only: frozenset[str] = frozenset(),
) -> R:
    """What `build` makes of the body. Invalid with every fault of it."""
    if may_be_empty and not request.body:
        return build(type_())
    check_media(request, media)
    return build(document(request.body, type_, read_only=read_only))


def patch(
    request: Request,
    type_: type[S],
    build: Callable[[S, OutOfRange | None], R],
    *,
    doubtful: frozenset[str],
    read_only: frozenset[str],
) -> R:
    """What `build` makes of a merge patch. A `doubtful` member that is beyond its limits is left out of it and given as
    a doubt: another dialect may have written it, and what is shown may be sent back."""
    check_media(request, MERGE_PATCH)
    try:
        return build(document(request.body, type_, read_only=read_only), None)
    except Invalid as refusal:
        named = {problem.path[1:] for problem in refusal.problems}
        if not named or not named <= doubtful or not all(fault.code in LIMITS for fault in refusal.problems):
            raise
        members: dict[str, Any] = json.parse(request.body)
        rest = {name: json.verbatim(text) for name, text in json.members_raw(request.body).items() if name not in named}
        return build(
            document(json.encode(rest), type_, read_only=read_only),
            OutOfRange({name: members[name] for name in named}, refusal),
        )


def document(text: bytes, type_: type[S], *, read_only: frozenset[str] = frozenset()) -> S:
    """The JSON text as this type. Invalid with every fault of it."""
    value = json.parse(text)
    try:
        return _decoded(type_, text)
    except ValueError as refusal:
        faults.find(type_, value, read_only).raise_if_any(message=FAULTS_OF_BODY)
        return _decoded_again(type_, text, value, refusal)


def _decoded(type_: type[S], body: bytes) -> S:
    """ValueError, msgspec's own among them, unless the body is of this type."""
    decoded: S = _decoder(type_).decode(body)
    forms.check_body(decoded)
    return decoded


def _decoded_again(type_: type[S], body: bytes, value: Any, refusal: ValueError) -> S:
    """A body that JSON Schema finds no fault in, with 3.0 written as 3: to JSON Schema both are integers."""
    try:
        return _decoded(type_, _with_whole_numbers(body, value))
    except ValueError:
        fault = Problem("", "format", str(refusal))
        raise Invalid("invalid_body", FAULTS_OF_BODY, (fault,)) from refusal


def _with_whole_numbers(body: bytes, value: dict[str, Any]) -> bytes:
    members: dict[str, msgspec.Raw] = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    whole = {name: int(number) for name, number in value.items() if isinstance(number, float) and number.is_integer()}
    return json.encode({**members, **whole})


def check_media(request: Request, media: tuple[str, ...]) -> None:
    """Invalid, to be answered 415, when the body has another content type."""
    given = request.headers.get("content-type")
    if given is not None and given.partition(";")[0].strip().lower() not in media:
        message = f"Send {' or '.join(media)}."
        raise Invalid("unsupported_media_type", message, status=415, accepted=media)


@cache
def _decoder(type_: type[S]) -> "msgspec.json.Decoder[S]":
    return msgspec.json.Decoder(type_)


# The query


def query(request: Request, type_: type[S]) -> S:
    """The query as this Struct. Invalid with every parameter that is unknown, given twice, or unreadable."""
    found: S = _of_text(request.query_string, type_)
    return found


@lru_cache(maxsize=512)
def _of_text(query_string: str, type_: type[S]) -> S:
    """Remembered: callers look at the same list again and again."""
    problems = Problems()
    found: dict[str, Any] = {}
    for name, texts in parse_query(query_string).items():
        kind = _parameters(type_).get(name)
        if kind is None:
            problems.add(f"?{_shown(name)}", "unknown", "is not a parameter here")
        elif len(texts) > 1 and list not in _bases(kind):
            problems.add(f"?{name}", "twice", "is given more than once")
        else:
            found[name] = _parameter(name, kind, ",".join(texts), problems)
    for field in msgspec.structs.fields(type_):
        if field.required and field.encode_name not in found:
            problems.add(f"?{field.encode_name}", "missing", "is missing")
    problems.raise_if_any("invalid_query", "The query isn't as it should be; each fault is listed.")
    return type_(**found)


def _parameter(name: str, kind: Any, text: str, problems: Problems) -> Any:
    value = _coerced(text, kind)
    try:
        forms.check(value, forms.of_type(kind))
        return msgspec.convert(value, kind)
    except ValueError:
        for fault in faults.find(kind, value).found or (Problem("", "format", "can't be read"),):
            problems.add(f"?{name}", fault.code, fault.message)
        return None


def _shown(name: str) -> str:
    return name if len(name) <= 64 else name[:63] + "…"


@cache
def _parameters(type_: type[msgspec.Struct]) -> dict[str, Any]:
    hints = get_type_hints(type_, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(type_)}


def _coerced(text: str, kind: Any) -> Any:
    """The text as JSON would have it, where the type has room for that."""
    bases = _bases(kind)
    if list in bases:
        return text.split(",")
    if bool in bases and text in ("true", "false"):
        return text == "true"
    if int in bases and INTEGER.fullmatch(text):
        return int(text)
    return text


@cache
def _bases(kind: Any) -> frozenset[Any]:
    origin = get_origin(kind)
    if origin is Annotated:
        return _bases(get_args(kind)[0])
    if origin in (Union, UnionType):
        return frozenset().union(*(_bases(part) for part in get_args(kind)))
    return frozenset({origin or kind})


# The path, and preconditions


def ref(request: Request, noun: str, *, name: str = "id") -> int | str:
    """The number or id in the path. NotFound for what can't be one: never "no filter"."""
    text = request.path[name]
    if text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= 19 and int(text) <= LARGEST:
        return int(text)
    if UUID.fullmatch(text):
        return text.lower()
    raise NotFound(f"{noun}_not_found", f"There is no {noun} of this id.")


def number(request: Request, noun: str, *, name: str) -> int:
    """The number in the path, for what has no other id."""
    found = ref(request, noun, name=name)
    if isinstance(found, int):
        return found
    raise NotFound(f"{noun}_not_found", f"There is no {noun} of this id.")


def if_match(request: Request) -> frozenset[int] | None:
    """The revisions that If-Match names; None when there is no such condition, or any revision will do.

    A weak tag, and a tag that this server never sent, name no revision. Invalid when the header can't be read.
    """
    header = request.headers.get("if-match")
    if header is None or if_match_any(request):
        return None
    return _revisions(header, REVISION, "If-Match")


def if_match_any(request: Request) -> bool:
    """Whether If-Match is `*`: what the path names must exist."""
    return request.headers.get("if-match", "").strip() == "*"


def if_none_match(request: Request) -> tuple[bool, frozenset[int]]:
    """Whether If-None-Match is `*`, and the revisions that it names. Invalid when the header can't be read."""
    header = request.headers.get("if-none-match")
    if header is None or header.strip() == "*":
        return header is not None, frozenset()
    return False, _revisions(header, WEAK_REVISION, "If-None-Match")


def _revisions(header: str, pattern: re.Pattern[str], name: str) -> frozenset[int]:
    if tags_of(header) is None:
        code = f"invalid_{name.lower().replace('-', '_')}"
        raise Invalid(code, f'{name} is a list of tags such as "7", or *.')
    return frozenset(int(tag) for tag in pattern.findall(header))
