"""What varies in a case: `{names}` for values that are known by then, `{marks}` for values that nobody can know."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Known = Callable[[str], object]
"""What stands for a name; LookupError when nothing does."""

PLACEHOLDER = re.compile(r"\{\{(?P<literal>[a-z_][^{}\"\n]*)\}\}|\{(?P<name>[a-z_][^{}\"\n]*)\}")
JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

OFFSET = r"(?:Z|[+-]\d\d:\d\d)"
SECOND = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
MARKS: Mapping[str, str] = {
    "any": r"(?s:.*)",
    "int": r"-?\d+",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "time:s": SECOND + OFFSET,
    "time:ms": SECOND + r"\.\d{3}" + OFFSET,
    "time:us": SECOND + r"\.\d{6}" + OFFSET,
    "time:7": SECOND + r"\.\d{7}" + OFFSET,
}
"""Mark -> the texts it stands for."""


class Mismatch(AssertionError):
    """The reply isn't what the case says."""


def fill(template: str, known: Known) -> str:
    """The text with every name replaced by its value."""
    return PLACEHOLDER.sub(lambda found: _literal(found) or str(known(found["name"])), template)


def compare_text(expected: str, actual: str, known: Known) -> None:
    """Mismatch unless `actual` is the expected text, to the character."""
    if not _pattern(expected, known).fullmatch(actual):
        raise Mismatch(f"expected the text\n  {expected}\ngot\n  {actual}")


def compare_json(expected: str, actual: bytes, known: Known, *, more: bool = False) -> None:
    """Mismatch, naming every place, unless `actual` is the expected JSON as data."""
    try:
        got = json.loads(actual)
    except ValueError as error:
        raise Mismatch(f"the reply is no JSON ({error}): {actual!r}") from error
    faults = list(_differences("", _read(expected, known), got, known, more))
    if faults:
        lines = "\n  ".join(faults)
        raise Mismatch(f"the reply differs:\n  {lines}\nwhole reply: {actual.decode()}")


class Mark(str):
    """A mark that stood outside quotes: it may be a value of any type."""


def _read(expected: str, known: Known) -> Any:
    """The case's JSON. Names outside quotes become their values, marks outside quotes become `Mark`."""
    marks: list[str] = []

    def replaced(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        if name in MARKS:
            marks.append(name)
            return json.dumps({"\ue000mark": name})
        return json.dumps(known(name))

    pieces, end = [], 0
    for string in JSON_STRING.finditer(expected):
        pieces += [PLACEHOLDER.sub(replaced, expected[end : string.start()]), string[0]]
        end = string.end()
    pieces.append(PLACEHOLDER.sub(replaced, expected[end:]))

    def marked(value: dict[str, Any]) -> Any:
        return Mark(value["\ue000mark"]) if value.keys() == {"\ue000mark"} else value

    return json.loads("".join(pieces), object_hook=marked)


def _differences(at: str, expected: Any, actual: Any, known: Known, more: bool) -> list[str]:
    here = at or "/"
    if isinstance(expected, Mark):
        text = actual if isinstance(actual, str) else json.dumps(actual)
        return [] if re.fullmatch(MARKS[expected], text) else [f"{here}: {actual!r} is no {expected}"]
    if isinstance(expected, str):
        if expected == "{any}" or (isinstance(actual, str) and _pattern(expected, known).fullmatch(actual)):
            return []
        return [f"{here}: expected {expected!r}, got {actual!r}"]
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _object_differences(at, expected, actual, known, more)
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return [f"{here}: expected {len(expected)} items, got {len(actual)}"]
        pairs = enumerate(zip(expected, actual, strict=True))
        return [fault for number, (a, b) in pairs for fault in _differences(f"{at}/{number}", a, b, known, more)]
    if type(expected) is type(actual) and expected == actual:
        return []
    return [f"{here}: expected {expected!r}, got {actual!r}"]


def _object_differences(
    at: str, expected: dict[str, Any], actual: dict[str, Any], known: Known, more: bool
) -> list[str]:
    faults = [f"{at}/{name}: missing" for name in expected.keys() - actual.keys()]
    if not more:
        faults += [f"{at}/{name}: not expected, {actual[name]!r}" for name in actual.keys() - expected.keys()]
    for name in expected.keys() & actual.keys():
        faults += _differences(f"{at}/{name}", expected[name], actual[name], known, more)
    return sorted(faults)


def _pattern(expected: str, known: Known) -> re.Pattern[str]:
    """A text with placeholders as a pattern for the texts that will do."""
    pattern, end = "", 0
    for found in PLACEHOLDER.finditer(expected):
        name = found["name"]
        piece = MARKS[name] if name in MARKS else re.escape(_literal(found) or str(known(name)))
        pattern += re.escape(expected[end : found.start()]) + piece
        end = found.end()
    return re.compile(pattern + re.escape(expected[end:]))


def _literal(found: re.Match[str]) -> str | None:
    return None if found["literal"] is None else "{" + str(found["literal"]) + "}"
