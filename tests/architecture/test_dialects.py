"""Every dialect folder has the same files. Without this rule the same thing had a different place in each dialect: a
client's quirk was in a file that nobody searched, and a dialect had no case that showed it."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import CODE

REQUIRED = (
    "__init__.py",
    "operations.py",
    "handlers.py|handlers",
    "wire.py|wire",
    "errors.py",
    "README.md",
    "authorization.toml",
)
OPTIONAL = frozenset(
    {
        "views.py",  # an entity with everything its representation shows
        "problems.py",  # what the dialect refuses, in its words
        "responses.py",  # status and form of its replies
        "options.py",  # the switches of `[dialects.NAME]`
        "showing.py",  # how it shows one task, and calls to try
        "resource_types.py",  # what batches may change through it
        "cases",
        "demo.toml",
        "demo-templates.toml",
        "test_wire.py",
    }
)
OTHERS = {
    "genesys/profile_operations.py": "the operations around customers: a table of its own",
    "native/alias_operations.py": "the operations on names of other systems: a table of its own",
    "native/batch_operations.py": "the operations on batches: a table of its own",
    "native/batch_views.py": "batches as they are shown, with their tags",
    "native/password_operations.py": "the operations on passwords: a table of its own",
    "native/result_operations.py": "the operations on what became of batches: a table of its own",
    "native/group_operations.py": "the operations on groups and their members: a table of its own",
    "native/identity_operations.py": "the operations on links to providers: a table of its own",
    "native/session_operations.py": "the operations on sessions: a table of its own",
    "native/token_operations.py": "the operations on scopes and tokens: a table of its own",
    "native/user_operations.py": "the operations on users: a table of its own",
    "native/event_operations.py": "the operations on the event log: a table of its own",
    "native/webhook_operations.py": "the operations on webhooks and their deliveries: a table of its own",
    "native/tenant_operations.py": "the operations on the tenant itself: a table of its own",
    "native/template_set_operations.py": "the operations on template sets: a table of its own",
    "onlyoffice_crm/template_operations.py": "the operations on task templates: a table of its own",
    "onlyoffice_crm/history_operations.py": "the operations on events in a history: a table of its own",
    "onlyoffice_crm/label_operations.py": "the operations on tags and user fields: a table of its own",
    "native/contracts.py": "the types behind each operation, from which its OpenAPI document is made",
}
"""Any other file, with its reason."""

DIALECTS = sorted(
    folder for folder in (CODE / "dialects").iterdir() if folder.is_dir() and folder.name not in ("kit", "__pycache__")
)


def missing(folder: Path) -> list[str]:
    """The required files that a dialect lacks. A large file may be a folder of the same name."""
    lacks = [names for names in REQUIRED if not any((folder / name).exists() for name in names.split("|"))]
    if not any(folder.glob("cases/**/*.toml")):
        lacks.append("cases/*.toml")
    return lacks


def unexpected(folder: Path) -> list[str]:
    """Files outside the vocabulary."""
    known = {name for names in REQUIRED for name in names.split("|")} | OPTIONAL | {"__pycache__"}
    names = sorted(path.name for path in folder.iterdir())
    return [name for name in names if name not in known and f"{folder.name}/{name}" not in OTHERS]


@pytest.mark.parametrize("folder", DIALECTS, ids=lambda folder: folder.name)
def test_a_dialect_has_its_files(folder: Path) -> None:
    assert not missing(folder)


@pytest.mark.parametrize("folder", DIALECTS, ids=lambda folder: folder.name)
def test_a_dialect_has_no_other_files(folder: Path) -> None:
    assert not unexpected(folder)


@pytest.mark.parametrize("folder", DIALECTS, ids=lambda folder: folder.name)
def test_the_files_that_a_readme_names_exist(folder: Path) -> None:
    named = re.findall(r"`([a-z_/]+\.py)`", (folder / "README.md").read_text())
    assert [name for name in named if not (folder / name).exists()] == []


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "handlers").mkdir()
    (tmp_path / "README.md").touch()
    assert missing(tmp_path) == [
        "__init__.py",
        "operations.py",
        "wire.py|wire",
        "errors.py",
        "authorization.toml",
        "cases/*.toml",
    ]


def test_another_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "handlers").mkdir()
    (tmp_path / "guards.py").touch()
    assert unexpected(tmp_path) == ["guards.py"]
