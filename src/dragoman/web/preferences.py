"""How a user wants the pages to be. It is stored with the user, among what only the pages use."""

import msgspec

from dragoman.domain.people import User
from dragoman.usecases.identity.sessions import PAGES


class Preferences(msgspec.Struct, frozen=True):
    """What "Your settings" has about the pages themselves."""

    theme: str = "system"  # light, dark
    density: str = "compact"  # comfortable
    keys: bool = True
    after_completing: str = "next"  # back, stay
    start: str = "/ui/inbox/mine"


USUAL = Preferences()


def of(user: User | None) -> Preferences:
    """The preferences of a user; the usual ones for one who has chosen none."""
    stored = None if user is None else user.extras.get(PAGES)
    return msgspec.convert(stored, Preferences) if stored else USUAL
