"""The data of the servers: a database with a user, his token, and tasks of the size that people write."""

import shutil
from pathlib import Path

import msgspec
import sqlalchemy as sa

from dragoman.cli.samples import add_tasks
from dragoman.cli.token import create_token
from dragoman.cli.user import add_user
from dragoman.command import Keys
from dragoman.domain.ids import new_id
from dragoman.domain.task import Task
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.store import tables
from dragoman.store.engine.engines import Engine
from dragoman.usecases.identity.users import principal_of
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.support.postgres import PostgreSQL

WORDS = (
    "What is to be done, by when and for whom, in a sentence or two of the length that people write into such a box."
)
SCOPES = ("task.read", "task.write", "contact.read", "batch.manage", "event.read", "webhook.read", "webhook.write")
OWN = 1_000
OTHERS = 19  # people who share the rest
CHUNK = 1_000


class World(msgspec.Struct, frozen=True):
    """A database full of tasks that Paul made, whose token it is.

    A thousand he has himself, claimed: `own` are their uids. Other people have the rest, `tasks` of them from number
    `first` on. `noted` is the number of history rows before the first request.
    """

    engine: str
    url: str
    tenant: int
    paul: str
    token: str
    first: int
    tasks: int
    own: tuple[str, ...]
    noted: int = 0

    @property
    def sampled(self) -> int:
        """The number of the first sample."""
        return self.first + self.tasks

    def at(self, url: str) -> "World":
        """The same at another place."""
        return msgspec.structs.replace(self, url=url)


class Databases:
    """Empty databases, and copies of full ones, on both engines; they go when the bench ends."""

    def __init__(self, server: PostgreSQL, folder: Path) -> None:
        self._server, self._folder, self._made = server, folder, 0

    def empty(self, engine: str) -> str:
        """The address of an unused database."""
        if engine == "postgres":
            return self._server.url(self._server.create_database())
        self._made += 1
        return f"sqlite:///{self._folder}/{self._made}.db"

    def copy(self, world: World) -> World:
        """A copy of it. No process may have it open."""
        if world.engine == "postgres":
            return world.at(self._server.url(self._server.create_database(world.url.rpartition("/")[2])))
        copied = self.empty("sqlite")
        shutil.copyfile(file_of(world.url), file_of(copied))
        return world.at(copied)


def file_of(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(url.removeprefix("sqlite:///"))


class Fill(msgspec.Struct, frozen=True):
    """Make some tasks for these people, in turn."""

    count: int
    creator: str
    people: tuple[str, ...]

    def keys(self) -> Keys:
        return Keys(numbers={"task"})


def fill(uow: UnitOfWork, command: Fill) -> list[Task]:
    """Tasks of the size that people write."""
    return [
        tasks.add(
            uow,
            title=f"Call number {index}",
            description=WORDS,
            priority=1,
            creator=command.creator,
            assignee=command.people[index % len(command.people)],
        )
        for index in range(command.count)
    ]


def make(databases: Databases, engine: str, count: int, *, samples: int = 0) -> World:
    """A new database with so many tasks, a multiple of 1,000, and so many samples of a team's year beside them."""
    url = databases.empty(engine)
    app = Application(load(overrides={"database": url})).open()
    tenant = app.ensure_tenant("main")
    paul = add_user(app, tenant, "paul", "a long enough password", name="Paul")
    token = create_token(app, tenant, paul, SCOPES)
    others = tuple(new_id() for _ in range(OTHERS))
    own = app.executor.call(fill, Fill(OWN, paul.uid, (paul.uid,)), tenant)
    rest = range(OWN, count, CHUNK)
    for _ in rest:
        app.executor.call(fill, Fill(CHUNK, paul.uid, others), tenant)
    if samples:
        add_tasks(app, principal_of(paul), list(others), samples)
    app.close()
    settle(url)
    first = own[-1].number + 1
    made = World(engine, url, tenant, paul.uid, token, first, len(rest) * CHUNK, tuple(task.uid for task in own))
    return msgspec.structs.replace(made, noted=changes(made))


def settle(url: str) -> None:
    """Let the engine learn how its tables are filled, as it would by itself after a while."""
    engine = Engine(url)
    with engine.unhurried(engine.writer()) as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def changes(world: World) -> int:
    """How many changes of tasks have left their history since it was made; those of batches themselves don't count."""
    row, batch = tables.history.c, tables.batch.c
    changed = sa.select(sa.func.count()).where(
        row.entity == "task",
        row.revision > 1,
        row.number.not_in(sa.select(batch.number).where(batch.tenant == world.tenant)),
    )
    engine = Engine(world.url)
    with engine.unhurried(engine.reader()) as connection:
        return int(connection.execute(changed).scalar_one()) - world.noted
