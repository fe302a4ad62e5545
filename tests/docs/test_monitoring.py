"""What the page about monitoring asks Prometheus for is there. Without this test an alert outlived its metric's name,
and was silent for ever."""

import re

from dragoman.metrics.table import METRICS, Kind
from tests.architecture.source import ROOT
from tools import reference

PAGE = (ROOT / "docs" / "guide" / "monitoring.md").read_text()
ASKED = re.compile(r"\b(?:dragoman|process)_[a-z_]+")
MATCHED = re.compile(r'\b(?P<label>[a-z]+)=~?"(?P<values>[^"]+)"')
SERIES = {
    name
    for metric in METRICS
    for name in (
        [f"{metric.name}_{part}" for part in ("bucket", "sum", "count")]
        if metric.kind is Kind.HISTOGRAM
        else [metric.name]
    )
}
NAMES = SERIES | {metric.name for metric in METRICS}


def unknown(page: str) -> set[str]:
    """Names on a page that no metric has; a histogram is asked for by a part of it alone."""
    queries = re.findall(r"expr: (.*)$|`([^`\n]*\([^`\n]*)`", page, re.MULTILINE)
    asked = {name for query in queries for text in query for name in ASKED.findall(text)}
    return (asked - SERIES) | (set(ASKED.findall(page)) - NAMES)


def test_every_metric_of_the_page_is_there() -> None:
    assert not unknown(PAGE)


def test_one_that_is_not_there_is_found() -> None:
    assert unknown("expr: rate(dragoman_request_duration_seconds[5m]) > dragoman_nothing") == {
        "dragoman_request_duration_seconds",
        "dragoman_nothing",
    }


def test_every_label_and_code_of_the_page_is_there() -> None:
    labels = {label for metric in METRICS for label in metric.labels} | {"job"}
    codes = set(re.findall(r"^\| `([a-z_]+)`", reference.errors(), re.MULTILINE))
    matched = [(found["label"], found["values"].split("|")) for found in MATCHED.finditer(PAGE)]
    assert {label for label, _ in matched} <= labels
    assert {value for label, values in matched if label == "code" for value in values} <= codes
