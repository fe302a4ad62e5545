"""A form that is sent twice does its work once, and says the same again; also where it shows a secret."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.browser import Browser
from tests.support.server import Answer
from tests.support.tenant import PASSWORD, Tenant

KEY = re.compile(r'name="key" value="([^"]+)"')
SECRET = re.compile(r"<output [^>]*>([^<]+)</output>")


@pytest.fixture
def anna(tenant: Tenant, browser: Browser) -> Browser:
    browser.sign_in(tenant.login("anna"), PASSWORD)
    return browser


def twice(browser: Browser, page: str, target: str = "", **fields: str) -> tuple[Answer, Answer]:
    """A form of a page, sent and sent again."""
    browser.get(page)
    key = KEY.search(browser.last.text)
    assert key is not None
    sent = {"csrf": browser.csrf(), "key": key[1], **fields}
    return browser.post(target or page, sent), browser.post(target or page, sent)


MADE: dict[str, tuple[str, str, dict[str, str], Callable[[Tenant, str], Any]]] = {
    "group": ("/ui/admin/groups/new", "", {"name": "NAME"}, lambda tenant, _: tenant.native("GET", "/v1/groups")),
    "category": (
        "/ui/admin/categories", "", {"title": "NAME"}, lambda tenant, _: tenant.native("GET", "/v1/categories"),
    ),
    "contact": (
        "/ui/contacts/new", "", {"kind": "person", "last_name": "NAME"},
        lambda tenant, _: tenant.native("GET", "/v1/contacts?limit=1000"),
    ),
    "schema": (
        "/ui/schemas/task/new", "", {"act": "save", "name": "NAME", "attributes.0.name": "a",
                                     "attributes.0.type": "string"},
        lambda tenant, _: tenant.native("GET", "/v1/schemas/task"),
    ),
    "view": ("/ui/views/new?list=all", "/ui/views", {"list": "all", "q": "is:open", "name": "NAME"}, lambda *_: None),
    "user": (
        "/ui/admin/people/new", "", {"login": "NAME", "password": PASSWORD},
        lambda tenant, name: tenant.native("GET", f"/v1/users?q={name}"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", MADE)
def test_one_thing_is_made(what: str, tenant: Tenant, anna: Browser) -> None:
    page, target, given, look = MADE[what]
    name = f"twice{what}{tenant.number}"
    fields = {field: name if value == "NAME" else value for field, value in given.items()}
    first, second = twice(anna, page, target, **fields)
    assert (first.status, second.status) == (303, 303), second.text
    assert first.headers["location"] == second.headers["location"]
    found = look(tenant, name)
    assert found is None or len([each for each in found["items"] if name in str(each)]) == 1, found


SECRETS = {
    "token": ("/ui/admin/tokens/new", "", {"name": "n", "scopes": "task.read"}),
    "Connect": ("/ui/connect", "", {"name": "n", "scopes": "task.read", "expires_in": "P1D"}),
    "person": ("/ui/admin/people/new", "", {"login": "LOGIN"}),
    "link": ("/ui/admin/people/BERT", "/ui/admin/people/BERT/link", {}),
    "webhook": ("/ui/admin/webhooks/new", "", {"url": "https://example.com/", "types": "task.created"}),
}


@pytest.mark.parametrize("what", SECRETS)
def test_a_secret_that_is_shown_once_is_the_same_when_its_form_is_sent_again(
    what: str, tenant: Tenant, anna: Browser
) -> None:
    tenant.login("bert")
    page, target, given = SECRETS[what]
    page, target = (text.replace("BERT", tenant.uids["bert"]) for text in (page, target))
    fields = {name: f"twice-{tenant.number}" if value == "LOGIN" else value for name, value in given.items()}
    first, second = twice(anna, page, target, **fields)
    assert (first.status, second.status) == (200, 200), second.text
    found, again = SECRET.findall(first.text), SECRET.findall(second.text)
    assert found
    assert found == again
    if what in ("token", "Connect"):
        head = {"Authorization": f"Bearer {found[0]}"}
        assert tenant.server.call("GET", "/v1/tasks", headers=head).status == 200


def test_a_form_that_is_filled_in_anew_makes_another_secret(tenant: Tenant, anna: Browser) -> None:
    anna.get("/ui/admin/tokens/new")
    key = KEY.search(anna.last.text)
    assert key is not None
    sent = {"csrf": anna.csrf(), "key": key[1], "scopes": "task.read"}
    one = SECRET.findall(anna.post("/ui/admin/tokens/new", {**sent, "name": "one"}).text)
    other = SECRET.findall(anna.post("/ui/admin/tokens/new", {**sent, "name": "other"}).text)
    assert one
    assert other
    assert one != other


def test_what_is_deleted_and_moved_is_so_once(tenant: Tenant, anna: Browser) -> None:
    titles = [f"{place}-{tenant.number}" for place in range(3)]
    numbers = [tenant.native("POST", "/v1/categories", {"title": title})["number"] for title in titles]
    page = "/ui/admin/categories"
    first, second = twice(anna, page, f"{page}/{numbers[2]}/up")
    assert (first.status, second.status) == (303, 303)
    order = [each["title"] for each in tenant.native("GET", "/v1/categories")["items"] if each["title"] in titles]
    assert order == [titles[0], titles[2], titles[1]]
    first, second = twice(anna, f"{page}/{numbers[0]}", f"{page}/{numbers[0]}/delete")
    assert (first.status, second.status) == (303, 303)
    assert f"{titles[0]} was deleted." in anna.get(page).text


def test_every_form_of_administration_has_a_key(tenant: Tenant, anna: Browser) -> None:
    for place in ("people", "groups", "tokens", "aliases", "categories", "views", "webhooks", "tenant", "people/new"):
        text = anna.get(f"/ui/admin/{place}").text
        main = text[text.index("<main") :]
        for form in re.findall(r'<form[^>]*method="post".*?</form>', main, re.DOTALL):
            assert "/ui/undo" in form or KEY.search(form), (place, form)
