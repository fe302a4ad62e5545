"""Providers of identities in the settings: their tables, their secrets, and what keeps the server from starting."""

from pathlib import Path

import pytest

from dragoman import settings
from dragoman.settings import BadSettings, Settings
from tests.support.commands import call

TABLE = """
[oidc.corp]
issuer = "https://id.example/realms/main"
client_id = "dragoman"
"""
SECRET = {"DRAGOMAN_SECRET_OIDC_CORP": "hush-hush"}


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    file = folder / "dragoman.toml"
    file.write_text(text, encoding="utf-8")
    return settings.load(file, SECRET if environ is None else environ)


def test_a_provider_is_read_with_its_defaults_and_its_secret(tmp_path: Path) -> None:
    read = load(tmp_path, TABLE)
    [provider] = read.providers
    assert (provider.name, provider.label, provider.secret.value) == ("corp", "corp", "hush-hush")
    assert provider.table.scopes == ("openid", "profile", "email")
    assert provider.table.algorithms == ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
    assert (provider.table.tenant, provider.table.provision) == ("main", "off")
    assert "hush" not in repr(read)


def test_the_secret_is_a_variable_a_member_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "oidc_my_corp").write_text("from a file\n")
    text = f'secrets.folder = "{tmp_path}"\n{TABLE.replace("corp", "my-corp")}'

    def secret(text: str, environ: dict[str, str]) -> str:
        read = load(tmp_path, text, environ)
        assert "written" not in repr(read)
        return read.providers[0].secret.value

    written = f'{text}client_secret = "written"\n'
    assert secret(text, {}) == "from a file"
    assert secret(written, {}) == "written"
    assert secret(written, {"DRAGOMAN_SECRET_OIDC_MY_CORP": "of a variable"}) == "of a variable"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("https:", "http:", "oidc.corp.issuer: must be an https URL without query"),
        ("/realms/main", "/?realm=main", "oidc.corp.issuer: must be an https URL without query"),
        ("id.example", "anna@id.example", "oidc.corp.issuer: must be an https URL without query"),
        ('"dragoman"', '""', "oidc.corp.client_id: must not be empty"),
        ("client_id", "client", "oidc.corp: "),
        ('"dragoman"', '"d"\nclient_ids = "d"', "oidc.corp: has no member client_ids"),
        ('"dragoman"', '"d"\nscopes = ["email"]', "oidc.corp.scopes: must be a list of words"),
        ('"dragoman"', '"d"\nalgorithms = ["RS256", "HS256"]', "oidc.corp.algorithms: must be of"),
        ('"dragoman"', '"d"\nalgorithms = ["none"]', "oidc.corp.algorithms: must be of"),
        ('"dragoman"', '"d"\nalgorithms = []', "oidc.corp.algorithms: must be of"),
        ('"dragoman"', '"d"\nprovision = true', "oidc.corp.provision: must be text, not true or false"),
        ('"dragoman"', '"d"\nprovision = "maybe"', "oidc.corp.provision: can't be 'maybe'"),
        ('"dragoman"', '"d"\nrequired_groups = ["a"]', "oidc.corp.groups_claim: is needed"),
        ("oidc.corp", 'oidc."a b"', "oidc.a b: the name must be"),
        ("[oidc.corp]", "[oidc]\ncorp = 1\n[oidc.other]", "oidc.corp: must be a table"),
    ],
)
def test_a_wrong_table_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(tmp_path, TABLE.replace(old, new))
    assert str(refused.value).startswith(f"{tmp_path / 'dragoman.toml'}: {said}")


def test_plain_http_is_for_tests(tmp_path: Path) -> None:
    text = TABLE.replace("https://id.example", "http://127.0.0.1:9") + "allow_http = true"
    assert load(tmp_path, text).providers[0].table.allow_http


def test_two_providers_cannot_share_a_secret(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"oidc\.CORP: its secret would be called as that of corp"):
        load(tmp_path, TABLE + TABLE.replace("corp", "CORP"))


def test_the_server_does_not_start_without_the_secret(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text(TABLE)
    database = f"sqlite:///{tmp_path / 'new.db'}"
    done = call("serve", "--port", "0", variables={"DRAGOMAN_CONFIG": str(file), "DRAGOMAN_DATABASE": database})
    assert done.code == 2
    said = f"{file}: oidc.corp.client_secret: the secret oidc_corp is missing: DRAGOMAN_SECRET_OIDC_CORP is not set"
    assert said in done.error.decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('header = "X-User"', "proxy_login.from: is needed with proxy_login.header"),
        ('header = "X-User"\nfrom = ["anywhere"]', "proxy_login.from: must be IP addresses and networks"),
        ('header = "Cookie"\nfrom = ["127.0.0.1"]', "proxy_login.header: must be the name of a header"),
        ('name_header = "a b"', "proxy_login.name_header: must be the name of a header"),
        ('provision = "maybe"', "proxy_login.provision: must be one of off, on"),
        ("networks = []", "proxy_login.networks is not a setting"),
    ],
)
def test_a_wrong_proxy_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(tmp_path, f"[proxy_login]\n{text}\n")
    assert said in str(refused.value)


def test_a_proxy_may_be_the_only_way(tmp_path: Path) -> None:
    for more, lets in (("", False), ('[proxy_login]\nheader = "X-User"\nfrom = ["127.0.0.1"]\n', True), (TABLE, True)):
        assert load(tmp_path, f"[passwords]\nenabled = false\n{more}").lets_sign_in is lets
