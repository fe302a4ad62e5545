"""Notes on contacts and cases: seen with what they belong to, gone with it, and known to its history."""

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.store.maintenance.verification import verify
from dragoman.usecases.background import pruning
from tests.support.databases import Databases
from tests.support.world import World

CALL = 1_000_003
DAY_SECONDS = 86_400


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.lent(request.param) as url:
        world = World(url)
        for who in ("anna", "bert", "cara"):
            world.add(who, admin=who == "anna")
        yield world
        world.close()


def made(world: World, path: str, content: Any, who: str = "bert") -> int:
    status, answer = world.native(who, "POST", path, content)
    assert status in (200, 201), answer
    return int(answer.get("number", answer.get("response", {}).get("id", 0)))


def noted(world: World, text: str, who: str = "bert", **about: Any) -> int:
    return made(world, "/api/2.0/crm/history", {"content": text, "categoryId": CALL, **about}, who)


def notes_of(world: World, contact: int, who: str = "bert") -> list[str]:
    status, found = world.native(who, "GET", f"/v1/contacts/{contact}/journey?kind=note")
    assert status == 200, found
    return [item["text"] for item in found["items"]]


def test_a_note_on_a_case_stands_once_in_the_journey_of_its_contact(world: World) -> None:
    contact = made(world, "/v1/contacts", {"kind": "person", "last_name": "Moe"})
    case = made(world, "/v1/cases", {"kind": "case", "title": "Fair", "contact": contact})
    world.clock.advance(1)
    noted(world, "on the case", entityType="case", entityId=case)
    world.clock.advance(1)
    noted(world, "on both", entityType="case", entityId=case, contactId=contact)
    _, found = world.native("bert", "GET", f"/v1/contacts/{contact}/journey")
    assert [(item["kind"], item["text"]) for item in found["items"]] == [
        ("note", "on both"),
        ("note", "on the case"),
        ("case", None),
    ]
    _, page = world.native("bert", "GET", f"/v1/contacts/{contact}/journey?limit=1")
    _, rest = world.native("bert", "GET", page["next"])
    assert rest["items"][0]["text"] == "on the case"


def test_a_note_that_names_something_private_is_hidden_from_others(world: World) -> None:
    contact = made(world, "/v1/contacts", {"kind": "person", "last_name": "Moe"})
    case = made(world, "/v1/cases", {"kind": "case", "title": "Secret", "is_private": True})
    noted(world, "told me", entityType="case", entityId=case, contactId=contact)
    assert notes_of(world, contact) == ["told me"]
    assert notes_of(world, contact, "cara") == []


def test_notes_go_with_what_they_belong_to_and_are_forgotten_later(world: World) -> None:
    contact = made(world, "/v1/contacts", {"kind": "person", "last_name": "Moe"})
    case = made(world, "/v1/cases", {"kind": "case", "title": "Fair"})
    alone = noted(world, "alone", contactId=contact)
    both = noted(world, "both", contactId=contact, entityType="case", entityId=case)
    assert world.native("bert", "DELETE", f"/v1/contacts/{contact}")[0] == 204
    _, left = world.native("bert", "GET", "/api/2.0/crm/history/filter?fields=id,contact&sortBy=created")
    assert {"id": both} in left["response"]
    assert alone not in [each["id"] for each in left["response"]]

    def prune() -> int:
        return int(world.core(lambda uow: pruning.prune_messages(uow, pruning.PruneMessages())))

    assert prune() == 0
    world.clock.advance(40 * DAY_SECONDS)
    assert prune() == 1
    assert [row[0] for row in world.sql(f"SELECT number FROM note WHERE number IN ({alone}, {both})")] == [both]


def test_the_chain_of_history_has_notes(world: World) -> None:
    case = made(world, "/v1/cases", {"kind": "case", "title": "Fair"})
    number = noted(world, "one", entityType="case", entityId=case)
    assert world.native("bert", "DELETE", f"/api/2.0/crm/history/{number}")[0] == 200
    _, found = world.native("bert", "GET", f"/v1/cases/{case}/history")
    told = [(row["operation"], row["changes"].get("note")) for row in found["items"][1:]]
    assert told == [("note.added", {"old": None, "new": "one"}), ("note.removed", {"old": "one", "new": None})]
    assert verify(world.app.store.engine).broken is None
