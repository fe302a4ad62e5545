"""The application: composes store, dialects, executor, identity and background work; starts and stops them."""

import asyncio
import platform
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dragoman import __version__, tracing
from dragoman.delivery.outside import Outside
from dragoman.dialects import discover
from dragoman.dialects.kit import Dialect
from dragoman.dialects.kit.event_watching import StreamRules
from dragoman.dialects.kit.watching import WATCHES
from dragoman.domain.access import system
from dragoman.domain.clock import Clock, SystemClock
from dragoman.domain.password_rules import Rules
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.domain.terms import Terms
from dragoman.domain.token_rules import TokenRules
from dragoman.domain.webhook import WebhookRules
from dragoman.domain.webhook_ladder import Ladder
from dragoman.domain.webhook_url import UrlRules
from dragoman.jobs.background import Background
from dragoman.metrics import table
from dragoman.metrics.snapshot import Snapshot
from dragoman.runtime import descriptors, memory
from dragoman.runtime.accounts import StoredAccounts, life_of
from dragoman.runtime.asking import Asks
from dragoman.runtime.event_watch import EventWatch
from dragoman.runtime.executor import Executor
from dragoman.runtime.first_run import FirstRun
from dragoman.runtime.identity import Identity, Recent
from dragoman.runtime.page_streams import PageStreams
from dragoman.runtime.sign_ins import SignIns
from dragoman.runtime.traffic import Traffic
from dragoman.settings import BadSettings, Events, Settings, Webhooks, data_folder, traces
from dragoman.store.engine.files import database_file
from dragoman.store.engine.notices import Notices
from dragoman.store.repositories.digests import FOLDER as DIGESTS
from dragoman.store.repositories.digests import Folder
from dragoman.store.store import Store
from dragoman.store.unit.work import Work
from dragoman.usecases import categories, extension_names
from dragoman.usecases.admin import tenants
from dragoman.usecases.background import backlog, jobs
from dragoman.usecases.background.timers import works as timers_before
from dragoman.usecases.batches.types import resource_types
from dragoman.usecases.identity import names, scopes
from dragoman.usecases.identity.scope_words import METRICS, OF_BATCHES, Registry
from dragoman.usecases.tasks import query_tables
from dragoman.usecases.tasks.summaries import Summary
from dragoman.usecases.webhooks import sending

if TYPE_CHECKING:
    from dragoman.tracing.spans import Spans

SUMMARY_SECONDS = 60.0
"""How old the figures of the overview may be."""


