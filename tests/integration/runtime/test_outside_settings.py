"""Outside types in the settings: their tables, their secrets, and what keeps the server from starting."""

from pathlib import Path

import pytest

from dragoman import settings
from dragoman.settings import BadSettings, Settings
from tests.support.commands import call

CRM = """
[batch.type.crm_ticket]
base        = "https://crm.example/api/v3"
natural_key = "reference"
[batch.type.crm_ticket.find.id]
get    = "/tickets/{entry}"
[batch.type.crm_ticket.find.reference]
get    = "/tickets?reference={entry}"
items  = "/results"
id     = "/id"
[batch.type.crm_ticket.apply]
POST   = { method = "POST",   url = "/tickets" }
PATCH  = { method = "PATCH",  url = "/tickets/{id}" }
DELETE = { method = "DELETE", url = "/tickets/{id}" }
[batch.type.crm_ticket.http]
auth              = { header = "Authorization", secret = "crm_token" }
ok                = [200, 201, 202, 204]
gone_is_success   = true
retry             = { on = [408, 425, 429, 500, 502, 503, 504], tries = 5, backoff_s = 0.5, max_s = 30 }
rate_per_s        = 20
concurrency       = 4
timeout_s         = 30
idempotency       = "Idempotency-Key"
if_match          = true
"""
SECRET = {"DRAGOMAN_SECRET_CRM_TOKEN": "Bearer hush-hush"}


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    file = folder / "dragoman.toml"
    file.write_text(text, encoding="utf-8")
    return settings.load(file, SECRET if environ is None else environ, types=["task", "phonenumber"])


def test_a_type_is_read_with_its_secret(tmp_path: Path) -> None:
    read = load(tmp_path, CRM)
    [type_] = read.outside
    assert type_.name == "crm_ticket"
    assert type_.table.http.rate_per_s == 20
    assert type_.secret is not None
    assert type_.secret.value == "Bearer hush-hush"
    assert "hush" not in repr(read)


def test_a_secret_may_be_a_file_and_a_variable_goes_before_it(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "crm_token").write_text("from a file\n")
    text = f'secrets.folder = "{tmp_path / "secrets"}"\n{CRM}'
    [type_] = load(tmp_path, text, {}).outside
    assert type_.secret is not None
    assert type_.secret.value == "from a file"
    [type_] = load(tmp_path, text).outside
    assert type_.secret is not None
    assert type_.secret.value == "Bearer hush-hush"
    [type_] = load(tmp_path, CRM, {"DRAGOMAN_SECRETS_FOLDER": str(tmp_path / "secrets")}).outside
    assert type_.secret is not None


@pytest.mark.parametrize("environ", [{}, {"DRAGOMAN_SECRET_CRM_TOKEN": ""}, {"DRAGOMAN_SECRET_OTHER": "x"}])
def test_a_missing_secret_is_refused_by_its_names(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(BadSettings) as refused:
        load(tmp_path, f'secrets.folder = "{tmp_path}"\n{CRM}', environ)
    message = str(refused.value)
    assert message.startswith(f"{tmp_path / 'dragoman.toml'}: batch.type.crm_ticket.http.auth.secret: ")
    assert "DRAGOMAN_SECRET_CRM_TOKEN" in message
    assert str(tmp_path / "crm_token") in message


@pytest.mark.parametrize("value", ["two\nlines", "ümlaut", "tab\there"])
def test_a_secret_that_cannot_be_a_header_is_refused_and_not_shown(tmp_path: Path, value: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(tmp_path, CRM, {"DRAGOMAN_SECRET_CRM_TOKEN": value})
    assert "printable ASCII" in str(refused.value)
    assert value not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("https://crm", "ftp://crm", "batch.type.crm_ticket.base: must be a URL"),
        ("natural_key =", "natural =", "batch.type.crm_ticket: "),
        ("tries = 5", "tries = 0", "batch.type.crm_ticket.http.retry.tries: must be a whole number >= 1."),
        ("crm_token", "key", "batch.type.crm_ticket.http.auth.secret: can't be called key"),
        ("tickets/{entry}", "tickets/{id}", "batch.type.crm_ticket.find.id.get: must hold {entry} once"),
        ("concurrency ", "concurency ", "batch.type.crm_ticket.http: has no member concurency."),
        ("crm_ticket", "task", "batch.type.task: the name is taken"),
        ("crm_ticket", '"crm.ticket"', "batch.type.crm.ticket: the name must be"),
        ("[batch.type.crm_ticket]", "[batch]\nreviews = 1\n[batch.type.crm_ticket]", "batch"),
    ],
)
def test_a_wrong_table_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(tmp_path, CRM.replace(old, new))
    assert str(refused.value).startswith(f"{tmp_path / 'dragoman.toml'}: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CRM, "batch.type.crm_ticket.http.auth.secret: the secret crm_token is missing"),
        (CRM.replace("crm_ticket", "contact"), "batch.type.contact: the name is taken by a type of the server"),
        (CRM.replace("tries = 5", "tries = 0"), "batch.type.crm_ticket.http.retry.tries: must be a whole number >= 1"),
    ],
)
def test_the_server_does_not_start(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text(text)
    database = f"sqlite:///{tmp_path / 'new.db'}"
    done = call("serve", "--port", "0", variables={"DRAGOMAN_CONFIG": str(file), "DRAGOMAN_DATABASE": database})
    assert done.code == 2
    assert f"{file}: {said}" in done.error.decode()
    assert not (tmp_path / "new.db").exists()


def test_a_type_that_is_no_table_is_refused(tmp_path: Path) -> None:
    for text in ("batch.type = 1", "batch.type.crm = 1", "batch = 1"):
        with pytest.raises(BadSettings, match="batch"):
            load(tmp_path, text)


def test_variables_of_secrets_and_of_the_command_line_are_no_settings() -> None:
    environ = {"DRAGOMAN_SECRET_KEYS": "k", "DRAGOMAN_SECRET_ANY": "x", "DRAGOMAN_SERVER": "s", "DRAGOMAN_TOKEN": "t"}
    assert settings.load(environ=environ).outside == ()
    for name in ("DRAGOMAN_SERVERS", "DRAGOMAN_TOKENS", "DRAGOMAN_SECRET"):
        with pytest.raises(BadSettings, match=name):
            settings.load(environ={name: "x"})
