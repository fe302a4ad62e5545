#!/usr/bin/env bash
# A prepared statement whose LIMIT is a parameter is planned with every execution, as long as the connection lives; with
# the same number written into the statement it is planned five times and then never again.
# Needs: PostgreSQL's programs, 14 or later, for the counters of pg_prepared_statements; as root also runuser.
#
# Expected: a statement that is prepared once saves planning; after five executions PostgreSQL uses a generic plan where
# it costs about the same as custom ones (PREPARE, "Notes"). The plan here is the same index scan each time.
# Seen: 100 executions, 100 custom plans. Without knowing the number, the planner assumes that a tenth of the rows is
# fetched (src/backend/optimizer/util/pathnode.c, adjust_limit_rows_costs), so the generic plan looks far more expensive
# than the custom ones and is never chosen. A parameter in FETCH FIRST has the same effect.
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
venv/bin/pip install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.9'
"${as[@]}" "$bin/initdb" -D "$folder/pg/data" -U finding -A trust >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/pg/data" -w -l "$folder/pg/log" \
  -o "-k $folder/pg -c listen_addresses=''" start >/dev/null
export PGHOST="$folder/pg" PGUSER=finding PGDATABASE=postgres

cat >plans.py <<'END'
import psycopg

STATEMENTS = (
    ("SELECT id FROM task WHERE owner = %s ORDER BY due LIMIT 20", (7,)),
    ("SELECT id FROM task WHERE owner = %s ORDER BY due LIMIT %s", (7, 20)),
    ("SELECT id FROM task WHERE owner = %s ORDER BY due FETCH FIRST %s ROWS ONLY", (7, 20)),
)
with psycopg.connect(autocommit=True) as connection:
    print(f"PostgreSQL {connection.info.server_version // 10000}, psycopg {psycopg.__version__}")
    connection.execute("CREATE TABLE task (id int PRIMARY KEY, owner int, due int)")
    connection.execute("INSERT INTO task SELECT i, i % 100, i FROM generate_series(1, 100000) i")
    connection.execute("CREATE INDEX ON task (owner, due)")
    connection.execute("ANALYZE task")
    for statement, parameters in STATEMENTS:
        for _ in range(100):
            connection.execute(statement, parameters, prepare=True).fetchall()
    counters = connection.execute(
        "SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements ORDER BY custom_plans, statement"
    ).fetchall()
for statement, custom, generic in counters:
    print(f"{custom:4} custom, {generic:3} generic: {statement}")
assert [row[1:] for row in counters] == [(5, 95), (100, 0), (100, 0)], "changed: other plans are chosen"
END
venv/bin/python plans.py
