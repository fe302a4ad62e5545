"""What the migration to form 0005 makes of old rows: references that match nothing, letters that are decomposed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from dragoman.store import migrations
from dragoman.store.engine.engines import Engine
from tests.support.reflection import reflected

BEFORE = "0004"
DANGLING = {"contact": 3, "entity": 9, "entity_kind": "case"}
DECOMPOSED, COMPOSED = "cafe\u0301", "caf\u00e9"


@pytest.fixture
def mended(empty_database_url: str) -> Iterator[dict[str, Any]]:
    """The rows after the migration, by table."""
    engine = Engine(empty_database_url)
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    config.attributes["engine"] = engine
    command.upgrade(config, BEFORE)
    task = {"tenant": 1, "kind": "work", "state": "ready"}
    crm = json.dumps({"onlyoffice_crm": {"entity_id": 7}, "other": {"n": 1}}).replace("1}", "1.10}")
    with engine.raw.begin() as connection:
        tables = reflected(connection)
        for name, row in (
            ("contact", {"tenant": 1, "number": 1, "uid": "c1", "kind": "person"}),
            ("case", {"tenant": 1, "number": 2, "uid": "s2", "kind": "case"}),
            ("task", {**task, "number": 1, "uid": "t1", "contact": 1, "entity": 2, "entity_kind": "case"}),
            (
                "task",
                {**task, "number": 2, "uid": "t2", "contact": 3, "entity": 9, "entity_kind": "case", "extras": crm},
            ),
            ("task_word", {"tenant": 1, "word": DECOMPOSED, "task": 1}),
            ("task_word", {"tenant": 1, "word": DECOMPOSED, "task": 2}),
            ("task_word", {"tenant": 1, "word": COMPOSED, "task": 2}),
            ("alias", {"tenant": 1, "dialect": "genesys", "alias": "31", "user": "u"}),
            ("extension", _extension(DECOMPOSED)),
            ("extension", _extension("plain")),
        ):
            connection.execute(tables.tables[name].insert().values(row))
    migrations.run(engine)
    with engine.raw.connect() as connection:
        found = {
            name: connection.execute(sa.text(f"SELECT * FROM {name}")).mappings().all()
            for name in ("task", "task_word", "alias", "extension")
        }
    yield found
    engine.dispose()


def _extension(folded: str) -> dict[str, Any]:
    return {"tenant": 1, "owner_kind": "task", "owner": 1, "folded": folded, "name": folded, "value": "1"}


def test_a_reference_that_exists_stays(mended: dict[str, Any]) -> None:
    [task] = [row for row in mended["task"] if row["number"] == 1]
    assert (task["contact"], task["entity"], task["entity_kind"]) == (1, 2, "case")


def test_a_reference_that_matches_nothing_is_kept_as_text(mended: dict[str, Any]) -> None:
    [task] = [row for row in mended["task"] if row["number"] == 2]
    assert (task["contact"], task["entity"], task["entity_kind"]) == (None, None, None)
    facts = {"entity_id": 7, "contact": "3", "entity": {"kind": "case", "id": "9"}}
    assert json.loads(task["extras"])["onlyoffice_crm"] == facts
    assert '"n":1.10' in task["extras"]


def test_words_and_names_are_composed(mended: dict[str, Any]) -> None:
    assert {(row["task"], row["word"]) for row in mended["task_word"]} == {(1, COMPOSED), (2, COMPOSED)}
    assert {row["folded"] for row in mended["extension"]} == {COMPOSED, "plain"}


def test_aliases_of_before_have_no_moment(mended: dict[str, Any]) -> None:
    assert [row["created_at"] for row in mended["alias"]] == [0]
