"""What the commands of batches share: the path, copies of lists, lines of text."""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from dragoman.cli.remote import Remote

BATCHES = "/v1/batches"
MEDIA = {"csv": "text/csv", "ndjson": "application/x-ndjson", "json": "application/json"}
SUFFIXES = {".csv": "csv", ".ndjson": "ndjson", ".json": "json"}
NOT_CLEAN = 3
"""The exit code of a batch that ended otherwise than completed without failures."""

EFFECTS = ("will_change", "no_op", "missing", "ambiguous", "invalid", "forbidden")
COUNTS = ("total", "processed", "success", "unchanged", "failure", "skipped")
ENDED = ("completed", "stopped", "cancelled", "expired")


def copy(there: Remote, path: str, query: list[tuple[str, str]], format_: str, output: str | None) -> None:
    """Copy a stream to standard output, or to a file that appears when it is complete."""
    with there.stream("GET", path, query=query, headers={"Accept": MEDIA[format_]}) as response:
        if output is None:
            for block in response.iter_stream():
                sys.stdout.buffer.write(block)
            sys.stdout.buffer.flush()
            return
        target = Path(output)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                for block in response.iter_stream():
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:  # house: ok, because whatever ends it, no part of a file is left
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise


def exit_code(document: dict[str, Any]) -> int:
    """0, or NOT_CLEAN for a batch that ended otherwise than completed without failures."""
    is_clean = document["status"] == "completed" and not document["counts"]["failure"]
    return NOT_CLEAN if document["status"] in ENDED and not is_clean else 0


def summary_line(summary: dict[str, Any] | None) -> str:
    """What a preview found, as one line; empty before it."""
    if summary is None:
        return ""
    told = (f"{summary[effect]} {effect}" for effect in EFFECTS if summary[effect])
    return f"{summary['total']} entries: {', '.join(told)}"


def counts_line(counts: dict[str, Any]) -> str:
    """The counts that there are, as one line."""
    return " ".join(f"{name}={counts[name]}" for name in COUNTS if counts[name] is not None)


def failures_of(text: str | None) -> int | str | None:
    """The value of --max-failures: a count, or a share such as 5%."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else text
