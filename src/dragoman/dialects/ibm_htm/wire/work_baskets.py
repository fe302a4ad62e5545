"""Work baskets on the wire: what a new one may hold, and how one is shown (ibm-htm-2.md, H)."""

from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.wire import ids, times, values
from dragoman.dialects.ibm_htm.wire.roles import REASON
from dragoman.domain.work_list import LONGEST_NAME, ListRole, WorkList

TYPES = {"TYPE_CLEARANCE": 1, "TYPE_GROUP": 2, "TYPE_INDIVIDUAL": 3, "TYPE_TOPIC": 4}
POLICIES = {
    "SUBSTITUTION_POLICY_NO_SUBSTITUTION": 1,
    "SUBSTITUTION_POLICY_SELECT_USER_IF_PRESENT": 2,
    "SUBSTITUTION_POLICY_SUBSTITUTE_IF_ABSENT": 3,
}
DEFAULT_TYPE, DEFAULT_POLICY = "TYPE_GROUP", "SUBSTITUTION_POLICY_NO_SUBSTITUTION"
REASONS = {f"{REASON}{role.name}": role for role in ListRole}
LONGEST_TEXT, LONGEST_TITLE, LONGEST_DESCRIPTION = 254, 254, 2_000
MOST_NAMES = 1_000
"""Of a role, and of distribution targets."""


class Sent(msgspec.Struct, frozen=True):
    """A basket as a client sent it: people and targets by name. `facts` are what only this vendor knows."""

    name: str
    display_name: str | None = None
    description: str | None = None
    owner: str | None = None
    roles: dict[ListRole, tuple[str, ...]] = {}
    targets: tuple[str, ...] = ()
    facts: dict[str, str] = {}


def read(members: dict[str, Any]) -> Sent:
    """A new basket. Invalid for the first member that can't be taken."""
    if "name" not in members:
        raise refusals.missing_member("name")
    found = {name: reader(name, members[name]) for name, reader in READERS.items() if members.get(name) is not None}
    facts = {name: found[name] for name in FACTS if name in found}
    return Sent(
        _name(members["name"]),
        found.get("displayName"),
        found.get("description"),
        found.get("owner"),
        _roles(members.get("roles") or {}),
        found.get("distributionTargets", ()),
        {name: value for name, value in facts.items() if value not in (DEFAULT_TYPE, DEFAULT_POLICY)},
    )


def _name(value: Any) -> str:
    name = values.text("name", value)
    values.must_be_filled("name", name)
    if ids.is_object(name):
        raise refusals.bad_value("name", "it may not be like an ID")
    return _short("name", name, LONGEST_NAME)


def _short(name: str, value: str, most: int) -> str:
    if len(value.encode()) > most:
        raise refusals.too_long(name, most)
    return value


def _text(most: int) -> Callable[[str, Any], str]:
    return lambda name, value: _short(name, values.text(name, value), most)


def _one_of(words: dict[str, int]) -> Callable[[str, Any], str]:
    def read_word(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise refusals.bad_value(name, f"one of {', '.join(words)} is needed")
        return value

    return read_word


def _names(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_NAMES:
        raise refusals.bad_value(name, f"an array of at most {MOST_NAMES} names is needed")
    return tuple(dict.fromkeys(_short(name, values.text(name, each), LONGEST_TEXT) for each in value))


def _roles(value: Any) -> dict[ListRole, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise refusals.bad_value("roles", "an object of arrays is needed")
    found: dict[ListRole, tuple[str, ...]] = {}
    for reason, names in value.items():
        role = REASONS.get(reason)
        if role is None:
            raise refusals.bad_role(reason)
        found[role] = _names(f"roles.{reason}", names)
    return found


CUSTOM_TEXTS = tuple(f"customText{number}" for number in range(1, 9))
FACTS = ("type", "defaultQueryTable", "jndiNameOfStaffPluginProvider", "substitutionPolicy", *CUSTOM_TEXTS)
"""Members that are stored, and shown again, and do nothing."""
READERS: dict[str, Callable[[str, Any], Any]] = {
    "displayName": lambda name, value: _short(name, values.text(name, value), LONGEST_TITLE),
    "description": lambda name, value: _short(name, values.text(name, value), LONGEST_DESCRIPTION),
    "owner": _text(LONGEST_TEXT),
    "type": _one_of(TYPES),
    "substitutionPolicy": _one_of(POLICIES),
    "distributionTargets": _names,
    **dict.fromkeys(("defaultQueryTable", "jndiNameOfStaffPluginProvider", *CUSTOM_TEXTS), _text(LONGEST_TEXT)),
}
MEMBERS = ("name", "roles", *READERS)


class BasketView(msgspec.Struct, frozen=True):
    """A basket with the names of people and of its targets."""

    basket: WorkList
    owner: str | None = None
    roles: dict[str, list[str]] = {}
    targets: list[tuple[str, str]] = []


def fact(basket: WorkList, name: str) -> str | None:
    """What a client gave under this name, or the default."""
    defaults = {"type": DEFAULT_TYPE, "substitutionPolicy": DEFAULT_POLICY}
    return basket.extras.get(NAME, {}).get(name, defaults.get(name))


def details(seen: BasketView) -> dict[str, Any]:
    """All that is known of a basket. What is absent is left out."""
    basket = seen.basket
    shown: dict[str, Any] = {
        "wbid": ids.work_basket_id(basket.uid),
        "name": basket.name,
        "displayName": basket.label,
        "description": basket.description,
        "owner": seen.owner,
        "creationTime": times.render(basket.created_at),
        "lastModificationTime": times.render(basket.modified_at),
        **{name: fact(basket, name) for name in FACTS},
        "roles": {REASON + ListRole(role).name: names for role, names in seen.roles.items()},
        "distributionTargets": [name for _, name in seen.targets],
    }
    return {name: value for name, value in shown.items() if value is not None}
