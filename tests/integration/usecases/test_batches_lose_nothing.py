"""Batches lose nothing that other dialects wrote: neither of their own task, nor of the objects they change.

DESIGN 3, rule 1, for the dialect that knows no tasks but batches (see `test_nothing_is_lost`).
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from dragoman.domain.bulk import Batch, Method, Status
from dragoman.domain.case import Case, CaseKind
from dragoman.domain.contact import Contact, ContactKind
from dragoman.domain.extension import Extension
from dragoman.domain.task import State, Task
from dragoman.jobs.worker import Worker
from dragoman.usecases.batches import lifecycle as batches
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.contacts import lifecycle as contacts
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.uow import UnitOfWork
from tests.cross_dialect import test_nothing_is_lost as others
from tests.cross_dialect.batches import led_to
from tests.support.batches import Immediate
from tests.support.sizes import examples, sized
from tests.support.world import World

BATCHES = "/core/v2/batch/tasks"
FOLLOWED = {*others.STATE, "assignee", "claimed_at", "activated_at", "first_activated_at"}
FOLLOWED |= {"completed_at", "outcome_code", "outcome_text", "extras.batch"}
"""What says where the batch stands."""

ENDINGS = {
    "completed": others.ENDED,
    "terminated": others.ENDED,
    "ready": others.BEGUN | others.REOPENED,
}
PATCHES: list[tuple[str, st.SearchStrategy[Any], set[str]]] = [
    *((field, values, may) for field, (values, may) in others.NATIVE_FIELDS.items()),
    *(("state", st.just(state), may) for state, may in ENDINGS.items()),
]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    yield from others.open_world()


def made_batch(world: World, number: int, data: Any, *, type_: str = "task", review: bool) -> str:
    """The sid of a batch that patches this object."""
    order = {"method": "PATCH", "type": type_, "field": "id", "entries": [str(number)], "data": data}
    reply = world.ask("anna", "POST", BATCHES, json.dumps({**order, "review": review}))
    assert reply.status in (200, 201), reply.body
    sid: str = json.loads(reply.body)["task_sid"]
    return sid


@pytest.mark.parametrize(
    ("field", "values", "may"), PATCHES, ids=lambda part: "+".join(sorted(part)) if isinstance(part, set) else str(part)
)
@settings(
    max_examples=examples(sized(4, 8)), deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
@given(data=st.data())
def test_a_batch_changes_of_a_task_what_it_says_and_nothing_else(
    world: World, field: str, values: st.SearchStrategy[Any], may: set[str], data: st.DataObject
) -> None:
    given_facts, state, value = data.draw(others.facts), data.draw(others.states), data.draw(values)
    made: Task = world.core(lambda uow: others.make(uow, given_facts, state, suspended=data.draw(st.booleans())))
    before = world.task(made.number)
    texts = others.texts_of(world, before)
    world.clock.advance(60)
    sid = made_batch(world, before.number, {field: value}, review=False)
    asyncio.run(Worker(Immediate(world.app)).run_once())
    shown = json.loads(world.ask("anna", "GET", f"{BATCHES}/{sid}").body)
    assert (shown["status"], shown["processed"]) == ("completed", 1)
    if not others.is_stored(world, before):
        assert others.is_to_be_deleted(before, world.clock.now())
        return
    touched = others.different(world, before, texts)
    assert touched <= may, shown
    if shown["failure"]:
        assert not touched


EXTRAS = {"genesys": {"started": {"application_id": 5}}, "not_yet_there": {"deep": {"list": [1, 2.5]}}}
VALUES = {"mine": Extension("Mine", '{"a":1.50}'), "yours": Extension("YOURS", '{ "b" : [1e2 ]}')}
BOOKKEEPING = {"revision", "row_version", "head_hash", "modified_at", "extension_count"}
EXTENSIONS = (st.fixed_dictionaries({"Mine": others.json_values}), {"extensions.mine"})

CONTACT_FIELDS: dict[str, tuple[st.SearchStrategy[Any], set[str]]] = {
    **{name: (others.lines, {name}) for name in ("first_name", "last_name", "company_name", "job_title", "about")},
    "email": (st.sampled_from([None, "ilze@example.org"]), {"email"}),
    "company": (st.sampled_from([None, 1, 2]), {"company"}),
    "is_private": (st.booleans(), {"is_private"}),
    "shared_with": (st.lists(st.sampled_from([others.ANNA, others.BERT]), unique=True), {"shared_with"}),
    "extensions": EXTENSIONS,
}
CASE_FIELDS: dict[str, tuple[st.SearchStrategy[Any], set[str]]] = {
    **{name: (others.lines, {name}) for name in ("title", "description")},
    "contact": (st.sampled_from([None, 1, 2]), {"contact"}),
    "assignee": (st.sampled_from([None, others.ANNA, "bert"]), {"assignee"}),
    "expires_at": (st.sampled_from([None, "2999-05-04T10:20:30Z"]), {"expires_at"}),
    "is_private": (st.booleans(), {"is_private"}),
    "extensions": EXTENSIONS,
}
contact_facts = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(ContactKind),
        **dict.fromkeys(("first_name", "last_name", "company_name", "job_title", "about"), others.lines),
        "email": st.sampled_from([None, "old@example.org"]),
        "is_private": st.booleans(),
        "shared_with": st.sampled_from([(), (others.BERT,), (others.STRANGER,)]),
    }
)
case_facts = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([CaseKind.CASE, CaseKind.OPPORTUNITY, CaseKind.SERVICE]),
        **dict.fromkeys(("title", "description", "customer_key", "contact_key", "outcome_text"), others.lines),
        "contact": st.sampled_from([None, 1, 999]),
        "assignee": st.sampled_from([None, others.BERT, others.STRANGER]),
        "is_private": st.booleans(),
    }
)


def members(entity: Contact | Case) -> dict[str, Any]:
    """The object field by field, without its bookkeeping; its extensions one by one."""
    fields = {name: value for name, value in asdict(entity).items() if name not in BOOKKEEPING | {"extensions"}}
    return fields | {f"extensions.{name}": value for name, value in entity.extensions.items()}


def holder(uow: UnitOfWork, type_: str, fields: dict[str, Any]) -> Contact | Case:
    """A contact or case to which other dialects have added something."""
    added = {"extras": EXTRAS, "extensions": VALUES}
    if type_ == "contact":
        return uow.contacts.save(replace(contacts.add(uow, **fields), **added))
    return uow.cases.save(replace(cases.add(uow, **fields), **added))


@pytest.mark.parametrize(
    ("type_", "field"), [*(("contact", name) for name in CONTACT_FIELDS), *(("case", name) for name in CASE_FIELDS)]
)
@settings(max_examples=sized(4, 8), deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_a_batch_changes_of_a_contact_or_case_what_it_says_and_nothing_else(
    world: World, type_: str, field: str, data: st.DataObject
) -> None:
    values, may = (CONTACT_FIELDS if type_ == "contact" else CASE_FIELDS)[field]
    fields = data.draw(contact_facts if type_ == "contact" else case_facts)
    value = data.draw(values)
    before: Contact | Case = world.core(lambda uow: holder(uow, type_, fields))
    sid = made_batch(world, before.number, {field: value}, type_=type_, review=False)
    asyncio.run(Worker(Immediate(world.app)).run_once())
    shown = json.loads(world.ask("anna", "GET", f"{BATCHES}/{sid}").body)
    assert (shown["status"], shown["processed"]) == ("completed", 1)
    after = world.core(lambda uow: (uow.contacts if type_ == "contact" else uow.cases).get(before.number))
    old, new = members(before), members(after)
    touched = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    assert touched <= (set() if shown["failure"] else may), shown
    assert after.revision == before.revision + bool(touched)


DECISIONS = ("PATCH approved", "PATCH cancelled", "PUT approved", "PUT cancelled")


@pytest.mark.parametrize("said", DECISIONS)
@settings(max_examples=examples(sized(8, 15)), deadline=None, suppress_health_check=list(HealthCheck))
@given(given_facts=others.facts, is_claimed=st.booleans())
def test_a_decision_touches_of_its_task_only_where_it_stands(
    world: World, said: str, given_facts: dict[str, Any], is_claimed: bool
) -> None:
    batch: Batch = world.core(lambda uow: in_review(uow, given_facts, is_claimed))
    before = world.task(batch.number)
    texts = others.texts_of(world, before)
    world.clock.advance(60)
    method, _, status = said.partition(" ")
    body = {"status": status}
    if method == "PUT":
        body = {**json.loads(world.ask("anna", "GET", f"{BATCHES}/{batch.uid}").body), **body}
    reply = world.ask("anna", method, f"{BATCHES}/{batch.uid}", json.dumps(body))
    assert reply.status == 200, reply.body
    assert others.different(world, before, texts) <= FOLLOWED
    world.core(lambda uow: [uow.jobs.remove(job) for job in uow.jobs.due(uow.now, limit=10)])
    assert (status == "cancelled") == (world.task(batch.number).state is State.TERMINATED)


def in_review(uow: UnitOfWork, given_facts: dict[str, Any], is_claimed: bool) -> Batch:
    """A batch under review, to whose task everybody has added something."""
    made = batches.create(uow, ORDER).batch
    led_to(uow, made, Status.IN_REVIEW)
    task = uow.tasks.get(made.number)
    kept = {name: value for name, value in given_facts.items() if name not in ("assignee", "category")}
    after = others.with_everything(uow, replace(task, **kept))
    if is_claimed:
        after = after.claim(others.BERT, at=uow.now)
    tasks.save(uow, task, after)
    return uow.batches.get(made.number)


ORDER = batches.NewBatch(Method.PATCH, "task", "id", '["1"]', '{"priority": 5}', review=True, size=1)
