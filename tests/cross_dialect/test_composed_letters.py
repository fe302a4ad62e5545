"""Letters composed and decomposed are the same, where text is compared."""

import json
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from dragoman.domain.passwords import HASHER, hash_password, verify_password
from dragoman.domain.text import folded, spellings
from dragoman.usecases.identity import aliases
from tests.support.world import World

COMPOSED, DECOMPOSED = "Caf\u00e9", "Cafe\u0301"
JSON = {"content-type": "application/json"}


def found(world: World, target: str) -> Any:
    return json.loads(world.ask("anna", "GET", target).body)


def test_a_search_finds_either_spelling(world: World) -> None:
    for title in (COMPOSED, DECOMPOSED):
        world.native("anna", "POST", "/v1/tasks", {"title": title})
    for word in (quote(COMPOSED), quote(DECOMPOSED)):
        assert len(found(world, f"/v1/tasks?q={word}")["items"]) == 2
        assert found(world, f"/api/2.0/crm/task/filter?filterValue={word}")["total"] == 2


def test_an_extension_has_one_name(world: World) -> None:
    world.native("anna", "POST", "/v1/tasks", {"title": "x", "extensions": {COMPOSED: 1}})
    world.native("anna", "PATCH", "/v1/tasks/1", {"extensions": {DECOMPOSED: 2}})
    assert found(world, "/v1/tasks/1")["extensions"] == {COMPOSED: 2}


def test_a_category_has_one_title(world: World) -> None:
    assert world.native("anna", "POST", "/v1/categories", {"title": COMPOSED})[0] == 201
    assert world.native("anna", "POST", "/v1/categories", {"title": DECOMPOSED})[0] == 409


def test_a_password_is_known_however_it_is_typed() -> None:
    for kept in (COMPOSED, DECOMPOSED):
        stored = hash_password(kept)
        assert verify_password(stored, COMPOSED)
        assert verify_password(stored, DECOMPOSED)
    assert verify_password(HASHER.hash(DECOMPOSED), COMPOSED)  # of before
    assert not verify_password(HASHER.hash(COMPOSED), "Cafe")
    assert not verify_password(None, COMPOSED)


def test_a_login_is_known_however_it_is_typed(world: World) -> None:
    uid = world.add(DECOMPOSED).user
    assert world.core(lambda uow: uow.users.by_login(DECOMPOSED)).login == COMPOSED
    world.core(lambda uow: uow.users.save(replace(uow.users.get(uid), login=DECOMPOSED)))  # as it was stored before
    assert world.core(lambda uow: uow.users.by_login(COMPOSED)).uid == uid


def test_folding_composes_what_case_takes_apart() -> None:
    assert folded("\u0130") == folded("I\u0307")
    assert spellings("abc") == ("abc",)


def test_of_several_aliases_the_first_that_was_given_is_shown(world: World) -> None:
    for name in ("31", "7"):
        world.core(lambda uow, name=name: aliases.put(uow, aliases.Put("bert", "genesys", name)))
        world.clock.advance(1)
    bert = world.people["bert"].user
    service = json.loads(world.ask("anna", "POST", "/services/start", '{"contact_key":"k"}', JSON).body)["service_id"]
    world.native("anna", "POST", "/v1/tasks", {"title": "x", "assignee": bert, "case": service})
    assert found(world, f"/services/{service}/tasks/1")["started"]["resource_id"] == 31
