"""Reading the log of events page by page. The cursor moves when a page has been used, and never otherwise: whatever
breaks before, the same page is asked for again, so that nothing is lost and nothing comes twice."""

import secrets
from collections.abc import Callable, Iterator

import click
import msgspec

from dragoman.cli.remote import Refused, Remote, Unreachable
from dragoman.domain.clock import SystemClock

EVENTS = "/v1/events"
LIMIT = 500
WAIT_SECONDS = 5
"""How long the server holds an empty answer back. Between two answers it is seen whether output is still read."""
AWAY = frozenset({429, 502, 503, 504})
LONGEST_PAUSE_SECONDS = 30.0
MOST_ASKED_SECONDS = 3600.0
FEW_TRIES = 10
AT_ONCE_SECONDS = 1.0
"""An empty answer that comes sooner than this was not held back."""

Query = list[tuple[str, str]]


class Page(msgspec.Struct):
    """Some events, each as its bytes, and the cursor behind them. `more`: the log goes on by now."""

    items: list[msgspec.Raw]
    next: str
    more: bool


class Reader:
    """Reads behind a cursor, `earliest` or `latest`. `is_brief`: it gives up when it can't get on for some minutes."""

    def __init__(
        self, there: Remote, since: str, query: Query, *, is_brief: bool, sleep: Callable[[float], object]
    ) -> None:
        self.cursor = since
        self.is_begun = False
        self._there = there
        self._query = query
        self._is_brief = is_brief
        self._sleep = sleep
        self._failures = 0
        self._clock = SystemClock()

    def pages(self) -> Iterator[Page]:
        """Each page, without end. Raises Refused for what waiting doesn't mend."""
        wait = 0  # at first, so that `latest` has become a cursor before the connection can break
        while True:
            asked_at = self._clock.monotonic()
            page = self._page(wait)
            yield page
            self.cursor, self.is_begun = page.next, True
            if wait and not page.items and not page.more and self._clock.monotonic() - asked_at < AT_ONCE_SECONDS:
                self._sleep(AT_ONCE_SECONDS)
            wait = 0 if page.more or self._is_brief else WAIT_SECONDS

    def _page(self, wait: int) -> Page:
        query = [("since", self.cursor), *self._query, ("limit", str(LIMIT)), *([("wait", str(wait))] if wait else [])]
        while True:
            try:
                answer = self._there.ask("GET", EVENTS, query=query)
            except Refused as refused:
                self._bear(refused)
                continue
            self._failures = 0
            try:
                return msgspec.json.decode(answer.body, type=Page)
            except msgspec.DecodeError as error:
                raise click.ClickException(f"the answer is not a page of events: {error}") from error

    def _bear(self, refused: Refused) -> None:
        """Wait before the next try, or raise what was refused for good."""
        self._failures += 1
        is_passing = refused.was_cut or self.is_begun if isinstance(refused, Unreachable) else refused.status in AWAY
        is_patient = self.is_begun and not self._is_brief
        if not is_passing or (self._failures >= FEW_TRIES and not is_patient):
            raise refused
        if self._failures == 1 and not self._is_brief:
            click.echo(f"dragoman: {refused.format_message()} Trying again.", err=True)
        self._sleep(_pause(refused.retry_after, self._failures))


def _pause(retry_after: str | None, failures: int) -> float:
    """What the server asks for, else a pause that doubles, up to a half of it less by chance."""
    from dragoman.delivery.retries import asked_pause  # imported here, since it is slow to load

    asked = asked_pause(retry_after, SystemClock().now(), MOST_ASKED_SECONDS)
    whole = min(2.0 ** (failures - 1), LONGEST_PAUSE_SECONDS)
    return whole * (1 + secrets.randbelow(1001) / 1000) / 2 if asked is None else asked
