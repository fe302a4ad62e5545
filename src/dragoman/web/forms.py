"""Forms: the fields that a browser sent, and what is wrong with them."""

from collections.abc import Iterable, Iterator

from dragoman.domain.errors import Problem
from dragoman.web import csrf

PASSWORDS = frozenset({"password", "current", "new"})
"""Fields that no page ever shows again."""
HIDDEN = frozenset({csrf.FIELD, *PASSWORDS})
LABELS = {
    "login": "Login",
    "password": "Password",
    "current": "Current password",
    "new": "New password",
    "display_name": "Name",
    "first_name": "First name",
    "last_name": "Last name",
    "title": "Title",
    "email": "E-mail",
    "zone": "Time zone",
    "language": "Language",
}
"""What the fields are called on every page."""
FORMS = {
    "email": "must be an address such as anna@example.com",
    "language": "must be a tag such as lv or de-AT",
}
"""What a field must be, where a program would be told the pattern."""


class Form:
    """The fields of a form. Of several with one name the first counts."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, str] = {}
        for name, value in fields:
            self._fields.setdefault(name, value)

    def text(self, name: str) -> str:
        """The value of a field; empty where it wasn't sent."""
        return self._fields.get(name, "")

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def shown(self) -> Iterator[tuple[str, str]]:
        """Names and values that a page may show again."""
        return ((name, value) for name, value in self._fields.items() if name not in HIDDEN)

    def passwords(self) -> list[str]:
        """The names of the fields that have to be filled in again."""
        return [name for name in self._fields if name in PASSWORDS]


def faults_of(problems: Iterable[Problem]) -> dict[str, str]:
    """Field -> what is wrong with it, as a sentence; all faults of a field in one, in the order of the fields."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        name = problem.path.removeprefix("/")
        message = FORMS[name] if problem.code == "format" and name in FORMS else problem.message
        found.setdefault(name, []).append(message.removesuffix("."))
    order = [*LABELS, *found]
    return {name: f"{LABELS.get(name, name)} {' and '.join(found[name])}." for name in sorted(found, key=order.index)}
