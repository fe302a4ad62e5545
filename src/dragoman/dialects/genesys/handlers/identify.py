"""Identifying customers by their attributes (page 2, section D)."""

from typing import Any

from dragoman.dialects.genesys.handlers.profiles import Alone
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.genesys.wire import identify as wire
from dragoman.dialects.genesys.wire import profiles
from dragoman.dialects.genesys.wire.queries import Wanted
from dragoman.dialects.kit import Request
from dragoman.domain.errors import Invalid
from dragoman.domain.identification import IdentificationKey, choose
from dragoman.usecases.contacts import identification, search
from dragoman.usecases.uow import UnitOfWork


class Identify(Alone, frozen=True):
    """Look for customers. `key` is the name of the identification key that must cover the attributes."""

    asked: wire.Asked | Invalid
    key: str | None
    needs_key: bool


def parse(switches: Switches, request: Request) -> Identify:
    """Attributes and controls stand in the query."""
    asked = judged_late(lambda: wire.parse(request))
    return Identify(asked, request.first("id_key"), switches.require_identification_key)


def run(uow: UnitOfWork, command: Identify) -> list[dict[str, Any]]:
    """The customers with all these values, in order of creation; nobody is an empty list."""
    key = None if command.key is None else identification.get(uow, command.key)
    asked = judge(command.asked)
    if key is not None:
        _must_cover(key, asked)
    elif command.needs_key:
        choose(identification.list_all(uow), asked.conditions)
    found = search.find(uow, asked.conditions)
    wanted = Wanted() if asked.only_if_one and len(found) != 1 else asked.wanted
    return [profiles.render(contact, wanted, whole=asked.whole) for contact in found]


def _must_cover(key: IdentificationKey, asked: wire.Asked) -> None:
    """Invalid unless the query has all attributes of the key."""
    sent = {(condition.extension, condition.attribute) for condition in asked.conditions}
    missing = key.spelled[key.leading(sent) :]
    if missing:
        raise Invalid("missing_field", f"{', '.join(missing)} of the key {key.name} is needed")
