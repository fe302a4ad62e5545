"""Forms and bounds that every dialect shares."""

import re

PAGE_BYTES = 8 * 1024 * 1024
"""Maximum bytes of text and extensions on a page; a page has at least one object."""

LIST_BYTES = 32 * 1024 * 1024
"""Maximum bytes of text and extensions of a list without pages."""

LARGEST_NUMBER = 2**63 - 1
"""The largest integer that columns and JSON hold."""

IDEMPOTENCY_KEY_SECONDS = 86_400.0
"""How long an Idempotency-Key and its reply are stored: a day."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def uuid_of(text: str) -> str | None:
    """The UUID in its stored form, lower case; None for other text. Clients use either case."""
    return text.lower() if _UUID.fullmatch(text) else None
