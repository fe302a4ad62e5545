"""How the command line is called, and what it says when it is called wrongly."""

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dragoman.cli.main import dragoman as command_line
from tests.integration.cli.command import dragoman, refused, well
from tests.support.postgres import free_port


def commands(
    path: tuple[str, ...] = (), command: click.Command = command_line
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every command that does something, with its help."""
    context = click.Context(command, info_name=" ".join(("dragoman", *path)))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands((*path, name), inner)
    else:
        yield path, command.get_help(context)


ALL = dict(commands())
REMOTE = ("batch", "events", "webhook")
"""They speak to a server, which has its database and its settings."""


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_has_an_example_and_the_exit_codes(path: tuple[str, ...]) -> None:
    text = ALL[path]
    assert f"dragoman {' '.join(path)}" in text.partition("Example:")[2]
    for code in ("0  ", "1  ", "2  "):
        assert code in text.partition("Exit codes:")[2]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_takes_the_common_options(path: tuple[str, ...]) -> None:
    is_remote = path[0] in REMOTE
    for option in ("--server", "--token", "--json") if is_remote else ("--database", "--config", "--tenant"):
        assert option in ALL[path]


def test_options_may_stand_before_and_behind(tmp_path: Path) -> None:
    url, other = f"sqlite:///{tmp_path}/one.db", f"sqlite:///{tmp_path}/other.db"
    well("", "tenant", "add", "north", "--database", url)
    for call in (
        ["--database", url, "tenant", "list"],
        ["tenant", "--database", url, "list"],
        ["tenant", "list", "--database", url],
        ["--database", other, "tenant", "list", "--database", url],
    ):
        assert "north" in well("", *call).out
    assert "north" in well(url, "tenant", "list").out
    assert not (tmp_path / "other.db").exists()


def test_settings_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text(f'database = "sqlite:///{tmp_path}/one.db"\ntenant = "north"\n')
    well("", "user", "add", "anna", "--config", str(file))
    assert "north" in well("", "tenant", "list", "--config", str(file)).out
    assert "anna" in dragoman("", "user", "list", config=file).out


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ([], "Usage: dragoman"),
        (["user"], "Usage: dragoman user"),
        (["nonsense"], "No such command 'nonsense'"),
        (["user", "add"], "Missing argument 'LOGIN'"),
        (["user", "add", "anna", "--nonsense"], "No such option '--nonsense'"),
        (["serve", "--port", "70000"], "--port"),
        (["events"], "Usage: dragoman events"),
        (["events", "tail", "latest"], "unexpected extra argument"),
        (["events", "tail", "--server", "nonsense"], "--server must be a URL"),
        (["webhook", "add"], "Missing argument 'URL'"),
        (["webhook", "test"], "Missing argument 'ID'"),
        (["webhook", "replay", "7", "--state", "waiting"], "--state"),
        (["tenant", "list", "--database", "nonsense"], "URL can't be read"),
        (["tenant", "list", "--database", "mysql://localhost/dragoman"], "sqlite or postgresql"),
        (["tenant", "list", "--config", "/nowhere.toml"], "/nowhere.toml can't be read"),
    ],
)
def test_a_wrong_call_ends_with_2(tmp_path: Path, call: list[str], said: str) -> None:
    done = dragoman(f"sqlite:///{tmp_path}/dragoman.db", *call)
    assert done.code == 2
    assert said in done.error
    assert "Traceback" not in done.error
    assert not list(tmp_path.iterdir())


def test_an_unknown_setting_is_a_wrong_call(tmp_path: Path) -> None:
    done = dragoman(f"sqlite:///{tmp_path}/dragoman.db", "tenant", "list", variables={"DRAGOMAN_NONSENSE": "1"})
    assert (done.code, done.error.count("\n")) == (2, 1)
    assert "DRAGOMAN_NONSENSE" in done.error


@pytest.mark.parametrize("call", [["verify"], ["user", "list"], ["tenant", "list"], ["export"], ["backup", "copy.db"]])
def test_what_only_looks_makes_no_database(tmp_path: Path, call: list[str]) -> None:
    assert "There is no database" in refused(f"sqlite:///{tmp_path}/dragoman.db", *call)
    assert not list(tmp_path.iterdir())


def test_a_server_that_lets_nobody_sign_in_doesnt_start(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[passwords]\nenabled = false\n")
    file = str(tmp_path / "settings.toml")
    said = refused(f"sqlite:///{tmp_path}/d.db", "serve", "--config", file, code=2)
    assert "passwords.enabled is false: configure a provider or a proxy" in said
    well(f"sqlite:///{tmp_path}/d.db", "user", "add", "anna", "--config", file)


def test_a_database_that_is_away_is_said_in_a_line() -> None:
    url = f"postgresql://dragoman:secret@127.0.0.1:{free_port()}/dragoman"
    said = refused(url, "tenant", "list")
    assert "refused" in said
    assert "secret" not in said


def test_a_file_that_is_no_database_is_said_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.db"
    file.write_text("nonsense " * 1_000)
    assert "not a database" in refused(f"sqlite:///{file}", "tenant", "list")


def test_a_reader_who_goes_is_no_failure_of_ours(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/dragoman.db"
    well(url, "tenant", "add", "north")
    read, write = os.pipe()
    os.close(read)
    import subprocess

    from tests.support.server import PROGRAM, environment

    done = subprocess.run([PROGRAM, "export", "--all"], env=environment(url), stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


def test_the_version_is_told(tmp_path: Path) -> None:
    assert well("", "--version").out.startswith("dragoman 0.")
