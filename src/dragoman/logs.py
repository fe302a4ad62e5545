"""The log on standard error: one JSON object per line, never a body or a token.

A request is one line, written by RequestLog. Everything else is an event with a constant name and its facts as fields:
`log.info("job.finished", extra={"job": 7})`. Lines of requests are buffered and written together, so that a line costs
microseconds; `flush` is called at the end of the process.
"""

import asyncio
import atexit
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from dragoman.domain.clock import TICKS_PER_SECOND, Moment, from_datetime
from dragoman.metrics.requests import Requests

FLUSH_SECONDS = 0.05
FLUSH_LINES = 500
ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}

Write = Callable[[bytes], object]


class Line(msgspec.Struct, omit_defaults=True, gc=False):
    """The log line of one request. Unknown values are left out."""

    time: str
    level: str
    event: str
    request: str
    method: str = ""
    path: str = ""
    status: int = 0
    milliseconds: float = 0.0
    dialect: str = ""
    operation: str = ""
    tenant: int = 0
    principal: str = ""
    incident: str = ""
    code: str = ""
    ignored: list[str] = []  # parameters and members that the vendor ignores


def to_standard_error(lines: bytes) -> None:
    """Write whole lines at once, so that those of several processes don't mix."""
    stream = sys.stderr
    stream.buffer.write(lines)
    stream.flush()


class Times:
    """Moments as text, in milliseconds. The text of a second is made once."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def text(self, moment: Moment) -> str:
        second, rest = divmod(moment, TICKS_PER_SECOND)
        if second != self._second:
            self._text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._second = second
        return f"{self._text}.{rest // 10_000:03d}Z"


class RequestLog:
    """Counts requests, and buffers their lines until FLUSH_SECONDS have passed or FLUSH_LINES are buffered."""

    def __init__(self, write: Write = to_standard_error, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self.counted = Requests()
        self._write = write
        self._times = Times()
        self._lines: list[Line] = []
        self._encoder = msgspec.json.Encoder()
        self._waits = False

    def time(self, moment: Moment) -> str:
        return self._times.text(moment)

    def add(self, line: Line) -> None:
        """Count a request, and buffer its line for the next flush; that of a bug even if `enabled` is off."""
        self.counted.add(line)
        if not self.enabled and line.level != "error":
            return
        self._lines.append(line)
        if len(self._lines) >= FLUSH_LINES:
            self.flush()
        elif not self._waits:
            self._waits = True
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write buffered lines. Never raises: a full disk or a closed terminal must not fail a request."""
        self._waits = False
        lines, self._lines = self._lines, []
        if lines:
            try:
                self._write(self._encoder.encode_lines(lines))
            except (OSError, ValueError):
                return


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON: time, level, event, logger, its extra fields, the trace of an error."""

    def __init__(self) -> None:
        super().__init__()
        self._times = Times()

    def format(self, record: logging.LogRecord) -> str:
        made = from_datetime(datetime.fromtimestamp(record.created, UTC))
        fields: dict[str, object] = {
            "time": self._times.text(made),
            "level": record.levelname.lower(),
            "event": record.getMessage().partition("\n")[0],  # asyncio shows errors with their messages below
            "logger": record.name,
        }
        fields.update((key, value) for key, value in vars(record).items() if key not in ORDINARY)
        if record.exc_info and record.exc_info[1]:
            fields["trace"] = "".join(trace(record.exc_info[1]))
        return msgspec.json.encode(fields, enc_hook=str).decode()


def trace(error: BaseException) -> Iterator[str]:
    """The traceback of an error and its causes, the first cause first, without messages; each error once.

    An error's message may contain a password, a body, or the values of a row. Errors that are raised again in handlers
    can be causes of each other.
    """
    return _trace(error, set())


def _trace(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    causes = [error]
    while (cause := _cause(causes[-1])) is not None and id(cause) not in seen:
        seen.add(id(cause))
        causes.append(cause)
    for place, each in enumerate(reversed(causes)):
        if place:
            yield "\nand then:\n\n"
        yield from traceback.format_tb(each.__traceback__)
        yield f"{type(each).__module__}.{type(each).__qualname__}\n"
        for part in each.exceptions if isinstance(each, BaseExceptionGroup) else ():
            if id(part) not in seen:
                yield "\namong them:\n\n"
                yield from _trace(part, seen)


def _cause(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def setup(level: str = "info") -> RequestLog:
    """Log the events of this process to standard error as JSON; returns the log for its requests."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # uvicorn also logs mistakes of clients and each start; only its errors are shown.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it logs every step of an ordinary start
    requests = RequestLog(enabled=level in ("debug", "info"))
    atexit.register(requests.flush)
    return requests
