"""The vault of a process: AES-256-GCM under the key of the configuration, or of a file beside an SQLite database."""

import base64
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dragoman.domain.vault import Unreadable, missing_key
from dragoman.store.engine.engines import Engine
from dragoman.store.engine.files import database_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
FORM = "1:"
"""What a sealed text begins with, so that others can follow."""
SUFFIX = ".key"


class StoreVault:
    """Seals texts under `key`, or under the key in `file`, which is made when it is first needed."""

    def __init__(self, key: bytes | None = None, file: Path | None = None) -> None:
        self._key, self._file = key, file
        self._cipher: AESGCM | None = None

    def seal(self, text: str, place: str) -> str:
        """The text as it may be stored. Conflict `secret_key_missing` without a key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._aes().encrypt(nonce, text.encode(), place.encode())
        return FORM + base64.b64encode(sealed).decode()

    def open(self, sealed: str, place: str) -> str:
        """The text. Unreadable, or Conflict `secret_key_missing` without a key."""
        from cryptography.exceptions import InvalidTag

        try:
            content = base64.b64decode(sealed.removeprefix(FORM))
            return self._aes().decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], place.encode()).decode()
        except (InvalidTag, ValueError):
            raise Unreadable(place) from None

    def _aes(self) -> "AESGCM":
        if self._cipher is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # slow to load, and most servers need none

            self._cipher = AESGCM(self._key or self._of_file())
        return self._cipher

    def _of_file(self) -> bytes:
        if self._file is None:
            raise missing_key()
        if not self._file.exists():
            _make(self._file)
        key = base64.b64decode(self._file.read_bytes())
        if len(key) != KEY_BYTES:
            raise missing_key()
        return key


def vault_of(engine: Engine, key: bytes | None) -> StoreVault:
    """The vault for a database. Secrets in memory are gone with the process, and so may their key be."""
    file = database_file(engine)
    if key is None and file is None and engine.is_sqlite:
        key = secrets.token_bytes(KEY_BYTES)
    return StoreVault(key, file and file.with_name(file.name + SUFFIX))


def _make(file: Path) -> None:
    """Write a new key for its owner only; the first one written stays."""
    new = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(new, file)
    finally:
        new.unlink()
