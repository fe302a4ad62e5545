"""Everything in a tenant, or in all, as lines of JSON, and back: the same on both engines and between them.

The first line is a header, the last has the number of rows and the SHA-256 of all before it, so that a cut or
changed file is refused. Between them a line is a row of a table, with its columns as they are kept: moments as counts
of 100 ns, clients' JSON as the text it was. Leases are left out, for they speak of processes.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict, Invalid
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.store import migrations, tables
from dragoman.store.engine import bulk_writes as bulk
from dragoman.store.engine.engines import Engine
from dragoman.store.maintenance import event_logs
from dragoman.store.migrations import HEAD

FORMAT = 1
PAGE = 1_000
BATCH_BYTES = 8 * 1024 * 1024
LEFT_BEHIND = (
    *(tables.lease, tables.session, tables.password_link),
    *(tables.event, tables.delivery, tables.delivery_try),
)
"""What belongs to one server and its browsers for some hours, and the log of one database with what it delivers."""
FURNISHED = ("tenant", "counter", "setting", "category", "case", "history", "event", "lease")
"""Tables in which an unused database has rows: a tenant, its inbox, its categories."""


class First(msgspec.Struct, tag_field="dragoman", tag="export"):
    """The first line."""

    format: int
    revision: str
    made_at: Moment
    tenants: list[str]


class Last(msgspec.Struct, tag_field="dragoman", tag="end"):
    """The last line."""

    rows: int
    sha256: str


Row = Any
"""A Struct of the table's columns, tagged with the table's name."""


@cache
def _carried() -> dict[str, tuple[sa.Table, type[msgspec.Struct]]]:
    """Tables that are exported, each with the form of its lines."""
    return {table.name: (table, _form(table)) for table in tables.metadata.sorted_tables if table not in LEFT_BEHIND}


def _form(table: sa.Table) -> type[msgspec.Struct]:
    fields = [(str(column.name), _type(column)) for column in table.columns]
    return msgspec.defstruct(
        f"Row_{table.name}", fields, tag_field="table", tag=str(table.name), forbid_unknown_fields=True
    )


def _read_form(table: sa.Table) -> type[msgspec.Struct]:
    """The form in which lines are read: one that an older Dragoman wrote lacks the columns that came since."""
    fields = [(str(column.name), _type(column), _default(column)) for column in table.columns]
    return msgspec.defstruct(
        f"Read_{table.name}", fields, tag_field="table", tag=str(table.name), forbid_unknown_fields=True, kw_only=True
    )


def _default(column: sa.Column[Any]) -> Any:
    """What a migration gives the rows that were there before the column; NODEFAULT where there is no such thing."""
    if column.server_default is None:
        return None if column.nullable else msgspec.NODEFAULT
    given = column.server_default.arg  # type: ignore[attr-defined]
    if isinstance(column.type, sa.Boolean):
        return False
    return int(given) if isinstance(column.type, sa.BigInteger) else str(given)


def _type(column: sa.Column[Any]) -> Any:
    kind = bool if isinstance(column.type, sa.Boolean) else int if isinstance(column.type, sa.BigInteger) else str
    return kind | None if column.nullable else kind


# Out


def lines(engine: Engine, made_at: Moment, tenant: int | None = None) -> Iterator[bytes]:
    """The export of a tenant, or of all, at one moment; servers may continue to write.

    Conflict when a newer Dragoman has changed the tables: what it added would be left out.
    """
    with engine.unhurried(engine.reader()) as connection, connection.begin():
        migrations.must_be_ours(connection)
        digest, rows = hashlib.sha256(), 0
        for line in _lines(connection, made_at, tenant):
            digest.update(line)
            rows += 1
            yield line
        yield _line(Last(rows - 1, digest.hexdigest()))


def _lines(connection: sa.Connection, made_at: Moment, tenant: int | None) -> Iterator[bytes]:
    column = tables.tenant.c
    named = sa.select(column.name).order_by(column.tenant)
    names = connection.execute(named if tenant is None else named.where(column.tenant == tenant)).scalars().all()
    yield _line(First(FORMAT, HEAD, made_at, list(names)))
    for table, form in _carried().values():
        statement = sa.select(*table.columns).order_by(*table.primary_key.columns).where(~event_logs.is_of_log(table))
        if tenant is not None:
            statement = statement.where(_of_tenant(table, tenant, names))
        for row in connection.execute(statement.execution_options(yield_per=PAGE)):
            yield _line(form(*row))


def _of_tenant(table: sa.Table, tenant: int, names: Iterable[str]) -> sa.ColumnElement[bool]:
    """The tenant's rows, including those in the directory."""
    directory: sa.ColumnElement[bool] = sa.false()
    if table is tables.setting:
        directory = table.c.name.in_([f"tenant:{name}" for name in names])
    elif table is tables.login_name:
        directory = table.c.user_tenant == tenant
    elif table is tables.counter:
        directory = sa.true()
    return sa.or_(table.c.tenant == tenant, sa.and_(table.c.tenant == DIRECTORY_TENANT, directory))


