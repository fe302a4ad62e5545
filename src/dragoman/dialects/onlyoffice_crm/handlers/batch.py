"""Several calls in one request (second page, G): each has its own transaction, and one that fails stops no other."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dragoman.command import Keys
from dragoman.dialects.kit import Later, Reply, Request, forms, json
from dragoman.dialects.kit.inner import InnerCall
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.problems import OUT_OF_RANGE, bad_argument
from dragoman.dialects.onlyoffice_crm.wire import envelope
from dragoman.dialects.onlyoffice_crm.wire.paging import choose, read_paging
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather, in_query, to_integer
from dragoman.domain.errors import Invalid
from dragoman.usecases.uow import UnitOfWork

MOST = 100
FORM = "application/x-www-form-urlencoded; charset=utf-8"
NOTHING = "no batch specified"
NESTED = "A batch within a batch is not run."

_INDEXED = re.compile(r"(?:batch)?\[([0-9]{1,9})\]\[(\w+)\]", re.IGNORECASE)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)
_BATCH = re.compile(r"/api/[12]\.0/batch(?:\.\w+)?/?", re.IGNORECASE)


class Call(msgspec.Struct, frozen=True):
    """One call, as it is sent."""

    name: str
    order: int
    inner: InnerCall


class Batch(msgspec.Struct, frozen=True):
    """The calls in their order."""

    calls: tuple[Call, ...]

    def keys(self) -> Keys:
        return Keys()


def parse(request: Request) -> Batch:
    """POST and GET batch. Invalid for no calls, and for more than MOST."""
    entries = _entries(request)
    if not isinstance(entries, list) or not entries or not all(isinstance(each, dict) for each in entries):
        raise _nothing()
    if len(entries) > MOST:
        raise bad_argument("batch", f"more than {MOST}")
    return Batch(tuple(sorted(map(_call, entries), key=lambda call: call.order)))


def run(uow: UnitOfWork, command: Batch) -> Batch:
    """Nothing by itself: the calls are requests of their own."""
    return command


def render(options: Options, status: int, batch: Batch, request: Request) -> Later:
    """One call after the other."""

    async def answer() -> Reply:
        replies = [await _send(request, call) for call in batch.calls]
        response = choose(replies, read_paging(in_query(request)).fields)
        members = envelope.success(status, response, count=len(replies))
        return envelope.reply(request, options.default_format, members)

    return Later(answer)


async def _send(request: Request, call: Call) -> dict[str, Any]:
    if _BATCH.fullmatch(call.inner.target.partition("?")[0]):
        refusal = envelope.failure(400, NESTED, OUT_OF_RANGE)
        reply: Reply | None = Reply(400, json.encode(refusal), envelope.JSON_TYPE)
    else:
        reply = await request.send(call.inner)
    members: dict[str, Any] = {"name": call.name} if call.name else {}
    if reply is None:
        return members | {"status": 404, "headers": {}, "data": ""}
    headers = {} if reply.content_type is None else {"Content-Type": reply.content_type}
    data = reply.body.decode(errors="replace")
    return members | {"status": reply.status, "headers": headers | dict(reply.headers), "data": data}


def _entries(request: Request) -> Any:
    """What was sent as the batch: a JSON body of its own, a parameter with JSON, or indexed fields of a form."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "application/json" and request.body.strip():
        value = _parsed(request.body)
        if isinstance(value, dict):
            request.ignore_other_members(name.lower() for name in value)
            value = next((member for name, member in value.items() if name.lower() == "batch"), None)
        if value is not None:
            return _parsed(value.encode()) if isinstance(value, str) else value
        raise _nothing()
    text = gather(request).text("batch")
    if text is not None:
        return _parsed(text.encode())
    return _indexed(request, content_type) if request.method == "POST" else None


def _parsed(text: bytes) -> Any:
    try:
        return json.parse(text)
    except Invalid as refusal:
        raise _nothing() from refusal


def _indexed(request: Request, content_type: str) -> list[dict[str, str]]:
    fields: Sequence[tuple[str, str | bytes]]
    if content_type == "multipart/form-data":
        fields = forms.parse_multipart(request.body, request.headers["content-type"])
    elif content_type == "application/x-www-form-urlencoded":
        fields = forms.parse_urlencoded(request.body)
    else:
        return []
    entries: dict[int, dict[str, str]] = {}
    for name, value in fields:
        found = _INDEXED.fullmatch(name)
        if found is not None and isinstance(value, str):
            entries.setdefault(int(found[1]), {})[found[2]] = value
    return [entries[place] for place in sorted(entries)]


def _call(entry: Mapping[str, Any]) -> Call:
    given = {name.lower(): value for name, value in entry.items()}
    body = given.get("body")
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.encode(body)
    type_ = _text(given, "bodycontenttype") or FORM
    inner = InnerCall(
        _text(given, "method").upper() or "GET",
        _target(_text(given, "relativeurl")),
        {"content-type": type_} if content else {},
        content,
    )
    order = _text(given, "order")
    return Call(_text(given, "name"), to_integer(order, "order") if order else 0, inner)


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return "" if value is None else str(value)


def _target(url: str) -> str:
    """The path from the root of the server, with its query; whatever host it names is passed over."""
    url = url.strip()
    origin = _ORIGIN.match(url)  # at the beginning alone: searching takes time by the square of the length
    path = url if origin is None else url[origin.end() :]
    return "/" + path.partition("#")[0].lstrip("/")


def _nothing() -> Invalid:
    return bad_argument("batch", "required", NOTHING)
