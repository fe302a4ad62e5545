#!/usr/bin/env bash
# Where ANALYZE was run and a table has more than one index, SQLite with STAT4 (as in the wheel of pysqlite3) prepares a
# kept statement again in each execution, though the plan is the same for all values. A sign before the parameters ends
# that: it changes no value, and SQLite doesn't look behind it.
#
# Expected: a statement that the driver keeps is prepared once. The page of sqlite3_prepare_v2() says that a statement is
# prepared again when the value of a parameter "might influence the choice of query plan" and SQLITE_ENABLE_STAT4 is
# set; one would not expect that of an equality in all columns of the index that every plan uses, at each execution.
# Seen: 100 executions, prepared in each, counted by the calls of the authorizer, which SQLite asks while it prepares.
# With `+?` instead of `?`: prepared once. Without ANALYZE: once.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'pysqlite3==0.6.1'

cat >prepared.py <<'END_OF_PROGRAM'
import pysqlite3 as sqlite3

LIST = "SELECT id FROM task WHERE tenant = ? AND owner = ? ORDER BY due LIMIT 20"


def preparations(connection: sqlite3.Connection, text: str) -> int:
    """In how many of 100 executions, with 100 values, the statement is prepared."""
    asked, prepared = [], 0
    connection.set_authorizer(lambda *_question: asked.append(1) or sqlite3.SQLITE_OK)
    for value in range(100):
        known = len(asked)
        connection.execute(text, (1, value)).fetchall()
        prepared += len(asked) > known
    connection.set_authorizer(None)
    return prepared


connection = sqlite3.connect(":memory:")
options = {row[0] for row in connection.execute("PRAGMA compile_options")}
print(f"SQLite {sqlite3.sqlite_version}, STAT4: {'ENABLE_STAT4' in options}")
connection.execute("CREATE TABLE task (tenant INTEGER, id INTEGER, owner INTEGER, due INTEGER)")
connection.executemany("INSERT INTO task VALUES (1, ?, ?, ?)", ((i, i % 100, i) for i in range(10_000)))
connection.execute("CREATE INDEX by_id ON task (tenant, id)")
connection.execute("CREATE INDEX by_owner ON task (tenant, owner, due)")
connection.commit()
before = preparations(connection, f"{LIST} -- before")
connection.execute("ANALYZE")
connection.commit()
after = preparations(connection, LIST)
signed = preparations(connection, LIST.replace("?", "+?"))
plans = {str(connection.execute(f"EXPLAIN QUERY PLAN {LIST}", (1, value)).fetchall()) for value in range(100)}
print(f"without ANALYZE: {before}; with it: {after}; with it and signs: {signed}; plans: {len(plans)}")
assert (before, after, signed, len(plans)) == (1, 100, 1, 1), "changed: statements are prepared otherwise"
END_OF_PROGRAM
venv/bin/python prepared.py
