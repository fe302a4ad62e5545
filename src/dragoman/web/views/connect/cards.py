"""A card a dialect: its address, whether it serves this reader, and calls that work with the tasks that there are."""

from collections.abc import Iterable, Iterator

import msgspec
from markupsafe import Markup

from dragoman.dialects import discover
from dragoman.dialects.kit import ANY_CREDENTIALS, PUBLIC, Dialect
from dragoman.dialects.kit.showing import Call, Samples
from dragoman.domain.access import Principal
from dragoman.domain.traffic import may_watch
from dragoman.web.calls import VARIABLE, curl
from dragoman.web.moments import Written
from dragoman.web.visit import Visit
from dragoman.web.words import N_

KINDS = {
    "list": N_("List"),
    "one": N_("Read one"),
    "make": N_("Create"),
    "change": N_("Change"),
    "rehearse": N_("Dry run"),
}
OFF = N_("Switched off in the settings.")
SHUT_OUT = N_("An administrator has shut you out of it.")


class Shown(msgspec.Struct, frozen=True):
    """A call as it stands on a card. `id` names it in the address that runs it."""

    id: str
    title: str
    curl: str
    is_read_only: bool
    target: str
    reply: Markup | None = None
    status: str = ""


class Card(msgspec.Struct, frozen=True):
    """A dialect on the page. `off`: why it doesn't serve the reader, empty where it does."""

    name: str
    title: str
    base_url: str
    off: str
    last: Written | None
    calls: tuple[Shown, ...] = ()


def cards(visit: Visit, samples: Samples, token: str = VARIABLE) -> Iterator[Card]:
    """Those of all dialects, with the token in their calls."""
    served = {dialect.name: dialect for dialect in visit.app.dialects}
    for known in discover():
        dialect = served.get(known.name, known)
        off = _off(visit, known.name in served, known.name)
        base_url = visit.request.base_url + dialect.prefixes[0]
        calls = tuple(_calls(dialect, base_url, samples, visit, token)) if known.name in served else ()
        yield Card(dialect.name, dialect.title, base_url, off, _last(visit, dialect.name), calls)


def _off(visit: Visit, is_served: bool, name: str) -> str:
    if not is_served:
        return visit.gettext(OFF)
    allowed = visit.require().dialects
    return visit.gettext(SHUT_OUT) if allowed is not None and name not in allowed else ""


def _last(visit: Visit, dialect: str) -> Written | None:
    """When the last request came that the reader may know of."""
    principal, traffic = visit.require(), visit.app.traffic
    entries = traffic.of(principal.tenant, with_strangers=False)
    is_any = may_watch(principal)
    found = (entry for entry in entries if entry.dialect == dialect and (is_any or entry.user == principal.user))
    last = next(found, None)
    return None if last is None else visit.moments.of(last.at)


def _calls(dialect: Dialect, base_url: str, samples: Samples, visit: Visit, token: str) -> Iterator[Shown]:
    for place, call in enumerate(calls_of(dialect, samples), 1):
        headers = [("Content-Type", call.media)] if call.body else []
        line = curl(base_url + call.path, method=call.method, headers=headers, body=call.body, token=token)
        title, target = visit.gettext(KINDS[call.kind]), dialect.prefixes[0] + call.path
        yield Shown(f"{dialect.name}-{place}", title, line, call.is_read_only, target)


def calls_of(dialect: Dialect, samples: Samples) -> tuple[Call, ...]:
    """The calls of a dialect; none of one that offers none."""
    return () if dialect.calls is None else dialect.calls(samples)


def scopes(dialects: Iterable[Dialect], samples: Samples, principal: Principal) -> list[str]:
    """The scopes that the calls need, as far as the principal has them; reading ones where they suffice."""
    needed = set()
    for dialect in dialects:
        wanted = {call.operation for call in calls_of(dialect, samples)}
        for operation in dialect.operations:
            if operation.name in wanted and operation.scopes not in (PUBLIC, ANY_CREDENTIALS):
                needed.add(min(operation.scopes, key=lambda scope: (scope.endswith(".manage"), scope)))
    return sorted(scope for scope in needed if principal.has_scope(frozenset({scope})))
