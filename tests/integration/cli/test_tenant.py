"""`dragoman tenant`: add, show, change, disable, enable, list."""

import json

from tests.integration.cli.command import refused, well


def test_a_tenant_s_life(database_url: str) -> None:
    assert well(database_url, "tenant", "add", "north").out == "tenant north added, number 2\n"
    changed = well(database_url, "tenant", "change", "north", "--zone", "Europe/Riga", "--max-users", "5", "--json").out
    document = json.loads(changed)
    assert (document["zone"], document["limits"]["users"], document["revision"]) == ("Europe/Riga", 5, 1)
    assert "Europe/Riga" in well(database_url, "tenant", "show", "north").out
    assert well(database_url, "tenant", "change", "north", "--max-users", "none").out == "tenant north changed\n"
    assert well(database_url, "tenant", "disable", "north").out == "tenant north disabled\n"
    listed = json.loads(well(database_url, "tenant", "list", "--json").out)["items"]
    assert [(each["name"], each["disabled_at"] is None) for each in listed] == [("main", True), ("north", False)]
    assert well(database_url, "tenant", "enable", "north").out == "tenant north enabled\n"
    assert json.loads(well(database_url, "tenant", "show", "north", "--json").out)["disabled_at"] is None


def test_what_can_t_be_is_refused(sqlite_url: str) -> None:
    well(sqlite_url, "tenant", "list")
    assert "zone" in refused(sqlite_url, "tenant", "change", "main", "--zone", "Mars/Olympus", code=2)
    assert "no tenant south. (tenant_not_found)" in refused(sqlite_url, "tenant", "disable", "south")
