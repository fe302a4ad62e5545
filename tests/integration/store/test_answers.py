"""Answers under an Idempotency-Key are forgotten after a day, slice by slice."""

from dragoman.command import EXCLUSIVE
from dragoman.store.unit.mappings import IdempotencyRecord
from dragoman.usecases.background import pruning
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World


def remember(uow: UnitOfWork, key: str) -> None:
    uow.answers.add(IdempotencyRecord(uow.tenant, "password:anna", key, "hash", 201, None, "[]", "", uow.now))


def test_an_answer_is_kept_for_a_day_and_then_forgotten(world: World) -> None:
    world.write(lambda uow: remember(uow, "first"), EXCLUSIVE)
    world.clock.advance(86_399)
    world.write(lambda uow: remember(uow, "second"), EXCLUSIVE)

    def prune(uow: UnitOfWork) -> int:
        return pruning.prune_answers(uow, pruning.PruneAnswers())

    assert world.write(prune, EXCLUSIVE) == 0
    world.clock.advance(2)
    assert world.write(prune, EXCLUSIVE) == 1
    assert [row[0] for row in world.sql("SELECT key FROM idempotency")] == ["second"]
