"""claimNext of many callers at one moment: each gets a task of its own, on both engines."""

from concurrent.futures import ThreadPoolExecutor

from tests.dialects.conftest import Serving
from tests.support.given import HTM, htm_fixture
from tests.support.tenant import Tenant

CALLERS = 100


def test_a_hundred_callers_at_once_get_a_hundred_different_tasks(backend: str, serving: Serving) -> None:
    tenant = Tenant(serving(backend, ""))
    known = htm_fixture(tenant)
    for number in range(CALLERS):
        tenant.native("POST", f"{HTM}/task?taskTemplateID={known['review']}&mode=async", {"n": number}, person="olga")
    logins = ["paul", "petra"]
    headers = [{"Authorization": tenant.basic(login)} for login in logins]

    def claim(number: int) -> tuple[int, str]:
        answer = tenant.server.call("PUT", f"{HTM}/task?action=claimNext&query=TASK", headers=headers[number % 2])
        return answer.status, answer.json().get("tkiid", "")

    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(claim, range(CALLERS)))
    assert {status for status, _ in answers} == {200}
    assert len({tkiid for _, tkiid in answers}) == CALLERS
    assert claim(0) == (404, "")
