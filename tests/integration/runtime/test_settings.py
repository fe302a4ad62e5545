"""Settings: what counts, what is refused, what the reference page gets."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dragoman import settings
from dragoman.domain import origins
from dragoman.domain.batch_policy import Rule
from dragoman.settings import BadSettings


@dataclass(frozen=True)
class Switch:
    name: str
    default: object
    summary: str = "A switch."
    choices: tuple[object, ...] = ()
    kind: Any = None
    check: Callable[[Any], str | None] | None = None


DIALECTS = {
    "genesys": [Switch("auth", True), Switch("not_found_status", 404, choices=(404, 500))],
    "ibm_htm": [Switch("put_unknown", "refuse", choices=("refuse", "create"))],
}


def write(folder: Path, text: str) -> Path:
    path = folder / "dragoman.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_need_neither_file_nor_environment() -> None:
    read = settings.load(environ={})
    assert (read.server.host, read.server.port, read.tenant) == ("127.0.0.1", 8080, "main")
    assert read.database.startswith("sqlite:///")
    assert read.database.endswith("dragoman.db")
    assert read.limits.body_bytes == 1_048_576


def test_the_command_line_beats_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[server]\nport = 1\nhost = "::1"\n[limits]\nqueue = 5\n')
    environ = {"DRAGOMAN_CONFIG": str(file), "DRAGOMAN_SERVER_PORT": "2", "DRAGOMAN_LIMITS_QUEUE": "6"}
    read = settings.load(environ=environ, overrides={"server.port": 3, "database": None})
    assert (read.server.port, read.server.host, read.limits.queue) == (3, "::1", 6)


def test_the_named_file_beats_the_one_of_the_environment(tmp_path: Path) -> None:
    file = write(tmp_path, 'tenant = "north"')
    assert settings.load(file, {"DRAGOMAN_CONFIG": "/nowhere.toml"}).tenant == "north"


@pytest.mark.parametrize("text", ["true", "1", "on", "YES", "True"])
def test_variables_may_spell_true_in_many_ways(text: str) -> None:
    assert settings.load(environ={"DRAGOMAN_LIMITS_RATE": text}).limits.rate is True


def test_a_list_in_a_variable_is_parted_by_commas() -> None:
    read = settings.load(environ={"DRAGOMAN_SERVER_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2"})
    assert read.server.trusted_proxies == ("10.0.0.1", "10.0.0.2")


def test_dialects_have_their_own_tables_with_defaults(tmp_path: Path) -> None:
    file = write(tmp_path, "[dialects.genesys]\nauth = false\n")
    environ = {"DRAGOMAN_DIALECTS_IBM_HTM_PUT_UNKNOWN": "create", "DRAGOMAN_DIALECTS_GENESYS_NOT_FOUND_STATUS": "500"}
    read = settings.load(file, environ, dialects=DIALECTS)
    assert read.of_dialect("genesys") == {"enabled": True, "auth": False, "not_found_status": 500}
    assert read.of_dialect("ibm_htm") == {"enabled": True, "put_unknown": "create"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 1", "prot"),
        ("[server]\nprot = 1", "server.prot"),
        ("[servers]\nport = 1", "servers"),
        ('[server]\nport = "80"', "server.port"),
        ("server = 3", "server"),
        ("[server]\nport = 70000", "server.port"),
        ("[limits]\nrate = 1", "limits.rate"),
        ("[dialects.acme]\nenabled = true", "dialects.acme"),
        ("[dialects.genesys]\nauht = true", "dialects.genesys.auht"),
        ("[dialects.genesys]\nnot_found_status = 418", "dialects.genesys.not_found_status"),
        ('[dialects.genesys]\nenabled = "yes"', "dialects.genesys.enabled"),
        ("[server\n", "is not valid TOML"),
        ("[batch]\ndeciders = 'nobody'", "batch.deciders"),
        ("[batch]\nreview_days = 0", "batch.review_days"),
        ("[batch.policy]\napprovals = 2", "batch.policy: must be a list of tables"),
        ("[batch]\npolicy = [2]", "batch.policy[0]: must be a table"),
        (
            "[[batch.policy]]\n[[batch.policy]]\naprovals = 2",
            "batch.policy[1]: aprovals is not a setting. Similar: approvals",
        ),
        ("[[batch.policy]]\napprovals = 11", "batch.policy[0].approvals: must be a whole number from 1 to 10, not 11."),
        ("[[batch.policy]]\napprovals = true", "batch.policy[0].approvals"),
        ("[[batch.policy]]\nabove = -1", "batch.policy[0].above"),
        ("[[batch.policy]]\ntypes = []", "batch.policy[0].types"),
        ("[[batch.policy]]\ntypes = 'task'", "batch.policy[0].types: must be a list of text"),
        ("[[batch.policy]]\nmethods = ['GET']", "batch.policy[0].methods: must be a list of POST, PATCH, DELETE"),
        ("[[batch.policy]]\napprovers = ['']", "batch.policy[0].approvers"),
        ("[[batch.policy]]\ncreator_may_approve = 0", "batch.policy[0].creator_may_approve"),
        ("[[batch.policy]]\nrequire_if_match = 'yes'", "batch.policy[0].require_if_match"),
        ("[[batch.policy]]\nreview = 'always'", "batch.policy[0].review: must be one of optional, required"),
    ],
)
def test_what_is_not_understood_is_refused_with_file_and_key(tmp_path: Path, text: str, named: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(BadSettings) as refused:
        settings.load(file, {}, dialects=DIALECTS)
    assert str(file) in str(refused.value)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("DRAGOMAN_DATABSE", "x"), ("DRAGOMAN_SERVER_WORKERS", "many"), ("DRAGOMAN_LOG_LEVEL", "loud")],
)
def test_a_variable_that_is_not_understood_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name):
        settings.load(environ={name: value})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "DRAGOMAN_SERVER_PORT",
            "eighty",
            "DRAGOMAN_SERVER_PORT: must be a whole number from 0 to 65535, not 'eighty'.",
        ),
        (
            "DRAGOMAN_LIMITS_RATE",
            "maybe",
            "DRAGOMAN_LIMITS_RATE: must be true or false, not 'maybe'. Whether requests per token are limited.",
        ),
        (
            "DRAGOMAN_LOG_LEVEL",
            "loud",
            "DRAGOMAN_LOG_LEVEL: must be one of debug, info, warning, error, not 'loud'. The lowest level",
        ),
        ("DRAGOMAN_SERVER_PROT", "80", "DRAGOMAN_SERVER_PROT is not a setting. Similar: DRAGOMAN_SERVER_PORT"),
    ],
)
def test_a_refusal_says_what_is_allowed(name: str, value: str, message: str) -> None:
    with pytest.raises(BadSettings) as refused:
        settings.load(environ={name: value}, dialects=DIALECTS)
    assert str(refused.value).startswith(message)


TYPED = [row for row in settings.describe(DIALECTS) if not row.type.startswith(("text", "list"))]


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row.name)
@pytest.mark.parametrize("value", ["eighty", "-1", "inf", ""])
def test_every_setting_refuses_other_values_in_words(row: settings.Described, value: str) -> None:
    with pytest.raises(BadSettings) as refused:
        settings.load(environ={row.variable: value}, dialects=DIALECTS)
    assert str(refused.value).startswith(f"{row.variable}: must be ")
    assert row.type in str(refused.value)
    assert repr(value) in str(refused.value)


POLICY = """
[batch]
token_grants = false
deciders = "everybody"
[[batch.policy]]
types = ["task", "contact"]
methods = ["DELETE"]
above = 100
approvals = 2
creator_may_approve = false
approvers = ["bert", "group:leads"]
require_if_match = true
review = "required"
[[batch.policy]]
"""


def test_policies_of_batches_are_read_in_order(tmp_path: Path) -> None:
    batch = settings.load(write(tmp_path, POLICY), {}).batch
    assert (batch.token_grants, batch.deciders, batch.review_days, batch.images_days) == (False, "everybody", 30, 30)
    whole, empty = batch.policy
    assert whole == Rule(
        types=("task", "contact"),
        methods=("DELETE",),
        above=100,
        approvals=2,
        creator_may_approve=False,
        approvers=("bert", "group:leads"),
        require_if_match=True,
        review="required",
    )
    assert empty == Rule()


def test_a_variable_holds_policies_as_json() -> None:
    environ = {"DRAGOMAN_BATCH_POLICY": '[{"approvals": 2}]'}
    assert settings.load(environ=environ).batch.policy == (Rule(approvals=2),)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nonsense", "DRAGOMAN_BATCH_POLICY: must be a list of tables"),
        ('[{"approvals": 0}]', "DRAGOMAN_BATCH_POLICY[0].approvals: must be"),
        ('[{"approval": 1}]', "DRAGOMAN_BATCH_POLICY[0]: approval is not a setting."),
    ],
)
def test_wrong_policies_in_a_variable_are_refused_with_their_place(text: str, named: str) -> None:
    with pytest.raises(BadSettings) as refused:
        settings.load(environ={"DRAGOMAN_BATCH_POLICY": text})
    assert str(refused.value).startswith(named)


def test_variables_that_others_set_are_left_alone() -> None:
    settings.load(environ={"DRAGOMAN_PORT": "tcp://10.0.0.1:80", "DRAGOMAN_TEST_POSTGRES": "1", "HOME": "/"})


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(BadSettings, match="/nowhere"):
        settings.load("/nowhere/dragoman.toml", {})


def test_every_setting_is_described_once_with_a_sentence() -> None:
    rows = settings.describe(DIALECTS)
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.summary.endswith(".") and row.type for row in rows)
    port = next(row for row in rows if row.name == "server.port")
    assert (port.variable, port.type, port.default) == ("DRAGOMAN_SERVER_PORT", "whole number from 0 to 65535", "8080")
    status = next(row for row in rows if row.name == "dialects.genesys.not_found_status")
    assert (status.type, status.default) == ("404, 500", "404")


def test_the_process_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_TENANT", "north")
    assert settings.load().tenant == "north"


def test_a_proxy_that_is_no_address_is_refused() -> None:
    with pytest.raises(BadSettings, match=r"server.trusted_proxies: must be IP addresses.* not 'proxy.example'"):
        settings.load(environ={"DRAGOMAN_SERVER_TRUSTED_PROXIES": "10.0.0.1,proxy.example"})


@pytest.mark.parametrize(
    "url", ["tasks.example.com", "ftp://tasks.example.com", "https://", "https://[", "https://a.example?b"]
)
def test_a_public_url_is_an_http_address(url: str) -> None:
    with pytest.raises(BadSettings, match=r"server\.public_url: must be a base URL"):
        settings.load(environ={"DRAGOMAN_SERVER_PUBLIC_URL": url})


def test_a_public_url_may_have_a_path() -> None:
    url = "https://example.com/tasks"
    assert settings.load(environ={"DRAGOMAN_SERVER_PUBLIC_URL": url}).server.public_url == url


def test_a_switch_may_refuse_a_value_of_the_right_type(tmp_path: Path) -> None:
    switches = {"acme": [Switch("cors_origins", (), check=origins.fault)]}
    good = write(tmp_path, '[dialects.acme]\ncors_origins = ["https://desk.example.com", "*"]\n')
    assert settings.load(good, {}, dialects=switches).of_dialect("acme")["cors_origins"] == (
        "https://desk.example.com",
        "*",
    )
    for bad in ("desk.example.com", "https://desk.example.com/", "null", "ftp://desk"):
        with pytest.raises(settings.BadSettings, match=r"dialects\.acme\.cors_origins: must be origins"):
            settings.load(write(tmp_path, f'[dialects.acme]\ncors_origins = ["{bad}"]\n'), {}, dialects=switches)


def test_origins_of_the_native_api_are_checked(tmp_path: Path) -> None:
    with pytest.raises(settings.BadSettings, match=r"native\.cors_origins: must be origins"):
        settings.load(write(tmp_path, '[native]\ncors_origins = ["desk"]\n'), {})
