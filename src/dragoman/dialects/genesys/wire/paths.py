"""Paths and the ids in them. An id is opaque text: what was never issued is not found, never a matter of form."""

import re

import msgspec

from dragoman.dialects.kit import Route
from dragoman.domain.case import Case
from dragoman.domain.errors import NotOffered

PREFIX = "/genesys/1/cs"
GUID = "guid"
LARGEST = 2**63 - 1
SHOWN = 64

NUMBER = re.compile(r"[1-9][0-9]{0,18}")
PROFILES = "/profiles"
SEARCH = re.compile(rf"{PROFILES}/([^/=]+=[^/]*)")
AMPERSAND = re.compile(r"&(?=[A-Za-z_][A-Za-z0-9_.-]*=)")

LITERALS = {
    "sid": {"start": "POST"},
    "stid": {"start": "POST", "transition": "POST", "active": "GET", "completed": "GET"},
    "tid": {"start": "POST", "active": "GET", "completed": "GET"},
}
"""Words that win over an id in their place (page, 2.1), and the method that they take."""


class ServiceId(msgspec.Struct, frozen=True):
    """A service as a client names it; without a number it is none that we ever issued."""

    text: str
    number: int | None
    uid: str | None = None


def normalise(below: str) -> Route:
    """The path without the mistakes that the vendor's pages print (page, section 1): the prefix doubled, `&` for the
    first `?`, a slash at the end; a search for customers in place of an id (page 2, D)."""
    query = None
    cut = AMPERSAND.search(below)
    if cut is not None:
        below, query = below[: cut.start()], below[cut.end() :]
    if below.startswith(PREFIX + "/"):
        below = below[len(PREFIX) :]
    if below.endswith("/") and len(below) > 1:
        below = below[:-1]
    search = SEARCH.fullmatch(below)
    if search is not None:
        asked = search[1].replace("+", "%2B")
        below, query = PROFILES, asked if query is None else f"{asked}&{query}"
    return Route(below, query=query)


def parse_number(text: str) -> int | None:
    """The number of a state or task, or None when no number is ever spelt so."""
    if not NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if number <= LARGEST else None


def parse_service(text: str, style: str) -> ServiceId:
    if style != GUID:
        return ServiceId(text, parse_number(text))
    number, dash, uid = text.partition("-")
    return ServiceId(text, parse_number(number) if dash else None, uid.lower())


def render_service(case: Case, style: str) -> int | str:
    return case.number if style != GUID else f"{case.number}-{case.uid}"


def refuse_literal(variable: str, text: str) -> None:
    """NotOffered, with the supported method, for a word in place of an id at the end of a path."""
    allow = LITERALS[variable].get(text)
    if allow is not None:
        raise NotOffered("method_not_allowed", f"this path takes {allow}", allow=allow)


def shown(text: str) -> str:
    """A client's text as a message repeats it."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
