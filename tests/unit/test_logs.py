"""Logs: one line of JSON each, cheap, and nothing in them that is secret."""

import asyncio
import io
import json
import logging
import re
import sys
import time
import timeit
from functools import partial
from typing import Any

import pytest

from dragoman import logs
from dragoman.domain.clock import Moment
from dragoman.logs import Line, RequestLog

AT = Moment(17_000_000_001_234_567)


def line(**facts: Any) -> Line:
    return Line(**({"time": "t", "level": "info", "event": "http.request", "request": "r1"} | facts))


def test_a_moment_is_written_in_milliseconds() -> None:
    assert logs.Times().text(AT) == "2023-11-14T22:13:20.123Z"


def test_lines_leave_together_after_a_moment() -> None:
    written: list[bytes] = []

    async def log_two() -> None:
        log = RequestLog(written.append)
        log.add(line(path="/a", status=200))
        log.add(line(path="/b", status=404))
        assert written == []
        await asyncio.sleep(logs.FLUSH_SECONDS * 3)

    asyncio.run(log_two())
    assert len(written) == 1
    first, second = (json.loads(text) for text in written[0].splitlines())
    assert first == {
        "time": "t",
        "level": "info",
        "event": "http.request",
        "request": "r1",
        "path": "/a",
        "status": 200,
    }
    assert second["path"] == "/b"


def test_many_lines_do_not_wait() -> None:
    written: list[bytes] = []

    async def log_many() -> None:
        log = RequestLog(written.append)
        for _ in range(logs.FLUSH_LINES):
            log.add(line())
        assert len(written) == 1

    asyncio.run(log_many())


def test_a_quiet_log_still_tells_of_errors() -> None:
    written: list[bytes] = []

    async def log_both() -> None:
        log = RequestLog(written.append, enabled=False)
        log.add(line())
        log.add(line(level="error", status=500))
        log.flush()

    asyncio.run(log_both())
    assert [json.loads(text)["status"] for text in written] == [500]


def test_a_closed_standard_error_fails_no_request() -> None:
    def broken(lines: bytes) -> None:
        raise BrokenPipeError

    async def log_one() -> None:
        log = RequestLog(broken)
        log.add(line())
        log.flush()

    asyncio.run(log_one())


def test_a_line_costs_no_more_than_a_few_encodings_of_its_facts() -> None:
    facts = {"time": "2026-11-29T17:04:31.692Z", "method": "GET", "path": "/v1/tasks/7", "status": 200}

    async def cost() -> float:
        log = RequestLog(lambda lines: None)

        def one() -> None:
            log.add(line(time=log.time(AT), method="GET", path="/v1/tasks/7", status=200, milliseconds=1.25, tenant=1))

        encode, times = partial(json.dumps, facts), {"timer": time.thread_time, "number": 500, "repeat": 20}
        return min(timeit.repeat(one, **times)) / min(timeit.repeat(encode, **times))  # type: ignore[arg-type]

    assert asyncio.run(cost()) < 4


def test_an_event_carries_its_fields_and_its_trace() -> None:
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logs.JsonFormatter())
    log = logging.getLogger("test.logs")
    log.propagate = False
    log.addHandler(handler)
    try:
        raise KeyError("gone")
    except KeyError:
        log.exception("job.failed", extra={"job": 7, "odd": {1, 2}})
    finally:
        log.removeHandler(handler)
    event = json.loads(text.getvalue())
    assert (event["event"], event["level"], event["job"]) == ("job.failed", "error", 7)
    assert "KeyError" in event["trace"]
    assert text.getvalue().count("\n") == 1


def test_a_trace_tells_places_and_kinds_and_quotes_nothing() -> None:
    try:
        try:
            int("secret of the cause")
        except ValueError as cause:
            raise ExceptionGroup("secret of the group", [KeyError("secret of a part")]) from cause
    except ExceptionGroup as error:
        text = "".join(logs.trace(error))
    assert text.index("ValueError") < text.index("ExceptionGroup") < text.index("KeyError")
    assert "test_logs.py" in text
    assert "int(" in text  # the line of the code
    assert "secret of" not in re.sub(r"^    .*\n", "", text, flags=re.MULTILINE)  # which stands there indented


def test_a_trace_tells_errors_that_cause_each_other_once() -> None:
    first, second = KeyError("a"), ValueError("b")
    first.__cause__, second.__context__ = second, first
    text = "".join(logs.trace(first))
    assert text.count("ValueError") == text.count("KeyError") == 1
    first.__cause__ = first
    assert "".join(logs.trace(first)) == "builtins.KeyError\n"
    group = ExceptionGroup("all", [first, second])
    second.__cause__ = group
    assert "".join(logs.trace(group)).count("ExceptionGroup") == 1


def test_a_trace_of_a_long_chain_needs_no_deep_stack() -> None:
    error = KeyError("first")
    for _ in range(10_000):
        before, error = error, KeyError("next")
        error.__cause__ = before
    assert "".join(logs.trace(error)).count("KeyError") == 10_001


def test_setup_sends_every_logger_to_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr(sys, "stderr", text)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        requests = logs.setup("warning")
        logging.getLogger("test.setup").warning("database.slow", extra={"milliseconds": 3})
        logging.getLogger("test.setup").info("not.heard")
    finally:
        root.handlers[:], root.level = before
    assert json.loads(text.getvalue())["event"] == "database.slow"
    assert not requests.enabled
