"""Secure ids: UUIDs, 36 characters, written in lower case and read in either (carrierx-batch.md 1)."""

import hashlib

from dragoman.domain.errors import NotFound
from dragoman.domain.limits import uuid_of
from dragoman.domain.people import Tenant


def parse_sid(text: str) -> str:
    """The sid of a path. NotFound for a text that is none: the route's key simply doesn't exist (12)."""
    sid = uuid_of(text)
    if sid is None:
        raise NotFound("no_sid", "Cannot find item by SID")
    return sid


def partner_sid(tenant: Tenant) -> str:
    """The tenant as a partner: always the same, and made of what never changes of it."""
    digest = hashlib.sha256(f"partner {tenant.tenant} {tenant.created_at}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"
