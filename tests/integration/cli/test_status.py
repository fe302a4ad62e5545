"""`dragoman status` and `dragoman config show`."""

import json
from pathlib import Path

import sqlalchemy as sa

from dragoman import __version__
from dragoman.store.engine.engines import Engine
from dragoman.store.migrations import HEAD
from tests.integration.cli.command import dragoman, well
from tests.support.server import Server


def test_status_tells_of_the_database_and_of_a_server(database_url: str) -> None:
    well(database_url, "user", "add", "anna")
    lines = well(database_url, "status").out.splitlines()
    assert lines[0] == f"version {__version__}"
    assert lines[1].startswith(f"database {database_url.partition(':')[0].partition('+')[0]} ")
    assert lines[1].endswith(f", revision {HEAD}, up to date")
    assert lines[2:] == ["tasks 0 open", "jobs 0 waiting, oldest 0 s", "digests none yet"]
    with Server(database_url) as server:
        port = server.base_url.rpartition(":")[2]
        told = json.loads(dragoman(database_url, "status", "--json", variables={"DRAGOMAN_SERVER_PORT": port}).out)
    assert set(told) == {"version", "database", "revision", "up_to_date", "tasks", "jobs", "digests", "server"}
    assert (told["up_to_date"], told["tasks"], told["server"]["ready"]) == (True, {"open": 0}, True)
    assert told["server"]["requests_per_second"] >= 0


def test_tables_of_another_program_are_not_well(database_url: str) -> None:
    well(database_url, "user", "add", "anna")
    engine = Engine(database_url)
    with engine.raw.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0007'"))
    engine.dispose()
    done = dragoman(database_url, "status")
    assert (done.code, "isn't this program's" in done.error) == (1, True)
    assert "revision 0007, not this program's" in done.out


def test_each_setting_is_shown_with_its_source_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text("[server]\nport = 81\n[dialects.genesys]\nroles = true\n")
    url = "postgresql://dragoman:geheim@127.0.0.1/tasks"
    variables = {"DRAGOMAN_LIMITS_QUEUE": "7"}
    shown = dragoman(url, "config", "show", "--config", str(file), "--json", variables=variables)
    told = json.loads(shown.out)
    assert told["database"] == {"value": "postgresql://dragoman:set@127.0.0.1/tasks", "source": "variable"}
    assert told["server.port"] == {"value": 81, "source": "file"}
    assert told["dialects.genesys.roles"] == {"value": True, "source": "file"}
    assert told["limits.queue"] == {"value": 7, "source": "variable"}
    assert told["server.host"] == {"value": "127.0.0.1", "source": "default"}
    assert told["tenant"]["source"] == "default"
    named = dragoman(url, "config", "show", "--tenant", "north").out.splitlines()
    assert 'tenant "north" option' in named
    assert "geheim" not in "".join(named)
