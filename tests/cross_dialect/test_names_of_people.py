"""Whom a client names: a disabled user is no choice in any dialect, and a name that matches no user assigns nobody."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman.dialects.ibm_htm.wire.ids import task_id
from dragoman.domain.access import Principal
from dragoman.domain.errors import Invalid
from dragoman.domain.people import Alias
from dragoman.domain.template import Template
from dragoman.domain.work_item import Role
from dragoman.usecases.admin.leaving import DisableUser, disable_user
from dragoman.usecases.tasks import lifecycle as tasks
from dragoman.usecases.tasks import templates
from tests.cross_dialect.conftest import open_world
from tests.support.world import NOON, World

LOST_USER = "4a515a15-d4d6-4b8e-828e-e0586f18f3a3"
UNKNOWN = "00000000-0000-0000-0000-00000000000A"


@pytest.fixture
def office() -> Iterator[World]:
    """Bert is disabled, and is called 31 in Genesys."""
    for world in open_world():
        disable_bert(world)
        yield world


def disable_bert(world: World) -> None:
    world.core(lambda uow: uow.aliases.add(Alias(uow.tenant, "genesys", "31", uid(world, "bert"))))
    world.core(lambda uow: disable_user(uow, DisableUser("bert")))


def uid(world: World, login: str) -> str:
    return str(world.people[login].user)


def sent(world: World, method: str, target: str, content: Any, who: str = "anna") -> tuple[int, Any]:
    headers = {"content-type": "application/json"}
    reply = world.ask(who, method, target, json.dumps(content), headers)
    return reply.status, json.loads(reply.body) if reply.body else None


def crm_task(world: World, **more: Any) -> dict[str, Any]:
    return {"title": "x", "deadline": "2031-04-10", "categoryId": 1, **more}


def test_native_refuses_a_disabled_assignee_by_id_and_by_login(office: World) -> None:
    for name in (uid(office, "bert"), uid(office, "bert").upper(), "bert"):
        assert sent(office, "POST", "/v1/tasks", {"title": "x", "assignee": name})[0] == 409
        assert sent(office, "POST", "/v1/cases", {"kind": "case", "title": "x", "assignee": name})[0] == 409


def test_the_crm_refuses_a_disabled_responsible(office: World) -> None:
    bert = uid(office, "bert")
    refusals = [
        sent(office, "POST", "/api/2.0/crm/task", crm_task(office, responsibleId=bert)),
        sent(office, "POST", "/api/2.0/crm/contact/task/group", crm_task(office, responsibleId=bert, contactId=[7])),
        sent(
            office,
            "POST",
            "/api/2.0/crm/opportunity",
            {"title": "x", "responsibleid": bert, "stageid": 1, "bidCurrencyAbbr": "EUR"},
        ),
        sent(office, "POST", "/api/2.0/crm/contact/person", {"firstName": "x", "managerList": [bert]}),
    ]
    assert [status for status, _ in refusals] == [400] * 4
    assert refusals[0][1]["error"]["data"] == {"parameter": "responsibleId", "reason": "disabled"}


def test_the_crm_refuses_to_hand_a_task_to_a_disabled_user(office: World) -> None:
    sent(office, "POST", "/api/2.0/crm/task", crm_task(office))
    status, _ = sent(office, "PUT", "/api/2.0/crm/task/1", crm_task(office, responsibleId=uid(office, "bert")))
    assert (status, office.task(1).revision) == (400, 1)


def test_genesys_refuses_the_resource_id_of_a_disabled_user(office: World) -> None:
    service = sent(office, "POST", "/services/start", {"contact_key": "k"})[1]["service_id"]
    status, body = sent(office, "POST", f"/services/{service}/tasks/start", {"resource_id": 31})
    assert (status, body["exception"]) == (400, "InvalidValue")


def test_ibm_refuses_a_disabled_user_as_the_target_of_a_transfer_but_not_as_its_source(office: World) -> None:
    office.core(lambda uow: tasks.add(uow, title="x", assignee=uid(office, "bert")))
    tkiid = task_id(office.task(1).uid)
    path = f"/rest/bpm/htm/v1/task/{tkiid}/role/REASON_OWNER?action=transfer"
    assert office.ask("anna", "PUT", f"{path}&toUser=bert").status == 400
    assert office.ask("anna", "PUT", f"{path}&toUser=cara&fromUser=bert").status == 200
    assert office.task(1).assignee == uid(office, "cara")


def test_a_disabled_user_keeps_what_he_has_when_it_is_sent_back(office: World) -> None:
    bert = uid(office, "bert")
    office.core(lambda uow: tasks.add(uow, title="x", assignee=bert, category=1))
    for name in (bert, "bert"):
        assert sent(office, "PATCH", "/v1/tasks/1", {"assignee": name, "title": "x"})[0] == 200
        assert sent(office, "POST", "/v1/tasks/1/assign", {"assignee": name})[0] == 200
    assert office.task(1).revision == 1
    assert sent(office, "PUT", "/api/2.0/crm/task/1", crm_task(office, responsibleId=bert))[0] == 200
    assert office.task(1).assignee == bert


def test_a_name_that_matches_no_user_assigns_nobody_and_is_kept_as_it_was_sent(office: World) -> None:
    status, body = sent(office, "POST", "/api/2.0/crm/task", crm_task(office, responsibleId=UNKNOWN))
    assert (status, body["response"]["responsible"]["id"]) == (201, LOST_USER)
    task = office.task(1)
    assert (task.state, task.assignee, task.extras["onlyoffice_crm"]) == (
        "ready",
        None,
        {"responsible": UNKNOWN.lower()},
    )
    found = office.ask("anna", "GET", f"/api/2.0/crm/task/filter?responsibleid={UNKNOWN}&fields=id")
    assert json.loads(found.body)["response"] == [{"id": 1}]


def test_an_unknown_name_gives_a_task_back_and_a_known_one_lets_go_of_it(office: World) -> None:
    sent(office, "POST", "/api/2.0/crm/task", crm_task(office, responsibleId=uid(office, "cara")))
    sent(office, "PUT", "/api/2.0/crm/task/1", crm_task(office, responsibleId=UNKNOWN))
    task = office.task(1)
    assert (task.state, task.assignee, task.extras["onlyoffice_crm"]["responsible"]) == ("ready", None, UNKNOWN.lower())
    sent(office, "PUT", "/api/2.0/crm/task/1", crm_task(office, responsibleId=uid(office, "anna")))
    task = office.task(1)
    assert (task.state, task.assignee, task.extras) == ("claimed", uid(office, "anna"), {})


def test_a_template_names_no_disabled_user(office: World) -> None:
    draft = Template(tenant=0, uid="", name="Review", version=0, valid_from=NOON)
    entry = templates.Entry(draft, {Role.READER: ("bert",)}, {"": 1})

    def load(uow: Any) -> Any:
        uow.principal = Principal(uow.tenant, None, "root", is_admin=True)
        return templates.load(uow, templates.LoadTemplates((entry,)))

    with pytest.raises(Invalid) as refused:
        office.core(load)
    assert refused.value.problems[0].message == "bert is a disabled user"
