"""Every event that the server may log has its line in the reference, and no line is about none."""

import ast
import re

from tests.architecture.source import ROOT, Source, sources

PAGE = ROOT / "docs" / "reference" / "log.md"
NAME = re.compile(r"[a-z]+\.[a-z_]+")
ROW = re.compile(r"^\| (?P<names>`[a-z_.`, ]+`) \|", re.MULTILINE)
CHOSEN = {"jobs/worker.py": "job.", "jobs/attempt.py": "job.", "http/server/gateway.py": "http.re"}
"""Where the name of an event is not a literal argument of the log call, and the prefix of its names."""


def logged(source: Source) -> set[str]:
    """The events that this file logs."""
    constants = [call.args[0] for call, name in source.calls() if name.startswith("log.") and call.args]
    found = {node.value for node in constants if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    if source.path in CHOSEN:
        found |= {text for _, text in source.strings() if text.startswith(CHOSEN[source.path])}
    return {name for name in found if NAME.fullmatch(name)}


def told(page: str) -> set[str]:
    """The events of the page."""
    return {name for row in ROW.finditer(page) for name in re.findall(r"`([a-z_]+\.[a-z_]+)`", row["names"])}


def test_each_event_has_its_line() -> None:
    assert told(PAGE.read_text()) == set().union(*map(logged, sources()))


def test_an_event_is_found_where_it_is_logged() -> None:
    assert logged(Source("store/unit/lane.py", 'log.error("lane.died", extra={})')) == {"lane.died"}
    assert logged(Source("jobs/worker.py", 'event = "job.lost"\nlog.info(event)')) == {"job.lost"}
