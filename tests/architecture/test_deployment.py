"""What runs is what was tested: the lock files to run and for images are parts of the development one. Without this
rule an image was built from releases that no test had seen."""

import re

import pytest

from tests.architecture.source import ROOT

LOCKS = tuple(f"{name}.lock" for name in ("requirements", "requirements-quick", "requirements-dev")) + (
    "deploy/requirements.lock",
    "bench/requirements.lock",
)
PIN = re.compile(r"^(\S+==\S+) \\$", re.MULTILINE)


def pins(file: str) -> set[str]:
    return set(PIN.findall((ROOT / file).read_text()))


def test_an_image_and_a_demonstration_get_the_releases_that_were_tested() -> None:
    assert pins("deploy/requirements.lock")
    assert pins("deploy/requirements.lock") <= pins("requirements.lock")
    assert pins("requirements.lock") <= pins("requirements-quick.lock") <= pins("requirements-dev.lock")


def test_a_demonstration_installs_no_tools_of_development() -> None:
    names = {pin.partition("==")[0] for pin in pins("requirements.lock")}
    assert not names & {"mypy", "playwright", "pytest", "ruff", "schemathesis", "mkdocs"}


@pytest.mark.parametrize("file", LOCKS)
def test_a_lock_file_names_no_package_index(file: str) -> None:
    text = (ROOT / file).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=sha256:)", text, re.MULTILINE)


def test_the_image_copies_what_docker_is_shown() -> None:
    shown = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    lines = [line.split()[1:-1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")]
    copied = {name for names in lines if not names[0].startswith("--") for name in names}
    assert copied <= shown | {"deploy/"}
    assert all((ROOT / name).exists() for name in shown)
