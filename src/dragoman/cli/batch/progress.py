"""Waiting for a batch, with its progress on standard output."""

import sys
from typing import Any

import click

from dragoman.cli.batch.shared import BATCHES
from dragoman.cli.remote import Remote, events, part
from dragoman.domain.clock import SystemClock

LINE_SECONDS = 5.0
RESTING = ("pending_review", "canary_review", "paused", "completed", "stopped", "cancelled", "expired")


def wait(there: Remote, batch: str, *, show: bool = False) -> dict[str, Any]:
    """The batch, when it rests."""
    path, shown = f"{BATCHES}/{part(batch)}", Shown() if show else None
    while True:
        with there.stream("GET", f"{path}/events", headers={"Accept": "text/event-stream"}) as response:
            for name, data in events(response):
                if name == "gone":
                    raise click.ClickException("the batch was deleted (batch_not_found)")
                if data["status"] in RESTING:
                    break
                if shown is not None:
                    shown.show(data)
        document: dict[str, Any] = there.ask("GET", path).json()
        if document["status"] in RESTING:
            if shown is not None:
                shown.end(document)
            return document


class Shown:
    """Progress on standard output."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._clock = SystemClock()
        self._last = 0.0

    def show(self, data: dict[str, Any]) -> None:
        """Show the present counts."""
        if self._is_terminal:
            click.echo(f"\r\x1b[K{_bar(data)}", nl=False)
            return
        now = self._clock.monotonic()
        if now - self._last >= LINE_SECONDS:
            self._last = now
            click.echo(_line(data))

    def end(self, document: dict[str, Any]) -> None:
        """Show the last counts."""
        click.echo(f"\r\x1b[K{_line(document)}" if self._is_terminal else _line(document))


def _bar(data: dict[str, Any], width: int = 30) -> str:
    counts = data["counts"]
    total, done = counts["total"] or 0, counts["processed"] or 0
    full = width * done // total if total else 0
    return f"[{'#' * full}{'.' * (width - full)}] {_line(data)}"


def _line(data: dict[str, Any]) -> str:
    counts, progress = data["counts"], data.get("progress") or {}
    parts = [data["status"]]
    if counts["total"] is not None:
        parts.append(f"{counts['processed']} of {counts['total']}")
    if progress.get("rate_per_second") is not None:
        parts.append(f"{progress['rate_per_second']:g}/s")
    if counts["failure"]:
        parts.append(f"{counts['failure']} failed")
    if counts["skipped"]:
        parts.append(f"{counts['skipped']} skipped")
    if progress.get("estimated_end_at") is not None:
        parts.append(f"ends about {progress['estimated_end_at']}")
    return ", ".join(parts)
