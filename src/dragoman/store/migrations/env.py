"""Alembic's entry: one transaction a step, under a lock that other starting processes wait for."""

import sqlalchemy as sa
from alembic import context

from dragoman.store.engine.engines import Engine
from dragoman.store.tables import metadata

TABLE_LOCK_MS = 1_000
"""How long a migration waits for a table, since requests of other nodes wait behind it. It is tried again."""


def migrate() -> None:
    """Run what is missing."""
    engine: Engine = context.config.attributes["engine"]
    with engine.unhurried(engine.writer()) as connection:
        if engine.is_postgresql:
            _wait_for_others(connection)
        context.configure(
            connection=connection,
            target_metadata=metadata,
            transaction_per_migration=engine.is_sqlite,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if engine.is_postgresql:
            connection.commit()


def _wait_for_others(connection: sa.Connection) -> None:
    # A row lock, since advisory locks are not for every engine that speaks this protocol. The table may be made by
    # two processes at once; the loser finds it made.
    for _ in range(2):
        try:
            connection.execute(sa.text("CREATE TABLE IF NOT EXISTS migration_lock (tenant BIGINT PRIMARY KEY)"))
            connection.execute(sa.text("INSERT INTO migration_lock VALUES (0) ON CONFLICT DO NOTHING"))
            connection.commit()
            break
        except (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.OperationalError):
            connection.rollback()
    connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
    connection.execute(sa.text("SELECT tenant FROM migration_lock WHERE tenant = 0 FOR UPDATE"))
    connection.execute(sa.text(f"SET LOCAL lock_timeout = {TABLE_LOCK_MS}"))


migrate()
