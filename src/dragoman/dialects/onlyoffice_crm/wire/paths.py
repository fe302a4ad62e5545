"""Paths: which exist at all, and the extension that chooses a format.

A number that is none, or another extension, leads nowhere: 404 from the web server, before anybody asks for
credentials (page, 1). So the shape of a path is looked at before the router sees it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote

from dragoman.dialects.kit import Route
from dragoman.domain.errors import NotFound

EXTENSION = re.compile(r"\.(?:json|xml|tml)\Z", re.IGNORECASE)
TEXTS = frozenset({"user", "code", "status", "words"})
"""Variables that aren't numbers."""

OURS = frozenset({"authentication", "batch", "capabilities", "crm", "people", "settings"})
MODULES = OURS | frozenset(
    (
        *("calendar", "community", "core", "feed", "files", "group", "mail", "mailserver", "migration", "portal"),
        *("project", "reports", "security", "smtpsettings", "thirdparty"),
    )
)
"""The vendor's modules, by the first word of a path."""

_VARIABLE = re.compile(r"\{(\w+)\}")


def normaliser(paths: Iterable[str]) -> Callable[[str], Route]:
    """The function that takes a path apart, for a dialect that has these."""
    known = re.compile("|".join(dict.fromkeys(map(_pattern, paths))), re.IGNORECASE)

    def normalise(path: str) -> Route:
        """The path without its extension and a slash at its end. NotFound when no operation has such a path."""
        path = path[:-1] if path.endswith("/") else path
        found = EXTENSION.search(path)
        extension = "" if found is None else found[0].lower()
        path = path[: len(path) - len(extension)]
        if known.fullmatch(unquote(path) if "%" in path else path) is None:
            raise NotFound("unknown_path", "There is nothing at this path.")
        return Route(path, extension)

    return normalise


def reason(module: str) -> str:
    """Why nothing is at a path of the vendor's."""
    if module in OURS:
        return "This server offers no such operation; its reference lists those of this module that it has."
    return f"This server doesn't offer the module {module}."


def _pattern(path: str) -> str:
    return _VARIABLE.sub(lambda found: "[^/]+" if found[1] in TEXTS else "[0-9]+", path)


def check_numbers(variables: Mapping[str, str]) -> None:
    """NotFound for a word where a number belongs: the word has a path of its own, but not with this method."""
    for name, value in variables.items():
        if name not in TEXTS and not (value.isascii() and value.isdigit()):
            raise NotFound("unknown_path", "There is nothing at this path.")
