"""The group of the commands of `dragoman batch`."""

import click


@click.group("batch", short_help="Submit, review, watch and undo bulk work.")
def batch_command() -> None:
    """Reviewed bulk work: one method applied to many objects, shown before it happens. Batches are named by id or
    number."""
