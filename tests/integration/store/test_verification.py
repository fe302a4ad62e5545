"""Whatever is done to history behind the server's back, `verify` finds it (RELIABILITY.md 1, row 37)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dragoman.domain.digest import Digest, seal
from dragoman.store import tables
from dragoman.store.maintenance import verification
from dragoman.store.maintenance.faults import Broken
from dragoman.store.maintenance.verification import Report, Walk, verify
from dragoman.store.repositories.digests import Folder
from dragoman.store.unit.overlay import Stamp, chained
from tests.support.databases import Databases
from tests.support.history import HistoryWorld
from tests.support.sizes import sized

H = tables.history.c
KEY = [column.name for column in tables.history.primary_key]
NUMBERS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80)
EXAMPLES = sized(100, 250)  # of each of four ways
FEW = sized(40, 80)  # of all together on PostgreSQL: it is the same walk

UNCOVERED = {"principal", "request"}  # the login at the time, beside the actor's id; what the ring of requests tells

Row = dict[str, Any]
Misdeed = Callable[[HistoryWorld, st.DataObject], None]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def past(request: pytest.FixtureRequest, databases: Databases) -> Iterator[HistoryWorld]:
    with databases.lent(request.param) as url:
        past = HistoryWorld(url)
        past.live()
        yield past
        past.app.close()


many = settings(
    max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@contextmanager
def tampering(past: HistoryWorld) -> Iterator[sa.Connection]:
    """A connection for misdeeds, undone at the end."""
    with past.app.store.engine.writer() as connection:
        transaction = connection.begin()
        try:
            yield connection
        finally:
            transaction.rollback()


def history(connection: sa.Connection) -> list[Row]:
    rows = connection.execute(sa.select(tables.history).order_by(*(H[name] for name in KEY)))
    return [dict(row._mapping) for row in rows]


def key_of(row: Row) -> sa.ColumnElement[bool]:
    return sa.and_(*(H[name] == row[name] for name in KEY))


def put(connection: sa.Connection, row: Row, changes: Row) -> None:
    """Change a row; an example whose new key is another row's is none."""
    nested = None if connection.dialect.name == "sqlite" else connection.begin_nested()
    try:
        connection.execute(sa.update(tables.history).where(key_of(row)).values(changes))
    except sa.exc.IntegrityError:
        if nested is not None:
            nested.rollback()
        assume(False)


def remove(connection: sa.Connection, row: Row) -> None:
    connection.execute(sa.delete(tables.history).where(key_of(row)))


def said_of(connection: sa.Connection, folder: Folder | None = None) -> str:
    """What the walk complains about; empty when all fits."""
    try:
        Walk(connection, folder).run()
    except Broken as fault:
        return str(fault)
    return ""


def test_what_was_done_lawfully_fits(past: HistoryWorld) -> None:
    report = verify(past.app.store.engine)
    assert report.broken is None
    assert (report.rows, report.digests) == (32 + 3, 4)


def edit(past: HistoryWorld, data: st.DataObject) -> None:
    with tampering(past) as connection:
        rows = history(connection)
        row = data.draw(st.sampled_from(rows))
        column = data.draw(st.sampled_from(sorted(row.keys() - UNCOVERED)))
        value = data.draw(NUMBERS if isinstance(H[column].type, sa.BigInteger) else TEXTS)
        assume(value != row[column])
        put(connection, row, {column: value})
        assert said_of(connection)


def deletion(past: HistoryWorld, data: st.DataObject) -> None:
    with tampering(past) as connection:
        rows = history(connection)
        for index in data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1)):
            remove(connection, rows[index])
        assert said_of(connection)


def swap(past: HistoryWorld, data: st.DataObject) -> None:
    with tampering(past) as connection:
        rows = history(connection)
        one, other = data.draw(
            st.tuples(st.sampled_from(rows), st.sampled_from(rows)).filter(lambda two: two[0] != two[1])
        )
        columns = [name for name in one if name not in KEY and name not in UNCOVERED]
        swapped = data.draw(st.sets(st.sampled_from(columns), min_size=1))
        assume(any(one[name] != other[name] for name in swapped))
        put(connection, one, {name: other[name] for name in swapped})
        put(connection, other, {name: one[name] for name in swapped})
        assert said_of(connection)


