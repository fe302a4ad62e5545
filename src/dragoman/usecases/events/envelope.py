"""The envelope of an event: CloudEvents 1.0 as JSON, made of stored facts alone, so the same bytes for everybody.

The members are always all there, in this order, without blanks (EVENTS.md 1.1).
"""

from functools import lru_cache
from urllib.parse import quote

import msgspec

from dragoman.domain.history_values import Change, changes_of
from dragoman.domain.moment_text import render_micros
from dragoman.store.repositories.events import LoggedEvent

LONGEST = 16 * 1024
"""Bytes of an old or new value; a field with a longer one is left out and named."""

OF_CLIENTS = '"extensions.'
"""Only these values are kept as clients wrote them."""

MOST_BYTES = 4
"""Of a character."""

NO_NUMBER = frozenset({"tenant"})
"""Entities that have a number in history, and none for clients."""

text = msgspec.json.encode


class FieldChange(msgspec.Struct, frozen=True, gc=False):
    """What a field was, and what it became."""

    old: msgspec.Raw
    new: msgspec.Raw


def whole(event: LoggedEvent, tenant: str, changes: str | None = None) -> bytes:
    """The envelope. `tenant` is the tenant's name; `changes` are those of an event whose changes are long."""
    shown = changes if changes is not None else event.changes
    number = b"null" if event.number is None or event.entity in NO_NUMBER else b"%d" % event.number
    on_behalf_of = b"null" if event.on_behalf_of is None else event.on_behalf_of.encode()
    return (
        b'%b{"entity":%b,"id":%b,"number":%b,"revision":%b,"title":%b,"actor":{"id":%b,"login":%b},'
        b'"on_behalf_of":%b,"dialect":%b,"operation":%b,"changes":%b%b}}'
    ) % (
        _head(event, event.type, tenant),
        text(event.entity),
        text(event.id),
        number,
        b"null" if event.revision is None else b"%d" % event.revision,
        text(event.title),
        text(event.actor),
        text(event.actor_login),
        on_behalf_of,
        text(event.dialect),
        text(event.operation),
        b"{}" if shown is None else _changes(shown),
        b"" if event.data is None else _members(event.data),
    )


def hidden(event: LoggedEvent, tenant: str) -> bytes:
    """What is heard of an event by those who can't see its subject any more."""
    number = b"null" if event.number is None else b"%d" % event.number
    data = (text(event.entity), text(event.id), number)
    return _head(event, hidden_type(event), tenant) + b'{"entity":%b,"id":%b,"number":%b}}' % data


def hidden_type(event: LoggedEvent) -> str:
    """`task.hidden`, `case.hidden` or `contact.hidden`."""
    return f"{event.entity}.hidden"


def _head(event: LoggedEvent, type_: str, tenant: str) -> bytes:
    """All in front of the data."""
    return (
        b'{"specversion":"1.0","id":"%b","source":"%b","type":"%b","subject":%b,"time":"%b",'
        b'"datacontenttype":"application/json","sequence":"%020d","data":'
    ) % (
        event.uid.encode(),
        source(tenant),
        type_.encode(),
        text(event.subject),
        render_micros(event.at).encode(),
        event.sequence,
    )


@lru_cache(maxsize=64)
def source(tenant: str) -> bytes:
    """What the events of a tenant come from: a URN with its name percent-encoded."""
    return b"urn:dragoman:tenant:" + quote(tenant, safe="").encode()


def _changes(stored: str) -> bytes:
    """The changes as history shows them; behind them the names of those that are too long, where there are any.

    Extensions are kept as clients sent them, with blanks and line ends, which are left out here.
    """
    if OF_CLIENTS in stored:
        stored = msgspec.json.format(stored, indent=-1)
    changes = changes_of(stored)
    omitted = [] if len(stored) <= LONGEST // MOST_BYTES else [name for name, it in changes.items() if _is_long(it)]
    for name in omitted:
        del changes[name]
    shown = text({name: FieldChange(old, new) for name, (old, new) in changes.items()})
    return shown + b',"omitted":' + text(omitted) if omitted else shown


def _is_long(change: Change) -> bool:
    return any(len(bytes(value)) > LONGEST for value in change)


def _members(data: str) -> bytes:
    """The members of a JSON object, to stand behind others."""
    inner = data.strip()[1:-1]
    return b"," + inner.encode() if inner else b""
