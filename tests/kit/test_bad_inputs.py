"""Hostile input is refused cleanly, changes nothing, and leaves the server alive."""

import pytest

from tests.kit.conftest import RunKit


def test_the_native_api_refuses_hostile_input_and_slow_clients(run_kit: RunKit) -> None:
    run_kit("bad_inputs.py", "native")


@pytest.mark.parametrize("dialect", ["genesys", "onlyoffice_crm"])
def test_a_vendors_api_refuses_hostile_input(dialect: str, run_kit: RunKit) -> None:
    run_kit("bad_inputs.py", dialect, "--no-slow")
