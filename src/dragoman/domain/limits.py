"""Forms and bounds that every dialect shares."""

import re

PAGE_BYTES = 8 * 1024 * 1024
"""Text and extensions of a page; its first object is on it whatever it has."""

LIST_BYTES = 32 * 1024 * 1024
"""Text and extensions of a list without pages."""

LARGEST_NUMBER = 2**63 - 1
"""The largest integer that columns and JSON hold."""

IDEMPOTENCY_KEY_SECONDS = 86_400.0
"""How long an Idempotency-Key and its reply are kept: a day."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def uuid_of(text: str) -> str | None:
    """The UUID as it is stored, lower case; None for a text that is none. Clients send letters of either case."""
    return text.lower() if _UUID.fullmatch(text) else None