def _line(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value) + b"\n"


# In


def load(engine: Engine, given: Iterable[bytes], *, replace: bool = False) -> int:
    """Fill a database, in one transaction; the number of rows. Tables must be of the newest form.

    Conflict when it is used already, unless all of it is to be replaced; Invalid when the lines are no whole export.
    """
    with engine.unhurried(engine.writer()) as connection, connection.begin():
        migrations.must_be_ours(connection)
        if not replace:
            _must_be_unused(connection)
        for table in tables.metadata.sorted_tables:
            connection.execute(sa.delete(table))
        return _load(connection, given)


def must_be_unused(engine: Engine) -> None:
    """Conflict when the database holds anything but tenants as they are made."""
    with engine.reader() as connection, connection.begin():
        _must_be_unused(connection)


def _must_be_unused(connection: sa.Connection) -> None:
    if not is_unused(connection):
        raise Conflict("database_not_empty", "The database is in use already; this needs an empty one.")


def is_unused(connection: sa.Connection) -> bool:
    """Whether the database holds nothing but tenants as they are made."""
    used = [
        sa.select(sa.literal(1)).where(tables.case.c.kind != "inbox"),
        sa.select(sa.literal(1)).where(tables.history.c.revision > 1),
        *(
            sa.select(sa.literal(1)).select_from(table)
            for table in tables.metadata.sorted_tables
            if table.name not in FURNISHED
        ),
    ]
    return all(connection.execute(statement.limit(1)).first() is None for statement in used)


def _load(connection: sa.Connection, given: Iterable[bytes]) -> int:
    digest, rows, size = hashlib.sha256(), 0, 0
    waiting: list[Row] = []
    first: First | None = None
    last: Last | None = None
    for number, line in enumerate(given, start=1):
        if last is not None:
            raise Invalid("not_an_export", f"Line {number} is after the end.")
        value = _read(line, number)
        if isinstance(value, Last):
            last = value
            continue
        digest.update(line)
        if isinstance(value, First):
            first = value
            continue
        if waiting and (type(value) is not type(waiting[0]) or len(waiting) >= PAGE or size > BATCH_BYTES):
            _insert(connection, waiting)
            waiting, size = [], 0
        waiting.append(value)
        rows, size = rows + 1, size + len(line)
    _insert(connection, waiting)
    if last is None or (last.rows, last.sha256) != (rows, digest.hexdigest()):
        raise Invalid("export_damaged", "The export was cut off or changed: its last line doesn't fit the rest.")
    if first is not None:
        migrations.complete(connection, first.revision)
    event_logs.begin(connection)
    return rows


def _read(line: bytes, number: int) -> Any:
    """A line as what it is. Invalid when it is not from an export, or from a newer Dragoman."""
    try:
        if number == 1:
            return _known(msgspec.json.decode(line, type=First))
        return _decoder().decode(line)
    except msgspec.DecodeError:
        last = _maybe_last(line)
        if last is not None and number > 1:
            return last
    raise Invalid("not_an_export", f"Line {number} is none of a Dragoman export.")


def _known(first: First) -> First:
    if first.format != FORMAT or first.revision > HEAD:
        raise Invalid("export_too_new", "The export was made by a newer Dragoman; import it with that one.")
    return first


def _maybe_last(line: bytes) -> Last | None:
    try:
        return msgspec.json.decode(line, type=Last)
    except msgspec.DecodeError:
        return None


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    forms: Any = None
    for table, _ in _carried().values():
        form = _read_form(table)
        forms = form if forms is None else forms | form
    return msgspec.json.Decoder(forms)


def _insert(connection: sa.Connection, waiting: list[Row]) -> None:
    if waiting:
        table, _ = _carried()[waiting[0].__struct_config__.tag]
        bulk.insert(connection, table, [msgspec.structs.asdict(row) for row in waiting])
