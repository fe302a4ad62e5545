"""Migrations: numbered, forward only, the same list for both engines; run at start under a lock.

Each step is one transaction. A process that is killed in the middle leaves the step before it; the next start
goes on. Alembic is loaded only when there is something to do, since it takes longer than the rest of the start.

A step only adds tables, and columns that may be left out; indexes, which no statement names, may go. So the program
before it goes on working on the newer tables, while nodes are exchanged one by one and when it has to be put back. A
step that can't be borne by older programs gets an id that is more than a number ("0007_breaking"): they refuse to
start on it.
"""

import importlib
import logging
import re
import time
from pathlib import Path

import sqlalchemy as sa

from dragoman.domain.errors import Conflict
from dragoman.store.engine.engines import Engine, Trouble

HEAD = "0025"
FOLDER = Path(__file__).parent
TRIES = 20
PAUSE_SECONDS = 0.5

log = logging.getLogger(__name__)


def run(engine: Engine) -> None:
    """Bring the tables to HEAD. Waits for another process that is at it.

    Tables of a newer program are left as they are: Conflict when this one can't work with them.
    """
    with engine.raw.connect() as connection:
        found = revision(connection)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        if re.fullmatch(r"\d{4}", found) is None:
            raise _too_new(found)
        log.warning("migrations.ahead", extra={"database": found, "program": HEAD})
        return
    _upgrade(engine)


def revision(connection: sa.Connection) -> str | None:
    """The form of the tables; None before there are any."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def complete(connection: sa.Connection, form: str, *, until: str = HEAD) -> None:
    """Do for rows of an older form, now in tables of the newest, what the steps since then do for rows, up to one."""
    for step in sorted((FOLDER / "versions").glob("[0-9]*.py")):
        if form[:4] < step.stem[:4] <= until[:4]:
            module = importlib.import_module(f"{__name__}.versions.{step.stem}")
            getattr(module, "complete", _nothing)(connection)


def _nothing(connection: sa.Connection) -> None:
    """What a step does that changes no rows."""


def must_be_ours(connection: sa.Connection) -> None:
    """Conflict unless the tables are those that this program knows: in newer ones there may be more."""
    found = revision(connection)
    if found != HEAD:
        raise _too_new(str(found))


def _too_new(found: str) -> Conflict:
    return Conflict(
        "database_too_new", f"A newer Dragoman has brought the database to form {found}; this one knows {HEAD}."
    )


def _upgrade(engine: Engine) -> None:
    """Run what is missing; again when a table was held too long, or a deadlock was ended at our cost."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["engine"] = engine
    for left in reversed(range(TRIES)):
        try:
            return command.upgrade(config, "head")
        except sa.exc.DBAPIError as error:
            if left == 0 or engine.trouble(error) not in (Trouble.RETRY, Trouble.BLOCKED):
                raise
            log.warning("migrations.again", extra={"error": str(error.orig)[:300]})
            time.sleep(PAUSE_SECONDS)  # house: ok, because requests that wait for the same table go first
    return None
