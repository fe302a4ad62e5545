"""The search for customers (page 2, section D): conditions and controls of the query."""

import msgspec

from dragoman.dialects.genesys.wire import profiles, queries
from dragoman.dialects.kit import Request
from dragoman.domain.contact import MORE
from dragoman.domain.contact_values import Condition
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.extension import fold

CONTROLS = ("extensions", "include_profile", "include_extensions", "id_key", "expr")
"""Parameters that are no attributes."""
WORDS = {"yes": True, "true": True, "no": False, "false": False}
ALWAYS, UNIQUE = "always", "unique"
MOST_CONDITIONS = 100


class Asked(msgspec.Struct, frozen=True):
    """What is looked for, and what is shown of it. `only_if_one`: extensions of a single customer alone."""

    conditions: tuple[Condition, ...]
    wanted: queries.Wanted
    whole: bool
    only_if_one: bool


def parse(request: Request) -> Asked:
    """Every other parameter is an attribute, `Extension.attribute` one of a record. Invalid `missing_field` without
    any."""
    conditions = [
        _condition(name, value) for name, values in request.query.items() if name not in CONTROLS for value in values
    ]
    whole = _word(request, "include_profile", WORDS, False)
    only_if_one = _word(request, "include_extensions", {ALWAYS: False, UNIQUE: True}, False)
    if not conditions:
        raise Invalid("missing_field", "an attribute to look for is needed, such as EmailAddress=ida@example.com")
    if len(conditions) > MOST_CONDITIONS:
        raise Invalid("invalid_value", f"at most {MOST_CONDITIONS} attributes are looked for at once")
    return Asked(tuple(conditions), queries.parse_wanted(request), whole, only_if_one)


def _condition(name: str, value: str) -> Condition:
    extension, dot, attribute = name.partition(".")
    if dot:
        return Condition(fold(attribute), (value,), fold(extension))
    return Condition("" if name.startswith(MORE) else profiles.indexed(name), (value,))


def _word(request: Request, name: str, words: dict[str, bool], default: bool) -> bool:
    value = request.first(name)
    if value is None:
        return default
    meant = words.get(value.lower())
    if meant is None:
        message = f"must be {' or '.join(words)}"
        raise Invalid("invalid_value", f"{name} {message}", (Problem(f"/{name}", "value", message),))
    return meant
