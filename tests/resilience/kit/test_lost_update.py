"""Many clients on one task lose nothing of each other's work."""

from pathlib import Path

import pytest

from tests.resilience.kit.conftest import RunKit
from tests.resilience.kit.load import CLAIMS, COUNTING, FIELDS, claiming
from tests.support.sizes import sized

WRITES = ("--writes", sized("400", "10000"), "--max-seconds", "900")


def test_no_increment_is_lost_and_no_stale_version_taken(run_kit: RunKit) -> None:
    run_kit("lost_update.py", "native", *COUNTING, *WRITES)


def test_nothing_is_written_without_a_version_where_one_is_asked_for(run_kit: RunKit) -> None:
    strict = ("--require-precondition", "--env", "DRAGOMAN_DIALECTS_NATIVE_REQUIRE_IF_MATCH=true")
    run_kit("lost_update.py", "native", *COUNTING, *strict, "--writes", "50")


def test_writers_of_different_fields_do_not_undo_each_other(run_kit: RunKit) -> None:
    run_kit("lost_update.py", "native", *FIELDS, *WRITES)


@pytest.mark.parametrize("dialect", CLAIMS)
def test_one_of_many_claims_wins(dialect: str, run_kit: RunKit, database_url: str, tmp_path: Path) -> None:
    rounds = ("--rounds", sized("50", "1000"))
    run_kit("claim.py", dialect, *claiming(database_url, dialect, tmp_path), *rounds)
