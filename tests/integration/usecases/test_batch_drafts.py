"""Drafts of batches on real engines."""

from collections.abc import Iterator

import pytest

from dragoman.domain.batch_draft import KEPT_SECONDS, MOST
from dragoman.domain.errors import NotFound
from dragoman.usecases.batches import drafts
from tests.support.batches import BatchWorld


@pytest.fixture
def world(database_url: str) -> Iterator[BatchWorld]:
    with BatchWorld(database_url) as world:
        yield world


def test_a_draft_is_filled_in_and_goes_away_by_itself(world: BatchWorld) -> None:
    bert = world.add("bert")
    made = world.core(lambda uow: drafts.add(uow, drafts.Add({"q": "is:open"})), world.anna)
    filled = world.core(lambda uow: drafts.fill(uow, drafts.Fill(made.uid, {"title": "x"})), world.anna)
    assert filled.content == {"q": "is:open", "title": "x"}
    with pytest.raises(NotFound):
        world.core(lambda uow: drafts.get(uow, drafts.Get(made.uid)), bert)
    world.clock.advance(KEPT_SECONDS + 1)
    with pytest.raises(NotFound):
        world.core(lambda uow: drafts.get(uow, drafts.Get(made.uid)), world.anna)
    world.core(lambda uow: drafts.add(uow, drafts.Add({})), bert)
    assert world.core(lambda uow: uow.batch_drafts.find(made.uid)) is None


def test_a_user_has_at_most_twenty_drafts(world: BatchWorld) -> None:
    bert = world.add("bert")
    other = world.core(lambda uow: drafts.add(uow, drafts.Add({})), bert)
    made = []
    for _ in range(MOST + 2):
        world.clock.advance(1)
        made.append(world.core(lambda uow: drafts.add(uow, drafts.Add({"q": "x"})), world.anna).uid)
    begun = world.core(lambda uow: drafts.begun(uow, drafts.Begun()), world.anna)
    assert [each.uid for each in begun] == made[:1:-1]
    assert begun[0].changed_at == world.clock.now()
    assert [each.uid for each in world.core(lambda uow: drafts.begun(uow, drafts.Begun()), bert)] == [other.uid]
