"""The executor: runs each command as one unit of work, and gives its result after the commit.

A server's requests go through lanes and readers (`execute`, `read`, `write`); commands of the command line, which has
no lanes, run in their own thread (`call`, `execute_now`).
"""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.delivery.outside import Outside
from dragoman.dialects.kit import BodyStream, Dialect, Later, OperationSpec, Reply, Request, Stream
from dragoman.dialects.kit.event_watching import Watch
from dragoman.dialects.kit.receiving import Step
from dragoman.domain.access import Principal, system
from dragoman.domain.clock import Clock, SystemClock
from dragoman.domain.errors import Unauthenticated, Unavailable
from dragoman.runtime import idempotency
from dragoman.runtime.deadlines import Deadlines, timed_out
from dragoman.runtime.receiving import Write, abandon, receive
from dragoman.runtime.turns import Turns
from dragoman.store.store import Store
from dragoman.store.unit.lane import Pressure
from dragoman.store.unit.overlay import Overlay, Stamp
from dragoman.store.unit.work import Work
from dragoman.usecases.uow import UnitOfWork

if TYPE_CHECKING:
    from dragoman.tracing.spans import Spans

R = TypeVar("R")

PARSED_ON_THE_LOOP = 64 * 1024  # bytes; a longer body is parsed in a thread