class Application:
    """One server, or one command. `open` migrates and creates the main tenant; `start` opens lanes for a server."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.store = Store(
            settings.database,
            self.clock,
            patience_seconds=settings.timeouts.database_seconds,
            free_bytes=settings.limits.free_bytes,
            longest_queue=settings.limits.queue,
            timers=timers_before,
            terms=terms_of(settings),
            key=None if settings.secret_key is None else b64decode(settings.secret_key.value),
        )
        self.dialects = configured(settings)
        check_policies(settings)
        # Other servers have the real time, also beside a clock that a test stops.
        outside = Outside(settings.outside, SystemClock())
        self.executor = Executor(self.store, self.clock, settings.timeouts.request_seconds, outside)
        self.executor.data_folder = self.data_folder
        self.event_watch = EventWatch(self.executor, settings.events.poll_seconds, stream_rules(settings.events))
        self.executor.event_watch = self.event_watch
        accounts = StoredAccounts(self.executor, settings, life_of(settings.sessions))
        self.identity = Identity(accounts, settings, self.clock)
        self.page_streams = PageStreams(self.executor)
        self.identity.on_session_ended = self.page_streams.ended
        self.first_run = FirstRun(self.executor, is_offered=settings.passwords.enabled)
        # Providers have the real time, too.
        self.sign_ins = SignIns(settings.providers, self.executor, life_of(settings.sessions), SystemClock())
        self.background = Background(
            self.executor,
            settings.jobs,
            self.digest_folder,
            self.identity.uses,
            webhooks=settings.webhooks,
            poll_seconds=settings.events.poll_seconds,
        )
        self.traffic = Traffic(self.clock)
        self.asks: Asks | None = None  # where it is served
        self.summaries: Recent[tuple[object, ...], Summary] = Recent(SUMMARY_SECONDS, self.clock)
        self.spans: Spans | None = None
        self._notices: Notices | None = None

    def open(self) -> "Application":
        """Migrate the database, and create the main tenant when it is missing."""
        self.store.migrate()
        self.identity.main_tenant = self.ensure_tenant(self.settings.tenant)
        return self

    def take_over(self) -> None:
        """Free the jobs and deliveries that earlier processes held, while no other process works on this database."""
        now = self.clock.now()
        for _, tenant in self.executor.call(tenants.list_all, tenants.ListTenants(), DIRECTORY_TENANT):
            self.executor.call(jobs.release_orphans, jobs.ReleaseOrphans(now), tenant)
            while self.executor.call(sending.recover, sending.Recover(""), tenant):
                pass

    def ensure_tenant(self, name: str, *, must_be_new: bool = False) -> int:
        """The number of the tenant with this name, created if it is missing."""
        number = self.executor.call(tenants.register, tenants.RegisterTenant(name, must_be_new), DIRECTORY_TENANT)
        self.executor.call(tenants.initialize, tenants.InitializeTenant(name), number)
        return number

    def start(self, on_death: Callable[[], None] | None = None) -> None:
        """Open lanes and readers on the running event loop. `on_death` is called if one of them dies."""
        loop = asyncio.get_running_loop()
        memory.tune()
        files = descriptors.raise_limit()
        if files is not None:
            self.event_watch.keep_below(max(0, files - descriptors.RESERVED))
        self._trace()
        self.executor.start(loop, lambda _error: on_death and on_death())
        self.store.on_queued = self.background.hint
        self.event_watch.start(loop)
        self.store.on_events = self._announced
        self._notify()
        self.background.start(self.spans)

    def _notify(self) -> None:
        """Exchange hints at commits with other processes, where the database can."""
        if self.settings.events.notify and self.store.engine.is_postgresql:
            self._notices = Notices(self.store.engine.raw, self._heard)
            self._notices.start()

    def _announced(self, tenant: int) -> None:
        """Tell those who wait for news of a log, in a lane's thread."""
        self._heard(tenant)
        if self._notices is not None:
            self._notices.send(tenant)

    def _heard(self, tenant: int) -> None:
        """Tell those of this process, from any thread."""
        self.event_watch.announce(tenant)
        self.background.senders.news()

    async def stop(self) -> None:
        """Begin no more background work, give back running jobs, and end all waiting; requests are still answered."""
        WATCHES.stop()
        self.event_watch.stop()
        if self._notices is not None:
            self._notices.stop()
        await self.background.stop()

    def close(self) -> None:
        """Finish queued work, then close the database."""
        self.store.close()
        if self._notices is not None:
            self._notices.close()
        if self.spans is not None:
            self.spans.stop()

    def run_due_jobs(self) -> None:
        """Run the jobs that are due, and those that follow from them, before returning; for the command line."""
        asyncio.run(self._run_due_jobs())

    async def _run_due_jobs(self) -> None:
        self.executor.start(asyncio.get_running_loop(), lambda _error: None)
        await self.background.worker.run_once()
        self.executor.detach()

    @property
    def data_folder(self) -> Path | None:
        """Where files of the server are written: beside a SQLite file, else the user's data folder; None for a database
        in memory."""
        file = database_file(self.store.engine)
        if file is not None:
            return file.parent
        return data_folder() if self.store.engine.is_postgresql else None

    @property
    def digest_folder(self) -> Folder | None:
        """Where hourly digests of the history are written, besides their table."""
        if self.settings.digests:
            return Folder(Path(self.settings.digests))
        file = database_file(self.store.engine)
        return Folder(file.with_name(DIGESTS)) if file is not None else None

    def ready(self) -> bool:
        """Whether requests can be served."""
        return self.executor.is_started and self.store.is_ready

    def measure(self, snapshot: Snapshot) -> None:
        """Add the counts of this process to a snapshot."""
        engine = self.store.engine.url.get_backend_name()
        snapshot.set(table.BUILD, 1, __version__, platform.python_version(), engine)
        self.executor.deadlines.measure(snapshot)
        self.store.measure(snapshot)
        self.background.measure(snapshot)

    async def waiting(self) -> backlog.Backlog:
        """Background work that waits, over all tenants."""
        return await self.executor.read(backlog.measure, backlog.Measure(table.JOBS_COUNTED), system(DIRECTORY_TENANT))

    def _trace(self) -> None:
        self.spans = self.executor.spans = spans = tracing.begin(traces())
        if spans is not None:

            def record(lane: str, works: list[Work], seconds: float) -> None:
                spans.group(lane, (work.span for work in works), seconds, self.clock.now())

            self.store.on_group = record


