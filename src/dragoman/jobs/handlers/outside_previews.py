"""Previews of batches on outside types: objects are looked up on the other server, and never changed."""

from typing import TYPE_CHECKING

from dragoman.delivery.pace import Later
from dragoman.domain.access import system
from dragoman.domain.bulk import Preview
from dragoman.domain.job import Job, JobKind
from dragoman.jobs.handlers import batch_previews, batches
from dragoman.jobs.handlers.batch_previews import Making
from dragoman.jobs.handlers.outside import all_of, log_fault, raise_later
from dragoman.jobs.loops.loop import Runner
from dragoman.usecases.background.jobs import Hold
from dragoman.usecases.batches.execution import outside_runs
from dragoman.usecases.batches.execution.outside_runs import Earlier, Look, Looked
from dragoman.usecases.batches.execution.outside_work import Found, Touched, Work, left_by, row_of, value_of
from dragoman.usecases.batches.outcomes import outside_undo
from dragoman.usecases.batches.review.previewing import Stage, Tried, changes_between, refused_row

if TYPE_CHECKING:
    from dragoman.delivery.collection import Collection

MOST = 100
"""How many entries are looked for in one slice."""


async def prepare(runner: Runner, hold: Hold, job: Job, type_: str) -> None:
    """Prepare a batch, from where an earlier attempt ended."""
    async with runner.outside.collection(type_) as collection:
        await batch_previews.prepare_with(OutsideMaking(runner, hold, job, collection), runner, hold, job)


class OutsideMaking(Making):
    """The making of one preview from what the other server shows."""

    def __init__(self, runner: Runner, hold: Hold, job: Job, collection: "Collection") -> None:
        super().__init__(runner, hold, job)
        self._collection = collection
        self._batch = job.subject or 0

    async def _tried(self, stage: Stage, size: int) -> tuple[Tried, float]:
        """What the next entries find, as entries before them would leave it."""
        command = Look(self._batch, stage.cursor, MOST)
        looked: Looked = await batches.write(self._runner, self._job, outside_runs.look, command, JobKind.BATCH_PREVIEW)
        seconds = self._runner.pressure().bulk_seconds
        if looked.refusal is not None:
            rows = [refused_row(stage.cursor + each, looked.refusal) for each in range(looked.count)]
            return Tried(rows, [[] for _ in rows]), seconds
        rows = await self._rows(looked.works)
        return Tried(rows, [changes_between(value_of(row.before), value_of(row.after)) for row in rows]), seconds

    async def _rows(self, works: tuple[Work, ...]) -> list[Preview]:
        found = await self._found(works)
        ids = tuple({each.id for each in found if each.id is not None})
        command = Earlier(self._batch, ids)
        left: dict[str, Touched] = await self._runner.read(outside_runs.earlier, command, system(self._job.tenant))
        rows = []
        for work, each in zip(works, found, strict=True):
            make = row_of if work.back is None else outside_undo.row_of
            row = make(work, each, None if each.id is None else left.get(each.id))
            if row.object is not None and (touched := left_by(row)) is not None:
                left[row.object] = touched
            rows.append(row)
        return rows

    async def _found(self, works: tuple[Work, ...]) -> list[Found]:
        from dragoman.delivery import entries  # the client is slow to load, and few servers need it

        async def look(work: Work) -> Found:
            return await entries.look(self._collection, work)

        results = await all_of(works, look)
        raise_later(results)
        return [_found(*each) for each in zip(works, results, strict=True)]


def _found(work: Work, result: Found | Exception) -> Found:
    """A bug fails its entry alone."""
    if isinstance(result, Found):
        return result
    if isinstance(result, Later):
        raise result
    log_fault(work, result)
    return Found(failure=batches.failure_of(result))
