"""An answer leaves after the flush, and none when the disk fails. SQLite only: there the server writes the files."""

import pytest

from tests.resilience.kit.conftest import RunKit
from tests.support.sizes import sized

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_every_acknowledged_write_was_flushed_before(run_kit: RunKit) -> None:
    run_kit("durable_ack.py", "native", "--count", sized("100", "1000"))


def test_no_write_is_acknowledged_once_the_disk_fails(run_kit: RunKit) -> None:
    run_kit("durable_ack.py", "native", "--count", "100", "--fail-sync", "40")
