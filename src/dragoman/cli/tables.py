"""Lists on standard output."""

from collections.abc import Sequence

import click


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns under their headings, separated by at least two blanks."""
    lines = [heads, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
