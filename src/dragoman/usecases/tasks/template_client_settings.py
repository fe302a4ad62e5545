"""`[template.client_settings.KIND]` of a template file: texts, and files that are read when it is loaded."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from dragoman.domain.template import ClientSetting, ClientSettings
from dragoman.usecases.tasks.toml_positions import Path as Place

LONGEST_KIND, LONGEST_NAME, LONGEST_TEXT = 254, 220, 4_000
"""In bytes of UTF-8."""
LARGEST_FILE = 2**20
MOST = 1_000

Files = Callable[[str], bytes]
"""Reads a file that a template names. Raises ValueError with what is wrong with the name or the file."""
Fault = Callable[[Place, str], None]


def no_files(name: str) -> bytes:
    """For templates that come without a folder."""
    raise ValueError("names a file, which can't be read here")


def read_settings(given: Any, files: Files, fault: Fault) -> ClientSettings:
    """The settings of each kind of client; what can't be taken is reported to `fault`, and left out."""
    if not isinstance(given, dict) or not all(isinstance(table, dict) for table in given.values()):
        fault(
            ("client_settings",), 'must have a table for each kind of client, such as [template.client_settings."Dojo"]'
        )
        return {}
    if sum(map(len, given.values())) > MOST:
        fault(("client_settings",), f"must hold at most {MOST} values")
        return {}
    found: ClientSettings = {}
    for kind, table in given.items():
        _check_name(kind, LONGEST_KIND, ("client_settings", kind), fault)
        found[kind] = {}
        for name, value in table.items():
            place = ("client_settings", kind, name)
            _check_name(name, LONGEST_NAME, place, fault)
            try:
                found[kind][name] = _setting(value, files)
            except ValueError as error:
                fault(place, str(error))
    return found


def _check_name(name: str, most: int, place: Place, fault: Fault) -> None:
    if not 1 <= len(name.encode()) <= most:
        fault(place, f"a name has 1 to {most} bytes")


def _setting(value: Any, files: Files) -> ClientSetting:
    if isinstance(value, dict) and value.keys() == {"file"} and type(value["file"]) is str:
        content = files(value["file"])
        if len(content) > LARGEST_FILE:
            raise ValueError(f"names a file of more than {LARGEST_FILE} bytes")
        return ClientSetting(value["file"].rpartition("/")[2], b64encode(content).decode())
    if type(value) is not str or len(value.encode()) > LONGEST_TEXT or "\0" in value:
        raise ValueError(f'must be text, up to {LONGEST_TEXT} bytes, or {{ file = "NAME" }}')
    return ClientSetting(value)
