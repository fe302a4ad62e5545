"""Webhooks by themselves: secrets, signatures, types and filters, the ladder, and when one is disabled."""

import base64
import itertools
import secrets

import pytest

from dragoman.domain.clock import Moment
from dragoman.domain.delivery import Delivery, DeliveryError, DeliveryState, Outcome
from dragoman.domain.webhook import DisabledReason, Webhook, WebhookFilter, WebhookState
from dragoman.domain.webhook_ladder import Ladder
from dragoman.domain.webhook_secret import PREFIX, faults, key_of, new_secret, signature

SECOND = 10_000_000
NOW = Moment(1_800_000_000 * SECOND)
HOOK = Webhook(1, "w", "https://example.com/", "u", "sealed")
DELIVERY = Delivery(1, "d", "w", 7, "e", "task.created", "tasks/1", NOW)
NO_JITTER = Ladder(jitter=0.0)


def spelled(key: bytes) -> str:
    return PREFIX + base64.b64encode(key).decode()


def test_secrets_are_of_the_standard_form() -> None:
    assert len(key_of(new_secret())) == 32
    assert new_secret() != new_secret()
    for length in (24, 32, 64):
        assert faults(spelled(b"k" * length)) == ()


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        base64.b64encode(b"k" * 32).decode(),
        spelled(b"k" * 23),
        spelled(b"k" * 65),
        spelled(b"k" * 32).rstrip("="),
        spelled(b"k" * 32) + "=",
        spelled(b"k" * 32) + "\n",
        " " + spelled(b"k" * 32),
        spelled(b"\xff" * 33).replace("/", "_"),
        spelled(b"\xfb\xef\xbe" * 11).replace("+", "-"),
        "WHSEC_" + base64.b64encode(b"k" * 32).decode(),
        spelled(b"k" * 32)[:-2] + "t=",  # bits behind the last byte
        spelled(b"k" * 30).replace("a", "ä"),
    ],
)
def test_other_secrets_are_refused_and_not_repeated(secret: str) -> None:
    (problem,) = faults(secret)
    assert (problem.path, problem.code) == ("/secret", "bad_secret")
    assert not secret or secret == PREFIX or secret not in problem.message


def test_secrets_in_the_alphabet_of_urls_are_refused() -> None:
    refused = 0
    for _ in range(200):
        key = secrets.token_bytes(32)
        url_safe = PREFIX + base64.urlsafe_b64encode(key).decode()
        if set(url_safe.removeprefix(PREFIX)) & set("-_"):
            assert faults(url_safe)
            refused += 1
    assert refused


def test_the_signature_of_the_specification() -> None:
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature([key, b"x" * 24], "m", 1, b"").split(" ")[0] == signature([key], "m", 1, b"")


def test_both_secrets_sign_during_an_overlap() -> None:
    rotated = Webhook(1, "w", "", "u", "new", old_secret="old", old_secret_until=Moment(NOW + 1))
    assert rotated.secrets(NOW) == ("new", "old")
    assert rotated.secrets(Moment(NOW + 1)) == ("new",)


def test_types_are_exact_or_begin_so() -> None:
    def takes(types: tuple[str, ...], type_: str) -> bool:
        return Webhook(1, "w", "", "u", "", types=types).takes_type(type_)

    assert takes(("*",), "task.created")
    assert takes(("task.*",), "task.created")
    assert takes(("case.changed", "task.created"), "task.created")
    assert not takes(("task.create",), "task.created")
    assert not takes(("case.*",), "task.created")


def test_filters_take_any_of_each_list_and_ask_for_all_lists() -> None:
    wanted = WebhookFilter(categories=(1, 2), assignees=("a", "b"), not_actors=("bot",), not_dialects=("ibm_htm",))
    assert wanted.takes_entity(2, None, "a")
    assert not wanted.takes_entity(3, None, "a")
    assert not wanted.takes_entity(2, None, None)
    assert wanted.takes_cause("ann", "native")
    assert not wanted.takes_cause("bot", "native")
    assert not wanted.takes_cause("ann", "ibm_htm")
    assert WebhookFilter().takes_entity(None, None, None)
    assert not WebhookFilter(cases=()).takes_entity(1, 5, None)


def test_the_ladder_has_ten_attempts_in_75_hours_and_35_minutes() -> None:
    pauses = [NO_JITTER.pause(attempts, 0.7) for attempts in range(1, 11)]
    assert pauses == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, None]
    assert sum(pause or 0 for pause in pauses) == 75 * 3600 + 35 * 60 + 5
    assert Ladder().attempts == 10
    assert Ladder().pause(1, 0.0) == pytest.approx(4.5)
    assert Ladder().pause(1, 1.0) == pytest.approx(5.5)


def failing(delivery: Delivery, status: int | None = 500) -> Delivery:
    outcome = Outcome(NOW, status, DeliveryError.STATUS, 100, "no")
    return delivery.after(outcome, NO_JITTER, 0.5)


def test_a_delivery_climbs_the_ladder_and_dies() -> None:
    *before, last = itertools.accumulate(range(10), lambda delivery, _: failing(delivery), initial=DELIVERY)
    assert [each.state for each in before] == [DeliveryState.WAITING] * 10
    assert before[1].next_at == NOW + 5 * SECOND + SECOND // 10
    assert (last.state, last.attempts, last.next_at) == (DeliveryState.DEAD, 10, None)
    assert last.last_status == 500
    again = last.replayed()
    assert (again.state, again.attempts, again.next_at) == (DeliveryState.WAITING, 10, None)
    assert failing(again).state is DeliveryState.WAITING


def test_gone_ends_a_delivery_at_once() -> None:
    assert failing(DELIVERY, 410).state is DeliveryState.DEAD


def test_success_ends_a_delivery() -> None:
    arrived = failing(DELIVERY).after(Outcome(NOW, 204, None, 3), NO_JITTER, 0.5)
    assert (arrived.state, arrived.attempts, arrived.last_error) == (DeliveryState.DELIVERED, 2, None)
    assert arrived.delivered_at == NOW + 3 * SECOND // 1000
    assert DELIVERY.withheld(NOW).last_error == "hidden"


def test_a_webhook_is_given_up_after_days_without_any_success() -> None:
    hours = 3_600 * SECOND
    failing_hook = HOOK.failed(NOW)
    assert failing_hook.failed(Moment(NOW + hours)).failing_since == NOW
    assert not failing_hook.is_given_up(Moment(NOW + 120 * hours - 1), 120)
    assert failing_hook.is_given_up(Moment(NOW + 120 * hours), 120)
    assert failing_hook.succeeded(NOW).failing_since is None
    ended = failing_hook.disabled(DisabledReason.FAILING, NOW)
    assert (ended.state, ended.disabled_reason, ended.revision) == (WebhookState.DISABLED, DisabledReason.FAILING, 2)
