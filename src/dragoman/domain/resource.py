"""Resources: a vendor's objects, stored as plain JSON (phone numbers, prefixes, files)."""

from typing import Any

import msgspec

from dragoman.domain.clock import Moment


class Resource(msgspec.Struct, frozen=True):
    """One object. `natural` is its natural key, by which it is looked up; `twin` tells apart those that share one, and
    is empty in types whose natural key is unique. `body` holds all that clients set."""

    tenant: int
    number: int
    uid: str
    type: str
    natural: str
    twin: str = ""
    body: dict[str, Any] = {}
    created_at: Moment = Moment(0)
    modified_at: Moment = Moment(0)
    revision: int = 1
    row_version: int = 1
    head_hash: str = ""
