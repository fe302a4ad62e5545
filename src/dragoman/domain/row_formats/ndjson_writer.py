"""NDJSON of results, previews and entries, which can be sent back as an upload."""

from typing import Any

import msgspec

from dragoman.domain import json_numbers


def ndjson_line(members: dict[str, Any]) -> bytes:
    """One row with all its members. JSON text comes in as `verbatim`."""
    return json_numbers.encode(members) + b"\n"


def verbatim(text: str | None) -> msgspec.Raw | None:
    """JSON text as a member that is written unchanged."""
    return None if text is None else msgspec.Raw(text.encode())
