"""Users: the short Person in every task, and the Profile of the caller (page, 8.2 and 8.7)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from dragoman.dialects.onlyoffice_crm.options import NAME
from dragoman.dialects.onlyoffice_crm.wire.dates import print_date, zone_of
from dragoman.domain.people import User, name_in
from dragoman.usecases.identity.standing import Standing

LOST_USER = "4a515a15-d4d6-4b8e-828e-e0586f18f3a3"
"""Printed for a removed, unknown or absent user (page, 8.2)."""

PROFILE_PAGE = "/Products/People/Profile.aspx?user="
PHOTO = "/skins/default/images/default_user_photo_size_{}.png"
SMALL_PHOTO = PHOTO.format("32-32")
MEDIUM_PHOTO = PHOTO.format("48-48")
LARGE_PHOTO = PHOTO.format("82-82")

_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


class Persons:
    """Persons of one answer; in a list the same few come up again and again."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._known: dict[str, dict[str, Any]] = {}

    def of(self, user: User | None) -> dict[str, Any]:
        """The Person of a user; without one, and for a deleted one, the lost user."""
        if user is not None and user.deleted_at is not None:
            user = None
        key = LOST_USER if user is None else user.uid
        person = self._known.get(key)
        if person is None:
            person = self._known[key] = lost(self.base_url) if user is None else render_person(user, self.base_url)
        return person

    def of_all(self, users: Iterable[User]) -> list[dict[str, Any]]:
        """The Persons of several users."""
        return [self.of(user) for user in users]


def lost(base_url: str) -> dict[str, Any]:
    """The Person for no user."""
    return {
        "id": LOST_USER,
        "displayName": "Profile has been removed",
        "avatarSmall": SMALL_PHOTO,
        "profileUrl": base_url + PROFILE_PAGE + LOST_USER,
    }


def render_person(user: User, base_url: str) -> dict[str, Any]:
    """A user as Person. The name is HTML-encoded: clients insert it into pages unchanged."""
    person: dict[str, Any] = {"id": id_of(user), "displayName": encode_html(user.display_name)}
    if user.title:
        person["title"] = user.title
    return person | {"avatarSmall": SMALL_PHOTO, "profileUrl": profile_url(user, base_url)}


def render_profile(standing: Standing, persons: Persons) -> dict[str, Any]:
    """A user with what his roles and groups make of him; the vendor shows one department."""
    user = standing.user
    profile: dict[str, Any] = {
        "id": id_of(user),
        "userName": user.login,
        "isVisitor": False,
        "firstName": user.first_name or "",
        "lastName": user.last_name or "",
        "email": user.email or "",
        "status": 1 if user.disabled_at is None else 2,
        "activationStatus": 1,
        "terminated": _terminated(standing),
        "department": encode_html(next(iter(standing.groups), "")),
        "displayName": encode_html(user.display_name),
    }
    if user.title:
        profile["title"] = user.title
    profile |= {
        "avatarMedium": MEDIUM_PHOTO,
        "avatar": LARGE_PHOTO,
        "isAdmin": standing.is_admin,
        "isLDAP": False,
        "listAdminModules": ["crm"] if standing.is_admin else [],
        "isOwner": standing.is_owner,
    }
    if user.language:
        profile["cultureName"] = user.language
    return profile | {
        "isSSO": False,
        "avatarSmall": SMALL_PHOTO,
        "quotaLimit": 0,
        "usedSpace": 0,
        "docsSpace": 0,
        "mailSpace": 0,
        "talkSpace": 0,
        "profileUrl": profile_url(user, persons.base_url),
    }


def _terminated(standing: Standing) -> str | None:
    at = standing.user.disabled_at
    return None if at is None else print_date(at, zone_of(standing.zone))


def id_of(user: User) -> str:
    """The GUID by which clients know the user: the first alias, else the id."""
    return name_in(user, NAME) or user.uid


def profile_url(user: User, base_url: str) -> str:
    """Where the vendor's pages would show a user."""
    return base_url + PROFILE_PAGE + quote(user.login, safe="")


def encode_html(text: str) -> str:
    """Text as .NET's HtmlEncode writes it."""
    return text.translate(_HTML)
