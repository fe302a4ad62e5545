"""All SQL can run on a distributed database, tenant by tenant. Without this rule an advisory lock worked on every
developer's machine and not on the engine that a large installation had bought (DESIGN.md 1)."""

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from dragoman.store.tables import metadata
from tests.architecture.source import Fault, Source, breaks, check

TENANT = "tenant"
FORBIDDEN_SQL = re.compile(
    r"pg_(try_)?advisory|\bSAVEPOINT\b|\bCREATE\s+(OR\s+REPLACE\s+)?TRIGGER\b|\bTEMP(ORARY)?\s+TABLE\b"
    r"|\bDEFERRABLE\b|\bSKIP\s+LOCKED\b|\bnow\(\)|\bCURRENT_(TIMESTAMP|TIME|DATE)\b|\bTRUNCATE\s+\w|\bLANGUAGE\s+plpgsql\b",
    re.IGNORECASE,
)
FORBIDDEN_CALLS = re.compile(
    r"(^|\.)begin_nested$|(^|\.)func\.(now|current_timestamp|current_date|random|pg_advisory\w*)$"
)
FORBIDDEN_KEYWORDS = {"deferrable", "initially", "skip_locked"}


def rule(source: Source) -> Iterator[Fault]:
    for line, text in source.strings():
        found = FORBIDDEN_SQL.search(text)
        if found:
            yield line, f"{found[0]}: not every engine has it"
    for call, name in source.calls():
        if FORBIDDEN_CALLS.search(name):
            yield call.lineno, f"{name}: not every engine has it"
        yield from (
            (call.lineno, f"{keyword.arg}: not every engine has it")
            for keyword in call.keywords
            if keyword.arg in FORBIDDEN_KEYWORDS
        )


def keys_without_tenant(table: sa.Table) -> list[str]:
    """The keys of a table, and the table itself, that don't begin with the tenant."""
    keys: dict[str, list[str]] = {
        f"table {table.name}": [column.name for column in table.columns],
        f"primary key of {table.name}": [column.name for column in table.primary_key.columns],
    }
    for index in table.indexes:
        keys[f"index {index.name}"] = [getattr(part, "name", "") or "" for part in index.expressions]
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint | sa.ForeignKeyConstraint):
            keys[f"constraint {constraint.name} of {table.name}"] = [column.name for column in constraint.columns]
    return [what for what, columns in keys.items() if columns[:1] != [TENANT]]


def test_sql_asks_for_nothing_that_only_one_engine_has() -> None:
    check(rule)


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_a_table_and_its_keys_begin_with_the_tenant(table: sa.Table) -> None:
    assert not keys_without_tenant(table)


@pytest.mark.parametrize(
    "text",
    [
        "connection.execute(text('SELECT pg_advisory_xact_lock(1)'))",
        "connection.execute(text('SAVEPOINT here'))",
        "op.execute('create trigger t before update on task')",
        "op.execute('CREATE TEMPORARY TABLE chosen (number bigint)')",
        "sa.ForeignKeyConstraint(['a'], ['b.a'], deferrable=True)",
        "connection.execute(text('UPDATE task SET modified_at = now()'))",
        "sa.Column('created_at', sa.DateTime, server_default=sa.func.now())",
        "with connection.begin_nested(): pass",
        "select(job).with_for_update(skip_locked=True)",
    ],
)
def test_the_rule_finds_what_not_every_engine_has(text: str) -> None:
    assert breaks(rule, "store/repositories/jobs.py", text)


def test_words_in_docstrings_are_no_sql() -> None:
    assert not breaks(rule, "store/repositories/jobs.py", '"""No savepoint, no now()."""')


def test_a_key_without_tenant_is_found() -> None:
    table = sa.Table(
        "job",
        sa.MetaData(),
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column(TENANT, sa.BigInteger),
        sa.Column("kind", sa.Text),
        sa.Index("job_by_kind", "kind"),
        sa.UniqueConstraint("kind", name="one_a_kind"),
    )
    found = ["table job", "primary key of job", "index job_by_kind", "constraint one_a_kind of job"]
    assert keys_without_tenant(table) == found
