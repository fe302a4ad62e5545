#!/usr/bin/env bash
# idle_in_transaction_session_timeout doesn't end a transaction whose client sent a Flush message last, as psycopg does
# at the end of a pipeline: locks stay for as long as the client is stopped.
# Needs: PostgreSQL's programs, 14 or later; as root also runuser.
#
# Expected: "Terminate any session that has been idle (that is, waiting for a client query) within an open transaction
# for longer than the specified amount of time" (PostgreSQL, "Client Connection Defaults").
# Seen: PostgreSQL starts the time when it says that it is ready, ends it with any message, and says so again for a Sync
# or a query, but not for a Flush. psycopg ends a pipeline with a Sync, and sends a Flush behind it where results are
# outstanding: most of twenty connections that are left behind such a pipeline are still "idle in transaction" when
# those without one have long been ended. pg_stat_activity shows no difference between them.
# Source: PostgreSQL, src/backend/tcop/postgres.c, PostgresMain; psycopg/_pipeline_base.py, _exit_gen and _fetch_gen
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

cat >idle.py <<'END'
import time

import psycopg
from psycopg import pq

LIMIT = "-c idle_in_transaction_session_timeout=500"
MANY = 20
LEFT = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"


def drain(raw):
    """Read results up to the answer to the sync."""
    while True:
        result = raw.get_result()
        if result is not None and result.status == pq.ExecStatus.PIPELINE_SYNC:
            return


def stop_in_libpq(connection, with_flush):
    raw = connection.pgconn
    raw.enter_pipeline_mode()
    for statement in (b"BEGIN", b"SELECT 1"):
        raw.send_query_params(statement, None)
    raw.pipeline_sync()
    raw.flush()
    drain(raw)
    if with_flush:
        raw.send_flush_request()
        raw.flush()


def stop_in_psycopg(connection):
    with connection.pipeline():
        connection.execute("SELECT 1")


def left(stop):
    stopped = [psycopg.connect(options=LIMIT) for _ in range(MANY)]
    for connection in stopped:
        stop(connection)
    time.sleep(5)
    with psycopg.connect(autocommit=True) as beside:
        count = beside.execute(LEFT).fetchone()[0]
    for connection in stopped:
        connection.pgconn.finish()
    return count


with psycopg.connect(autocommit=True) as connection:
    version = connection.info.server_version
print(f"PostgreSQL {version // 10000}.{version % 10000}, psycopg {psycopg.__version__}; limit 0.5 s, looked at after 5 s")
seen = {
    "a statement alone": left(lambda connection: connection.execute("SELECT 1")),
    "libpq, a pipeline and its Sync": left(lambda connection: stop_in_libpq(connection, False)),
    "libpq, and a Flush behind it": left(lambda connection: stop_in_libpq(connection, True)),
    "psycopg, a pipeline": left(stop_in_psycopg),
}
for name, count in seen.items():
    print(f"  {name:32} {count:2} of {MANY} transactions are left")
assert seen["a statement alone"] == seen["libpq, a pipeline and its Sync"] == 0, "changed: the limit itself"
assert seen["libpq, and a Flush behind it"] == MANY, "changed: a Flush no longer ends the limit"
assert seen["psycopg, a pipeline"] > 0, "changed: psycopg no longer sends a Flush last"
END
venv/bin/python idle.py
