"""All dialects of one application, without a network: what each shows of the same task, what each may do with it."""

from collections.abc import Iterator

import pytest

from tests.support.application import Desk
from tests.support.databases import quick_file


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield from open_desk()


def open_desk() -> Iterator[Desk]:
    """With anna, who administers, and bert and cara, who don't."""
    with quick_file() as url:
        desk = Desk(url)
        desk.add("anna", admin=True)
        desk.add("bert")
        desk.add("cara")
        yield desk
        desk.close()
