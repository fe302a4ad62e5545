"""One outside collection: its objects are found, created, changed and deleted over HTTP, entry by entry.

What another server does wrong is a value, `Failure`, for the entry that it concerns. A request may reach the server
more than once; a repeated one carries the same idempotency key.
"""

from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from dragoman.delivery import failures
from dragoman.delivery.blot import Blot
from dragoman.delivery.client import Reply
from dragoman.delivery.exchange import Exchange, Tried
from dragoman.domain import json_numbers
from dragoman.domain.bulk import Method
from dragoman.domain.bulk_failures import Failure
from dragoman.domain.merge_patch import merged_value
from dragoman.domain.outside import OutsideType, expanded, pointed

GONE = frozenset({404, 410})
STALE = 412
DEEPEST = 100
"""The deepest nesting of a reply's JSON."""


class Seen(msgspec.Struct, frozen=True):
    """What a key finds: how many objects; and the id, ETag and content of the object if it is one."""

    objects: int
    id: str | None = None
    etag: str | None = None
    document: Any = None


class Done(msgspec.Struct, frozen=True):
    """A request that succeeded: the id and the content of the object afterwards, where the reply tells them."""

    id: str | None = None
    document: Any = None


class Entry(msgspec.Struct, frozen=True):
    """The entry that a request is for. `was_tried`: an earlier run may have sent the request, and lost the reply."""

    batch: str
    index: int
    field: str = ""
    was_tried: bool = False

    @property
    def key(self) -> str:
        """The idempotency key, the same for each try."""
        return f"{self.batch}:{self.index}"


NOTHING = Seen(0)