def cut(past: HistoryWorld, data: st.DataObject) -> None:
    """The end of an entity's history, from some revision on; or the end of all history, from some moment on."""
    with tampering(past) as connection:
        row = data.draw(st.sampled_from(history(connection)))
        of_one = sa.and_(*(H[name] == row[name] for name in KEY[:-1]), H.revision >= row["revision"])
        connection.execute(sa.delete(tables.history).where(data.draw(st.sampled_from([of_one, H.at >= row["at"]]))))
        assert said_of(connection)


MISDEEDS = (edit, deletion, swap, cut)


@many
@given(st.data())
@pytest.mark.parametrize("misdeed", MISDEEDS)
@pytest.mark.parametrize("past", ["sqlite"], indirect=True)
def test_what_is_done_to_history_is_found(past: HistoryWorld, misdeed: Misdeed, data: st.DataObject) -> None:
    misdeed(past, data)


@settings(many, max_examples=FEW)
@given(st.sampled_from(MISDEEDS), st.data())
@pytest.mark.parametrize("past", ["postgresql"], indirect=True)
def test_what_is_done_to_history_in_postgresql_is_found(
    past: HistoryWorld, misdeed: Misdeed, data: st.DataObject
) -> None:
    misdeed(past, data)


def test_text_that_moved_over_a_line_s_end_is_found(past: HistoryWorld) -> None:
    with tampering(past) as connection:
        row = history(connection)[-1]
        moved = {"actor": f"{row['actor']}\n{row['dialect']}", "dialect": row["operation"], "operation": "x"}
        put(connection, row, moved)
        assert said_of(connection)


def test_an_invented_row_is_found(past: HistoryWorld) -> None:
    with tampering(past) as connection:
        row = history(connection)[-1]
        stamp = Stamp("mallory", "test", "do")
        forged = chained(
            row["hash"], row["tenant"], row["entity"], row["number"], row["revision"] + 1, row["at"], stamp, "{}"
        )
        connection.execute(sa.insert(tables.history).values({name: getattr(forged, name) for name in row}))
        assert "its row has revision" in said_of(connection)


def test_the_first_row_that_does_not_fit_is_named(past: HistoryWorld) -> None:
    with tampering(past) as connection:
        row = next(row for row in history(connection) if row["entity"] == "task" and row["revision"] == 2)
        put(connection, row, {"actor": "mallory"})
        assert said_of(connection) == (
            f"tenant {row['tenant']}, task {row['number']}, revision 2: the row doesn't fit its hash, or the row before"
        )


def test_the_login_of_the_time_may_go(past: HistoryWorld) -> None:
    with tampering(past) as connection:
        put(connection, history(connection)[-1], {"principal": "anonymous-7"})
        assert not said_of(connection)


@pytest.mark.parametrize("taken", [{"commit": "0" * 64, "salt": None}, {"redacted": 1}])
def test_values_that_were_taken_out_without_a_reason_are_found(past: HistoryWorld, taken: Row) -> None:
    with tampering(past) as connection:
        put(connection, history(connection)[-1], taken)
        assert said_of(connection).endswith("values were taken out, and nothing tells why")


@pytest.mark.parametrize("kind", ["task", "tombstone", "case"])
def test_what_is_gone_without_a_trace_is_found(past: HistoryWorld, kind: str) -> None:
    with tampering(past) as connection:
        table = tables.metadata.tables[kind]
        connection.execute(sa.delete(table))
        assert "neither it nor a tombstone is there" in said_of(connection)


def test_what_appeared_from_nowhere_is_found(past: HistoryWorld) -> None:
    with tampering(past) as connection:
        task = dict(connection.execute(sa.select(tables.task).limit(1)).one()._mapping)
        connection.execute(sa.insert(tables.task).values(task | {"number": 999, "uid": "another"}))
        assert said_of(connection).endswith("task 999: it has no history")


def mend(connection: sa.Connection, tenant: int, number: int, *, owner: bool = True) -> None:
    """What a forger does who knows how hashes are made: a task's every row is made to fit, and the task itself."""
    mine = [
        row for row in history(connection) if (row["tenant"], row["entity"], row["number"]) == (tenant, "task", number)
    ]
    previous = ""
    for row in mine:
        stamp = Stamp(row["principal"], row["dialect"], row["operation"], actor=row["actor"])
        numbers = (row["tenant"], row["entity"], row["number"], row["revision"], row["at"])
        made = chained(previous, *numbers, stamp, row["changes"])
        previous = made.hash
        put(connection, row, {"hash": made.hash, "salt": made.salt})
    if owner:
        table = tables.task
        stands = sa.and_(table.c.tenant == tenant, table.c.number == number)
        connection.execute(sa.update(table).where(stands).values(head_hash=previous))


