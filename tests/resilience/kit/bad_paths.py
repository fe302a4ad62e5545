"""bad_inputs.py for many paths in one process: `--paths FILE` is a JSON list of lists of further options.

Each list is a run of its own; the exit status is that of the first that did not pass. Without `--paths` it is
bad_inputs.py. With `--small` large bodies, and those named or coded wrongly, are left out: they are refused before a
path is looked at, and to make them takes longer than all the rest; and each path is sent every second of the others,
its neighbour those between. Its two bombs, 200 MB that a decoder would blow up to, are compressed in a tenth of the
time: their zeros in blocks that are all the same.
"""

import gzip
import json
import struct
import sys
import zlib
from collections.abc import Iterator
from functools import partial
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import _kit
import bad_inputs

BLOCK_BYTES = 1_000_000
_gzip, _deflate, _json_cases = gzip.compress, zlib.compress, bad_inputs.json_cases


def raw_deflate(text: bytes) -> bytes:
    """A deflate stream of a text that is one byte again and again, but for its ends."""
    one = text[len(text) // 2 :][:1] * BLOCK_BYTES
    start, end = text.index(one), text.rindex(one) + BLOCK_BYTES
    blocks, left = divmod(end - start, BLOCK_BYTES)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = packer.compress(text[:start]) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(one) + packer.flush(zlib.Z_FULL_FLUSH)  # it refers to nothing before it
    tail = packer.compress(one[:left] + text[end:]) + packer.flush()
    return head + block * blocks + tail


def quick_gzip(data: bytes, compresslevel: int = 9, *, mtime: float | None = None) -> bytes:
    """What gzip.compress gives, at once for a bomb."""
    if len(data) < BLOCK_BYTES * 10:
        return _gzip(data, compresslevel, mtime=mtime)
    trailer = struct.pack("<LL", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + raw_deflate(data) + trailer


def quick_deflate(data: bytes, level: int = -1) -> bytes:
    """What zlib.compress gives, at once for a bomb."""
    if len(data) < BLOCK_BYTES * 10:
        return _deflate(data, level)
    return b"\x78\xda" + raw_deflate(data) + struct.pack(">L", zlib.adler32(data))


def small_cases(template: str, *, first: int) -> Iterator[Any]:
    """Every second of the cases of JSON up to the first large one, behind which are only size, coding and type."""
    return islice(takewhile(lambda case: case.name != "json/body-24mb", _json_cases(template)), first, None, 2)


def main(arguments: list[str]) -> int:
    """The exit status."""
    is_small = "--small" in arguments
    arguments = [each for each in arguments if each != "--small"]
    if "--paths" not in arguments:
        return int(bad_inputs.main(arguments))
    at = arguments.index("--paths")
    common = arguments[:at] + arguments[at + 2 :]
    worst = _kit.EXIT_PASS
    for place, options in enumerate(json.loads(Path(arguments[at + 1]).read_text())):
        print(" ".join(options))
        if is_small:
            vars(bad_inputs)["json_cases"] = partial(small_cases, first=place % 2)
        status = bad_inputs.main([*common, *options])
        worst = worst or status
    return int(worst)


if __name__ == "__main__":
    vars(gzip)["compress"], vars(zlib)["compress"] = quick_gzip, quick_deflate
    _kit.run("bad_paths", lambda _: main(sys.argv[1:]))
