"""`tenant`, `user`: who shares the server, who may use it."""

import os
import pty
import subprocess
from pathlib import Path

from tests.integration.cli.command import dragoman, refused, rows, well
from tests.support.server import PROGRAM, environment

PASSWORD = "a long enough password"


def test_the_default_tenant_is_there_and_others_can_be_added(database_url: str) -> None:
    assert well(database_url, "tenant", "add", "north").out == "tenant north added, number 2\n"
    listed = well(database_url, "tenant", "list").out.splitlines()
    assert [line.split()[:2] for line in listed] == [["NAME", "NUMBER"], ["main", "1"], ["north", "2"]]


def test_a_tenant_is_added_once(database_url: str) -> None:
    well(database_url, "tenant", "add", "north")
    assert (
        refused(database_url, "tenant", "add", "north") == "dragoman: There is a tenant north already. (tenant_exists)"
    )


def test_a_user_is_added_listed_and_disabled(database_url: str) -> None:
    options = ["--name", "Anna Berg", "--email", "anna@example.com", "--admin", "--password-stdin"]
    assert well(database_url, "user", "add", "anna", *options, typed=PASSWORD).out == "user anna added\n"
    well(database_url, "user", "add", "bert")
    listed = well(database_url, "user", "list").out
    assert "anna   Anna Berg  anna@example.com  administrator\n" in listed
    assert "bert   bert                         user\n" in listed

    well(database_url, "user", "disable", "bert")
    well(database_url, "user", "disable", "bert")
    assert "bert" not in well(database_url, "user", "list").out
    assert "disabled since" in well(database_url, "user", "list", "--disabled").out
    refusal = refused(database_url, "user", "disable", "carl")
    assert refusal == "dragoman: There is no user carl. (user_not_found)"


def test_a_login_and_an_address_are_one_user_s_over_all_tenants(database_url: str) -> None:
    well(database_url, "tenant", "add", "north")
    well(database_url, "user", "add", "anna", "--email", "Anna@example.com")
    for tenant, login in (("main", "anna"), ("north", "ANNA")):
        refusal = refused(database_url, "user", "add", login, "--tenant", tenant)
        assert refusal == f"dragoman: The login {login} is taken. (login_taken)"
    taken = refused(database_url, "user", "add", "bert", "--email", "anna@EXAMPLE.com")
    assert taken == "dragoman: The address anna@EXAMPLE.com is another user's. (email_taken)"
    well(database_url, "user", "add", "bert")  # what was refused left nothing in the way


def test_tenants_do_not_see_each_other_s_users(database_url: str) -> None:
    well(database_url, "tenant", "add", "north")
    well(database_url, "user", "add", "anna", "--tenant", "north")
    assert "anna" not in well(database_url, "user", "list").out
    assert "anna" in well(database_url, "--tenant", "north", "user", "list").out
    assert "There is no tenant south." in refused(database_url, "user", "list", "--tenant", "south")
    assert "south" not in well(database_url, "tenant", "list").out


def test_a_password_that_was_promised_must_come(database_url: str) -> None:
    assert "no password" in refused(database_url, "user", "add", "anna", "--password-stdin", typed="\n")


def test_names_that_would_break_a_list_are_refused(database_url: str) -> None:
    for name in ("", " anna", "an\nna", "x" * 256):
        assert "255 printable characters" in refused(database_url, "user", "add", name, code=2)


def test_a_colon_in_a_login_is_refused_before_anything_is_kept(database_url: str) -> None:
    assert "without a colon" in refused(database_url, "user", "add", "an:na", code=2)
    assert not [row for row in rows(database_url) if row["table"] == "login_name"]


def test_on_a_terminal_the_password_is_asked_for_twice(database_url: str) -> None:
    said, code = at_a_terminal(database_url, ["user", "add", "anna"], [PASSWORD, PASSWORD])
    assert code == 0
    assert PASSWORD not in said
    assert said.count("Password") == 1
    assert said.count("The same again") == 1


def at_a_terminal(database_url: str, arguments: list[str], answers: list[str]) -> tuple[str, int]:
    """Run a command with a terminal in front of it; what it shows, and its exit code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, *arguments], env=environment(database_url), preexec_fn=lambda: os.login_tty(theirs), pass_fds=[theirs]
    )
    os.close(theirs)
    said = b""
    for answer in answers:
        asked = b""
        while not asked.endswith(b": "):
            asked += os.read(ours, 1024)
        os.write(ours, answer.encode() + b"\n")
        said += asked
    try:
        while more := os.read(ours, 1024):
            said += more
    except OSError:  # the terminal is gone with the process
        os.close(ours)
    return said.decode(), process.wait()


def test_a_folder_is_made_for_the_default_database_alone(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "share")}
    assert dragoman("", "tenant", "add", "north", variables=home).code == 0
    assert (tmp_path / "share" / "dragoman" / "dragoman.db").exists()
    assert "There is no folder" in refused(f"sqlite:///{tmp_path}/nowhere/dragoman.db", "tenant", "add", "north")
