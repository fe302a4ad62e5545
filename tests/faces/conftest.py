"""All dialects of one application, without a network: what each shows of the same task, what each may do with it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk

MEMORY = Path("/dev/shm")


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield from open_desk()


def open_desk() -> Iterator[Desk]:
    """With anna, who administers, and bert and cara, who don't."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        desk = Desk(f"sqlite:///{folder}/dragoman.db")
        desk.add("anna", admin=True)
        desk.add("bert")
        desk.add("cara")
        yield desk
        desk.close()
