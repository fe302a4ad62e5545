"""Several values at once: all are looked at, all faults are told, none is taken when one is refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.domain.errors import Conflict, Invalid, NotFound
from dragoman.domain.extension import MOST_EXTENSIONS, Attribute, Declaration, Extension, Owner
from dragoman.domain.task import Task
from dragoman.usecases import extension_schemas as schemas
from dragoman.usecases import extension_values as extensions
from dragoman.usecases.uow import UnitOfWork
from tests.support.world import World

SKU = Declaration(True, (Attribute("sku", "string", mandatory=True),), ("sku",))
TASK = Task(tenant=1, number=1, uid="u", extensions={"bay": Extension("Bay", "4")})


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """A world whose tasks have schemas for Parts and More."""
    world = World(sqlite_url)
    for name in ("Parts", "More"):
        world.app.executor.call(schemas.create, schemas.Create(Owner.TASK, name, SKU), world.tenant)
    yield world
    world.close()


def put(world: World, values: dict[str, str], **options: Any) -> dict[str, Extension]:
    def run(uow: UnitOfWork) -> dict[str, Extension]:
        return extensions.set_extensions(uow, TASK, values, **options).extensions

    kept: dict[str, Extension] = world.core(run)
    return kept


def test_values_are_kept_under_the_name_that_counts(world: World) -> None:
    kept = put(world, {"PARTS": '{"SKU":"a"}', "BAY": "5", "Wheel": "[1]"})
    assert kept == {
        "bay": Extension("Bay", "5"),
        "parts": Extension("Parts", '[{"sku":"a"}]'),
        "wheel": Extension("Wheel", "[1]"),
    }


def test_all_faults_of_all_values_are_told(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        put(world, {"Parts": "[{},{}]", "More": "4", "started": "1", "Wheel": "1"})
    assert caught.value.code == "schema_violation"
    assert [problem.path for problem in caught.value.problems] == ["/Parts/0/sku", "/Parts/1/sku", "/More", "/started"]


def test_what_can_not_be_read_counts_before_what_clashes(world: World) -> None:
    twice = '[{"sku":"a"},{"sku":"a"}]'
    with pytest.raises(Conflict):
        put(world, {"Parts": twice, "More": twice})
    with pytest.raises(Invalid):
        put(world, {"Parts": twice, "More": "[{}]"})


def test_a_name_in_two_spellings_is_refused(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        put(world, {"Wheel": "1", "WHEEL": "2"})
    assert caught.value.code == "invalid_name"


def test_a_schema_can_be_required(world: World) -> None:
    assert put(world, {"Parts": "[]"}, require_schema=True)["parts"].value == "[]"
    with pytest.raises(Invalid) as caught:
        put(world, {"Wheel": "1"}, require_schema=True)
    assert caught.value.code == "schema_missing"


def test_there_is_an_end_to_extensions(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        put(world, {f"x{number}": "1" for number in range(MOST_EXTENSIONS)})
    assert caught.value.code == "too_many_extensions"


def test_an_absent_value_can_be_neither_read_nor_removed() -> None:
    assert extensions.get_extension(TASK, "BAY") == Extension("Bay", "4")
    assert extensions.remove_extension(TASK, "bay").extensions == {}
    for absent in (extensions.get_extension, extensions.remove_extension):
        with pytest.raises(NotFound):
            absent(TASK, "Wheel")
