"""What the servers are asked about: a database with a user, his token, and tasks of the size that people write."""

import shutil
from pathlib import Path

import msgspec
import sqlalchemy as sa

from dragoman.app import App
from dragoman.cli.tokens import create_token
from dragoman.cli.users import add_user
from dragoman.domain.ids import new_id
from dragoman.settings import load
from dragoman.store import tables
from dragoman.store.engines import Engine
from dragoman.store.keys import Keys
from dragoman.usecases import tasks
from dragoman.usecases.uow import UnitOfWork
from tests.postgres import PostgreSQL

WORDS = (
    "What is to be done, by when and for whom, in a sentence or two of the length that people write into such a box."
)
SCOPES = ("task.read", "task.write", "batch.read", "batch.write")
OTHERS = 19  # people who have as many tasks each as Paul
CHUNK = 1_000


class World(msgspec.Struct, frozen=True):
    """A database. Paul, whose token it is, made its tasks and has every twentieth of them; they begin at `first`."""

    engine: str
    url: str
    tenant: int
    paul: str
    token: str
    first: int
    tasks: int

    def at(self, url: str) -> "World":
        """The same at another place."""
        return msgspec.structs.replace(self, url=url)


class Databases:
    """Empty databases, and copies of full ones, on both engines; they go when the bench ends."""

    def __init__(self, server: PostgreSQL, folder: Path) -> None:
        self._server, self._folder, self._made = server, folder, 0

    def empty(self, engine: str) -> str:
        """The address of a database that nobody has used."""
        if engine == "postgres":
            return self._server.url(self._server.create_database())
        self._made += 1
        return f"sqlite:///{self._folder}/{self._made}.db"

    def copy(self, world: World) -> World:
        """Its twin. Nobody may have it open."""
        if world.engine == "postgres":
            return world.at(self._server.url(self._server.create_database(world.url.rpartition("/")[2])))
        copied = self.empty("sqlite")
        shutil.copyfile(file_of(world.url), file_of(copied))
        return world.at(copied)


def file_of(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(url.removeprefix("sqlite:///"))


class Fill(msgspec.Struct, frozen=True):
    """Make some tasks for these people, in turn; the first of them is their creator."""

    count: int
    people: tuple[str, ...]

    def keys(self) -> Keys:
        return Keys(numbers={"task"})


def fill(uow: UnitOfWork, command: Fill) -> int:
    """The number of the first of them."""
    made = [
        tasks.add(
            uow,
            title=f"Call number {index}",
            description=WORDS,
            priority=1,
            creator=command.people[0],
            assignee=command.people[index % len(command.people)],
        )
        for index in range(command.count)
    ]
    return made[0].number


def make(databases: Databases, engine: str, count: int) -> World:
    """A new database with so many tasks, a multiple of 1,000."""
    url = databases.empty(engine)
    app = App(load(overrides={"database": url})).open()
    tenant = app.ensure_tenant("main")
    paul = add_user(app, tenant, "paul", "a long enough password", name="Paul")
    token = create_token(app, tenant, paul, SCOPES)
    people = (paul.uid, *(new_id() for _ in range(OTHERS)))
    first = min(app.call(fill, Fill(CHUNK, people), tenant) for _ in range(count // CHUNK))
    app.close()
    settle(url)
    return World(engine, url, tenant, paul.uid, token, first, count)


def settle(url: str) -> None:
    """Let the engine learn how its tables are filled, as it would by itself after a while."""
    with Engine(url).writer() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def history_rows(world: World) -> int:
    """How many changes of tasks have left their history, beside their creation."""
    changed = sa.select(sa.func.count()).where(tables.history.c.entity == "task", tables.history.c.revision > 1)
    with Engine(world.url).reader() as connection:
        return int(connection.execute(changed).scalar_one())
