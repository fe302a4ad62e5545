"""The pictures that answers name: one neutral drawing for all of them, and the page of a user (second page, I)."""

import struct
import zlib
from collections.abc import Callable, Mapping

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.onlyoffice_crm.wire.contacts import MEDIUM, PHOTOS, SMALL
from dragoman.dialects.onlyoffice_crm.wire.history import TITLES
from dragoman.dialects.onlyoffice_crm.wire.people import LARGE_PHOTO, MEDIUM_PHOTO, PROFILE_PAGE, SMALL_PHOTO
from dragoman.dialects.onlyoffice_crm.wire.tasks import ICONS

SIDE = 32
GROUND, FIGURE = bytes((0xDF, 0xE4, 0xEA)), bytes((0x9A, 0xA6, 0xB5))
CATEGORIES = (
    *("call", "deal", "demo", "email", "fax", "follow_up", "lunch", "meeting", "note", "ship"),
    *("social_networks", "thank_you"),
)
"""The icons of a fresh portal's task categories."""

CACHEABLE = [("Cache-Control", "public, max-age=86400")]


def _drawn() -> bytes:
    """A disc on a square, as PNG."""
    middle, radius = (SIDE - 1) / 2, SIDE / 3
    rows = b"".join(
        b"\0" + b"".join(FIGURE if (x - middle) ** 2 + (y - middle) ** 2 <= radius**2 else GROUND for x in range(SIDE))
        for y in range(SIDE)
    )
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


PICTURE = _drawn()


def picture(request: Request) -> Reply:
    """The same for all names."""
    return Reply(200, PICTURE, "image/png", list(CACHEABLE))


def profile(request: Request) -> Reply:
    """The pages of this server, in place of the vendor's page of a user."""
    return Reply(302, headers=[("Location", "/ui/")])


def beside() -> Mapping[str, Callable[[Request], Reply]]:
    """What is served for the paths that answers name outside the API."""
    names = [SMALL_PHOTO, MEDIUM_PHOTO, LARGE_PHOTO]
    names += [PHOTOS.format(kind, size) for kind in ("people", "company") for size in (SMALL, MEDIUM)]
    names += [f"{ICONS}task_category_{name}.png" for name in CATEGORIES]
    names += [f"{ICONS}event_category_{kind}.png" for kind in TITLES]
    return dict.fromkeys(names, picture) | {PROFILE_PAGE.partition("?")[0]: profile}
