"""Jobs in the store: queued in the transaction of their cause, found when they are due."""

from typing import Any

import sqlalchemy as sa

from dragoman.command import Lock
from dragoman.domain.clock import Moment
from dragoman.domain.job import ENDED, WAITING, Job, JobState
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

J = tables.job.c


class Jobs(Repository[Job]):
    """The jobs of one tenant."""

    mapping = MAPPINGS["job"]

    def queue(
        self,
        uid: str,
        kind: str,
        subject: int | None,
        args: dict[str, Any],
        now: Moment,
        run_at: Moment,
        priority: int = 0,
    ) -> Job:
        """A new job; it runs when its moment has come, and not before this transaction is committed."""
        state = JobState.SCHEDULED if run_at > now else JobState.AVAILABLE
        self._overlay.group.has_queued = True
        job = Job(self.tenant, uid, kind, subject, args, state, run_at=run_at, created_at=now, priority=priority)
        return self.add(job)

    def due(self, now: Moment, *, limit: int, lock: Lock = Lock.CHANGE) -> list[Job]:
        """Jobs that are due, including those whose lease ran out, by priority, then age. The command must be
        exclusive."""
        statement = sa.select(J.uid).where(J.tenant == self.tenant, self._is_due(now))
        ordered = statement.order_by(J.priority.desc(), J.run_at, J.uid).limit(limit)
        uids = [row[0] for row in self.by_condition(ordered)]
        self.load(uids, lock)
        found = [self.find(uid, lock) for uid in uids]
        return [job for job in found if job is not None and job.is_due(now)]

    def running(self) -> list[Job]:
        """Running jobs, locked. The command must be exclusive."""
        statement = sa.select(J.uid).where(J.tenant == self.tenant, J.state == str(JobState.RUNNING))
        uids = [row[0] for row in self.by_condition(statement.order_by(J.uid))]
        self.load(uids, Lock.CHANGE)
        found = [self.find(uid, Lock.CHANGE) for uid in uids]
        return [job for job in found if job is not None and job.state is JobState.RUNNING]

    def scheduled(self, kind: str, *, before: Moment) -> list[Job]:
        """Jobs of a kind that were made before a moment and aren't due yet, locked. The command must be exclusive."""
        mine = (J.tenant == self.tenant, J.state == str(JobState.SCHEDULED), J.kind == kind, J.created_at < before)
        uids = [row[0] for row in self.by_condition(sa.select(J.uid).where(*mine).order_by(J.uid))]
        self.load(uids, Lock.CHANGE)
        found = [self.find(uid, Lock.CHANGE) for uid in uids]
        return [job for job in found if job is not None and job.state is JobState.SCHEDULED]

    def tenants_with_due(self, now: Moment) -> list[int]:
        """The numbers of all tenants that have one to take: a look into each one's index, in one statement."""
        theirs = sa.exists().where(J.tenant == tables.tenant.c.tenant, self._is_due(now))
        statement = (
            sa.select(tables.tenant.c.tenant).where(theirs, tables.tenant_is_enabled).order_by(tables.tenant.c.tenant)
        )
        return [int(row[0]) for row in self.by_condition(statement)]

    def next_due(self, now: Moment) -> Moment | None:
        """When the next one becomes due, in any tenant: a look into the index for each state."""
        return self._first_of(J.run_at > now)

    def about(self, kind: str, subject: int | None) -> list[Job]:
        """The jobs of a kind that are about one thing, the oldest first."""
        statement = sa.select(J.uid).where(J.tenant == self.tenant, J.kind == kind, J.subject == subject)
        uids = [row[0] for row in self.by_condition(statement.order_by(J.uid))]
        self.load(uids)
        return [job for uid in uids if (job := self.find(uid)) is not None]

    def counts_everywhere(self, most: int) -> dict[str, int]:
        """How many there are in each state over all tenants; of a state a tenant's are counted up to `most`."""
        counts = [_count_everywhere(str(state), most) for state in JobState]
        return {state: int(count) for state, count in self.by_condition(sa.union_all(*counts))}

    def longest_due(self, now: Moment) -> Moment | None:
        """Since when the job waits that is due longest, in any tenant: a look into the index for each state."""
        return self._first_of(J.run_at <= now)

    def _first_of(self, when: sa.ColumnElement[bool]) -> Moment | None:
        """The earliest moment of the waiting jobs for which this holds."""
        firsts = []
        for state in sorted(WAITING):
            own = sa.and_(J.tenant == tables.tenant.c.tenant, J.state == str(state), when)
            first = sa.select(J.run_at).where(own).order_by(J.run_at).limit(1).scalar_subquery()
            firsts.append(sa.select(first.label("since")).select_from(tables.tenant))
        found = sa.union_all(*firsts).subquery()
        since: int | None = self.by_condition(sa.select(sa.func.min(found.c.since))).scalar_one()
        return None if since is None else Moment(since)

    def forget_ended(self, before: Moment, *, limit: int) -> int:
        """Delete so many that ended before a moment; how many were. Those that were given up stay."""
        done = [str(state) for state in ENDED if state is not JobState.DISCARDED]
        old = sa.select(J.uid).where(J.tenant == self.tenant, J.state.in_(done), J.finished_at < before).limit(limit)
        uids = [row[0] for row in self.by_condition(old)]
        if uids:
            self.by_condition(sa.delete(tables.job).where(J.tenant == self.tenant, J.uid.in_(uids)))
        return len(uids)

    def _is_due(self, now: Moment) -> sa.ColumnElement[bool]:
        waiting = sa.and_(J.state.in_(sorted(WAITING)), J.run_at <= now)
        orphaned = sa.and_(J.state == str(JobState.RUNNING), J.lease_until <= now)
        return sa.or_(waiting, orphaned)


def _count_everywhere(state: str, most: int) -> sa.Select[tuple[str, int]]:
    tenant = tables.tenant
    found = sa.select(J.uid).where(J.tenant == tenant.c.tenant, J.state == state).correlate(tenant).limit(most)
    count = sa.select(sa.func.count()).select_from(found.subquery()).correlate(tenant).scalar_subquery()
    each = sa.select(count.label("jobs")).select_from(tenant).subquery()
    return sa.select(sa.literal(state), sa.func.coalesce(sa.func.sum(each.c.jobs), 0))
