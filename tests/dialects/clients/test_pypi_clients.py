"""Public clients of PyPI, unchanged, as their users install them. Their modules are of files, which isn't offered: they
log in, and read a reason for the rest."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests

from tests.conftest import PASSWORD
from tests.support.databases import Databases
from tests.support.server import Server, command

LOCK = Path(__file__).with_name("requirements.lock")
NAMES = ("onlyoffice", "pyonlyoffice")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ModuleType]]:
    """The packages, imported from a folder of their own."""
    folder = tmp_path_factory.mktemp("clients")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--target"]
    built = ["--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([*install, str(folder), *built, "-r", str(LOCK)], check=True, capture_output=True)
    sys.path.insert(0, str(folder))
    try:
        yield {name: importlib.import_module(name) for name in NAMES}
    finally:
        sys.path.remove(str(folder))
        for name in [each for each in sys.modules if each.partition(".")[0] in NAMES]:
            del sys.modules[name]


@pytest.fixture(scope="module")
def server(databases: Databases) -> Iterator[Server]:
    with Server(databases.new("sqlite")) as running:
        command(running.database_url, "user", "add", "anna", "--admin", "--password-stdin", typed=PASSWORD)
        yield running


def client_of(packages: dict[str, ModuleType], name: str, base_url: str) -> Any:
    made = {"onlyoffice": "OnlyOffice", "pyonlyoffice": "PyOnlyOffice"}[name]
    return getattr(packages[name], made)(base_url, "anna", PASSWORD)


@pytest.mark.parametrize("slash", ["", "/"], ids=["plain", "slash"])
@pytest.mark.parametrize("name", NAMES)
def test_a_client_logs_in_and_its_token_works(
    packages: dict[str, ModuleType], server: Server, name: str, slash: str
) -> None:
    client = client_of(packages, name, server.base_url + slash)
    mine = requests.get(f"{client.baseurl}/api/2.0/people/@self", headers=client.auth, timeout=30)
    assert mine.json()["response"]["userName"] == "anna"


def test_what_a_client_asks_for_beyond_is_refused_with_a_reason(
    packages: dict[str, ModuleType], server: Server
) -> None:
    client = client_of(packages, "pyonlyoffice", server.base_url)
    refusal = client.get_the_file_information(7)
    assert refusal == {
        "status": 1,
        "statusCode": 404,
        "error": {"message": "This server doesn't offer the module files.", "hresult": -2147467259, "data": {}},
    }
    with pytest.raises(KeyError, match="response"):
        client.get_file_list(7)
