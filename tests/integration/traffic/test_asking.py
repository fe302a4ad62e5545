"""What a dialect shows of a task, asked within the process: the bytes that a client gets over HTTP."""

from typing import Any

import pytest

from dragoman.dialects import discover
from dragoman.dialects.kit.credentials import Credential
from dragoman.dialects.kit.showing import NotShown, Samples
from dragoman.domain.access import Principal
from dragoman.runtime.asking import Asked
from dragoman.usecases.tasks import subjects
from tests.support.in_process_server import InProcessServer
from tests.support.tenant import Tenant

OURS = [dialect for dialect in discover() if dialect.shown_task is not None]


def principal_of(server: InProcessServer, tenant: Tenant, person: str = "anna") -> Principal:
    tenant.login(person)
    return server._do(server.app.identity.principal(usual(tenant, person), "127.0.0.1"))


def usual(tenant: Tenant, person: str) -> Credential:
    return Credential(tenant.token("*", person))


def ask(server: InProcessServer, target: str, who: Principal) -> Asked:
    assert server.app.asks is not None
    return server._do(server.app.asks.ask(target, who, server.base_url, {"Accept": "application/json"}))


def subject_of(server: InProcessServer, number: int, who: Principal) -> subjects.Subject:
    return server._do(server.app.executor.read(subjects.find_subject, subjects.FindSubject(number), who))


def test_all_dialects_of_ours_say_how_they_show_a_task() -> None:
    assert len(OURS) == 5
    for dialect in OURS:
        assert dialect.shown_task is not None
        (operation,) = [each for each in dialect.operations if each.name == dialect.shown_task.operation]
        assert (operation.method, operation.writes) == ("GET", False)


@pytest.mark.parametrize("dialect", OURS, ids=lambda dialect: dialect.name)
def test_the_reply_is_that_of_http_byte_for_byte(server: InProcessServer, tenant: Tenant, dialect: Any) -> None:
    who = principal_of(server, tenant)
    if dialect.name == "carrierx_batch":
        order = {"method": "PATCH", "type": "task", "field": "id", "entries": ["1"], "data": {"priority": 4}}
        number = tenant.native("POST", "/core/v2/batch/tasks", order)["task_sid"]
        number = tenant.native("GET", f"/v1/tasks/{number}")["number"]
    else:
        number = tenant.native("POST", "/v1/tasks", {"title": "Ä <b>"})["number"]
    target = dialect.prefixes[0] + dialect.shown_task.path(subject_of(server, number, who))
    asked = ask(server, target, who)
    headers = {"Authorization": f"Bearer {tenant.token('*')}", "Accept": "application/json"}
    answer = server.call("GET", target, headers=headers)
    assert asked.operation == dialect.shown_task.operation
    assert (asked.status, asked.body) == (answer.status, answer.body)
    assert asked.status == 200
    got = {name.lower(): value for name, value in asked.reply_headers}
    own = {"x-request-id"} | ({"etag"} if dialect.name == "onlyoffice_crm" else set())  # another one for each reply
    assert {name: value for name, value in got.items() if name not in own} == {
        name: value for name, value in answer.headers.items() if name not in own
    }
    assert dict(asked.headers) == {"Host": "localhost", "Accept": "application/json"}


def test_it_is_asked_as_the_reader_with_the_checks_of_http(server: InProcessServer, tenant: Tenant) -> None:
    number = tenant.native("POST", "/v1/tasks", {"title": "Mine"})["number"]
    tenant.native("PATCH", f"/v1/users/{tenant.login('bert') and tenant.uids['bert']}", {"dialects": ["genesys"]})
    server.app.identity.forget(usual(tenant, "bert"))
    asked = ask(server, f"/v1/tasks/{number}", principal_of(server, tenant, "bert"))
    assert (asked.status, asked.code) == (403, "dialect_denied")
    unknown = ask(server, "/v1/tasks/999999", principal_of(server, tenant))
    assert (unknown.status, unknown.code) == (404, "task_not_found")


def test_it_stands_not_in_the_traffic(server: InProcessServer, tenant: Tenant) -> None:
    before = server.app.traffic._count
    ask(server, "/v1/tasks", principal_of(server, tenant))
    assert server.app.traffic._count == before


def test_what_a_dialect_has_no_address_for_has_a_reason(server: InProcessServer, tenant: Tenant) -> None:
    number = tenant.native("POST", "/v1/tasks", {"title": "Work"})["number"]
    subject = subject_of(server, number, principal_of(server, tenant))
    reasons = {}
    for dialect in OURS:
        try:
            assert dialect.shown_task is not None
            dialect.shown_task.path(subject)
        except NotShown as missing:
            reasons[dialect.name] = missing.reason
    assert reasons == {"carrierx_batch": "It isn't a batch, and this dialect shows batches alone."}


@pytest.mark.parametrize("with_tasks", [False, True])
@pytest.mark.parametrize("dialect", OURS, ids=lambda dialect: dialect.name)
def test_three_calls_of_each_dialect_work(
    server: InProcessServer, tenant: Tenant, dialect: Any, *, with_tasks: bool
) -> None:
    who = principal_of(server, tenant)
    samples = Samples()
    if with_tasks:
        tenant.native("POST", "/v1/tasks", {"title": "Work"})
        samples = server._do(server.app.executor.read(subjects.find_samples, subjects.FindSamples(), who))
        assert samples.task is not None
    calls = dialect.calls(samples)
    assert len(calls) == 3
    headers = {"Authorization": f"Bearer {tenant.token('*')}"}
    for call in calls:
        sent = headers | ({"Content-Type": call.media} if call.body else {})
        answer = server.call(call.method, dialect.prefixes[0] + call.path, call.body or None, sent)
        assert answer.status < 300, (call, answer.text)
