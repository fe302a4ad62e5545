"""What the ring keeps of requests that a server answered: those of every dialect, and never a credential."""

from dragoman.domain.traffic import Entry
from tests.security.secrets import planting
from tests.support.in_process_server import Ask, InProcessServer
from tests.support.server import KEY_OF_SECRETS
from tests.support.tenant import Tenant


def entries(server: InProcessServer, tenant: Tenant) -> list[Entry]:
    return list(server.app.traffic.of(tenant.key, with_strangers=False))


def test_requests_of_every_dialect_are_kept(server: InProcessServer, tenant: Tenant) -> None:
    headers = {"Authorization": f"Bearer {tenant.token('*')}", "User-Agent": "stock client"}
    targets = ("/v1/tasks?limit=1", "/services/99", "/rest/bpm/htm/v1/tasks/queries", "/api/2.0/crm/task/1.json")
    for target in (*targets, "/core/v2/batch/tasks"):
        server.call("GET", target, headers=headers | {"X-Request-Id": "mine"})
    found = entries(server, tenant)[::-1]
    assert [entry.dialect for entry in found] == ["native", "genesys", "ibm_htm", "onlyoffice_crm", "carrierx_batch"]
    first, second = found[:2]
    assert (first.target, first.status, first.operation, first.request) == (targets[0], 200, "list_tasks", "mine")
    assert (first.client, first.user) == (tenant.login("anna"), tenant.uids["anna"])
    assert dict(first.headers)["authorization"] == "***"
    assert dict(first.headers)["user-agent"] == "stock client"
    assert (second.status, second.code) == (404, "service_not_found")
    assert first.bodies is None


def test_the_client_is_the_name_of_its_token(server: InProcessServer, tenant: Tenant) -> None:
    made = tenant.native("POST", "/v1/tokens", {"name": "Desk 4", "scopes": ["task.read"]})
    server.call("GET", "/v1/tasks", headers={"Authorization": f"Bearer {made['token']}"})
    newest = entries(server, tenant)[0]
    assert (newest.client, newest.operation) == ("Desk 4", "list_tasks")


def test_pages_and_probes_are_not_kept_but_wrong_addresses_are(server: InProcessServer) -> None:
    before = server.app.traffic._count
    for target in ("/ui/", "/ui/sign-in", "/ui/nowhere", "/healthz", "/"):
        server.call("GET", target)
    assert server.app.traffic._count == before
    server.call("GET", "/nowhere?a=1")
    strangers = server.app.traffic.of(0, with_strangers=True)
    assert next((entry.target, entry.status, entry.code) for entry in strangers) == ("/nowhere?a=1", 404, "")


def test_a_tunnelled_form_shows_the_query_that_was_sent(server: InProcessServer, tenant: Tenant) -> None:
    headers = {
        "Authorization": tenant.basic("anna"),
        "X-Method-Override": "GET",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    server.call("POST", "/rest/bpm/htm/v1/tasks/query/TASK?threshold=1", "selectedAttributes=TKIID", headers)
    assert entries(server, tenant)[0].query == "threshold=1"


def test_secrets_of_all_operations_never_stand_in_it(server: InProcessServer, tenant: Tenant) -> None:
    """Bodies are recorded, too, as long as that costs least protection."""
    token = tenant.token("*")
    server.app.traffic.record(tenant.key)
    planted = [*planting.requests(token), *planting.logins()][::25]
    server.ask(Ask(p.method, p.target, p.headers, None if p.body is None else p.body.encode()) for p in planted)
    kept = [*server.app.traffic.of(tenant.key, with_strangers=True)]
    assert len(kept) >= len(planted)
    assert any(entry.bodies and planting.BODY in entry.bodies.request for entry in kept)
    text = repr(kept) + repr(dict(server.app.traffic._seen))
    hidden = (token, tenant.token("*").partition("_")[2], planting.PASSWORD, planting.WRONG_PASSWORD, KEY_OF_SECRETS)
    assert [secret for secret in (*hidden, planting.WRONG_TOKEN) if secret in text] == []
