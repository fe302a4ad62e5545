"""A server that is killed while its requests are on their way: at least once there, once in our books."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.delivery.site import Site, apart
from tests.integration.delivery.tickets import SECRET
from tests.support.databases import BACKENDS, Databases
from tests.support.outside_server import act_then_hang, status

IDS = [str(number) for number in range(10, 18)]


def crash_in(crm: Site, method: str, **body: Any) -> dict[str, Any]:
    """A batch whose first requests were answered to a server that was dead by then; when another one has ended it."""
    crm.tickets.fail(method, *[act_then_hang] * 4)
    sid = crm.made(method, **body)
    for _ in range(4):
        assert crm.tickets.hung.acquire(timeout=30)
    crm.tenant.server.kill()
    crm.tenant.server.start()
    return crm.rested(sid)


@pytest.fixture(params=BACKENDS)
def crm(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Any:
    with databases.lent(request.param) as url, apart(url, tmp_path, timeout_s=60) as made:
        for number in IDS:
            made.tickets.put(number, title="old")
        made.tickets.remembers = False
        yield made


def test_requests_without_an_outcome_are_sent_again(crm: Site) -> None:
    for method, body in (("PATCH", {"data": {"title": "new"}}), ("DELETE", {})):
        batch = crash_in(crm, method, field="id", entries=IDS, **body)
        assert (batch["counts"]["success"], batch["counts"]["failure"]) == (8, 0)
        keys = {request.headers["Idempotency-Key"] for request in crm.tickets.sent(method)}
        assert keys == {f"{batch['id']}:{index}" for index in range(8)}


def test_the_secret_is_in_no_log_and_no_table(databases: Databases, tmp_path: Path) -> None:
    with databases.lent("sqlite") as url, apart(url, tmp_path / "secrets", 'log_level = "debug"') as crm:
        crm.tickets.put("1", token=SECRET, note="hush-hush-4711")
        crm.tickets.fail("POST", status(409, SECRET.encode(), x_sent=SECRET), status(302, location=f"/{SECRET}"))
        batch = crm.done("POST", data=[{"reference": "C"}, {"reference": "D"}])
        assert batch["counts"]["failure"] == 2
        crm.reviewed("PATCH", field="id", entries=["1"], data={"n": 1})
        folder = Path(url.removeprefix("sqlite:///")).parent
        written = [crm.tenant.server.log().encode(), *(file.read_bytes() for file in folder.glob("*.db*"))]
    assert b"batch.execute" in written[0]
    assert len(written) > 1
    assert all(b"hush" not in text for text in written)
