"""Users: one's own profile, and who else there is."""

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.users import ProfilePatch, User, UserList
from dragoman.domain import people
from dragoman.usecases.identity import profiles

READ_ONLY = frozenset(User.__struct_fields__)


def parse_own(request: Request, query: queries.Nothing) -> profiles.Own:
    """The user of the request."""
    return profiles.Own()


def parse_patch_own(request: Request, query: queries.Trial) -> profiles.ChangeOwn:
    """A merge patch of one's own profile."""
    return reading.body(request, ProfilePatch, _change, media=reading.MERGE_PATCH, read_only=READ_ONLY)


def parse_list(request: Request, query: queries.Nothing) -> profiles.List:
    """All of them."""
    return profiles.List()


def render_list(found: list[people.User], request: Request) -> Reply:
    return replies.plain(UserList([wire.user(user) for user in found]))


def _change(patch: ProfilePatch) -> profiles.ChangeOwn:
    named = {name: getattr(patch, name) for name in ProfilePatch.__struct_fields__}
    return profiles.ChangeOwn({name: value for name, value in named.items() if value is not UNSET})
