"""What deploy/ pins is what was tested. Without this rule an image was built from releases that no test had seen."""

import re

from tests.architecture.source import ROOT

PIN = re.compile(r"^(\S+==\S+) \\$", re.MULTILINE)


def pins(file: str) -> set[str]:
    return set(PIN.findall((ROOT / file).read_text()))


def test_an_image_gets_the_releases_that_were_tested() -> None:
    assert pins("deploy/requirements.lock")
    assert pins("deploy/requirements.lock") <= pins("requirements.lock")


def test_the_image_copies_what_docker_is_shown() -> None:
    shown = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    lines = [line.split()[1:-1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")]
    copied = {name for names in lines if not names[0].startswith("--") for name in names}
    assert copied <= shown | {"deploy/"}
    assert all((ROOT / name).exists() for name in shown)
