"""The application: settings, store, clock and dialects put together. The only one that knows all."""

import asyncio
import hashlib
import platform
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from dragoman import __version__, tracing
from dragoman.command import Keys, Lock
from dragoman.dialects import discover
from dragoman.dialects.kit import Dialect, OperationSpec, Reply, Request
from dragoman.domain.access import Principal, system
from dragoman.domain.clock import Clock, Moment, SystemClock
from dragoman.domain.errors import Expected, Invalid, NotFound, Unauthenticated, Unavailable
from dragoman.domain.people import DIRECTORY_TENANT, LoginName, User
from dragoman.jobs.loops import digests, pruning, timers
from dragoman.jobs.loops import purge as upkeep
from dragoman.jobs.worker import Worker
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.metrics.tally import Histogram
from dragoman.runtime import memory
from dragoman.settings import Settings, traces
from dragoman.store.engine.files import database_file
from dragoman.store.repositories.digests import FOLDER as DIGESTS
from dragoman.store.repositories.digests import Folder
from dragoman.store.repositories.stored_replies import Answers
from dragoman.store.store import Store
from dragoman.store.unit.lane import Pressure
from dragoman.store.unit.mappings import IdempotencyRecord
from dragoman.store.unit.overlay import Overlay, Stamp
from dragoman.store.unit.work import Work
from dragoman.usecases.admin import tenants
from dragoman.usecases.background import backlog
from dragoman.usecases.batches import resource_types
from dragoman.usecases.identity import users as people
from dragoman.usecases.uow import UnitOfWork

if TYPE_CHECKING:
    from dragoman.http.authentication import PasswordRecord
    from dragoman.tracing.spans import Spans

R = TypeVar("R")

DUE_EVERY_SECONDS = 0.25  # how often waiting requests are looked at for their time being up


