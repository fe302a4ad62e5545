"""Unit tests work on plain values. Without this rule servers, files and databases came into tests/unit one by one,
until it took minutes and was no longer run after each change."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import Fault, Source, breaks, faults, sources_of_tests

IO_MODULES = re.compile(
    r"^(subprocess|multiprocessing|socket|socketserver|http\.(client|server)|urllib\.request|httpx|tempfile|shutil"
    r"|sqlite3|pysqlite3|psycopg|sqlalchemy|playwright|click\.testing"
    r"|dragoman\.(app|runtime\.application|store\.(engine\.(engines|driver|postgresql|files)|store|maintenance)|http\.server\.processes)"
    r"|tests\.(support\.(world|databases|postgres|server|in_process_server|tenant|node)|integration))\b"
)
IO_FIXTURES = re.compile(r"^(tmp_path|tmp_path_factory|databases|backend|server|postgres|durable_postgres|\w+_url)$")
IO_CALLS = re.compile(
    r"^open$|(^|\.)(read_text|write_text|read_bytes|write_bytes|open_connection|start_server|create_server)$"
)


def rule(source: Source) -> Iterator[Fault]:
    if not source.path.startswith("unit/"):
        return
    for line, name in source.imports():
        if IO_MODULES.search(name):
            yield line, f"{name}: a module for input and output"
    for node in source.nodes:
        if isinstance(node, ast.arg) and IO_FIXTURES.search(node.arg):
            yield node.lineno, f"{node.arg}: a fixture for input and output"
    for call, name in source.calls():
        if IO_CALLS.search(name):
            yield call.lineno, f"{name}: a call for input and output"


def test_unit_tests_have_plain_values() -> None:
    found = faults(rule, sources_of_tests())
    assert not found, "\n".join(found).replace("src/dragoman/", "tests/")


@pytest.mark.parametrize(
    "text",
    [
        "import subprocess",
        "from http.client import HTTPConnection",
        "from tests.support.world import World",
        "def test_it(tmp_path): pass",
        "def test_it(sqlite_url): pass",
        "text = open('file').read()",
        "text = path.read_text()",
        "reader, writer = await asyncio.open_connection('127.0.0.1', port)",
    ],
)
def test_the_rule_finds_input_and_output(text: str) -> None:
    assert breaks(rule, "unit/test_task.py", text)
    assert not breaks(rule, "integration/test_task.py", text)
