"""Migrations: numbered, forward only, the same list for both engines; run at start under a lock.

Each step is one transaction. A process that is killed in the middle leaves the step before it; the next start
goes on. Alembic is loaded only when there is something to do, since it takes longer than the rest of the start.
"""

from pathlib import Path

import sqlalchemy as sa

from dragoman.store.engines import Engine

HEAD = "0002"
FOLDER = Path(__file__).parent


def run(engine: Engine) -> None:
    """Bring the tables to HEAD. Waits for another process that is at it."""
    with engine.raw.connect() as connection:
        if _revision(connection) == HEAD:
            return
    _upgrade(engine)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["engine"] = engine
    command.upgrade(config, "head")
