"""Purging and exporting services (page 2, sections H and I): tokens, bounds, and names of files."""

from typing import Any

import msgspec

from dragoman.dialects.genesys import problems as faults
from dragoman.dialects.genesys.wire import moments, queries
from dragoman.dialects.genesys.wire.resources import NAME
from dragoman.dialects.kit import Request, fields, json
from dragoman.dialects.kit.fields import Problems
from dragoman.domain.clock import Moment
from dragoman.usecases.cases.services import Clear, ServiceFilter

PURGE = "purge.service"
OPERATIONS: dict[str, tuple[bool | None, bool | None]] = {
    f"{PURGE}.all": (None, None),
    f"{PURGE}.started": (True, None),
    f"{PURGE}.started.anonymous": (True, True),
    f"{PURGE}.completed": (False, None),
    f"{PURGE}.completed.anonymous": (False, True),
}
"""Token -> whether services that are open now are deleted or completed ones, and whether only anonymous ones."""
LIMIT, OPERATION = "limit", "operation"


class Bounds(msgspec.Struct, frozen=True):
    """On or after, and strictly before, these moments of start."""

    begin: Moment | None
    end: Moment | None

    def filter(self) -> ServiceFilter:
        """The services in between."""
        return ServiceFilter(started_from=self.begin, started_before=self.end)


def parse_purge(request: Request) -> Clear:
    """`limit` and `operation`, in the body or else in the query."""
    members: dict[str, Any] = {name: request.first(name) for name in (LIMIT, OPERATION) if name in request.query}
    problems = Problems()
    if "limit" in members:
        members[LIMIT] = str(members[LIMIT]).replace(" ", "+")  # the plus of an offset
    if request.body.strip():
        sent = json.parse_object(request.body)
        fields.refuse_unknown(sent, (LIMIT, OPERATION), "", problems)
        members |= sent
    for name in (LIMIT, OPERATION):
        if members.get(name) is None:
            problems.add(f"/{name}", "missing", "is needed")
    limit, is_open, is_anonymous = Moment(0), None, None
    if members.get(LIMIT) is not None:
        limit = fields.moment(members[LIMIT], f"/{LIMIT}", problems, moments.parse)
    if members.get(OPERATION) is not None:
        token = fields.choice(members[OPERATION], f"/{OPERATION}", problems, tuple(OPERATIONS))
        is_open, is_anonymous = OPERATIONS.get(token, (None, None))
    faults.raise_if_any(problems)
    return Clear(ServiceFilter(started_before=limit, is_anonymous=is_anonymous, made_through=NAME), is_open)


def parse_bounds(request: Request) -> Bounds:
    """`time_from` and `time_to`; without them there is no bound."""
    return Bounds(queries.parse_moment(request, "time_from"), queries.parse_moment(request, "time_to"))


def file_name(moment: Moment) -> str:
    """`services_<yyyyMMddTHHmmssSSS>.json`: one `_` and one `.`, between which clients cut (page 2, I [C])."""
    digits = "".join(character for character in moments.render(moment) if character not in "-:.Z")
    return f"services_{digits}.json"
