"""The stages of `make soak`."""

import re
from pathlib import Path

from tools.soak import stages

TESTS = Path(__file__).parents[2]
SIZED = re.compile(r"^from tests\.support\.sizes import .*\b(?:sized|LONG)\b", re.MULTILINE)


def test_every_test_that_has_a_long_size_is_in_a_stage() -> None:
    named = [word for stage in stages() for word in stage.command if word.startswith("tests/")]
    assert not [path for path in named if not (TESTS.parent / path).exists()]
    sized = [path for path in TESTS.rglob("test_*.py") if SIZED.search(path.read_text("utf-8"))]
    paths = [path.relative_to(TESTS.parent) for path in sized]
    assert paths
    assert not [path for path in paths if not any(path.is_relative_to(name) for name in named)]
