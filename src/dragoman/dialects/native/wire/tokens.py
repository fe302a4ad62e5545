"""Tokens over the wire. The text of a token is in one reply, that to its making."""

import re
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.queries import Pages, Who
from dragoman.dialects.native.wire.scalars import Line, Person, Time
from dragoman.domain.people import TokenKind
from dragoman.domain.token_rules import TokenState

LARGEST_NUMBER_OF_SCOPES = 100
LONGEST_DAYS = 36_600
SECONDS = {"W": 604_800, "D": 86_400, "H": 3_600, "M": 60, "S": 1}
_HOURS, _MINUTES, _SECONDS = "[0-9]{1,6}H", "[0-9]{1,6}M", "[0-9]{1,9}S"
_TIME = f"T({_HOURS}({_MINUTES})?({_SECONDS})?|{_MINUTES}({_SECONDS})?|{_SECONDS})"
DURATION_PATTERN = f"^P([0-9]{{1,4}}W|[0-9]{{1,5}}D|([0-9]{{1,5}}D)?{_TIME})$"

Duration = Annotated[
    str,
    Meta(
        extra_json_schema={"pattern": DURATION_PATTERN},
        description="An ISO 8601 duration of weeks, or of days and a time: P90D, PT12H.",
    ),
]
Word = Annotated[Line, Meta(description="A scope, `*`, `NOUN.*`, `*.VERB`, or a preset.")]
Name = Annotated[Line, Meta(description="What it is for.")]


def seconds_of(duration: str) -> int:
    """The length of a `Duration`."""
    return sum(int(count) * SECONDS[unit] for count, unit in re.findall(r"(?<![0-9])([0-9]+)([WDHMS])", duration))


class Token(Struct, frozen=True, kw_only=True):
    """A credential for a program. It acts as its user, within its scopes."""

    id: Annotated[str, Meta(description="The first 16 digits of its SHA-256.")]
    kind: Annotated[TokenKind, Meta(description="`login`: made for a password, by the login of a dialect.")]
    name: str
    user: str
    login: str
    scopes: list[str]
    unknown_scopes: Annotated[list[str], Meta(description="Those that match no operation.")]
    created_at: str
    created_by: Annotated[str | None, Meta(description="Null for the command line.")]
    gives_decision: Annotated[bool, Meta(description="Whether it gives the right to decide batches.")]
    expires_at: str | None
    last_used_at: Annotated[str | None, Meta(description="Stored every few minutes.")]
    last_dialect: str | None
    revoked_at: str | None
    state: Annotated[TokenState, Meta(description="`suspended`: its user is disabled.")]


class MadeToken(Token, frozen=True, kw_only=True):
    """A token that was just made."""

    token: Annotated[
        str | None, Meta(description="The token itself. It is shown once: null where the reply is repeated.")
    ]


class NewToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be made."""

    scopes: Annotated[list[Word], Meta(min_length=1, max_length=LARGEST_NUMBER_OF_SCOPES)]
    name: Name = ""
    expires_in: Duration | UnsetType | None = UNSET
    expires_at: Time | UnsetType | None = UNSET
    user: (
        Annotated[Person, Meta(description="Whose token; for administrators. By default the caller's.")] | UnsetType
    ) = UNSET


class TokenPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch of a token."""

    name: Name | UnsetType = UNSET


class TokenList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of tokens, oldest first."""

    items: list[Token]
    next: Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")] = UNSET


class TokenQuery(Pages, frozen=True, kw_only=True):
    """Of the list of tokens. All conditions must hold."""

    user: Who | UnsetType = UNSET
    kind: TokenKind | UnsetType = UNSET
    state: (
        Annotated[
            list[TokenState],
            Meta(min_length=1, max_length=len(TokenState), description="Any of these; by default those that count."),
        ]
        | UnsetType
    ) = UNSET
    unused_days: (
        Annotated[int, Meta(ge=0, le=LONGEST_DAYS, description="Neither used nor made for so many days.")] | UnsetType
    ) = UNSET
