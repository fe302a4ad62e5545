"""The tables that a database has, whatever the code expects."""

import warnings

import sqlalchemy as sa


def reflected(connection: sa.Connection) -> sa.MetaData:
    """The tables of a database as it has them, without indexes on expressions: SQLAlchemy can't reflect these."""
    found = sa.MetaData()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        found.reflect(connection)
    return found
