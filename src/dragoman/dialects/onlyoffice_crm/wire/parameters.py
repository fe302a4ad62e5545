"""Parameters: a flat list by name, wherever it came from. Path before query before body; names know no case (page, 3).

Values are text until an operation asks for a type; what each type takes, and how it refuses, is the table of 3.1.
"""

import re
from collections.abc import Iterable, Mapping

from dragoman.dialects.kit import Request, forms, json, xml
from dragoman.dialects.kit.fields import flatten, fold_arrays
from dragoman.dialects.onlyoffice_crm.problems import FORMAT, OUT_OF_RANGE, OVERFLOW, bad_text
from dragoman.dialects.onlyoffice_crm.wire.dates import Date, parse_date
from dragoman.dialects.onlyoffice_crm.wire.paths import check_numbers

NOBODY = "00000000-0000-0000-0000-000000000000"
BAD_INTEGER = "Input string was not in a correct format."
BAD_BOOLEAN = "String was not recognized as a valid Boolean."
BAD_GUID = "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."

_DECIMAL = re.compile(r"([+-]?)([0-9]+)")
_HEXADECIMAL = re.compile(r"0[xX]([0-9a-fA-F]+)")
_GUID = re.compile(r"(\{?)(?:[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(\}?)")
_MOST_DIGITS = 19

Pairs = Iterable[tuple[str, str]]


class Parameters:
    """The parameters of one request. Every reader raises Invalid for text that isn't of its type."""

    def __init__(self, *sources: Mapping[str, list[str]]) -> None:
        self._sources = [source for source in sources if source]

    def values(self, name: str) -> list[str]:
        """All values of a parameter, from the first source that has it."""
        name = name.lower()
        return next((source[name] for source in self._sources if name in source), [])

    def text(self, name: str) -> str | None:
        """As it is: None when missing, the empty string when empty or null."""
        values = self.values(name)
        return values[0] if values else None

    def integer(self, name: str) -> int:
        """32 bit; missing and empty are 0."""
        text = self.text(name)
        return to_integer(text, name) if text else 0

    def long(self, name: str) -> int:
        """64 bit; missing and empty are 0."""
        text = self.text(name)
        return to_integer(text, name, 64) if text else 0

    def boolean(self, name: str) -> bool:
        """Missing and empty are false."""
        return self.optional_boolean(name) or False

    def optional_boolean(self, name: str) -> bool | None:
        """Missing and empty are None."""
        text = self.text(name)
        return to_boolean(text, name) if text else None

    def guid(self, name: str) -> str | None:
        """Lower case with dashes; missing, empty and all zero are None."""
        text = self.text(name)
        guid = to_guid(text, name) if text else NOBODY
        return None if guid == NOBODY else guid

    def date(self, name: str) -> Date | None:
        """Missing and empty are None."""
        text = self.text(name)
        return parse_date(text, name) if text else None

    def choice(self, name: str, members: Mapping[str, int]) -> int:
        """One of an enumeration's members by name, any case, or by number; missing and empty are the first."""
        text = self.text(name)
        return to_member(text, name, members) if text else next(iter(members.values()))

    def integers(self, name: str) -> list[int]:
        """Each value as an integer, in order; missing is empty."""
        return [to_integer(text, name) if text else 0 for text in self.values(name)]

    def guids(self, name: str) -> list[str]:
        """Each value as a guid, in order; missing is empty, the nil guid is left out."""
        guids = [to_guid(text, name) for text in self.values(name) if text]
        return [guid for guid in guids if guid != NOBODY]


def gather(request: Request) -> Parameters:
    """Path, query, body, each with its names folded. Invalid for a body that can't be read."""
    check_numbers(request.path)
    path = {name.lower(): [value] for name, value in request.path.items()}
    query = _folded((name, value) for name, values in request.query.items() for value in values)
    body = _folded(body_fields(request))
    request.ignore_other_members(name for name in body if name.partition("[")[0] not in path)
    return Parameters(path, query, body)


def in_query(request: Request) -> Parameters:
    """Those of the query alone, for a body that holds no parameters."""
    return Parameters(_folded((name, value) for name, values in request.query.items() for value in values))


def body_fields(request: Request) -> Pairs:
    """The fields of a body by its Content-Type; an empty one, or one of another type, has none."""
    body = request.body
    if not body:
        return ()
    content_type = request.headers.get("content-type", "")
    match content_type.partition(";")[0].strip().lower():
        case "application/json":
            return flatten(json.parse_object(body)) if body.strip() else ()
        case "text/xml" | "application/xml":
            return xml.parameters(xml.parse(body)) if body.strip() else ()
        case "application/x-www-form-urlencoded" if request.method != "GET":
            return forms.parse_urlencoded(body)
        case "multipart/form-data" if request.method != "GET":
            fields = forms.parse_multipart(body, content_type)
            return ((name, value) for name, value in fields if isinstance(value, str))
    return ()


def _folded(pairs: Pairs) -> dict[str, list[str]]:
    return fold_arrays((name.lower(), value) for name, value in pairs)


def to_integer(text: str, name: str, bits: int = 32) -> int:
    """As .NET reads an Int32 (or Int64): decimal with a sign, or `0x` and hexadecimal digits, blanks around."""
    text = text.strip()
    found = _HEXADECIMAL.fullmatch(text)
    if found is not None:
        number = _read_number(found[1], 16)
        if number is not None and number >> bits == 0:
            return number - (number >> (bits - 1) << bits)  # 0xFFFFFFFF is -1
    elif (found := _DECIMAL.fullmatch(text)) is not None:
        number = _read_number(found[2], 10)
        if number is not None:
            number = -number if found[1] == "-" else number
            if -(1 << (bits - 1)) <= number < 1 << (bits - 1):
                return number
    else:
        raise bad_text(name, "not an integer", BAD_INTEGER, FORMAT)
    too_large = f"Value was either too large or too small for an Int{bits}."
    raise bad_text(name, "out of range", too_large, OVERFLOW)


def _read_number(digits: str, base: int) -> int | None:
    digits = digits.lstrip("0") or "0"
    return int(digits, base) if len(digits) <= _MOST_DIGITS else None


def to_boolean(text: str, name: str) -> bool:
    """`true` or `false` in any case, blanks around."""
    match text.strip().lower():
        case "true":
            return True
        case "false":
            return False
    raise bad_text(name, "not true or false", BAD_BOOLEAN, FORMAT)


def to_guid(text: str, name: str) -> str:
    """32 hexadecimal digits, with or without dashes and braces, in any case; given in lower case with dashes."""
    found = _GUID.fullmatch(text.strip().lower())
    if found is None or len(found[1]) != len(found[2]):
        raise bad_text(name, "not a guid", BAD_GUID, FORMAT)
    digits = found[0].strip("{}").replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def to_member(text: str, name: str, members: Mapping[str, int]) -> int:
    """A member of an enumeration, whose names are given in lower case."""
    text = text.strip()
    found = members.get(text.lower())
    if found is None and text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS:
        found = int(text) if int(text) in members.values() else None
    if found is None:
        raise bad_text(name, "unknown", f"Requested value '{text[:100]}' was not found.", OUT_OF_RANGE)
    return found
