"""Every dependency has its reason in docs/decisions. Without this rule a package came in for one function, and nobody
dared to remove it years after the function was gone."""

import re
import tomllib
from pathlib import Path

from tests.architecture.source import ROOT


def unexplained(pyproject: str, records: str) -> list[str]:
    """The declared packages that no decision record names in code style."""
    project = tomllib.loads(pyproject)["project"]
    groups = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    names = {re.split(r"[\[><=~! ]", requirement)[0] for group in groups for requirement in group}
    return sorted(name for name in names if f"`{name.lower()}`" not in records.lower())


def records(folder: Path) -> str:
    return "".join(page.read_text() for page in folder.glob("[0-9]*.md"))


def test_every_dependency_has_its_reason() -> None:
    assert not unexplained((ROOT / "pyproject.toml").read_text(), records(ROOT / "docs" / "decisions"))


def test_a_dependency_without_reason_is_found() -> None:
    pyproject = '[project]\ndependencies = ["click>=8", "left-pad>=1"]'
    assert unexplained(pyproject, "We take `click` for commands.") == ["left-pad"]
