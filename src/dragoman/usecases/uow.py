"""The unit of work: the repositories, principal and time that one command works with."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, overload

from dragoman.command import Key
from dragoman.domain import ids, json_numbers
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.event import Event, subject_of
from dragoman.domain.job import Job, JobKind
from dragoman.domain.people import Tenant
from dragoman.domain.terms import Terms
from dragoman.store.repositories.batch_contents import Chunks, Payloads
from dragoman.store.repositories.batch_drafts import BatchDrafts, FilePieces
from dragoman.store.repositories.batch_previews import Previews
from dragoman.store.repositories.batches import Batches, Details
from dragoman.store.repositories.binary_properties import BinaryProperties
from dragoman.store.repositories.cases import Cases, Stages
from dragoman.store.repositories.categories import Categories
from dragoman.store.repositories.contact_values import ContactValues
from dragoman.store.repositories.contacts import Contacts
from dragoman.store.repositories.deliveries import Deliveries
from dragoman.store.repositories.digests import Digests
from dragoman.store.repositories.events import Events
from dragoman.store.repositories.extension_schemas import Schemas
from dragoman.store.repositories.history import History
from dragoman.store.repositories.holdings import Holdings
from dragoman.store.repositories.jobs import Jobs
from dragoman.store.repositories.journeys import Journeys
from dragoman.store.repositories.labels import Labels
from dragoman.store.repositories.leases import Leases
from dragoman.store.repositories.login_names import LoginNames
from dragoman.store.repositories.messages import Messages
from dragoman.store.repositories.names import Names
from dragoman.store.repositories.notes import Notes
from dragoman.store.repositories.old_events import OldEvents
from dragoman.store.repositories.people import (
    Aliases,
    Groups,
    Identities,
    Members,
    PasswordLinks,
    Sessions,
    Users,
)
from dragoman.store.repositories.purge_marks import PurgeMarks
from dragoman.store.repositories.repository import Numbers, People, Repository
from dragoman.store.repositories.resources import Resources
from dragoman.store.repositories.settings import Settings
from dragoman.store.repositories.sight import Sight
from dragoman.store.repositories.stored_replies import Answers
from dragoman.store.repositories.tasks import Tasks
from dragoman.store.repositories.template_sets import Blueprints, TemplateSets
from dragoman.store.repositories.templates import Templates
from dragoman.store.repositories.timers import Timers
from dragoman.store.repositories.tokens import Tokens
from dragoman.store.repositories.unclaimed_names import UnclaimedNames, UnclaimedTasks
from dragoman.store.repositories.views import Views
from dragoman.store.repositories.webhooks import Webhooks
from dragoman.store.repositories.work_lists import WorkLists
from dragoman.store.unit import trial
from dragoman.store.unit.mappings import MAPPINGS
from dragoman.store.unit.overlay import Overlay, RowKey, Stamp

R = TypeVar("R")


class lazy(Generic[R]):  # noqa: N801 - used as a decorator, like functools.cached_property
    """A repository created on first use. Faster than functools.cached_property, which takes a lock."""

    def __init__(self, make: Callable[[Any], R]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> "lazy[R]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> R: ...
    def __get__(self, instance: object | None, owner: type) -> "R | lazy[R]":
        if instance is None:
            return self
        value = self._make(instance)
        instance.__dict__[self._name] = value
        return value


class UnitOfWork:
    """Repositories, the principal, the present moment. All changes are dropped when the use case raises."""

    def __init__(self, overlay: Overlay, principal: Principal) -> None:
        self._overlay = overlay
        self.principal = principal

    @property
    def now(self) -> Moment:
        """One moment for the whole unit of work."""
        return self._overlay.group.now

    @property
    def tenant(self) -> int:
        """The tenant's number."""
        return self._overlay.group.tenant

    @lazy
    def home(self) -> Tenant:
        """The tenant itself: its name, its time zone, its inbox."""
        tenant: Tenant = self._overlay.group.home
        return tenant

    @property
    def sharers(self) -> int:
        """How many commands share the transaction, this one among them."""
        return self._overlay.group.size

    def once(self, key: Hashable, make: Callable[[], R]) -> R:
        """What `make` gives: it is called once for all commands of the transaction that name an equal key."""
        known = self._overlay.group.once
        if key not in known:
            known[key] = make()
        made: R = known[key]
        return made

    @property
    def terms(self) -> Terms:
        """What the operator asks of batches and passwords."""
        return self._overlay.group.terms

    @property
    def dialect(self) -> str:
        """The name of the dialect that received the command."""
        return self._overlay.stamp.dialect

    @property
    def cause(self) -> int | None:
        """The number of the batch whose entries run, or None."""
        return self._overlay.stamp.cause

    def new_id(self) -> str:
        """A time-ordered UUID."""
        return ids.new_id()

    def record(self, entity: str, key: Key, operation: str, changes: dict[str, Any]) -> None:
        """A row in the history of an entity (its name and key) for a fact that is none of its fields, such as a token
        that was made: field to [old, new], under this operation. Nothing where there is no such entity."""
        self._overlay.record(MAPPINGS[entity], key, operation, changes)

    def remark(self, entity: str, key: Key, changes: dict[str, Any]) -> None:
        """Let the row of history of what this command changes in an entity tell these, too: members that are none of
        its fields, such as a note, each as [old, new]. Nothing where it changes nothing."""
        self._overlay.remark(MAPPINGS[entity], key, changes)

    def announce(
        self, type_: str, entity: str, id_: str, audience: str, *, number: int | None = None, **data: Any
    ) -> str:
        """An event without a row of history, for a fact that changes nothing which history counts; its id.

        `id_` is what the entity is known by in the subject, `audience` as `domain.audience` writes it; `data` are the
        members that the event has beyond those of all.
        """
        stamp = self._overlay.stamp
        event = Event(
            self.new_id(),
            type_,
            self.now,
            entity,
            number,
            subject_of(entity, id_),
            None,
            None,
            stamp.actor,
            stamp.principal,
            None,
            stamp.dialect,
            stamp.operation,
            audience,
            None,
            json_numbers.encode(data).decode(),
        )
        self._overlay.announce(event)
        return event.uid

    def enqueue(
        self,
        kind: JobKind,
        subject: int | None = None,
        *,
        run_at: Moment | None = None,
        priority: int = 0,
        **args: Any,
    ) -> Job:
        """Add a job in this transaction; `jobs/handlers/registry.py` has its handler."""
        run_at = run_at if run_at is not None else self.now
        return self.jobs.queue(self.new_id(), str(kind), subject, args, self.now, run_at, priority)

    def must_be_exclusive(self) -> None:
        """Require rows found by a condition: a command that is not exclusive runs again as an exclusive one."""
        self._overlay.must_be_exclusive()

    @contextmanager
    def attempt(self) -> Iterator["UnitOfWork"]:
        """A nested block: its changes alone are dropped when it raises."""
        outer = self._overlay
        with outer.attempt() as nested:
            yield UnitOfWork(nested, self.principal)

    def try_only(self, entity: str, earlier: trial.Earlier, drawn: int) -> dict[int, int]:
        """Let the command be a trial, which must end with an error: see `store/unit/trial.py`."""
        return trial.start(self._overlay.group, entity, earlier, drawn)

    def leave(self, entity: str, found: Any) -> None:
        """Let a new object be there, as an earlier trial made it."""
        trial.leave(self._overlay.group, entity, found.number, found)

    @contextmanager
    def watch(self) -> Iterator[set[RowKey]]:
        """The rows that finished entries and commands of the block put or drop, by entity and key."""
        group = self._overlay.group
        before, group.touched = group.touched, set()
        try:
            yield group.touched
        finally:
            group.touched = before

    def close(self) -> None:
        """Let what was changed so far be a change of its own, with revisions and history."""
        self._overlay.close()

    def clear(self) -> None:
        """Drop what was changed and neither closed nor looked for by a condition."""
        self._overlay.clear()

    def entries(self) -> "Entries":
        """Nested units for bulk work, each like a separate command. Don't change anything here while they run."""
        return Entries(self._overlay.separate(), self.principal)

    def in_the_name_of(
        self, principal: Principal, dialect: str, operation: str, *, cause: int | None = None
    ) -> "UnitOfWork":
        """This unit of work with the rights of another principal. History records that principal, operation and cause
        for all changes of the command."""
        self._overlay.stamp = Stamp(principal.login, dialect, operation, cause, principal.user)
        return UnitOfWork(self._overlay, principal)

    def objects(self, entity: str) -> Repository[Any]:
        """The repository of an entity by its name."""
        return OBJECTS[entity](self)

    @lazy
    def tasks(self) -> Tasks:
        return Tasks(self._overlay)

    @lazy
    def cases(self) -> Cases:
        return Cases(self._overlay)

    @lazy
    def stages(self) -> Stages:
        return Stages(self._overlay)

    @lazy
    def contacts(self) -> Contacts:
        return Contacts(self._overlay)

    @lazy
    def contact_values(self) -> ContactValues:
        return ContactValues(self._overlay)

    @lazy
    def categories(self) -> Categories:
        return Categories(self._overlay)

    @lazy
    def notes(self) -> Notes:
        return Notes(self._overlay)

    @lazy
    def labels(self) -> Labels:
        return Labels(self._overlay)

    @lazy
    def template_sets(self) -> TemplateSets:
        return TemplateSets(self._overlay)

    @lazy
    def blueprints(self) -> Blueprints:
        return Blueprints(self._overlay)

    @lazy
    def schemas(self) -> Schemas:
        return Schemas(self._overlay)

    @lazy
    def purge_marks(self) -> PurgeMarks:
        return PurgeMarks(self._overlay)

    @lazy
    def users(self) -> Users:
        return Users(self._overlay)

    @lazy
    def tokens(self) -> Tokens:
        return Tokens(self._overlay)

    @lazy
    def groups(self) -> Groups:
        return Groups(self._overlay)

    @lazy
    def members(self) -> Members:
        return Members(self._overlay)

    @lazy
    def sessions(self) -> Sessions:
        return Sessions(self._overlay)

    @lazy
    def password_links(self) -> PasswordLinks:
        return PasswordLinks(self._overlay)

    @lazy
    def identities(self) -> Identities:
        return Identities(self._overlay)

    @lazy
    def unclaimed_names(self) -> UnclaimedNames:
        return UnclaimedNames(self._overlay)

    @lazy
    def unclaimed_tasks(self) -> UnclaimedTasks:
        return UnclaimedTasks(self._overlay)

    @lazy
    def aliases(self) -> Aliases:
        return Aliases(self._overlay)

    @lazy
    def holdings(self) -> Holdings:
        return Holdings(self._overlay)

    @lazy
    def login_names(self) -> LoginNames:
        return LoginNames(self._overlay)

    @lazy
    def tenants(self) -> People[Tenant]:
        return People(self._overlay, MAPPINGS["tenant"])

    @lazy
    def answers(self) -> Answers:
        return Answers(self._overlay)

    @lazy
    def settings(self) -> Settings:
        return Settings(self._overlay)

    @lazy
    def numbers(self) -> Numbers:
        return Numbers(self._overlay)

    @lazy
    def history(self) -> History:
        return History(self._overlay)

    @lazy
    def journeys(self) -> Journeys:
        return Journeys(self._overlay)

    @lazy
    def old_events(self) -> OldEvents:
        return OldEvents(self._overlay)

    @lazy
    def events(self) -> Events:
        return Events(self._overlay)

    @lazy
    def sight(self) -> Sight:
        return Sight(self._overlay)

    @lazy
    def names(self) -> Names:
        return Names(self._overlay)

    @lazy
    def digests(self) -> Digests:
        return Digests(self._overlay)

    @lazy
    def leases(self) -> Leases:
        return Leases(self._overlay)

    @lazy
    def templates(self) -> Templates:
        return Templates(self._overlay)

    @lazy
    def views(self) -> Views:
        return Views(self._overlay)

    @lazy
    def messages(self) -> Messages:
        return Messages(self._overlay)

    @lazy
    def work_lists(self) -> WorkLists:
        return WorkLists(self._overlay)

    @lazy
    def binaries(self) -> BinaryProperties:
        return BinaryProperties(self._overlay)

    @lazy
    def batches(self) -> Batches:
        return Batches(self._overlay)

    @lazy
    def payloads(self) -> Payloads:
        return Payloads(self._overlay)

    @lazy
    def chunks(self) -> Chunks:
        return Chunks(self._overlay)

    @lazy
    def previews(self) -> Previews:
        return Previews(self._overlay)

    @lazy
    def batch_details(self) -> Details:
        return Details(self._overlay)

    @lazy
    def batch_drafts(self) -> BatchDrafts:
        return BatchDrafts(self._overlay)

    @lazy
    def file_pieces(self) -> FilePieces:
        return FilePieces(self._overlay)

    @lazy
    def resources(self) -> Resources:
        return Resources(self._overlay)

    @lazy
    def webhooks(self) -> Webhooks:
        return Webhooks(self._overlay)

    @lazy
    def deliveries(self) -> Deliveries:
        return Deliveries(self._overlay)

    @lazy
    def jobs(self) -> Jobs:
        return Jobs(self._overlay)

    @lazy
    def timers(self) -> Timers:
        return Timers(self._overlay)


OBJECTS: dict[str, Callable[[UnitOfWork], Repository[Any]]] = {
    "task": lambda uow: uow.tasks,
    "contact": lambda uow: uow.contacts,
    "case": lambda uow: uow.cases,
    "stage": lambda uow: uow.stages,
    "resource": lambda uow: uow.resources,
}
"""What the types of batches work on, by the name of the entity."""


class Entries:
    """Runs entries one by one. Each is applied whole or not at all, with its own revisions and history."""

    def __init__(self, overlay: Overlay, principal: Principal) -> None:
        self._overlay = overlay
        self._part = UnitOfWork(overlay, principal)  # shared: creating one per entry would double the cost

    def attempt(self, do: Callable[[UnitOfWork, int], R], index: int) -> R:
        """Run `do` for an entry and return its result. An error drops its changes; MustBeExclusive when it needs a
        set."""
        try:
            result = do(self._part, index)
        except BaseException:  # house: ok, because an entry that doesn't end leaves nothing, and the error goes on
            self._overlay.clear()
            raise
        self._overlay.close()
        return result
