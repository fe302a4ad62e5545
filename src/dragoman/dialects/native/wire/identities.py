"""Links between users and providers over the wire."""

from typing import Annotated

from msgspec import Meta, Struct

from dragoman.dialects.native.wire.scalars import WITHOUT_NUL

Subject = Annotated[
    str,
    Meta(min_length=1, max_length=255, description="What the provider calls the user.", extra_json_schema=WITHOUT_NUL),
]


class Identity(Struct, frozen=True):
    """That a provider's subject is a user."""

    provider: str
    subject: str
    linked_at: str


class IdentityLink(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to link."""

    subject: Subject
