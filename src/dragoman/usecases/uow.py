"""The unit of work: all that a use case may touch while it does one thing for one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from dragoman.domain import ids
from dragoman.domain.access import Principal
from dragoman.domain.clock import Moment
from dragoman.domain.people import Alias, Group, LoginName, Tenant
from dragoman.store.cases import Cases, Stages
from dragoman.store.categories import Categories
from dragoman.store.contacts import Contacts
from dragoman.store.history import History
from dragoman.store.overlay import MustBeAlone, Overlay
from dragoman.store.people import Tokens, Users
from dragoman.store.repository import Numbers, People, Repository
from dragoman.store.schemas import Schemas
from dragoman.store.settings import Settings
from dragoman.store.shapes import SHAPES
from dragoman.store.tasks import Tasks


class UnitOfWork:
    """Repositories, the principal, the present moment. Nothing of it is kept when the use case raises."""

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

    @property
    def home(self) -> Tenant:
        """The tenant itself: its name, its time zone, its inbox."""
        tenant: Tenant = self._overlay.group.peek("tenant", ())
        return tenant

    @property
    def dialect(self) -> str:
        """The dialect through which this is done."""
        return self._overlay.stamp.dialect

    def new_id(self) -> str:
        """A time-ordered UUID."""
        return ids.new_id()

    def must_be_alone(self) -> None:
        """Say that this command turned out to need a set of rows: it is run again alone, if it isn't yet."""
        if self._overlay.group.load_all is None:
            raise MustBeAlone

    @contextmanager
    def attempt(self) -> Iterator["UnitOfWork"]:
        """A part that may fail by itself: its changes are dropped when the block raises."""
        outer = self._overlay
        with outer.attempt() as nested:
            yield UnitOfWork(nested, self.principal)

    @cached_property
    def tasks(self) -> Tasks:
        return Tasks(self._overlay)

    @cached_property
    def cases(self) -> Cases:
        return Cases(self._overlay)

    @cached_property
    def stages(self) -> Stages:
        return Stages(self._overlay)

    @cached_property
    def contacts(self) -> Contacts:
        return Contacts(self._overlay)

    @cached_property
    def categories(self) -> Categories:
        return Categories(self._overlay)

    @cached_property
    def schemas(self) -> Schemas:
        return Schemas(self._overlay)

    @cached_property
    def users(self) -> Users:
        return Users(self._overlay)

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self._overlay)

    @cached_property
    def groups(self) -> People[Group]:
        return People(self._overlay, SHAPES["group"])

    @cached_property
    def aliases(self) -> People[Alias]:
        return People(self._overlay, SHAPES["alias"])

    @cached_property
    def login_names(self) -> Repository[LoginName]:
        return Repository(self._overlay, SHAPES["login_name"])

    @cached_property
    def tenants(self) -> People[Tenant]:
        return People(self._overlay, SHAPES["tenant"])

    @cached_property
    def settings(self) -> Settings:
        return Settings(self._overlay)

    @cached_property
    def numbers(self) -> Numbers:
        return Numbers(self._overlay)

    @cached_property
    def history(self) -> History:
        return History(self._overlay)
