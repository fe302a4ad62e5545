#!/usr/bin/env bash
# Two small integers can't be multiplied as parameters, two large ones can: psycopg sends each Python int as the
# smallest type that holds its value, and PostgreSQL computes in the type of the operands.
# Needs: PostgreSQL's programs, 14 or later; as root also runuser.
#
# Expected: SELECT %s * %s with (60, 1000), seconds in milliseconds, is 60000, as SELECT 60 * 1000 is: a literal is an
# integer of 32 bits (PostgreSQL, "Numeric Constants").
# Seen: "smallint out of range". 60 and 1000 are sent as smallint, and smallint * smallint is a smallint. With
# (60, 40000) the result is right. So a statement works with the values of one day and fails with those of another. The
# type also changes the plan: an id beyond 63 bits is sent as numeric, and the index on a bigint column isn't used.
# Source: psycopg, "Adaptation of basic Python types", numbers; psycopg/types/numeric.py, IntDumper
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

cat >integers.py <<'END'
import psycopg
from psycopg.errors import NumericValueOutOfRange

seen = []
with psycopg.connect(autocommit=True) as connection:
    print(f"PostgreSQL {connection.info.server_version // 10000}, psycopg {psycopg.__version__}")
    connection.execute("CREATE TABLE task (id bigint PRIMARY KEY)")
    connection.execute("INSERT INTO task SELECT generate_series(1, 10000)")
    connection.execute("ANALYZE task")
    for statement, parameters in (
        ("SELECT 60 * 1000", ()),
        ("SELECT %s * %s", (60, 1000)),
        ("SELECT %s * %s", (60, 40000)),
        ("SELECT %s::bigint * %s", (60, 1000)),
        ("SELECT count(*) FROM task WHERE id < %s * %s", (60, 1000)),
        ("EXPLAIN (COSTS OFF) SELECT id FROM task WHERE id = %s", (2**63 - 1,)),
        ("EXPLAIN (COSTS OFF) SELECT id FROM task WHERE id = %s", (2**63,)),
    ):
        try:
            result = connection.execute(statement, parameters).fetchone()[0]
        except NumericValueOutOfRange as error:
            result = str(error)
        print(f"  {statement:54} {str(parameters):24} {result}")
        seen.append(result)
assert seen[:3] == [60000, "smallint out of range", 2400000], "changed: parameters have other types"
assert seen[3:5] == [60000, "smallint out of range"], "changed: parameters have other types"
assert seen[5].startswith("Index Only Scan") and seen[6].startswith("Seq Scan"), "changed: other plans are chosen"
END
venv/bin/python integers.py
