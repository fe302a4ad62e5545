"""Schemathesis asks the native API whatever its OpenAPI document lets it think of: no 5xx, no answer that the document
doesn't know, nothing sound refused, nothing unsound taken. Without settings of ours: as any user would run it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.conftest import Serving
from tests.tenant import Tenant

PROGRAM = str(Path(sys.executable).with_name("schemathesis"))
EXAMPLES = {"sqlite": 50, "postgresql": 10}


@pytest.mark.parametrize("engine", EXAMPLES)
def test_schemathesis_finds_nothing(engine: str, serving: Serving, tmp_path: Path) -> None:
    tenant = Tenant(serving(engine, ""))
    options = ["--max-examples", str(EXAMPLES[engine]), "--seed", "1", "--no-color"]
    done = subprocess.run(
        [
            PROGRAM,
            "run",
            f"{tenant.server.base_url}/v1/openapi.json",
            *options,
            "-H",
            f"Authorization: Bearer {tenant.token('*')}",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-8_000:]