class Collection:
    """The objects of one type. Raises Later where the server asks for a long pause; the call can be repeated then."""

    def __init__(self, type_: OutsideType, exchange: Exchange) -> None:
        self._type = type_
        self._table = type_.table
        self._http = type_.table.http
        self._exchange = exchange
        self._blot = Blot([type_.secret.value] if type_.secret else [])
        self._root = urlsplit(type_.table.base).path.rstrip("/")

    @property
    def compares(self) -> bool:
        """Whether requests carry the version that was seen."""
        return self._http.if_match and self._http.version == "etag"

    def is_id(self, key: str) -> bool:
        """Whether entries of this key are ids of objects."""
        find = self._table.find[key]
        return find.items is None and find.id is None

    @property
    def natural_key(self) -> str | None:
        """The natural key, if objects can be found by it."""
        return self._table.natural_key if self._table.natural_key in self._table.find else None

    async def look(self, key: str, value: str) -> Seen | Failure:
        """What an entry finds by a key of the type."""
        find = self._table.find[key]
        found = await self._read(find.get, "entry", value)
        if isinstance(found, Failure | Seen):
            return found
        reply, content = found
        try:
            if find.items is None:
                own = value if find.id is None else _id(content, find.id)
                return self._seen(own, reply, content)
            items = pointed(content, find.items)
            if not isinstance(items, list):
                raise LookupError(find.items)
            if len(items) != 1:
                return Seen(len(items))
            own = _id(items[0], find.id or "/id")
        except LookupError as missing:
            return self._unreadable(reply, f"the reply has nothing usable at {missing.args[0] or 'its top'}")
        return await self._whole(own, items[0])

    async def create(self, content: Any, entry: Entry) -> Done | Failure:
        """Create an object."""
        sent = await self._write(Method.POST, "", content, None, entry)
        if isinstance(sent, Failure):
            return sent
        if sent.reply.status not in self._http.ok:
            return self._refused(sent.reply)
        made = self._content(sent.reply)
        return Done(self._id_of(made, sent.reply), self._blot.value(made))

    async def patch(self, id_: str, change: Any, seen: Seen, entry: Entry) -> Done | Failure:
        """Merge a change into the object that was seen."""
        is_whole = self._table.apply[Method.PATCH].method == "PUT"
        content = merged_value(seen.document, change) if is_whole else change
        sent = await self._write(Method.PATCH, id_, content, seen.etag, entry)
        if isinstance(sent, Failure):
            return sent
        if sent.reply.status in self._http.ok:
            return Done(id_, self._blot.value(self._content(sent.reply)))
        if sent.reply.status in GONE:
            return failures.not_found(self._type.name, entry.field)
        if not self._is_stale(sent, seen):
            return self._refused(sent.reply)
        if _was_tried(sent, entry):
            now = await self._whole(id_, None)
            if isinstance(now, Failure):
                return now
            if now.objects and json_numbers.are_same(merged_value(now.document, change), now.document):
                return Done(id_, now.document)  # an earlier try did it, and its reply was lost
        return failures.changed([], entry.field)

    async def delete(self, id_: str, seen: Seen, entry: Entry) -> Done | Failure:
        """Delete the object that was seen. One that is gone after an earlier try is a success."""
        sent = await self._write(Method.DELETE, id_, None, seen.etag, entry)
        if isinstance(sent, Failure):
            return sent
        if sent.reply.status in self._http.ok:
            return Done(id_)
        if sent.reply.status in GONE:
            is_done = self._http.gone_is_success and _was_tried(sent, entry)
            return Done(id_) if is_done else failures.not_found(self._type.name, entry.field)
        return failures.changed([], entry.field) if self._is_stale(sent, seen) else self._refused(sent.reply)

    # Finding

    async def whole(self, id_: str) -> Any:
        """The content of an object; None where it can't be read."""
        seen = await self._whole(id_, None)
        return None if isinstance(seen, Failure) else seen.document

    async def _whole(self, id_: str, item: Any) -> Seen | Failure:
        """The object itself, by a key that is its id; without such a key, the item in which it was found."""
        find = next((each for each in self._table.find.values() if each.items is None and each.id is None), None)
        if find is None:
            return Seen(1, self._blot.text(id_), None, self._blot.value(item))
        found = await self._read(find.get, "entry", id_)
        return found if isinstance(found, Failure | Seen) else self._seen(id_, *found)

    def _seen(self, id_: str, reply: Reply, content: Any) -> Seen | Failure:
        if not isinstance(content, dict) or self._blot.holds(id_):
            return self._unreadable(reply, "the reply is not an object")
        etag = reply.headers.get("etag")
        if self._http.version == "none" or (etag and self._blot.holds(etag)):
            etag = None
        return Seen(1, id_, etag, self._blot.value(content))

    async def _read(self, template: str, variable: str, value: str) -> tuple[Reply, Any] | Seen | Failure:
        target = expanded(template, variable, value)
        if target is None:
            return NOTHING
        sent = await self._exchange.send("GET", self._root + target, {})
        if isinstance(sent, Failure):
            return sent
        if sent.reply.status in GONE:
            return NOTHING
        if sent.reply.status not in self._http.ok:
            return self._refused(sent.reply)
        content = self._content(sent.reply)
        return (sent.reply, content) if content is not None else self._unreadable(sent.reply, "the reply is not JSON")

    # Writing

    async def _write(self, method: Method, id_: str, content: Any, etag: str | None, entry: Entry) -> Tried | Failure:
        apply = self._table.apply[method]
        target = apply.url if method is Method.POST else expanded(apply.url, "id", id_)
        if target is None:
            return failures.not_found(self._type.name, entry.field)
        headers = {self._http.idempotency: entry.key}
        if etag is not None and self._http.if_match:
            headers["If-Match"] = etag
        body = b""
        if content is not None:
            headers["Content-Type"] = "application/json"
            body = json_numbers.encode(content)
        return await self._exchange.send(apply.method, self._root + target, headers, body, key=entry.key)

    def _is_stale(self, sent: Tried, seen: Seen) -> bool:
        return sent.reply.status == STALE and seen.etag is not None and self.compares

    # Reading replies

    def _content(self, reply: Reply) -> Any:
        """The JSON of a reply; None if it is none."""
        if reply.is_cut or reply.is_broken:
            return None
        try:
            content = json_numbers.decode(reply.body)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return None
        return content if _is_shallow(content) else None

    def _id_of(self, content: Any, reply: Reply) -> str | None:
        pointers = [find.id for find in self._table.find.values() if find.id is not None]
        for pointer in [*pointers, "/id"]:
            try:
                made = _id(content, pointer)
            except LookupError:
                continue
            return None if self._blot.holds(made) else made
        last = unquote(urlsplit(reply.headers.get("location", "")).path.rstrip("/").rpartition("/")[2])
        return last if last and not self._blot.holds(last) else None

    def _refused(self, reply: Reply) -> Failure:
        text = "".join(c if c.isprintable() else " " for c in reply.body.decode("utf-8", "replace"))
        return failures.refused(self._type.name, reply.status, self._blot.text(text).strip())

    def _unreadable(self, reply: Reply, why: str) -> Failure:
        why = "the reply is longer than 1 MiB" if reply.is_cut else why
        return failures.refused(self._type.name, reply.status, why)


def _was_tried(sent: Tried, entry: Entry) -> bool:
    return sent.tries > 1 or entry.was_tried


def _id(content: Any, pointer: str) -> str:
    value = pointed(content, pointer)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise LookupError(pointer)
    return str(value)


def _is_shallow(value: Any, depth: int = 0) -> bool:
    if depth > DEEPEST:
        return False
    if isinstance(value, dict):
        return all(_is_shallow(each, depth + 1) for each in value.values())
    return all(_is_shallow(each, depth + 1) for each in value) if isinstance(value, list) else True
