"""The loop that seals each tenant's history hourly, in a table and in a folder for external copies.

Of several nodes the one that holds the lease does it. What a node could not write (it was stopped in between, the disk
was full) it writes when it looks again.
"""

import asyncio
import logging
from typing import Protocol

from dragoman.domain.access import system
from dragoman.domain.clock import Moment
from dragoman.domain.digest import Digest, due
from dragoman.domain.ids import new_id
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.jobs.loops.loop import Runner, forever
from dragoman.usecases.admin import tenants
from dragoman.usecases.background import digests

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
LEASE_SECONDS = 300.0
LEASE = "digests"
OWNER = new_id()
"""This process, among those on the same database."""


class Folder(Protocol):
    """Where digests are written, to be copied elsewhere."""

    def sequences(self, tenant: int) -> list[int]: ...

    def write(self, digest: Digest) -> None: ...


async def run(runner: Runner, folder: Folder | None) -> None:
    """Look once a minute whether an hour is complete, as long as the server runs."""
    await forever("digests", lambda: seal_what_is_due(runner, folder), LOOK_SECONDS)


async def seal_what_is_due(runner: Runner, folder: Folder | None) -> int:
    """Seal the complete hours of every tenant, if this node holds the lease; returns the number of digests."""
    server = system(DIRECTORY_TENANT)
    lease = digests.TakeLease(LEASE, OWNER, LEASE_SECONDS)
    if not await runner.write(digests.take_lease, lease, server, "core"):
        return 0
    made = 0
    for _, tenant in await runner.read(tenants.list_all, tenants.ListTenants(), server):
        made += await _seal(runner, tenant, due(runner.clock.now()))
        if folder is not None:
            await _write_out(runner, tenant, folder)
    return made


async def _seal(runner: Runner, tenant: int, until_at: Moment) -> int:
    made = 0
    while (digest := await runner.read(digests.collect, digests.Collect(until_at), system(tenant))) is not None:
        await runner.write(digests.store, digests.Store(digest), system(tenant), "core")
        log.info("digest.sealed", extra={"tenant": tenant, "sequence": digest.sequence})
        made += 1
    return made


async def _write_out(runner: Runner, tenant: int, folder: Folder) -> None:
    """Write the digests behind the last one in the folder."""
    last = max(await asyncio.to_thread(folder.sequences, tenant), default=0)
    while (digest := await runner.read(digests.next_after, digests.NextAfter(last), system(tenant))) is not None:
        await asyncio.to_thread(folder.write, digest)
        last = digest.sequence
