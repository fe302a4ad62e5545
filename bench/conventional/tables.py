"""The rival's classes, on Dragoman's own tables: the same columns, the same keys, the same indexes."""

from sqlalchemy.orm import DeclarativeBase

from dragoman.store import tables


class Base(DeclarativeBase):
    """What SQLAlchemy wants."""

    metadata = tables.metadata


class Task(Base):
    """A task. Its version column guards against lost updates."""

    __table__ = tables.task
    __mapper_args__ = {"version_id_col": tables.task.c.row_version}  # noqa: RUF012 - SQLAlchemy's way


class History(Base):
    """One change of a task."""

    __table__ = tables.history
