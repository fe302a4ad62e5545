"""How much of the code the tests run, printed at their end if COVERAGE_FIGURE=1.

`tests/conftest.py` imports this module first, since lines that an import runs count as well. Only MEASURED tests count,
and only in pytest's own processes: measuring doubles what a test costs or more, and servers would miss deadlines.
What runs the same lines again is left out: the second engine, the many examples of property tests, and all sets of
parameters of a test but the first.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if os.environ.get("COVERAGE_FIGURE") == "1":
    import coverage  # not among the packages of `make quick`

TESTS = Path(__file__).parents[1]
CASES = str(TESTS / "dialects/test_cases.py")
MEASURED = (str(TESTS / "unit"), str(TESTS / "integration/usecases"), CASES)
FOLDER = "COVERAGE_FIGURE_FOLDER"


class Figure:
    """Measures in one process; the process that made the folder adds all up."""

    def __init__(self, folder: Path, *, adds_up: bool) -> None:
        self.folder = folder
        self._adds_up = adds_up
        self._data: dict[str, Any] = {"data_file": str(folder / "data"), "source": ["dragoman"], "config_file": False}
        self._coverage = coverage.Coverage(**self._data, data_suffix=True)
        self._is_on = False
        self._seen: set[str] = set()  # tests that were measured
        self.switch(on=True)

    def switch(self, *, on: bool) -> None:
        """Measure from here on, or not."""
        if on != self._is_on:
            self._is_on = on
            (self._coverage.start if on else self._coverage.stop)()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.switch(on=is_measured(item) and self._is_first(item))
        return (yield)

    def _is_first(self, item: pytest.Item) -> bool:
        """Whether its test was not measured before, with other parameters. Each case is a test of its own."""
        name = item.nodeid if str(item.path).startswith(CASES) else item.nodeid.partition("[")[0]
        is_first = name not in self._seen
        self._seen.add(name)
        return is_first

    def pytest_sessionfinish(self) -> None:
        self.switch(on=False)
        self._coverage.save()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._adds_up:
            return  # a worker of xdist, or a test that runs pytest
        total = coverage.Coverage(**self._data)
        total.combine([str(self.folder)])
        with (self.folder / "report").open("w") as report:
            percent = total.report(file=report)
        shutil.rmtree(self.folder)
        terminalreporter.write_line(f"coverage of src/dragoman by unit tests, use cases and cases: {percent:.1f} %")


def is_measured(item: pytest.Item) -> bool:
    """Whether this test counts."""
    repeats = "postgresql" in item.name or hasattr(getattr(item, "obj", None), "hypothesis")
    return str(item.path).startswith(MEASURED) and not repeats


def begun() -> Figure | None:
    """The measurement of this process, if there is to be one. xdist's workers inherit the folder."""
    if os.environ.get("COVERAGE_FIGURE") != "1":
        return None
    given = os.environ.get(FOLDER)
    folder = given or tempfile.mkdtemp(prefix="dragoman-coverage-")
    os.environ[FOLDER] = folder
    return Figure(Path(folder), adds_up=given is None)


FIGURE = begun()