class Executor:
    """Runs commands on one store. `start` connects it to the event loop whose lanes answer it."""

    def __init__(self, store: Store, clock: Clock, request_seconds: float, outside: Outside | None = None) -> None:
        self.deadlines = Deadlines(store)
        self.clock = clock
        self.outside = outside or Outside((), SystemClock())
        self.spans: Spans | None = None
        self.event_watch: Watch | None = None
        self.data_folder: Path | None = None
        self._store = store
        self._request_seconds = request_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake_is_planned = False
        self._turns = Turns(store.longest_queue)

    @property
    def is_started(self) -> bool:
        return self._loop is not None

    def start(self, loop: asyncio.AbstractEventLoop, on_death: Callable[[BaseException], None]) -> None:
        """Open lanes and readers. `on_death` is called, from any thread, when one of them dies."""
        self._loop = loop
        self._store.start(self._answer, on_death)
        self.deadlines.start(loop)

    def detach(self) -> None:
        """The event loop has ended; only `call` and `execute_now` work from here on."""
        self._loop = None

    # -- operations of dialects -----------------------------------------------------------------------------------

    def is_full(self, *, writes: bool) -> bool:
        """Whether too many requests wait: further ones can be refused before they are processed."""
        return self._store.is_full(writes=writes)

    async def execute(self, operation: OperationSpec, request: Request) -> Reply | Stream:
        """Parse a request, run its command in a lane or a reader, and render the result.

        Raises what parsing or the use case refused; Unavailable when too many wait, or when the deadline passed before
        it ran. A request with an Idempotency-Key that was used before gets the stored reply.
        """
        if request.incoming is not None:
            return await self._execute_streamed(operation, request, request.incoming)
        if len(request.body) <= PARSED_ON_THE_LOOP:
            command = operation.read(request)
        else:
            command = await asyncio.to_thread(operation.read, request)
        left = request.deadline - self.clock.monotonic() if request.deadline else None
        async with self._turns.turn(left) if operation.takes_turns else nullcontext():
            left = request.deadline - self.clock.monotonic() if request.deadline else None
            result = await self._wait(_work_of(operation, command, request), writes=operation.writes, seconds=left)
        if operation.streams:
            request.command, request.run = command, partial(self._run_further, operation, request)
            request.watch, request.data_folder = self.event_watch, self.data_folder
        return await _settled(_rendered(operation, result, request), request)

    async def _execute_streamed(self, operation: OperationSpec, request: Request, body: BodyStream) -> Reply | Stream:
        """`execute`, for a body that is stored while it arrives. The command runs when all of it is stored."""
        principal, dialect = _authenticated(request)
        has_key = idempotency.key_of(operation, request) is not None
        write = self.stepwise(principal, dialect.name, operation.name)
        receiving = await asyncio.to_thread(operation.open, request)
        pieces = idempotency.hashed(request, body) if has_key else body
        try:
            command = await receive(receiving, pieces, write)
            result = await self._wait(_work_of(operation, command, request), writes=True)
        except Exception:  # house: ok, because whatever fails here, nothing of the body may stay
            await abandon(receiving, write)
            raise
        if isinstance(result, Reply):  # it may be the stored one, of an earlier body
            await abandon(receiving, write)
        return await _settled(_rendered(operation, result, request), request)

    async def _run_further(self, operation: OperationSpec, request: Request, command: Any) -> Any:
        """Run another command for a stream. It has a deadline of its own."""
        return await self._wait(_work_of(operation, command, request), writes=operation.writes)

    def execute_now(self, operation: OperationSpec, request: Request) -> Reply | Stream:
        """`execute`, in this thread."""

        async def run(command: Any) -> Any:
            return self._store.run(_work_of(operation, command, request), writes=operation.writes)

        command = operation.read(request)
        result = self._store.run(_work_of(operation, command, request), writes=operation.writes)
        request.command, request.run, request.data_folder = command, run, self.data_folder
        rendered = _rendered(operation, result, request)
        return asyncio.run(_settled(rendered, request)) if isinstance(rendered, Later) else rendered

    # -- use cases outside any operation --------------------------------------------------------------------------

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
        """Run a use case in this thread, and commit. `operation` is its name in history."""
        result: R = self._store.run(_work(run, command, principal or system(tenant), dialect, operation, tenant))  # type: ignore[assignment]
        return result

    async def read(self, run: Callable[[UnitOfWork, Any], R], command: Any, principal: Principal) -> R:
        """Run a use case that changes nothing, in a reader."""
        result: R = await self._wait(_work(run, command, principal, "core"), writes=False)
        return result

    async def write(
        self,
        run: Callable[[UnitOfWork, Any], R],
        command: Any,
        principal: Principal,
        dialect: str,
        *,
        operation: str | None = None,
        request: str | None = None,
        bulk: bool = False,
        once: idempotency.Once[R] | None = None,
    ) -> R:
        """Run a use case in a lane. `operation` is its name in history, by default that of the function; `request` the
        id of the HTTP request that asks for it.

        A `bulk` command is one slice of long work: requests go first, and it has no deadline. `once`: a repetition gets
        the stored result.
        """
        work = _work(run, command, principal, dialect, operation, request=request)
        if once is not None:
            work.execute = idempotency.result_once(once, work.execute, work.keys, principal)
        work.is_bulk = bulk
        if self.spans is not None:
            work.span = self.spans.current()
        result: R = await self._wait(work, writes=True)
        return result

    def stepwise(self, principal: Principal, dialect: str, operation: str) -> Write:
        """Writes the steps of a body that is stored while it arrives, in the name of this principal."""

        async def write(step: Step) -> None:
            run, command = step
            await self.write(run, command, principal, dialect, operation=operation, bulk=True)

        return write

    def pressure(self) -> Pressure:
        """Whether requests wait for the write lanes, and how long these are busy: what long work gives way to."""
        return self._store.pressure()

    # -- waiting for a lane ---------------------------------------------------------------------------------------

    async def _wait(self, work: Work, *, writes: bool, seconds: float | None = None) -> Any:
        """The result of a work; `seconds` are left of its deadline, by default all that a request has."""
        loop = self._loop
        if loop is None:
            raise Unavailable("starting", "The server is starting.")
        if seconds is not None and seconds <= 0:
            raise timed_out()
        future: asyncio.Future[Any] = loop.create_future()
        work.future = future
        if not work.is_bulk:
            work.deadline = loop.time() + (self._request_seconds if seconds is None else seconds)
        if writes:
            self._store.write(work)
        else:
            self._store.read(work)
        if not self._wake_is_planned:
            self._wake_is_planned = True
            loop.call_soon(self._wake)
        if writes:
            return await future
        self.deadlines.reads.add(work)
        try:
            return await future
        finally:
            self.deadlines.reads.discard(work)

    def _wake(self) -> None:
        # Once for all that came in this turn of the loop: they share a group, and a lane that wakes up while requests
        # are still being parsed would only wait for the interpreter's lock.
        self._wake_is_planned = False
        self._store.wake()

    def _answer(self, works: list[Work]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and no future is awaited any more
                self._loop.call_soon_threadsafe(_settle, works)


def _work(
    run: Callable[[UnitOfWork, Any], Any],
    command: Any,
    principal: Principal,
    dialect: str,
    operation: str | None = None,
    tenant: int | None = None,
    request: str | None = None,
) -> Work:
    stamp = Stamp(principal.login, dialect, operation or run.__name__, actor=principal.user, request=request)
    tenant = principal.tenant if tenant is None else tenant
    return Work(tenant, command.keys(), lambda overlay: run(UnitOfWork(overlay, principal), command), stamp)


def _work_of(operation: OperationSpec, command: Any, request: Request) -> Work:
    principal, dialect = _authenticated(request)
    keys = operation.needs(command)

    def run(overlay: Overlay) -> Any:
        return operation.run(UnitOfWork(overlay, principal), command)

    key = idempotency.key_of(operation, request)
    execute = run if key is None else idempotency.once(key, run, operation, request, keys, principal, dialect)
    stamp = Stamp(
        principal.login, dialect.name, operation.name, actor=principal.user, request=request.request_id or None
    )
    work = Work(principal.tenant, keys, execute, stamp)
    work.span = request.span
    return work


def _authenticated(request: Request) -> tuple[Principal, Dialect]:
    if request.principal is None or request.dialect is None:
        raise Unauthenticated("no_principal", "The request has no principal.")
    return request.principal, request.dialect


def _rendered(operation: OperationSpec, result: Any, request: Request) -> Reply | Stream | Later:
    """The reply to a result; a stored reply, and one that the use case made, is rendered already."""
    return result if isinstance(result, Reply) else operation.render(result, request)


async def _settled(rendered: Reply | Stream | Later, request: Request) -> Reply | Stream:
    if not isinstance(rendered, Later):
        return rendered
    request.waits()
    return await rendered.reply()


def _settle(works: list[Work]) -> None:
    for work in works:
        future = work.future
        if future.done():
            continue
        if work.error is not None:
            future.set_exception(work.error)
        else:
            future.set_result(work.result)
