"""Settings of webhooks: the key of secrets, and lists of numbers."""

import base64
from pathlib import Path

import pytest

from dragoman.settings import BadSettings, explain, load

KEY = base64.b64encode(b"k" * 32).decode()


def test_the_key_of_secrets_comes_from_its_variable_only(tmp_path: Path) -> None:
    loaded = load(environ={"DRAGOMAN_SECRET_KEY": KEY})
    assert loaded.secret_key is not None
    assert loaded.secret_key.value == KEY
    assert KEY not in repr(loaded)
    assert [row.value for row in explain(loaded, environ={"DRAGOMAN_SECRET_KEY": KEY}) if row.name == "secret_key"] == [
        "set"
    ]
    file = tmp_path / "dragoman.toml"
    file.write_text(f'secret_key = "{KEY}"\n')
    with pytest.raises(BadSettings):
        load(file, environ={})
    for wrong in ("short", KEY[:-4], KEY + KEY):
        with pytest.raises(BadSettings) as refused:
            load(environ={"DRAGOMAN_SECRET_KEY": wrong})
        assert wrong not in str(refused.value)


def test_lists_of_numbers_in_a_variable() -> None:
    loaded = load(environ={"DRAGOMAN_WEBHOOKS_RETRY_SECONDS": "1, 2.5", "DRAGOMAN_WEBHOOKS_PORTS": ""})
    assert loaded.webhooks.retry_seconds == (1.0, 2.5)
    assert loaded.webhooks.ports == ()
    with pytest.raises(BadSettings):
        load(environ={"DRAGOMAN_WEBHOOKS_ALLOW_NETWORKS": "here"})
