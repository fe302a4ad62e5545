"""The senders of a process: a loop of their own, which lets events become deliveries and sends what is due.

Deliveries are taken in sets under a lease, sent outside of any transaction, and their outcomes stored in sets. Several
nodes may do so: a webhook is served by one at a time.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.domain.access import system
from dragoman.domain.clock import Clock, SystemClock
from dragoman.domain.delivery import Outcome
from dragoman.domain.errors import Expected
from dragoman.domain.ids import new_id
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.domain.webhook import Pending
from dragoman.jobs.loops.loop import Runner
from dragoman.jobs.senders.endpoints import Chain, Endpoint, Endpoints
from dragoman.settings import Webhooks
from dragoman.usecases.webhooks import disabling, fanning, sending

if TYPE_CHECKING:
    from dragoman.delivery.webhook import Receivers

log = logging.getLogger(__name__)

R = TypeVar("R")

GATHER_SECONDS = 0.01
"""For how long outcomes are gathered before they are stored."""
NEWS_SECONDS = 0.02
"""For how long events are gathered before they are looked at."""
SPARE_SECONDS = 15.0
"""For how long deliveries may wait in this process, under their lease."""
STOP_SECONDS = 3.0
UNREADABLE_SECONDS = 60.0
OPERATION = "webhook.send"


class Tenant:
    """What this process does for one tenant: its receivers, and what is to be stored."""

    def __init__(self) -> None:
        self.endpoints = Endpoints()
        self.results: list[sending.Result] = []
        self.returned: list[str] = []
        self.touched: set[str] = set()


class Senders:
    """Sends the deliveries of every tenant. `hint` may be called from any thread."""

    def __init__(
        self,
        runner: Runner,
        settings: Webhooks | None = None,
        *,
        poll_seconds: float = 1.0,
        receivers: "Callable[[], Receivers] | None" = None,
        clock: Clock | None = None,
    ) -> None:
        self.holder = new_id()
        self._runner = runner
        self._settings = settings or Webhooks()
        self._poll_seconds = poll_seconds
        self._clock = clock or SystemClock()  # receivers have the real time, also beside a clock that a test stops
        self._make = receivers or self._configured
        self._receivers: Receivers | None = None
        self._tenants: dict[int, Tenant] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()
        self._has_webhooks = False  # at the last look
        self._has_news = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gathers = False
        self._stops = False
        self._rest_seconds = poll_seconds  # until something becomes due, or the next look

    def _configured(self) -> "Receivers":
        # Imported here: most processes never call out, and the client is slow to load.
        from dragoman.delivery.webhook import receivers_of

        return receivers_of(self._settings, self._clock)

    # -- start and stop -------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work, until it is stopped: at each hint, when outcomes have come, and when something becomes due."""
        self._loop = asyncio.get_running_loop()
        while not self._stops:
            self._awake.clear()
            self._has_news = False
            if await self._turn_safely():
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), self._rest_seconds)
            if self._has_news and not self._stops:
                await asyncio.sleep(NEWS_SECONDS)

    def news(self) -> None:
        """There are events. Nothing is looked for while there are no webhooks: each commit calls this."""
        if self._has_webhooks and not self._has_news:
            self._has_news = True
            self.hint()

    def hint(self) -> None:
        """There are deliveries, or other things to do at once."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._awake.set)

    async def stop(self) -> None:
        """Begin nothing more, let running requests end for a moment, and store what came of them."""
        self._stops = True
        self._awake.set()
        for tenant in self._tenants.values():
            for endpoint in tenant.endpoints.all():
                tenant.returned += [taken.uid for taken in endpoint.drop()]
        if self._calls:
            await asyncio.wait(self._calls, timeout=STOP_SECONDS)
            for call in list(self._calls):
                call.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)
        if self._receivers is not None:
            self._receivers.close()
        with suppress(Expected):
            for number, tenant in self._tenants.items():
                await self._settle(number, tenant)

    # -- one turn -------------------------------------------------------------------------------------------------

    async def _turn_safely(self) -> bool:
        """One turn; whether there is more to do at once."""
        try:
            return await self.turn()
        except Expected as busy:
            log.warning("loop.later", extra={"loop": "senders", "code": busy.code})
        except Exception:  # house: ok, because the senders must go on; the next turn may succeed
            log.exception("loop.failed", extra={"loop": "senders"})
        return False

    async def turn(self) -> bool:
        """Store what came, look for what there is to do, and do a slice of it; whether there is more at once."""
        for number, tenant in list(self._tenants.items()):
            await self._settle(number, tenant)
        command = sending.Look(self._poll_seconds)
        seen = await self._runner.read(sending.look, command, system(DIRECTORY_TENANT))
        self._rest_seconds = min([self._poll_seconds, *seen.rests])
        self._has_webhooks = seen.has_webhooks
        for number in seen.expired:
            await self._write(sending.recover, sending.Recover(), number)
        pending: dict[int, list[Pending]] = {}
        for each in seen.pending:
            pending.setdefault(each.tenant, []).append(each)
        more = [await self._turn_of(number, found) for number, found in pending.items()]
        return any(more)

    async def _turn_of(self, number: int, pending: list[Pending]) -> bool:
        if any(each.is_orphaned for each in pending):
            await self._write(disabling.disable_orphans, disabling.DisableOrphans(), number)
        behind = [each for each in pending if each.is_behind]
        goes_on = await self._fan(number, [each for each in behind if not each.is_full])
        taken = await self._take(number, [each for each in pending if each.is_due and not each.is_held])
        if not goes_on and not taken and not self._is_busy(number):
            goes_on = await self._fan(number, behind)
        return taken or goes_on

    def _is_busy(self, number: int) -> bool:
        """Whether receivers that answer have something to do."""
        tenant = self._tenants.get(number)
        return tenant is not None and any(
            not each.is_idle and each.is_proven and not each.is_failing for each in tenant.endpoints.all()
        )

    async def _fan(self, number: int, behind: list[Pending]) -> bool:
        """Let events become deliveries of these webhooks; whether there is more to do. Those that have enough come
        last: what is due to receivers that don't answer delays nobody else's."""
        if not behind:
            return False
        command = fanning.Fan(frozenset(each.webhook for each in behind))
        fanned = await self._write(fanning.fan, command, number, operation="webhook.fan")
        return fanned.has_more or bool(fanned.deliveries)

    async def _take(self, number: int, pending: Iterable[Pending]) -> bool:
        if self._stops:
            return False
        tenant = self._tenants.setdefault(number, Tenant())
        now = self._clock.monotonic()
        wants = tuple(tenant.endpoints.wants(pending, now))
        if not wants:
            return False
        command = sending.Take(self.holder, wants, self._settings.total_seconds + SPARE_SECONDS)
        found = await self._write(sending.take, command, number)
        for each in found:
            self._accept(number, tenant, each, now)
        self._pump(number, tenant)
        return any(each.chains for each in found)

    def _accept(self, number: int, tenant: Tenant, taken: sending.TakenOfWebhook, now: float) -> None:
        endpoint = tenant.endpoints.get(taken.webhook)
        if taken.is_unreadable:
            endpoint.not_before = now + UNREADABLE_SECONDS
            log.error("webhook.unreadable_secret", extra={"tenant": number, "webhook": taken.webhook})
        endpoint.queue.extend(Chain(taken, deque(chain), now + SPARE_SECONDS) for chain in taken.chains)

    # -- sending --------------------------------------------------------------------------------------------------

    def _pump(self, number: int, tenant: Tenant) -> None:
        """Begin what may be begun."""
        for endpoint, chain in tenant.endpoints.next():
            call = asyncio.get_running_loop().create_task(self._send_chain(number, tenant, endpoint, chain))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _send_chain(self, number: int, tenant: Tenant, endpoint: Endpoint, chain: Chain) -> None:
        try:
            while chain.waiting and not self._stops and self._clock.monotonic() < chain.begin_until:
                taken = chain.waiting.popleft()
                outcome = await self._send(chain.of, taken)
                tenant.results.append(sending.Result(taken.uid, outcome))
                tenant.touched.add(endpoint.webhook)
                self._gather()
                if outcome.error is not None:
                    self._note_failure(number, endpoint, taken, outcome)
                    tenant.returned += [each.uid for each in endpoint.failed()]
                    break
                endpoint.succeeded()
        finally:
            tenant.returned += [each.uid for each in chain.waiting]
            endpoint.in_flight -= 1
            self._gather()
            if not self._stops:
                self._pump(number, tenant)

    async def _send(self, of: sending.TakenOfWebhook, taken: sending.Taken) -> Outcome:
        from dragoman.delivery.webhook import Message

        if self._receivers is None:
            self._receivers = self._make()
        return await self._receivers.send(Message(of.url, taken.event, taken.body, of.keys))

    @staticmethod
    def _note_failure(number: int, endpoint: Endpoint, taken: sending.Taken, outcome: Outcome) -> None:
        facts = {"tenant": number, "webhook": endpoint.webhook, "delivery": taken.uid}
        log.info("webhook.attempt_failed", extra={**facts, "code": str(outcome.error), "status": outcome.status})

    def _gather(self) -> None:
        """Store what came, in a moment, with what comes until then."""
        if not self._gathers:
            self._gathers = True
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._end_gathering)

    def _end_gathering(self) -> None:
        self._gathers = False
        self._awake.set()

    async def _settle(self, number: int, tenant: Tenant) -> None:
        """Store what came, and give back what changed meanwhile."""
        if not tenant.results and not tenant.returned:
            return
        results, tenant.results = tenant.results, []
        returned, tenant.returned = tenant.returned, []
        touched, tenant.touched = tenant.touched, set()
        try:
            command = sending.Settle(self.holder, tuple(results), tuple(returned), tuple(touched))
            revisions = await self._write(sending.settle, command, number)
        except Exception:  # house: ok, because whatever fails here, the outcomes are stored by the next turn
            tenant.results[:0], tenant.returned[:0] = results, returned
            raise
        for webhook in touched:
            endpoint = tenant.endpoints.get(webhook)
            if any(chain.of.revision != revisions.get(webhook) for chain in endpoint.queue):
                tenant.returned += [taken.uid for taken in endpoint.drop()]
                self._gather()

    async def _write(self, run: Callable[..., R], command: Any, tenant: int, operation: str = OPERATION) -> R:
        return await self._runner.write(run, command, system(tenant), "core", operation=operation, bulk=True)
