#!/usr/bin/env bash
# A member that is null in the first 20,480 lines of a file of JSON lines, such as the error in the results of a batch, is
# null in all lines for DuckDB 2.0: a query for what failed finds nothing. A number that is whole in these lines is
# rounded in all others. Polars leaves a member away that comes first behind the lines it looked at.
# Needs: nothing else.
#
# Expected: the values of the file, or an error. DuckDB has the error ("JSON transform error ... Try increasing
# 'sample_size'") and raises it where a text stands behind numbers; Polars has it in read_json ("extra field in struct
# data"). pandas and PyArrow give the values.
# Seen: no error, and other values, only in files that are longer than those of a test. With sample_size=-1, or columns
# that are named with their types, DuckDB gives the values.
# Source: DuckDB, "JSON Loading", sample_size: how many objects are sampled to detect types; nothing is said of values that
# don't fit. Polars, read_ndjson, infer_schema_length: "maximum number of rows to scan for schema inference".
# Reported: github.com/duckdb/duckdb/issues/25786 (numbers), github.com/pola-rs/polars/issues/29330
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1 pandas==3.1.1

cat >results.py <<'END'
import json
from importlib.metadata import version
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.json

LINES, LATE = 30_000, 25_000
"""In each file the last 5000 lines have what the first 25,000 don't have."""
ERROR = {"code": "not_found"}
FILES = {
    "null, then an object": lambda late: {"error": ERROR if late else None},
    "whole, then 2.5": lambda late: {"hours": 2.5 if late else 1},
    "absent, then an object": lambda late: {"error": ERROR} if late else {},
}


def with_duckdb(path, options=""):
    rows = duckdb.sql(f"SELECT * FROM read_json('{path}'{options}) WHERE index = {LINES - 1}")
    return dict(zip(rows.columns, rows.fetchall()[0], strict=True))


def with_polars(path):
    return polars.read_ndjson(path).row(LINES - 1, named=True)


READERS = {
    "DuckDB": with_duckdb,
    "DuckDB, all": lambda path: with_duckdb(path, ", sample_size=-1"),
    "Polars": with_polars,
    "PyArrow": lambda path: pyarrow.json.read_json(path).slice(LINES - 1).to_pylist()[0],
    "pandas": lambda path: pandas.read_json(path, lines=True).iloc[LINES - 1].to_dict(),
}
print(*(f"{name} {version(name)}" for name in ("duckdb", "polars", "pyarrow", "pandas")), sep=", ")
seen = {}
for file, member in FILES.items():
    rows = [{"index": index, **member(index >= LATE)} for index in range(LINES)]
    Path("results.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    *_, (name, right) = rows[-1].items()
    for reader, read in READERS.items():
        try:
            value = read("results.ndjson").get(name, "left away")
        except (duckdb.Error, polars.exceptions.PolarsError):
            value = "an error"
        seen[file, reader] = "right" if value == right else value
        print(f"  {file:23} {reader:12} expected {right} or an error; seen {value}")
WRONG = {
    ("null, then an object", "DuckDB"): None,
    ("whole, then 2.5", "DuckDB"): 2,
    ("absent, then an object", "Polars"): "left away",
}
for place, value in seen.items():
    if place in WRONG:
        assert value == WRONG[place], f"changed: {place}"
    else:
        assert value in ("right", "an error"), f"changed: {place}"
END
venv/bin/python results.py
