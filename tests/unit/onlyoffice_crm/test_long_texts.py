"""Long texts are read in time that grows with their length: by its square, these tests would not end."""

import pytest

from dragoman.dialects.kit import json
from dragoman.dialects.onlyoffice_crm.handlers import batch, categories
from dragoman.domain.errors import Invalid
from tests.unit.onlyoffice_crm.asking import ask

LONG = "a" * 1_000_000


def test_a_long_address_in_a_batch() -> None:
    body = json.encode({"batch": [{"relativeUrl": LONG}]})
    command = batch.parse(ask("POST", body=body, content_type="application/json"))
    assert command.calls[0].inner.target == f"/{LONG}"


def test_only_the_file_name_of_an_icon_is_kept() -> None:
    assert [categories.file_name(path) for path in ("a.png", "b/a.png", "c:\\b\\a.png", "b\\c/a.png", "b/")] == [
        *["a.png"] * 4,
        "",
    ]


def test_a_long_name_of_an_icon() -> None:
    with pytest.raises(Invalid):
        categories.file_name(LONG)