class Application:
    """One server, or one command. `open` migrates and makes the main tenant; `start` opens lanes for a server."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.store = Store(
            settings.database,
            self.clock,
            patience_seconds=settings.timeouts.database_seconds,
            free_bytes=settings.limits.free_bytes,
            longest_queue=settings.limits.queue,
        )
        self.dialects = self._configured()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_death: Callable[[], None] | None = None
        self._main_tenant: int | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._worker: Worker | None = None
        self._timers = timers.Loop(self)
        self.spans: Spans | None = None
        self._lag = Histogram(table.LANE_BOUNDS)
        self._wakes = False  # lanes are about to be told that something waits

    def _configured(self) -> tuple[Dialect, ...]:
        configured = []
        for dialect in discover():
            options = dict(self.settings.of_dialect(dialect.name))
            resource_types.offer(dialect.resource_types)  # batches of one that is switched off still run to their end
            if options.pop("enabled", True):
                configured.append(dialect.configure(options) if dialect.configure is not None else dialect)
        return tuple(configured)

    # -- life ---------------------------------------------------------------------------------------------------

    def open(self) -> "Application":
        """Bring the tables to the newest form, and make the default tenant when there is none."""
        self.store.migrate()
        self._main_tenant = self.ensure_tenant(self.settings.tenant)
        return self

    def ensure_tenant(self, name: str, *, must_be_new: bool = False) -> int:
        """The number of the tenant of this name, made now if there is none."""
        number = self.call(tenants.reserve, tenants.ReserveTenant(name, must_be_new), DIRECTORY_TENANT)
        self.call(tenants.furnish, tenants.FurnishTenant(name), number)
        return number

    def start(self, on_death: Callable[[], None] | None = None) -> None:
        """Open lanes and readers for the running event loop. `on_death` is called if one of them dies."""
        self._loop = asyncio.get_running_loop()
        self._on_death = on_death
        memory.tune()
        self._trace()
        self.store.start(self._answer, self._died)
        self._refuse_due(self._loop.time())
        self._worker = Worker(self, self.settings.jobs, is_only=self.store.engine.is_sqlite)
        self._worker.spans = self.spans
        self.store.on_queued = self._worker.hint
        beginnings = (digests.run(self), pruning.run(self), upkeep.run(self), self._timers.run(), self._worker.run())
        self._loops = [self._loop.create_task(beginning) for beginning in beginnings]

    def _trace(self) -> None:
        self.spans = spans = tracing.begin(traces())
        if spans is not None:

            def told(lane: str, works: list[Work], seconds: float) -> None:
                spans.group(lane, (work.span for work in works), seconds, self.clock.now())

            self.store.on_group = told

    async def stop(self) -> None:
        """Begin nothing new by itself, and give back the jobs in hand; requests are answered all the same."""
        if self._worker is not None:
            await self._worker.stop()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    def work_off(self) -> None:
        """Do the jobs that are due now, and what they lead to; for a command, which serves nobody meanwhile."""
        asyncio.run(self._work_off())

    async def _work_off(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.store.start(self._answer, self._died)
        await Worker(self, self.settings.jobs, is_only=self.store.engine.is_sqlite).run_once()
        self._loop = None

    @property
    def digest_folder(self) -> Folder | None:
        """Where hourly digests of the history are written, beside their table."""
        if self.settings.digests:
            return Folder(Path(self.settings.digests))
        file = database_file(self.store.engine)
        return Folder(file.with_name(DIGESTS)) if file is not None else None

    def ready(self) -> bool:
        """Whether work can be taken."""
        return self._loop is not None and self.store.is_alive

    def close(self) -> None:
        """Work off what waits, then let go of the database."""
        self.store.close()
        if self.spans is not None:
            self.spans.stop()

    def _died(self, error: BaseException) -> None:
        if self._on_death is not None:
            self._on_death()

    # -- units of work ------------------------------------------------------------------------------------------

    def call(
        self,
        run: Callable[[UnitOfWork, Any], R],
        command: Any,
        tenant: int,
        *,
        principal: Principal | None = None,
        dialect: str = "cli",
        operation: str | None = None,
    ) -> R:
        """Do one thing now, in this thread, and commit; for commands, which have no lanes."""
        who = principal or system(tenant)
        stamp = Stamp(who.login, dialect, operation or run.__name__)
        work = Work(tenant, command.keys(), lambda overlay: run(UnitOfWork(overlay, who), command), stamp)
        result: R = self.store.run(work)  # type: ignore[assignment]
        return result

    def say(self, method: str, target: str, principal: Principal, body: bytes, content_type: str) -> Reply:
        """One request to a dialect, by somebody, without a server; for a demonstration.

        Raises what the dialect would have refused.
        """
        from dragoman.http.router import Router

        path, _, query = target.partition("?")
        headers = {"content-type": content_type}
        at = self.clock.now()
        request = Request(method, path, query_string=query, headers=headers, body=body, received_at=at)
        place = Router(self.dialects).place(path)
        if place is None:
            raise NotFound("unknown_path", f"There is nothing at {path}.")
        table, request.prefix = place
        request.dialect, request.principal = table.dialect, principal
        operation = table.find(request, path.removeprefix(request.prefix))
        if operation is None:
            raise table.explain(request, path.removeprefix(request.prefix))
        result = self.call(
            operation.run,
            operation.parse(request),
            principal.tenant,
            principal=principal,
            dialect=table.dialect.name,
            operation=operation.name,
        )
        return result if isinstance(result, Reply) else operation.render(result, request)

    async def submit(self, operation: OperationSpec, command: Any, request: Request) -> Any:
        """Send an operation's command to a lane or a reader, and wait for its result, which comes after the commit.

        Raises what the use case refused. Unavailable when too many wait, or when its time was up before it ran. A
        request with an Idempotency-Key is answered with a Reply, the stored one when it was done before.
        """
        principal, dialect = _who(request)
        keys = operation.needs(command)

        def execute(overlay: Overlay) -> Any:
            return operation.run(UnitOfWork(overlay, principal), command)

        run: Callable[[Overlay], Any] = execute
        key = request.headers.get("idempotency-key") if operation.idempotent_by_key else None
        if key is not None:
            run = self._once(key, execute, operation, request, keys)
        stamp = Stamp(principal.login, dialect.name, operation.name)
        work = Work(principal.tenant, keys, run, stamp)
        work.span = request.span
        return await self._wait(work, writes=operation.writes)

    async def read(self, run: Callable[[UnitOfWork, Any], R], command: Any, principal: Principal) -> R:
        """Run a read use case outside any operation."""
        stamp = Stamp(principal.login, "core", run.__name__)
        work = Work(
            principal.tenant, command.keys(), lambda overlay: run(UnitOfWork(overlay, principal), command), stamp
        )
        result: R = await self._wait(work, writes=False)
        return result

    async def write(
        self,
        run: Callable[[UnitOfWork, Any], R],
        command: Any,
        principal: Principal,
        dialect: str,
        *,
        operation: str | None = None,
        bulk: bool = False,
    ) -> R:
        """Run a use case that changes something outside any operation, through the lane.

        `operation` is what history calls it, else the use case's own name. With `bulk` it is a slice of long work: it
        is no request that others give way to, and waits as long as it must.
        """
        stamp = Stamp(principal.login, dialect, operation or run.__name__)
        work = Work(
            principal.tenant, command.keys(), lambda overlay: run(UnitOfWork(overlay, principal), command), stamp
        )
        work.is_bulk = bulk
        if self.spans is not None:
            work.span = self.spans.current()
        result: R = await self._wait(work, writes=True)
        return result

    def pressure(self) -> Pressure:
        """Whether people wait for the write lane, and how long they keep it: what long work gives way to."""
        return self.store.pressure()

    def measure(self, snapshot: Snapshot) -> None:
        """Put what this process counted into a snapshot."""
        engine = self.store.engine.url.get_backend_name()
        snapshot.set(table.BUILD, 1, __version__, platform.python_version(), engine)
        snapshot.spread(table.LOOP_LAG, self._lag)
        self.store.measure(snapshot)
        self._timers.measure(snapshot)
        if self._worker is not None:
            self._worker.measure(snapshot)

    async def waiting(self) -> backlog.Backlog:
        """What waits to be done by itself, over all tenants."""
        return await self.read(backlog.look, backlog.Look(table.JOBS_COUNTED), system(DIRECTORY_TENANT))

    async def _wait(self, work: Work, *, writes: bool) -> Any:
        loop = self._loop
        if loop is None:
            raise Unavailable("starting", "The server is starting.")
        future: asyncio.Future[Any] = loop.create_future()
        work.future = future
        if not work.is_bulk:
            work.deadline = loop.time() + self.settings.timeouts.request_seconds
        if writes:
            self.store.write(work)
        else:
            self.store.read(work)
        if not self._wakes:
            self._wakes = True
            loop.call_soon(self._wake)
        return await future

    def _wake(self) -> None:
        # Once for all that came in this turn of the loop: they share a group, and a lane that wakes up while requests
        # are still being parsed would only wait for the interpreter's lock.
        self._wakes = False
        self.store.wake()

    def _refuse_due(self, wanted_at: float) -> None:
        # A work that runs already is answered when it is done: never a refusal for something that is applied.
        if self._loop is None:
            return
        now = self._loop.time()
        self._lag.observe(max(now - wanted_at, 0.0))
        for work in self.store.withdraw_due(now):
            if not work.future.done():
                work.future.set_exception(Unavailable("timed_out", "The server was too busy; nothing was changed."))
        self._loop.call_later(DUE_EVERY_SECONDS, self._refuse_due, now + DUE_EVERY_SECONDS)

    def _answer(self, works: list[Work]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
                self._loop.call_soon_threadsafe(_settle, works)

    # -- idempotency --------------------------------------------------------------------------------------------

    def _once(
        self, key: str, execute: Callable[[Overlay], Any], operation: OperationSpec, request: Request, keys: Any
    ) -> Callable[[Overlay], Any]:
        """`execute` with its answer kept under the key, in the same transaction as its effect."""
        if not 1 <= len(key) <= 255:
            raise Invalid("bad_idempotency_key", "An Idempotency-Key has 1 to 255 characters.")
        principal, dialect = _who(request)
        digest = hashlib.sha256(
            b"\0".join(
                (request.method.encode(), request.full_path.encode(), request.query_string.encode(), request.body)
            )
        ).hexdigest()
        if isinstance(keys, Keys):
            keys.also("idempotency", [(principal.credential, key)], Lock.CHANGE)

        def run(overlay: Overlay) -> Reply:
            records = Answers(overlay)
            known = records.find((principal.credential, key), Lock.CHANGE)
            if known is not None:
                return _stored(known, digest)
            try:
                with overlay.attempt() as nested:
                    reply = operation.render(execute(nested), request)
            except Expected as refused:
                if not isinstance(keys, Keys) or isinstance(refused, Unavailable):
                    raise  # what went alone has written through: it must be rolled back whole
                reply = dialect.error(refused, request)
            records.add(_record(principal, key, digest, reply, overlay.group.now))
            return reply

        return run

    # -- who is who: what http/authentication.py asks for --------------------------------------------------------------

    async def find_token(self, token_hash: str, tenant: int) -> Principal | None:
        """The principal of a token, or None."""
        return await self.read(people.find_token, people.FindToken(token_hash), system(tenant))

    async def find_user_by_login(self, login: str) -> User | None:
        """The user of a login, in whatever tenant, or None. It may be an e-mail address, in letters of either case."""
        entry: LoginName | None = None
        for name in dict.fromkeys((login, login.casefold() if "@" in login else login)):
            entry = entry or await self.read(people.find_login, people.FindLogin(name), system(DIRECTORY_TENANT))
        if entry is None:
            return None
        return await self.read(people.find_user, people.FindUser(entry.user), system(entry.user_tenant))

    async def find_login(self, login: str) -> "PasswordRecord | None":
        """The account of a login, for a password to be held against it."""
        from dragoman.http.authentication import PasswordRecord

        user = await self.find_user_by_login(login)
        if user is None:
            return None
        return PasswordRecord(people.principal_of(user), user.password_hash, user.disabled_at is not None)

    def anonymous(self) -> Principal:
        """For whom a public operation acts: nobody of the main tenant. Whoever opens a dialect opens it for all."""
        if self._main_tenant is None:
            raise Unavailable("starting", "The server is starting.")
        return Principal(tenant=self._main_tenant, user=None, login="anonymous", is_admin=True)


def _who(request: Request) -> tuple[Principal, Dialect]:
    if request.principal is None or request.dialect is None:
        raise Unauthenticated("no_principal", "The request has no principal.")
    return request.principal, request.dialect


def _settle(works: list[Work]) -> None:
    for work in works:
        future = work.future
        if future.done():
            continue
        if work.error is not None:
            future.set_exception(work.error)
        else:
            future.set_result(work.result)


def _stored(known: IdempotencyRecord, digest: str) -> Reply:
    if known.request_hash != digest:
        raise Invalid("idempotency_key_reused", "This Idempotency-Key was used for another request.", status=422)
    headers = msgspec.json.decode(known.headers, type=list[tuple[str, str]])
    return Reply(known.status, known.body.encode(), known.content_type, headers)


def _record(principal: Principal, key: str, digest: str, reply: Reply, now: Moment) -> IdempotencyRecord:
    return IdempotencyRecord(
        tenant=principal.tenant,
        credential=principal.credential,
        key=key,
        request_hash=digest,
        status=reply.status,
        content_type=reply.content_type,
        headers=msgspec.json.encode(reply.headers).decode(),
        body=reply.body.decode(),
        created_at=now,
    )