def configured(settings: Settings) -> tuple[Dialect, ...]:
    """The dialects that are enabled, with their options."""
    dialects = []
    for dialect in discover():
        options = dict(settings.of_dialect(dialect.name))
        extension_names.register(dialect.reserved_names)
        names.register(dialect.name, dialect.person_names)
        query_tables.register(dialect.check_query_table)
        resource_types.register(dialect.resource_types)  # batches of a disabled dialect still run to their end
        if options.pop("enabled", True):
            dialects.append(dialect.configure(options) if dialect.configure is not None else dialect)
    resource_types.set_outside(settings.outside)
    categories.keep(number for dialect in dialects for number in dialect.kept_categories)
    scopes.set_registry(Registry((*_operations(dialects), ("metrics", METRICS))))
    return tuple(dialects)


def terms_of(settings: Settings) -> Terms:
    """What use cases need to know of the configuration."""
    batch, passwords = settings.batch, settings.passwords
    rules = Rules(passwords.least, passwords.check_common, passwords.link_seconds)
    tokens = TokenRules(settings.tokens.longest_days, settings.tokens.login_most)
    most = settings.limits.upload_entries
    hooks = webhook_rules(settings.webhooks)
    return Terms(
        batch.policy,
        batch.review_days,
        batch.images_days,
        rules,
        tokens,
        most,
        hooks,
        events_days=settings.events.keep_days,
    )


def stream_rules(events: Events) -> StreamRules:
    """The rules of streams of events, as configured."""
    return StreamRules(events.heartbeat_seconds, events.streams_per_user, events.streams, events.stream_seconds)


def webhook_rules(webhooks: Webhooks) -> WebhookRules:
    """The rules of webhooks, as configured."""
    return WebhookRules(
        webhooks.who == "everybody",
        UrlRules(webhooks.allow_http, webhooks.ports, webhooks.allow_networks),
        Ladder(webhooks.retry_seconds, webhooks.jitter),
        webhooks.disable_after_hours,
    )


def _operations(dialects: Iterable[Dialect]) -> Iterator[tuple[str, frozenset[str]]]:
    """The operations that ask for scopes, by name, and what batches do with objects of each type."""
    for dialect in dialects:
        for row in dialect.operations:
            yield f"{dialect.name}.{row.name}", row.scopes
    for name in resource_types.names():
        type_ = resource_types.find(name)
        for method, words in {} if type_ is None else type_.scopes.items():
            yield f"{OF_BATCHES}{name}.{method.lower()}", words


def check_policies(settings: Settings) -> None:
    """BadSettings for a policy that names a type which no batch can have: it would never apply."""
    known = sorted({*resource_types.names(), *(outside.name for outside in settings.outside)})
    for index, rule in enumerate(settings.batch.policy):
        for name in rule.types or ():
            if name not in known:
                wrong = f"{name!r} is not a type of batches: {', '.join(known)}."
                raise BadSettings(f"batch.policy[{index}].types: {wrong}")
