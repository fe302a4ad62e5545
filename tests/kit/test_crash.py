"""What was acknowledged is there after every crash, whole, once, and in the history."""

import pytest

from tests.kit.conftest import RunKit
from tests.server import PROGRAM

DIALECTS = ("native", "genesys", "onlyoffice_crm", "ibm_htm", "carrierx_batch")
LEDGER = "crash_ledger.py"
LEDGERS = {"ibm_htm": "ledger.py"}
SETTLED = {"sqlite": (), "postgresql": ("--settle", "0.5")}
"""A database server may still finish a dead client's commit."""


BRIEF = ("--kill-max", "0.6", "--create-share", "0.02")
"""What five dialects take together must fit beside the other tests: shorter lives, and fewer objects to look at."""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(dialect: str, backend: str, run_kit: RunKit) -> None:
    brief = () if dialect == "native" else BRIEF
    rounds = ("--rounds", "20", "--check-cmd", f"{PROGRAM} verify")
    run_kit(LEDGERS.get(dialect, LEDGER), dialect, *rounds, *SETTLED[backend], *brief)


def test_a_retry_with_an_idempotency_key_is_applied_once(backend: str, run_kit: RunKit) -> None:
    run_kit(LEDGER, "native", "--rounds", "10", "--idempotency-header", "Idempotency-Key", *SETTLED[backend])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_server_told_to_stop_answers_what_it_applied(dialect: str, run_kit: RunKit) -> None:
    run_kit(LEDGERS.get(dialect, LEDGER), dialect, "--rounds", "5", "--signal", "TERM", "--stop-timeout", "10")
