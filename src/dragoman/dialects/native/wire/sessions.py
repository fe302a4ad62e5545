"""Sessions over the wire: browsers that are signed in. No cookie and no hash is ever shown."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.queries import Pages, Trial

Person = Annotated[str, Meta(min_length=1, max_length=255, description="A user by id or login; `me` is the caller.")]


class Session(Struct, frozen=True, kw_only=True):
    """A browser that is signed in to the pages."""

    id: str
    user: str
    login: str
    via: Annotated[str, Meta(description="How it was opened: `password`, `oidc:NAME` or `proxy`.")]
    created_at: str
    seen_at: Annotated[str, Meta(description="When it was last used, to some minutes.")]
    expires_at: Annotated[str, Meta(description="When it ends if it isn't used until then.")]
    browser: Annotated[str | None, Meta(description="What the browser calls itself.")]
    address: str | None
    is_current: Annotated[bool, Meta(description="Whether this request came by it.")]


class SessionList(Struct, frozen=True):
    """Sessions, oldest first."""

    items: list[Session]
    next: str | UnsetType = UNSET


class SessionQuery(Pages, frozen=True, kw_only=True):
    """Of the list of sessions."""

    user: Person | UnsetType = UNSET


class SessionEnd(Trial, frozen=True, kw_only=True):
    """Whose sessions end."""

    user: Person


class Ended(Struct, frozen=True):
    """How many sessions have ended."""

    ended: int
