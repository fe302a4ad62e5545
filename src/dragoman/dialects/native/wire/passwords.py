"""Passwords and the links to choose one, over the wire."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import WITHOUT_NUL, Line
from dragoman.dialects.native.wire.tokens import Duration

Password = Annotated[
    str,
    Meta(
        max_length=4_096,
        extra_json_schema=WITHOUT_NUL,
        description="At least `passwords.least` and at most 256 characters, none of the common ones.",
    ),
]
Given = Annotated[str, Meta(max_length=4_096, extra_json_schema=WITHOUT_NUL)]
Revoking = Annotated[bool, Meta(description="Whether the API tokens of the user are revoked, too.")]


class OwnPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """Another password for oneself."""

    current: Annotated[Given, Meta(description="The present one.")]
    new: Password
    revoke_tokens: Revoking = False


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """A password for a user."""

    new: Password
    revoke_tokens: Revoking = False


class LinkedPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """A password chosen by a link."""

    token: Annotated[Given, Meta(description="Of the link.")]
    new: Password


class NewLink(Struct, frozen=True, forbid_unknown_fields=True):
    """A link to be made."""

    expires_in: Annotated[Duration, Meta(description="At most P7D.")] | UnsetType | None = UNSET
    mail: Annotated[bool, Meta(description="Whether it is sent to the user instead of shown.")] = False


class Link(Struct, frozen=True):
    """A link by which its user chooses a password, once. It is shown in this reply only."""

    url: str | None
    token: str | None
    expires_at: str


class LinkRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Who forgot the password."""

    login: Annotated[Line, Meta(min_length=1, description="The login or e-mail address.")]
