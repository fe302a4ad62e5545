"""Which deliveries of a tenant may be sent at this moment: limits for all, for failing receivers and for each.

A receiver that failed last is one of a few that get a try, and one that was never reached leaves room for those that
were: so receivers that don't answer hold up nobody else.
"""

from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from dragoman.domain.webhook import Pending
from dragoman.usecases.webhooks.sending import Taken, TakenOfWebhook, Want

AT_ONCE = 10
"""Requests of a tenant at a time."""
TO_FAILING = 5
"""How many of them to receivers that failed last."""
TO_UNPROVEN = 8
"""How many to these and to receivers that were never reached."""
TO_ONE = 2
"""How many to one receiver."""
FIRST_SIZE, LARGEST_SIZE = 4, 256
"""How many deliveries are taken at a time of a receiver that answers: more each time that all went well."""


class Chain(msgspec.Struct):
    """Deliveries that are sent one after the other, and until when nothing of them may be begun."""

    of: TakenOfWebhook
    waiting: deque[Taken]
    begin_until: float


class Endpoint:
    """One webhook as this process sends to it."""

    def __init__(self, webhook: str) -> None:
        self.webhook = webhook
        self.queue: deque[Chain] = deque()
        self.in_flight = 0
        self.size = FIRST_SIZE
        self.is_failing = False
        self.is_proven = False
        self.not_before = 0.0

    @property
    def is_idle(self) -> bool:
        return not self.queue and not self.in_flight

    def learn(self, pending: Pending) -> None:
        """What the database knows, while nothing newer is known here."""
        if self.is_idle:
            self.is_failing, self.is_proven = pending.is_failing, pending.is_proven

    def succeeded(self) -> None:
        self.is_failing, self.is_proven = False, True
        self.size = min(self.size + 2, LARGEST_SIZE)

    def failed(self) -> list[Taken]:
        """What is given back, since the receiver fails."""
        self.is_failing, self.size = True, FIRST_SIZE
        return self.drop()

    def drop(self) -> list[Taken]:
        """Empty the queue; what was in it."""
        dropped = [taken for chain in self.queue for taken in chain.waiting]
        self.queue.clear()
        return dropped


class Endpoints:
    """The webhooks of one tenant that this process sends to."""

    def __init__(self) -> None:
        self._known: dict[str, Endpoint] = {}

    def get(self, webhook: str) -> Endpoint:
        """The one of this webhook."""
        found = self._known.get(webhook)
        if found is None:
            found = self._known[webhook] = Endpoint(webhook)
        return found

    def all(self) -> Iterable[Endpoint]:
        return self._known.values()

    @property
    def in_flight(self) -> int:
        return sum(each.in_flight for each in self._known.values())

    @property
    def is_idle(self) -> bool:
        return all(each.is_idle for each in self._known.values())

    def wants(self, pending: Iterable[Pending], now: float) -> Iterator[Want]:
        """What to take of the webhooks that have something due."""
        failing, unproven = self._busy(), self._busy(unproven=True)
        for each in pending:
            endpoint = self.get(each.webhook)
            endpoint.learn(each)
            if endpoint.not_before > now:
                continue
            if endpoint.is_failing:
                if endpoint.is_idle and failing < TO_FAILING and unproven < TO_UNPROVEN:
                    failing, unproven = failing + 1, unproven + 1
                    yield Want(each.webhook, 1)
            elif not endpoint.is_proven:
                if endpoint.is_idle and unproven < TO_UNPROVEN:
                    unproven += 1
                    yield Want(each.webhook, 1)
            elif len(endpoint.queue) < endpoint.size // 2 or endpoint.is_idle:
                yield Want(each.webhook, endpoint.size, follow=True)

    def next(self) -> Iterator[tuple[Endpoint, Chain]]:
        """The chains that may begin now; each counts as begun once it is given."""
        for endpoint in list(self._known.values()):
            while endpoint.queue and self._may_begin(endpoint):
                endpoint.in_flight += 1
                yield endpoint, endpoint.queue.popleft()

    def _may_begin(self, endpoint: Endpoint) -> bool:
        if self.in_flight >= AT_ONCE or endpoint.in_flight >= TO_ONE:
            return False
        if endpoint.is_failing and self._flying() >= TO_FAILING:
            return False
        return endpoint.is_proven or self._flying(unproven=True) < TO_UNPROVEN

    def _flying(self, *, unproven: bool = False) -> int:
        return sum(each.in_flight for each in self._known.values() if _is_doubtful(each, unproven=unproven))

    def _busy(self, *, unproven: bool = False) -> int:
        """How many of these are being sent to, or will be."""
        doubtful = (each for each in self._known.values() if _is_doubtful(each, unproven=unproven))
        return sum(max(each.in_flight, len(each.queue)) for each in doubtful)


def _is_doubtful(endpoint: Endpoint, *, unproven: bool) -> bool:
    return endpoint.is_failing or (unproven and not endpoint.is_proven)
