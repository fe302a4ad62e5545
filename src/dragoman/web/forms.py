"""Forms: the fields that a browser sent, and what is wrong with them."""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping

from dragoman.dialects.kit.forms import Arriving, Sent
from dragoman.domain.errors import Problem
from dragoman.web import csrf
from dragoman.web.words import N_

PASSWORDS = frozenset({"password", "current", "new"})
"""Fields that no page ever shows again."""
HIDDEN = frozenset({csrf.FIELD, *PASSWORDS})
LABELS = {
    "login": N_("Login"),
    "password": N_("Password"),
    "current": N_("Current password"),
    "new": N_("New password"),
    "display_name": N_("Name"),
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "title": N_("Title"),
    "email": N_("E-mail"),
    "zone": N_("Time zone"),
    "language": N_("Language"),
    "theme": N_("Theme"),
    "density": N_("Density"),
    "keys": N_("Keyboard shortcuts"),
    "after_completing": N_("After completing"),
    "start": N_("Start page"),
    "code": N_("Code"),
}
"""What the fields are called on every page."""
FORMS = {
    "email": N_("must be an address such as anna@example.com"),
    "language": N_("must be a tag such as lv or de-AT"),
}
"""What a field must be, where a program would be told the pattern."""


def new_key() -> str:
    """A key for a form: sent twice, it is done once."""
    return secrets.token_urlsafe(12)


class Form:
    """The fields of a form. Of several with one name the first counts, except in `all`.

    `arriving`: the file of a form that is read as it arrives. Fields behind it are not known.
    """

    def __init__(
        self,
        fields: Iterable[tuple[str, str]] = (),
        files: Mapping[str, Sent] | None = None,
        arriving: Arriving | None = None,
    ) -> None:
        self.pairs = tuple(fields)
        self.arriving = arriving
        self._files = dict(files or {})
        self._fields: dict[str, str] = {}
        for name, value in self.pairs:
            self._fields.setdefault(name, value)

    def all(self, name: str) -> list[str]:
        """The values of all fields with this name, in order."""
        return [value for each, value in self.pairs if each == name]

    def text(self, name: str) -> str:
        """The value of a field; empty where it wasn't sent."""
        return self._fields.get(name, "")

    def file(self, name: str) -> Sent | None:
        """The file of a field; None where none was chosen, or the form sends none."""
        sent = self._files.get(name)
        return sent if sent is not None and (sent.file_name or sent.content) else None

    def file_digests(self) -> list[tuple[str, str]]:
        """The fields with files, and the hash of each."""
        return [(name, hashlib.sha256(sent.content).hexdigest()) for name, sent in self._files.items()]

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def shown(self) -> Iterator[tuple[str, str]]:
        """Names and values that a page may show again."""
        return ((name, value) for name, value in self.pairs if name not in HIDDEN)

    def passwords(self) -> list[str]:
        """The names of the fields that have to be filled in again."""
        return [name for name in self._fields if name in PASSWORDS]


def faults_of(
    problems: Iterable[Problem], say: Callable[[str], str] = str, labels: Mapping[str, str] = LABELS
) -> dict[str, str]:
    """Field -> what is wrong with it, as a sentence; all faults of a field in one, in the order of the fields.

    `say` gives a text in the language of the reader, `labels` are what the fields are called.
    """
    found: dict[str, list[str]] = {}
    for problem in problems:
        name = problem.path.removeprefix("/")
        message = FORMS[name] if problem.code == "format" and name in FORMS else problem.message
        found.setdefault(name, []).append(say(message).removesuffix("."))
    order = [*labels, *found]
    between = f" {say(N_('and'))} "
    sentences = {name: f"{say(labels.get(name, name))} {between.join(texts)}." for name, texts in found.items()}
    return dict(sorted(sentences.items(), key=lambda each: order.index(each[0])))
