"""Fuzzing of what reads clients' bytes: whatever they are, a parser answers or refuses as it says, soon.

python tests/security/fuzz/parsers.py json --seconds 1800      (needs atheris; tools/soak.py brings it)
python tests/security/fuzz/parsers.py                          tells the names
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parents[3] / part) for part in ("src", ".")]

with atheris.instrument_imports(include=["dragoman"]):
    from dragoman.dialects.carrierx_batch.wire import filter as carrierx_filter
    from dragoman.dialects.genesys.wire import events
    from dragoman.dialects.ibm_htm.handlers import composites, where_lists
    from dragoman.dialects.ibm_htm.wire.expressions import parser as ibm_parser
    from dragoman.dialects.ibm_htm.wire.expressions import tables as ibm_tables
    from dragoman.dialects.ibm_htm.wire.expressions.parser import Scope
    from dragoman.dialects.ibm_htm.wire.expressions.views import TASK
    from dragoman.dialects.ibm_htm.wire.query import TABLE
    from dragoman.dialects.kit import forms, json, times, xml
    from dragoman.dialects.onlyoffice_crm.wire import dates
    from dragoman.domain.clock import Moment
    from dragoman.domain.errors import Expected
    from dragoman.http import bodies

LONGEST_BYTES = 4_096
SLOWEST_SECONDS = 5
MOST_MEMORY = 1_024

Target = Callable[[bytes], object]


def text(data: bytes) -> str:
    """What a server would have made of the bytes of a path or a query."""
    return data.decode("latin-1")


def json_and_back(data: bytes) -> None:
    """What was read can be written, and reads the same again."""
    value = json.parse(data)
    assert json.parse(json.encode(value)) == value


TARGETS: dict[str, tuple[Target, tuple[bytes, ...]]] = {
    "json": (json_and_back, (b'{"a": [1, 2.5, "\\u00e9", null, true]}', b'"\\ud83d\\ude00"', b"-1e5")),
    "xml": (
        lambda data: xml.to_value(xml.parse(data)),
        (b"<a b='1'><c>x</c><!-- y --><![CDATA[z]]></a>", b"<?xml version='1.0' encoding='UTF-8'?><a/>"),
    ),
    "query": (lambda data: forms.parse_query(text(data)), (b"a=1&b=%C3%A9&c", b"a[]=1&a[]=2")),
    "form": (forms.parse_urlencoded, (b"a=1&b=%C3%A9+x",)),
    "multipart": (
        lambda data: forms.parse_multipart(data, 'multipart/form-data; boundary="B"'),
        (b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n',),
    ),
    "time": (lambda data: times.parse_iso(text(data), date_only=True, dashes=True), (b"2031-04-10T06-30-00.0000001Z",)),
    "gzip": (lambda data: bodies.decompress(data, 100_000), (bytes.fromhex("1f8b0800000000000003030000000000000000"),)),
    "filter": (
        lambda data: carrierx_filter.parse(text(data), ("status", "total")),
        (b"status eq approved and total gt 3", b'name like "a%"'),
    ),
    "attributes": (lambda data: ibm_tables.selected(TABLE, text(data)), (b"TASK.TKIID,TASK.NAME",)),
    "orders": (lambda data: ibm_tables.sorted_by(TABLE, text(data)), (b"NAME DESC,PRIORITY",)),
    "query_filter": (
        lambda data: ibm_parser.parse(text(data), Scope("queryFilter", composites.VIEWS, TASK, Moment(0))),
        (b"STATE=STATE_READY AND (WI.REASON IN (1,4) OR NAME NOT LIKE 'it''s%')", b"DUE>TS('2031-05-04T10:20:30')"),
    ),
    "where_clause": (
        lambda data: ibm_parser.parse(text(data), Scope("whereClause", where_lists.VIEWS, TASK, Moment(0))),
        (b"NOT (TASK.TKIID=ID('_TKI:1.1.1.1') AND TASK_CPROP1.NAME IS NOT NULL) OR TASK.PRIORITY>=-1.5",),
    ),
    "event": (events.parse_task_start, (b'{"task_type": "Kit", "Note": {"text": "x"}}',)),
    "date": (lambda data: dates.parse_date(text(data), "deadline"), (b"2031-04-10T06-30-00.000Z", b"2031-04-10")),
}
"""Name -> what reads, and beginnings to go on from."""

ALSO: dict[str, type[Exception]] = {"time": ValueError}
"""What one may raise beside the expected errors: as it says."""


def fuzz(name: str, seconds: int, folder: str) -> None:
    """Until the time is over, which ends the process with 0, or something else than a refusal came."""
    target, seeds = TARGETS[name]
    refusals = (Expected, ALSO.get(name, Expected))

    def once(data: bytes) -> None:
        try:
            target(data)
        except refusals:
            return

    for number, seed in enumerate(seeds):
        Path(folder, f"seed-{number}").write_bytes(seed)
    bounds = (f"-max_total_time={seconds}", f"-timeout={SLOWEST_SECONDS}", f"-rss_limit_mb={MOST_MEMORY}")
    options = (*bounds, f"-max_len={LONGEST_BYTES}", f"-artifact_prefix={name}-")
    atheris.Setup([sys.argv[0], *options, folder], once)
    atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.stdout.write("\n".join(TARGETS) + "\n")
        sys.exit(0)
    with tempfile.TemporaryDirectory() as corpus:
        fuzz(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 60, corpus)
