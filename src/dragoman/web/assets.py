"""Static files, stored compressed. Their names hold a digest of their content, so browsers keep them for a year.

Each is made of the files below `static/`, in the order given here, when the first page names it.
"""

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
ROOT = "/ui/static/"
YEAR = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file as it is sent."""

    name: str  # with the digest
    media: str
    content: bytes
    compressed: bytes


def url(name: str) -> str:
    """The address of an asset: `style.css`, `pages.js`, `inbox.js`, `icon.svg`."""
    return ROOT + asset(name).name


@cache
def asset(name: str) -> Asset:
    """An asset by its plain name. KeyError for an unknown one."""
    parts, media = _parts()[name]
    content = b"\n".join(part.read_bytes() for part in parts)
    stem, dot, ending = name.partition(".")
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Asset(f"{stem}.{digest}{dot}{ending}", media, content, gzip.compress(content, 9, mtime=0))


def _parts() -> dict[str, tuple[list[Path], str]]:
    vendor = FOLDER / "vendor"
    styles = [FOLDER / "tokens.css", *sorted((FOLDER / "styles").glob("*.css"))]
    script = "text/javascript; charset=utf-8"
    return {
        "style.css": (styles, "text/css; charset=utf-8"),
        "pages.js": ([vendor / "htmx.min.js", FOLDER / "trusted.js", vendor / "hx-sse.min.js"], script),
        "inbox.js": ([FOLDER / "inbox.js", *sorted((FOLDER / "scripts").glob("*.js"))], script),
        "icon.svg": ([FOLDER / "icon.svg"], "image/svg+xml"),
    }


async def serve(request: Request) -> Response:
    """An asset by the name that holds its digest; 404 for any other name."""
    found = next((each for each in map(asset, _parts()) if each.name == request.path_params["name"]), None)
    if found is None:
        return Response("There is no such file.\n", 404, media_type="text/plain")
    headers = {"Cache-Control": YEAR, "Vary": "Accept-Encoding", "Content-Type": found.media}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.compressed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(found.content, headers=headers)