def row_of(connection: sa.Connection, tenant: int, number: int, revision: int) -> Row:
    wanted = {"tenant": tenant, "entity": "task", "number": number, "revision": revision}
    return next(row for row in history(connection) if row.items() >= wanted.items())


def test_a_forger_who_mends_the_rows_is_found_by_the_task(past: HistoryWorld) -> None:
    with tampering(past) as connection:
        put(connection, row_of(connection, past.main, 1, 1), {"actor": "mallory"})
        mend(connection, past.main, 1, owner=False)
        assert said_of(connection).endswith("revision 3: the last row of its history is not the one it had")


def test_a_forger_who_mends_a_gap_is_found_by_the_numbers(past: HistoryWorld) -> None:
    with tampering(past) as connection:
        remove(connection, row_of(connection, past.main, 1, 2))
        mend(connection, past.main, 1)
        assert said_of(connection).endswith("task 1, revision 2: it is missing")


def test_a_forger_who_mends_the_chain_is_found_by_the_digest(past: HistoryWorld) -> None:
    with tampering(past) as connection:
        put(connection, row_of(connection, past.main, 1, 1), {"actor": "mallory"})
        mend(connection, past.main, 1)
        assert said_of(connection).endswith("the row is not the one that digest 1 sealed")


def test_a_forger_of_digests_is_found_by_the_digest_behind(past: HistoryWorld) -> None:
    with tampering(past) as connection:
        connection.execute(sa.update(tables.digest).where(tables.digest.c.sequence == 1).values(heads="[]"))
        assert "digest 1: it doesn't fit its hash" in said_of(connection)
        connection.execute(sa.delete(tables.digest).where(tables.digest.c.sequence == 1))
        assert said_of(connection).endswith("digest 1: it is missing")


def digests_of(connection: sa.Connection, tenant: int) -> list[Digest]:
    rows = connection.execute(sa.select(tables.digest).where(tables.digest.c.tenant == tenant).order_by("sequence"))
    return [Digest(**row._mapping) for row in rows]


def test_a_forger_of_all_digests_is_found_by_their_files(past: HistoryWorld, tmp_path: Path) -> None:
    with tampering(past) as connection:
        folder = Folder(tmp_path)
        known = digests_of(connection, past.main)
        for digest in known:
            folder.write(digest)
        assert not said_of(connection, folder)

        previous = None
        for digest in known:
            previous = seal(previous, digest.tenant, digest.until_at, "[]")
            same = (tables.digest.c.tenant == digest.tenant, tables.digest.c.sequence == digest.sequence)
            connection.execute(sa.update(tables.digest).where(*same).values(heads="[]", hash=previous.hash))
        assert not said_of(connection)
        assert said_of(connection, folder).endswith("digest 1: the database has another than its file")

        connection.execute(sa.delete(tables.digest))
        assert said_of(connection, folder).endswith("digest 1: its file is there, the database has lost it")


def test_a_tenant_that_is_gone_is_missed_by_its_files(past: HistoryWorld, tmp_path: Path) -> None:
    with tampering(past) as connection:
        folder = Folder(tmp_path)
        folder.write(digests_of(connection, past.north)[0])
        for table in tables.metadata.sorted_tables:
            connection.execute(sa.delete(table).where(table.c.tenant == past.north))
        assert not said_of(connection)
        assert said_of(connection, folder).startswith(f"tenant {past.north}, digest 1: its file is there")


@pytest.mark.parametrize("page", [1, 2, 3, 7])
def test_pages_change_nothing(past: HistoryWorld, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "PAGE", page)
    whole: Report = verify(past.app.store.engine)
    assert (whole.broken, whole.rows) == (None, 35)
    with tampering(past) as connection:
        for row in history(connection)[::5]:
            remove(connection, row)
        found = said_of(connection)
        monkeypatch.undo()
        assert found == said_of(connection)


def overwrite(file: Path, change: Callable[[bytes], bytes]) -> None:
    file.write_bytes(change(file.read_bytes()))


def test_a_damaged_file_is_no_bug(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.db"
    past = HistoryWorld(f"sqlite:///{file}")
    past.live()
    past.app.close()
    overwrite(file, lambda pages: pages[: len(pages) // 2] + bytes(4096) + pages[len(pages) // 2 + 4096 :])

    damaged = verify(past.app.store.engine)

    assert damaged.broken is not None
    assert damaged.broken.startswith("the database file is damaged")
