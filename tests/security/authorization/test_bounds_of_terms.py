"""Every search, filter and query has a bound of terms, and refuses more in its dialect's own shape: 200 words took half
a minute, and 1,000 broke SQLite's parser."""

import json
from urllib.parse import quote

import pytest

from dragoman.domain.search import MOST_TERMS, MOST_VALUES, MOST_WORDS
from tests.support.in_process_server import Ask
from tests.support.tenant import Tenant

WORDS = quote(" ".join(f"w{number}x" for number in range(1_000)))
SHORT_WORDS = quote(" ".join(f"{number:02x}" for number in range(80)))
JUST_ENOUGH = quote(" ".join(f"w{number:02}x" for number in range(MOST_WORDS)))
COMPARISONS = quote(" and ".join(["status ne completed"] * (MOST_TERMS + 1)))
VALUES = quote(f"status in ({', '.join(['completed'] * (MOST_VALUES + 1))})")
LIST = ",".join(str(number) for number in range(MOST_VALUES + 1))
NAMES = ",".join(["NAME"] * (MOST_VALUES + 1))
HTM = "/rest/bpm/htm/v1"

TOO_MANY = {
    "native search": (f"/v1/tasks?q={SHORT_WORDS}", "code", "too_many_words"),
    "native states": (f"/v1/tasks?state={','.join(['ready'] * 100)}", "code", "invalid_query"),
    "native sort": (f"/v1/tasks?sort={','.join(['title'] * 100)}", "code", "invalid_query"),
    "crm tasks": (f"/api/2.0/crm/task/filter?filterValue={WORDS}", "statusCode", 400),
    "crm tasks on members": (f"/api/2.0/crm/task/filter?sortBy=responsible&filterValue={WORDS}", "statusCode", 400),
    "crm contacts": (f"/api/2.0/crm/contact/filter?filterValue={WORDS}", "statusCode", 400),
    "carrierx comparisons": (f"/core/v2/batch/tasks?filter={COMPARISONS}", "message", "Bad Request"),
    "carrierx values": (f"/core/v2/batch/tasks?filter={VALUES}", "message", "Bad Request"),
    "ibm order": (f"{HTM}/tasks/query/TASK?sortAttributes={','.join(['NAME'] * 101)}", "errorNumber", "CWTKA0101E"),
    "ibm columns": (f"{HTM}/tasks/query/TASK?selectedAttributes={NAMES}", "errorNumber", "CWTKA0101E"),
    "ibm actions": (f"{HTM}/task/actions?taskIDs={LIST}", "errorNumber", "CWTKA0101E"),
    "genesys types": (f"/genesys/1/cs/customers/CUST01/services?service_types={LIST}", "exception", "InvalidValue"),
    "genesys extensions": (f"/genesys/1/cs/customers/CUST01/services?extensions={LIST}", "exception", "InvalidValue"),
}  # fmt: skip

ENOUGH = (
    f"/v1/tasks?q={JUST_ENOUGH}",
    f"/api/2.0/crm/task/filter?filterValue={JUST_ENOUGH}",
    f"/api/2.0/crm/contact/filter?filterValue={JUST_ENOUGH}",
)


@pytest.mark.parametrize(("target", "member", "value"), TOO_MANY.values(), ids=TOO_MANY)
def test_more_terms_are_refused(target: str, member: str, value: object, tenant: Tenant) -> None:
    [(answer, _)] = tenant.server.ask([Ask("GET", target, {"Authorization": tenant.basic("anna")})])
    assert answer.status == 400
    assert json.loads(answer.body)[member] == value


@pytest.mark.parametrize("target", ENOUGH)
def test_as_many_words_as_allowed_are_searched(target: str, tenant: Tenant) -> None:
    [(answer, _)] = tenant.server.ask([Ask("GET", target, {"Authorization": tenant.basic("anna")})])
    assert answer.status == 200
