"""Every setting is read by the code. Without this rule a limit stood on the reference page, and nothing kept it."""

import re

from dragoman import settings
from tests.architecture.source import ROOT

NAMES = [row.name for row in settings.describe()]


def unread(names: list[str], code: str) -> list[str]:
    """The settings that no code asks for by their last name."""
    return [name for name in names if not re.search(rf"\.{name.rpartition('.')[2]}\b", code)]


def test_every_setting_is_read() -> None:
    files = (ROOT / "src" / "dragoman").rglob("*.py")
    assert unread(NAMES, "".join(file.read_text() for file in files if file.name != "settings.py")) == []


def test_one_that_nobody_reads_is_found() -> None:
    assert unread(["limits.queue", "server.port"], "bind(settings.server.port)") == ["limits.queue"]
