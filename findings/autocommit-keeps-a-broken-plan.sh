#!/usr/bin/env bash
# After a column was added, a connection of psycopg in autocommit mode refuses its prepared `SELECT *` and `RETURNING *` for
# as long as it lives, and a pool that checks its connections keeps it. In transactions the same statement fails once.
# Needs: PostgreSQL's programs, 14 or later; as root also runuser.
#
# Expected: a migration that only adds a column needs no restart. psycopg prepares a statement that was executed five
# times by itself, and PostgreSQL prepares such statements again: it "will force re-analysis and re-planning of the
# statement before using it whenever database objects used in the statement have undergone definitional (DDL) changes"
# (PREPARE, "Notes").
# Seen: "cached plan must not change result type", each time. psycopg forgets its prepared statements when a transaction is
# rolled back, which doesn't happen in autocommit mode; ConnectionPool.check_connection executes something else, and
# passes. Columns with names don't help where one of them gets another type, such as bigint for integer.
# Source: PostgreSQL, src/backend/utils/cache/plancache.c, RevalidateCachedQuery; psycopg/_preparing.py, PrepareManager.
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
[ -n "$bin" ] || { echo "PostgreSQL's programs are needed, 14 or later" >&2; exit 2; }
folder=$(mktemp -d)
chmod 755 "$folder"
as=()
[ "$(id -u)" -ne 0 ] || { as=(runuser -u postgres --); mkdir "$folder/pg"; chown postgres "$folder/pg"; }
mkdir -p "$folder/pg"
trap '"${as[@]}" "$bin/pg_ctl" -D "$folder/pg/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.9' psycopg-pool==3.3.3
"${as[@]}" "$bin/initdb" -D "$folder/pg/data" -U finding -A trust >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/pg/data" -w -l "$folder/pg/log" \
  -o "-k $folder/pg -c listen_addresses=''" start >/dev/null
export PGHOST="$folder/pg" PGUSER=finding PGDATABASE=postgres

cat >migrate.py <<'END'
import psycopg
from psycopg.errors import FeatureNotSupported
from psycopg_pool import ConnectionPool
from psycopg_pool import __version__ as pool_version

STATEMENTS = {
    "all columns": "SELECT * FROM task WHERE id = %s",
    "RETURNING *": "UPDATE task SET owner = owner WHERE id = %s RETURNING *",
    "named columns": "SELECT id, owner FROM task WHERE id = %s",
}
admin = psycopg.connect(autocommit=True)
print(f"PostgreSQL {admin.info.server_version // 10000}, psycopg {psycopg.__version__}, psycopg-pool {pool_version}")


def failures(statement, is_autocommit, change):
    """How many of 20 executions fail after the change, on a connection that had executed the statement ten times."""
    admin.execute("DROP TABLE IF EXISTS task")
    admin.execute("CREATE TABLE task AS SELECT i AS id, i % 10 AS owner FROM generate_series(1, 100) i")
    options = {"autocommit": is_autocommit}
    failed = 0
    with ConnectionPool(min_size=1, max_size=1, kwargs=options, check=ConnectionPool.check_connection) as pool:
        for execution in range(30):
            if execution == 10:
                admin.execute(change)
            try:
                with pool.connection() as connection:
                    connection.execute(statement, (7,)).fetchone()
            except FeatureNotSupported:
                failed += 1
    return failed


CHANGES = ("ALTER TABLE task ADD COLUMN due timestamptz", "ALTER TABLE task ALTER COLUMN owner TYPE bigint")
seen = {}
for change in CHANGES:
    print(f"  {change}: failures of 20, expected 0")
    for name, statement in STATEMENTS.items():
        counts = seen[change, name] = failures(statement, False, change), failures(statement, True, change)
        print(f"    {name:14} in transactions {counts[0]:2}, in autocommit mode {counts[1]:2}")
added, retyped = CHANGES
assert seen[added, "named columns"] == (0, 0)
assert seen[added, "all columns"] == seen[added, "RETURNING *"] == (1, 20), "changed: broken plans are replaced, or kept"
assert seen[retyped, "named columns"] == (1, 20), "changed: broken plans are replaced, or kept"
END
venv/bin/python migrate.py
