"""Static files, stored compressed. Their names hold a digest of their content, so browsers keep them for a year.

Each is made of the files below `static/`, in the order given here, when the first page names it.
"""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
SCRIPT = ("page", "rows", "selection", "acts", "live", "peek", "keys", "palette", "fields", "times")
"""What all pages share of `inbox.js`, in the order in which its files need each other."""
ASIDE = re.compile(rb"^[ \t]+|^/\*.*?\*/\n", re.MULTILINE | re.DOTALL)
"""What browsers don't need of our script: indentation, and comments on lines of their own."""
TEXT = re.compile(rb"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)""")
LOOSE = re.compile(rb" ?(=>|[=<>!]==?|[=(){}\[\],;:?]|\?\?=?|\?\.|&&|\|\||[<>+*-]) ?")
"""Where a line of script has spaces that say nothing: around signs, outside of texts."""
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
    content = b"\n".join(map(_read, parts))
    stem, dot, ending = name.partition(".")
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Asset(f"{stem}.{digest}{dot}{ending}", media, content, gzip.compress(content, 9, mtime=0))


def _read(part: Path) -> bytes:
    content = part.read_bytes()
    if part.parent.name not in ("script", "scripts"):
        return content
    lines = b"\n".join(map(_tight, ASIDE.sub(b"", content).split(b"\n")))
    return b"{\n" + lines + b"}\n" if part.parent.name == "scripts" else lines


def _tight(line: bytes) -> bytes:
    """A line of script without spaces that say nothing. One that may hold a pattern stays as it is."""
    parts = TEXT.split(line)
    if any(set(b"/`\"'") & set(part) for part in parts[::2]):
        return line
    return b"".join(part if place % 2 else LOOSE.sub(rb"\1", part) for place, part in enumerate(parts))


def _parts() -> dict[str, tuple[list[Path], str]]:
    vendor = FOLDER / "vendor"
    styles = [FOLDER / "tokens.css", *sorted((FOLDER / "styles").glob("*.css"))]
    script = "text/javascript; charset=utf-8"
    return {
        "style.css": (styles, "text/css; charset=utf-8"),
        "pages.js": ([vendor / "htmx.min.js", FOLDER / "trusted.js", vendor / "hx-sse.min.js"], script),
        "inbox.js": (_script(), script),
        "icon.svg": ([FOLDER / "icon.svg"], "image/svg+xml"),
    }


def _script() -> list[Path]:
    """Between what pages share and the last word that all is set up stand the scripts of areas, each a block."""
    shared = FOLDER / "script"
    areas = sorted((FOLDER / "scripts").glob("*.js"))
    return [*(shared / f"{name}.js" for name in SCRIPT), *areas, shared / "start.js"]


async def serve(request: Request) -> Response:
    """An asset by the name that holds its digest; 404 for any other name."""
    found = next((each for each in map(asset, _parts()) if each.name == request.path_params["name"]), None)
    if found is None:
        return Response("There is no such file.\n", 404, media_type="text/plain")
    headers = {"Cache-Control": YEAR, "Vary": "Accept-Encoding", "Content-Type": found.media}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.compressed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(found.content, headers=headers)
