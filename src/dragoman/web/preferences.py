"""How a user wants the pages to be. It is stored with the user, among what only the pages use."""

from collections.abc import Iterable, Mapping

import msgspec

from dragoman.domain.people import User
from dragoman.usecases.identity.sessions import PAGES
from dragoman.web.frame import LISTS, Entry
from dragoman.web.words import N_

Choices = Mapping[str, str]
"""Value -> what it is called."""


class Preferences(msgspec.Struct, frozen=True):
    """What "Your settings" has about the pages themselves."""

    theme: str = "system"  # light, dark
    density: str = "compact"  # comfortable
    keys: bool = True
    after_completing: str = "next"  # back, stay
    start: str = "/ui/inbox/mine"


USUAL = Preferences()
CHOICES: Mapping[str, Choices] = {
    "theme": {"system": N_("As the system"), "light": N_("Light"), "dark": N_("Dark")},
    "density": {"compact": N_("Compact"), "comfortable": N_("Comfortable")},
    "keys": {"on": N_("On"), "off": N_("Off")},
    "after_completing": {"next": N_("Go to the next task"), "back": N_("Go back"), "stay": N_("Stay")},
}


def of(user: User | None) -> Preferences:
    """The preferences of a user; the usual ones for one who has chosen none."""
    stored = None if user is None else user.extras.get(PAGES)
    return msgspec.convert(stored, Preferences) if stored else USUAL


def starts(views: Iterable[Entry]) -> dict[str, str]:
    """The pages that one may start with: the lists, and one's saved views."""
    return {entry.href: entry.label for entry in (*LISTS, *views)}


def chosen(preferences: Preferences) -> dict[str, str]:
    """The preferences as the fields of a form have them."""
    return {**msgspec.structs.asdict(preferences), "keys": "on" if preferences.keys else "off"}


def facts(values: Mapping[str, str]) -> dict[str, object]:
    """The values of fields, which must be among the choices, as they are stored."""
    return {name: value == "on" if name == "keys" else value for name, value in values.items()}
