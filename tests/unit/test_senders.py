"""Which deliveries of a tenant may be sent at a moment: receivers that fail or are new leave room for the others."""

from collections import deque
from collections.abc import Iterable

from dragoman.domain.clock import Moment
from dragoman.domain.webhook import Pending
from dragoman.jobs.senders.endpoints import Chain, Endpoint, Endpoints
from dragoman.usecases.webhooks.sending import Taken, TakenOfWebhook

PROVEN, FAILING, NEW = {"is_proven": True}, {"is_proven": True, "is_failing": True}, {"is_proven": False}


def fill(endpoints: Endpoints, names: Iterable[str], count: int, *, is_proven: bool, is_failing: bool = False) -> None:
    """So many chains of one delivery for each of these."""
    for name in names:
        endpoint = endpoints.get(name)
        endpoint.is_proven, endpoint.is_failing = is_proven, is_failing
        taken = TakenOfWebhook(name, "", (), [], 1)
        endpoint.queue.extend(Chain(taken, deque([Taken(f"{name}{n}", "", "", b"")]), 0.0) for n in range(count))


def begun(endpoints: Endpoints) -> list[str]:
    return [endpoint.webhook for endpoint, _ in endpoints.next()]


def test_a_tenant_has_ten_requests_and_a_receiver_two() -> None:
    endpoints = Endpoints()
    fill(endpoints, "abcdefg", 5, **PROVEN)
    assert begun(endpoints) == [*"aabbccddee"]
    endpoints.get("a").in_flight -= 1
    assert begun(endpoints) == ["a"]


def test_those_that_failed_last_have_five() -> None:
    endpoints = Endpoints()
    fill(endpoints, "abcdefgh", 1, **FAILING)
    fill(endpoints, "xyz", 5, **PROVEN)
    assert begun(endpoints) == [*"abcde", *"xxyyz"]


def test_those_that_were_never_reached_leave_room() -> None:
    endpoints = Endpoints()
    fill(endpoints, "abcdefghij", 1, **NEW)
    fill(endpoints, "x", 5, **PROVEN)
    assert begun(endpoints) == [*"abcdefgh", *"xx"]


def test_a_failure_gives_back_what_waits_and_a_success_takes_more() -> None:
    endpoints = Endpoints()
    fill(endpoints, "a", 3, **PROVEN)
    endpoint: Endpoint = endpoints.get("a")
    before = endpoint.size
    endpoint.succeeded()
    assert endpoint.size > before
    assert [taken.uid for taken in endpoint.failed()] == ["a0", "a1", "a2"]
    assert (endpoint.is_failing, endpoint.is_idle) == (True, True)


def pending(name: str, *, is_proven: bool, is_failing: bool = False) -> Pending:
    values = dict.fromkeys(Pending.__struct_fields__, False) | {"tenant": 1, "webhook": name}
    values |= {"due_at": Moment(0), "is_due": True, "is_active": True, "is_proven": is_proven, "is_failing": is_failing}
    return Pending(**values)  # type: ignore[arg-type]


def test_of_doubtful_receivers_one_delivery_is_taken_at_a_time() -> None:
    wanted = [*(pending(name, **FAILING) for name in "abcdefg"), *(pending(name, **NEW) for name in "klmnopq")]
    endpoints = Endpoints()
    wants = list(endpoints.wants([*wanted, pending("x", **PROVEN)], 0.0))
    assert [want.webhook for want in wants] == [*"abcde", *"klm", "x"]
    assert {want.limit for want in wants[:-1]} == {1}
    assert wants[-1].follow
    endpoints.get("x").not_before = 1.0
    assert "x" not in [want.webhook for want in endpoints.wants([pending("x", **PROVEN)], 0.5)]
