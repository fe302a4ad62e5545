"""Secrets of clients are sealed under a key that is not in the database."""

import base64
import stat
from pathlib import Path

import pytest

from dragoman.domain.errors import Conflict
from dragoman.domain.vault import Unreadable
from dragoman.store.engine.engines import Engine
from dragoman.store.vault import StoreVault, vault_of

KEY = b"k" * 32


def test_a_sealed_text_opens_in_its_place_under_its_key_only() -> None:
    vault = StoreVault(KEY)
    sealed = vault.seal("whsec_secret", "1 a")
    assert "secret" not in sealed
    assert sealed != vault.seal("whsec_secret", "1 a")
    assert StoreVault(KEY).open(sealed, "1 a") == "whsec_secret"
    for other, text, place in (
        (vault, sealed, "1 b"),
        (StoreVault(b"o" * 32), sealed, "1 a"),
        (vault, sealed[:-8], "1 a"),
        (vault, "", "1 a"),
    ):
        with pytest.raises(Unreadable):
            other.open(text, place)


def test_the_key_of_a_database_in_a_file_is_made_when_it_is_needed(tmp_path: Path) -> None:
    engine = Engine(f"sqlite:///{tmp_path / 'tasks.db'}")
    vault, file = vault_of(engine, None), tmp_path / "tasks.db.key"
    assert not file.exists()
    sealed = vault.seal("secret", "1 a")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(base64.b64decode(file.read_bytes())) == 32
    assert vault_of(engine, None).open(sealed, "1 a") == "secret"
    assert [each.name for each in tmp_path.glob("*.key*")] == ["tasks.db.key"]


def test_a_configured_key_goes_before_the_file(tmp_path: Path) -> None:
    engine = Engine(f"sqlite:///{tmp_path / 'tasks.db'}")
    sealed = vault_of(engine, KEY).seal("secret", "1 a")
    assert StoreVault(KEY).open(sealed, "1 a") == "secret"
    assert not list(tmp_path.glob("*.key*"))


def test_without_a_key_nothing_is_sealed() -> None:
    vault = StoreVault()
    with pytest.raises(Conflict) as refused:
        vault.seal("secret", "1 a")
    assert refused.value.code == "secret_key_missing"


def test_a_spoiled_key_file_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "tasks.db.key"
    file.write_text("c2hvcnQ=\n")
    with pytest.raises(Conflict):
        StoreVault(None, file).seal("secret", "1 a")
