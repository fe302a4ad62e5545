"""Static files: kept for a year under a name that changes with them; those of others just as they were published."""

import gzip
import hashlib
import tomllib

import pytest

from dragoman.web import assets
from tests.support.browser import Browser

VENDOR = assets.FOLDER / "vendor"
LISTED = tomllib.loads((VENDOR / "vendor.toml").read_text())["file"]


@pytest.mark.parametrize("name", ["style.css", "pages.js", "inbox.js", "icon.svg"])
def test_an_asset_is_kept_and_compressed(browser: Browser, name: str) -> None:
    target = assets.url(name)
    plain = browser.get(target)
    browser.headers["Accept-Encoding"] = "gzip"
    packed = browser.get(target)
    assert gzip.decompress(packed.body) == plain.body
    for answer in (plain, packed):
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
    assert browser.get(target.replace(".", ".0", 1)).status == 404


@pytest.mark.parametrize("entry", LISTED, ids=lambda entry: entry["name"])
def test_files_of_others_are_as_they_were_published(entry: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / entry["name"]).read_bytes()).hexdigest() == entry["sha256"]


def test_every_file_of_others_is_listed_with_its_licence() -> None:
    assert {path.name for path in VENDOR.iterdir()} == {entry["name"] for entry in LISTED} | {"vendor.toml"}
    licensed = {entry["package"] for entry in LISTED if entry["name"].startswith("LICENSE.")}
    assert {entry["package"] for entry in LISTED} == licensed
