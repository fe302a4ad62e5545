"""Scopes: the words in tokens and ceilings, made from the operations and the types of batches that there are.

A word is `NOUN.VERB`; `*`, `NOUN.*` and `*.VERB` stand for many, and a preset (`@worker`) for a list. Whether a
principal has a scope is decided in `domain/access.py`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.text import distance

ALL = "*"
METRICS = frozenset({"metrics.read"})
"""What `/metrics` asks for where it isn't open."""
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\.[a-z_]+")
OF_BATCHES = "batch."
"""What the names of those operations begin with that are entries of batches."""
NEAR = 2
"""How many letters a word may be off for a suggestion."""
SHOWN = 64

NOUNS = {
    "task": "tasks",
    "case": "cases and their stages",
    "contact": "contacts",
    "category": "categories",
    "schema": "schemas of extensions",
    "comment": "comments on tasks",
    "attachment": "attachments of tasks",
    "user": "users and their histories",
    "group": "groups and their members",
    "session": "sign-ins of browsers",
    "tenant": "the settings of the tenant",
    "privacy": "personal data",
    "token": "tokens",
    "batch": "batches",
    "event": "events",
    "webhook": "webhooks",
    "mail": "mail settings",
    "calendar": "calendars",
    "ladder": "escalation ladders",
    "absence": "absences",
    "feed": "feeds",
    "approval": "approvals",
    "audit": "histories of users, groups and the tenant",
    "phonenumber": "phone numbers",
    "prefix": "number prefixes",
    "file": "files",
}
VERBS = {
    "read": "Read {}.",
    "write": "Create, change and delete {}.",
    "create": "Create {}.",
    "update": "Change {}.",
    "delete": "Delete {}.",
    "manage": "Everything that can be done with {}.",
    "request": "Ask for {}.",
}
SUMMARIES = {
    "user.write": "Change one's own profile and password.",
    "user.manage": "Create, change, disable and delete users; for administrators.",
    "group.manage": "Create, change and delete groups; for administrators.",
    "session.write": "End sign-ins of browsers.",
    "session.manage": "End sign-ins of all users; for administrators.",
    "tenant.manage": "Change the settings of the tenant; for administrators.",
    "privacy.manage": "Make personal data anonymous; for administrators.",
    "token.write": "Create, rename and revoke tokens.",
    "batch.update": "Change, preview, decide, pause, resume and stop batches.",
    "batch.decide": "Approve and refuse batches.",
    "batch.create": "Create, retry and undo batches.",
    "metrics.read": "Read `/metrics`.",
}


class Scope(msgspec.Struct, frozen=True):
    """One scope, and the operations for which it suffices."""

    name: str
    summary: str
    operations: tuple[str, ...]


class Preset(msgspec.Struct, frozen=True):
    """A name for a list of scopes. A token gets the scopes, not the name."""

    name: str
    scopes: tuple[str, ...]
    summary: str


PRESETS = (
    Preset("@read", ("*.read",), "Read everything, change nothing."),
    Preset(
        "@worker",
        (
            "task.*",
            "case.read",
            "contact.read",
            "category.read",
            "comment.*",
            "attachment.*",
            "user.read",
            "event.read",
        ),
        "Work on tasks.",
    ),
    Preset(
        "@batch",
        ("batch.*", "task.*", "contact.*", "case.*", "phonenumber.*", "prefix.*", "file.*"),
        "Create and decide batches, and change what they work on.",
    ),
    Preset("@agent", ("task.read", "approval.request", "approval.read", "user.read"), "Read tasks, ask for approvals."),
    Preset("@monitor", ("metrics.read",), "Read the metrics."),
    Preset("@admin", (ALL,), "Everything that the user may do."),
)


class Registry:
    """The scopes that there are: those of which some operation needs one."""

    def __init__(self, operations: Iterable[tuple[str, frozenset[str]]]) -> None:
        """From the name of each operation and the scopes of which one suffices; words of another form are left out."""
        found: dict[str, list[str]] = {}
        for operation, words in operations:
            for word in words:
                if WORD.fullmatch(word):
                    found.setdefault(word, []).append(operation)
        self._scopes = {
            word: Scope(word, _summary(word, names), tuple(sorted(set(names)))) for word, names in sorted(found.items())
        }
        nouns, verbs = zip(*(word.split(".") for word in found), strict=True) if found else ((), ())
        self._patterns = {ALL, *(f"{noun}.*" for noun in nouns), *(f"*.{verb}" for verb in verbs)}

    @property
    def scopes(self) -> list[Scope]:
        """All of them, by name."""
        return list(self._scopes.values())

    @property
    def presets(self) -> list[Preset]:
        """All of them, with the scopes that a token would get."""
        return [Preset(each.name, self._present(each), each.summary) for each in PRESETS]

    def is_known(self, word: str) -> bool:
        """Whether it is a scope, `*`, `NOUN.*` or `*.VERB`."""
        return word in self._scopes or word in self._patterns

    def unknown(self, words: Iterable[str]) -> tuple[str, ...]:
        """Those that match no operation."""
        return tuple(word for word in words if not self.is_known(word))

    def written_out(self, words: Sequence[str], path: str = "/scopes") -> tuple[str, ...]:
        """The words, each once and in their order, with presets replaced by their scopes. Invalid with a fault
        `unknown_scope` for each that is none, below `path`."""
        presets = {each.name: each.scopes for each in self.presets}
        problems = tuple(
            Problem(f"{path}/{place}", "unknown_scope", self._unknown(word))
            for place, word in enumerate(words)
            if word not in presets and not self.is_known(word)
        )
        if problems:
            raise Invalid("invalid_body", "The body isn't as it should be; each fault is listed.", problems)
        return tuple(dict.fromkeys(scope for word in words for scope in presets.get(word, (word,))))

    def _unknown(self, word: str) -> str:
        shown = word if len(word) <= SHOWN else f"{word[: SHOWN - 1]}…"
        nearest = min(self._near(word), default=None)
        return f"{shown!r} is not a scope" + ("" if nearest is None else f"; did you mean {nearest[1]}?")

    def _near(self, word: str) -> Iterator[tuple[int, str]]:
        for known in (*self._scopes, *sorted(self._patterns - {ALL}), *(each.name for each in PRESETS)):
            if abs(len(known) - len(word)) <= NEAR and (letters := distance(known, word)) <= NEAR:
                yield letters, known

    def _present(self, preset: Preset) -> tuple[str, ...]:
        return tuple(filter(self.is_known, preset.scopes))


def _summary(word: str, operations: Iterable[str]) -> str:
    """`operations`: those for which it suffices."""
    known = SUMMARIES.get(word)
    if known is not None:
        return known
    noun, _, verb = word.partition(".")
    objects = NOUNS.get(noun, f"objects of the type {noun}")
    if all(name.startswith(OF_BATCHES) for name in operations):
        objects += " through batches"
    return VERBS.get(verb, verb.capitalize() + " {}.").format(objects)
