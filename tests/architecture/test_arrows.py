"""Arrows between packages point one way. Without this rule a dialect queried the store directly, and then neither could
be changed without the other.

The contracts are in pyproject.toml (`tool.importlinter`); `lint-imports` shows each import that breaks one.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.architecture.source import ROOT

LINT_IMPORTS = Path(sysconfig.get_path("scripts")) / "lint-imports"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(LINT_IMPORTS), "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_arrows_point_one_way() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
