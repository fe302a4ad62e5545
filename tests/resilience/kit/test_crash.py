"""What was acknowledged is there after every crash, whole, once, and in the history: in all dialects at once."""

from tests.resilience.kit.conftest import PREPARATIONS, RunKit
from tests.support.server import PROGRAM
from tests.support.sizes import sized

DIALECTS = tuple(PREPARATIONS)
SETTLED = {"sqlite": (), "postgresql": ("--settle", "0.5")}
"""A database server may still finish a dead client's commit."""
ENOUGH = ("--min-acks", sized("5", "100"))
"""A run in which fewer writes were acknowledged in a dialect has shown nothing."""
FEW = ("--workers", "2", "--objects", "2", "--create-share", "0.02")
"""Clients of each dialect: what five take together must fit beside the server on two cores."""


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(backend: str, run_kit: RunKit) -> None:
    rounds = ("--rounds", sized("4", "1000"), "--kill-max", "2", "--check-cmd", f"{PROGRAM} verify")
    run_kit("ledgers.py", DIALECTS, *rounds, *FEW, *ENOUGH, *SETTLED[backend])


def test_a_retry_with_an_idempotency_key_is_applied_once(backend: str, run_kit: RunKit) -> None:
    retries = ("--rounds", sized("4", "50"), "--kill-max", "2", "--idempotency-header", "Idempotency-Key")
    run_kit("ledgers.py", "native_parts", *retries, *ENOUGH, *SETTLED[backend])


def test_a_server_told_to_stop_answers_what_it_applied(run_kit: RunKit) -> None:
    rounds = ("--rounds", sized("3", "25"), "--signal", "TERM", "--stop-timeout", "10", "--kill-max", "2")
    run_kit("ledgers.py", DIALECTS, *rounds, *FEW, *ENOUGH)
