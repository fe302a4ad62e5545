"""Paths: extensions are cut off, and what leads nowhere is known before anybody asks for credentials."""

import pytest

from dragoman.dialects.kit import Request
from dragoman.dialects.onlyoffice_crm import DIALECT
from dragoman.dialects.onlyoffice_crm.wire.parameters import gather
from dragoman.dialects.onlyoffice_crm.wire.paths import normaliser
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Expected, NotFound
from dragoman.http.router import Router
from tests.unit.onlyoffice_crm.asking import ask

PATHS = ["/crm/task", "/crm/task/{taskid}", "/crm/task/{taskid}/close", "/people/{user}"]
normalise = normaliser(PATHS)


@pytest.mark.parametrize(
    ("path", "below", "extension"),
    [
        ("/crm/task", "/crm/task", ""),
        ("/crm/task.json", "/crm/task", ".json"),
        ("/CRM/Task/12.XML", "/CRM/Task/12", ".xml"),
        ("/crm/task/12/close.tml", "/crm/task/12/close", ".tml"),
        ("/crm/task/12/", "/crm/task/12", ""),
        ("/crm/task/%31", "/crm/task/%31", ""),
        ("/crm/task/99999999999999999999", "/crm/task/99999999999999999999", ""),
        ("/people/anna.berg", "/people/anna.berg", ""),
        ("/people/anna.json", "/people/anna", ".json"),
        ("/people/%40self", "/people/%40self", ""),
    ],
)
def test_paths(path: str, below: str, extension: str) -> None:
    route = normalise(path)
    assert (route.path, route.extension) == (below, extension)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/crm", "/crm/task/abc", "/crm/task/12.pdf", "/crm/task/12.json.json", "/crm/task/-1", "/crm/task/1.5",
        "/crm/task/٣", "/crm/task/1%20", "/crm/task//close", "/crm/task/12/open", "/crm/task/%00",
        "/crm/task/12/close/x", "/people/", "/people/a/b", "/crm/task/1%2Fclose%2Fx",
    ],
)  # fmt: skip
def test_paths_that_lead_nowhere(path: str) -> None:
    with pytest.raises(NotFound) as refused:
        normalise(path)
    assert refused.value.code == "unknown_path"


ROUTER = Router([DIALECT])


def operation_at(method: str, path: str) -> str:
    placed = ROUTER.place(path)
    if placed is None:
        return "nowhere"
    table, prefix = placed
    try:
        found = table.find(Request(method, path, received_at=Moment(0)), path[len(prefix) :])
    except Expected as error:
        return error.code
    return "" if found is None else found.name


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/2.0/crm/task/filter.xml", "task.filter"),
        ("GET", "/api/1.0/crm/task/filter", "task.filter"),
        ("GET", "/API/2.0/CRM/Task/5", "task.get"),
        ("PUT", "/api/2.0/crm/task/5/Close.json", "task.close"),
        ("GET", "/api/2.0/crm/task/category.json", "category.list"),
        ("GET", "/api/2.0/crm/task/category/3", "category.get"),
        ("GET", "/api/2.0/people/@self.json", "people.self"),
        ("GET", "/api/2.0/people/@SELF", "people.self"),
        ("GET", "/api/2.0/people/%40self", "people.self"),
        ("GET", "/api/2.0/people/anna.berg.json", "people.get"),
        ("POST", "/api/2.0/authentication.xml", "authentication.login"),
        ("POST", "/api/2.0/crm/task/5", "method_not_allowed"),
        ("PATCH", "/api/2.0/crm/task/5", "method_not_allowed"),
        ("GET", "/api/2.0/crm/task/abc", "unknown_path"),
        ("GET", "/api/2.0/crm/tasks", "unknown_path"),
        ("GET", "/api/3.0/crm/task/5", "nowhere"),
        ("GET", "/api/2.0/crm/case/tasktemplatecontainer", "container.list_case"),
        ("GET", "/api/2.0/crm/contact/tasktemplatecontainer", "container.list_contact"),
        ("GET", "/api/2.0/crm/contact/5", "contact.get"),
        ("GET", "/api/2.0/crm/contact/filter", "contact.filter"),
        ("POST", "/api/2.0/crm/Person/tasktemplatecontainer.json", "container.create_person"),
        ("GET", "/api/2.0/crm/file/tasktemplatecontainer", "unknown_path"),
    ],
)
def test_where_requests_lead(method: str, path: str, expected: str) -> None:
    assert operation_at(method, path) == expected


def test_a_word_where_a_number_belongs_leads_nowhere() -> None:
    with pytest.raises(NotFound) as refused:
        gather(ask("DELETE", taskid="category"))
    assert refused.value.code == "unknown_path"
