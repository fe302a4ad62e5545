"""HEAD, slashes, byte order marks and conditions are handled alike in all dialects."""

from collections.abc import Iterator

import pytest

from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.server import Answer
from tests.support.tenant import Tenant

READS = {
    "native": "/v1/tasks",
    "genesys": "/genesys/1/cs/server/version",
    "genesys, bare": "/server/version",
    "ibm_htm": "/rest/bpm/htm/v1/tasks/query",
    "onlyoffice_crm": "/api/2.0/crm/task/category",
    "carrierx_batch": "/core/v2/batch/tasks",
}
CREATES = {
    "native": ("/v1/tasks", '{"title":"x"}'),
    "genesys": ("/genesys/1/cs/services/start", '{"service_type":"x","started_by":"y"}'),
    "ibm_htm": ("/rest/bpm/htm/v1/task", '{"name":"x"}'),
    "onlyoffice_crm": ("/api/2.0/crm/task", '{"title":"x","deadline":"2031-01-01T10:00:00","categoryId":1}'),
    "carrierx_batch": (
        "/core/v2/batch/tasks",
        '{"method":"POST","type":"phonenumber","data":[{"phonenumber":"15162065574"}]}',
    ),
}
reads = pytest.mark.parametrize("path", READS.values(), ids=READS)


@pytest.fixture(scope="module")
def tenant(databases: Databases) -> Iterator[Tenant]:
    with databases.lent("sqlite") as url, InProcessServer(url) as server:
        yield Tenant(server)


def ask(tenant: Tenant, method: str, path: str, body: bytes | None = None) -> Answer:
    headers = {"Authorization": tenant.basic("anna"), "Content-Type": "application/json"}
    answer: Answer = tenant.server.call(method, path, body, headers)
    return answer


@reads
def test_head_is_answered_wherever_get_is(tenant: Tenant, path: str) -> None:
    get, head = ask(tenant, "GET", path), ask(tenant, "HEAD", path)
    assert head.status == get.status
    assert head.headers["content-type"] == get.headers["content-type"]


@reads
@pytest.mark.parametrize(
    "change", [lambda path: path + "/", lambda path: "/" + path, lambda path: path.replace("/", "//")]
)
def test_slashes_too_many_are_ignored(tenant: Tenant, path: str, change: object) -> None:
    assert callable(change)
    assert ask(tenant, "GET", change(path)).status == ask(tenant, "GET", path).status


@pytest.mark.parametrize(("path", "body"), CREATES.values(), ids=CREATES)
def test_json_behind_a_byte_order_mark_is_read_as_without(tenant: Tenant, path: str, body: str) -> None:
    plain = ask(tenant, "POST", path, body.encode())
    marked = ask(tenant, "POST", path, b"\xef\xbb\xbf" + body.encode())
    assert marked.status == plain.status
    assert plain.status < 300 or b"JSON" not in plain.body
