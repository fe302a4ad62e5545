"""Secure ids: UUIDs in lower case, 36 characters (carrierx-batch.md 1)."""

import hashlib
import re

from dragoman.domain.errors import NotFound
from dragoman.domain.people import Tenant

SID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def parse_sid(text: str) -> str:
    """The sid of a path. NotFound for a text that is none: the route's key simply doesn't exist (12)."""
    if not is_sid(text):
        raise NotFound("no_sid", "Cannot find item by SID")
    return text


def is_sid(text: str) -> bool:
    """Whether a text is a sid."""
    return SID.fullmatch(text) is not None


def partner_sid(tenant: Tenant) -> str:
    """The tenant as a partner: always the same, and made of what never changes of it."""
    digest = hashlib.sha256(f"partner {tenant.tenant} {tenant.created_at}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"
