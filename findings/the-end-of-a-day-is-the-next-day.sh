#!/usr/bin/env bash
# The last moment of a day as .NET writes it, 23:59:59.9999999, is a moment of the next day for PostgreSQL, msgspec and
# arrow, and of that day for the other readers. The "never" of .NET, DateTime.MaxValue, can be stored with psycopg and then
# not be read: the row, and each list with it, fails.
# Needs: PostgreSQL's programs, 14 or later; as root also runuser.
#
# Expected: the same day everywhere. .NET counts in 100 ns and writes seven digits; a reader that has six cuts or refuses
# the seventh (RFC 3339, 5.6, sets no limit to the digits of a second). And what a driver stores, it reads.
# Seen: three readers round, so a task that is due at the end of 30 November is due in December, and an invoice of the old
# year is one of the new. MaxValue becomes the year 10000, which PostgreSQL has and Python hasn't: psycopg raises
# DataError for every later SELECT of that row, msgspec ValidationError, arrow OverflowError.
# Source: PostgreSQL rounds beyond its precision (src/backend/utils/adt/datetime.c, ParseFractionalSecond); msgspec,
# _core.c, datetime_round_up_micros; .NET, "The round-trip (O, o) format specifier".
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
venv/bin/pip install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.9' msgspec==0.23.0 arrow==1.4.0 \
  pydantic==2.14.4 python-dateutil==2.9.0.post0 pendulum==3.3.0
"${as[@]}" "$bin/initdb" -D "$folder/pg/data" -U finding -A trust >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/pg/data" -w -l "$folder/pg/log" \
  -o "-k $folder/pg -c listen_addresses=''" start >/dev/null
export PGHOST="$folder/pg" PGUSER=finding PGDATABASE=postgres

cat >moments.py <<'END'
import json
import sys
from datetime import datetime
from importlib.metadata import version

import arrow
import dateutil.parser
import msgspec
import pendulum
import psycopg
import pydantic

connection = psycopg.connect(autocommit=True)
connection.execute("CREATE TABLE task (due timestamptz NOT NULL)")
connection.execute("SET timezone TO 'UTC'")


def with_postgresql(text):
    connection.execute("TRUNCATE task")
    connection.execute("INSERT INTO task VALUES (%s)", [text])
    return connection.execute("SELECT due FROM task").fetchone()[0]


READERS = {
    "PostgreSQL, psycopg": with_postgresql,
    "msgspec": lambda text: msgspec.json.decode(json.dumps(text), type=datetime),
    "arrow": arrow.get,
    "datetime": datetime.fromisoformat,
    "pydantic": lambda text: pydantic.TypeAdapter(datetime).validate_json(json.dumps(text)),
    "dateutil": dateutil.parser.isoparse,
    "pendulum": pendulum.parse,
}


def read(reader, text):
    try:
        return reader(text).isoformat()[:10]
    except (psycopg.DataError, msgspec.ValidationError, OverflowError) as error:
        return type(error).__name__


packages = ("psycopg", "msgspec", "arrow", "pydantic", "python-dateutil", "pendulum")
print(f"PostgreSQL {connection.info.server_version // 10000}, Python {sys.version.split()[0]}",
      *(f"{name} {version(name)}" for name in packages), sep=", ")
END_OF_DAY, NEVER = "2026-11-30T23:59:59.9999999+00:00", "9999-12-31T23:59:59.9999999+00:00"
seen = {name: (read(reader, END_OF_DAY), read(reader, NEVER)) for name, reader in READERS.items()}
print(f"  {'':20} {END_OF_DAY}  {NEVER}")
for name, (end, never) in seen.items():
    print(f"  {name:20} {end:34} {never}")
ROUNDED = {
    "PostgreSQL, psycopg": ("2026-12-01", "DataError"),
    "msgspec": ("2026-12-01", "ValidationError"),
    "arrow": ("2026-12-01", "OverflowError"),
}
for name, days in seen.items():
    assert days == ROUNDED.get(name, ("2026-11-30", "9999-12-31")), f"changed: {name}"
END
venv/bin/python moments.py
