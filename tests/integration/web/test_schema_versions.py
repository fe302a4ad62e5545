"""Versions of a schema: tried on stored values, saved, kept and compared."""

import re
from collections.abc import Mapping

import pytest

from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant

CHECKED = re.compile(r'name="checked" value="([^"]*)"')
CARRIER = {"attributes.0.name": "carrier", "attributes.0.type": "string", "attributes.0.length": "40"}
SHORT = {**CARRIER, "attributes.0.length": "3"}
WEIGHT = {**SHORT, "attributes.1.name": "weight", "attributes.1.type": "double"}


@pytest.fixture
def anna(tenant: Tenant, browser: Browser) -> Browser:
    browser.sign_in(tenant.login("anna"), PASSWORD)
    return browser


def made(tenant: Tenant, anna: Browser) -> str:
    """A schema with one value; the address of its page."""
    tenant.login("anna")
    name = f"Parcel{tenant.number}"
    anna.get("/ui/schemas/task/new")
    answer = anna.post("/ui/schemas/task/new", {"csrf": anna.csrf(), "act": "save", "name": name, **CARRIER})
    assert answer.status == 303, answer.text
    return f"/ui/schemas/task/{name}"


def save(anna: Browser, page: str, rows: Mapping[str, str], version: int) -> str:
    """Try these rows and save them as the next version; what the trial said."""
    anna.get(f"{page}/edit")
    sent = {"csrf": anna.csrf(), "version": str(version), **rows}
    tried = anna.post(f"{page}/edit", {**sent, "act": "check"})
    checked = CHECKED.search(tried.text)
    assert (tried.status, checked is not None) == (200, True)
    answer = anna.post(f"{page}/edit", {**sent, "act": "save", "checked": checked[1] if checked else ""})
    assert answer.status == 303, answer.text
    return tried.text


def test_what_would_break_is_shown_before_a_version_is_saved(tenant: Tenant, anna: Browser) -> None:
    page = made(tenant, anna)
    name = page.rpartition("/")[2]
    number = tenant.native("POST", "/v1/tasks", {"title": "t", "extensions": {name: {"carrier": "Harbour"}}})["number"]
    tenant.native("POST", "/v1/tasks", {"title": "t", "extensions": {name: {"carrier": "DHL"}}})
    anna.get(f"{page}/edit")
    assert "Save version 2" not in anna.last.text
    unchecked = anna.post(f"{page}/edit", {"csrf": anna.csrf(), "version": "1", "act": "save", **SHORT})
    assert unchecked.status == 200
    assert "Version 1" in anna.get(page).text
    tried = save(anna, page, SHORT, 1)
    assert "1 of the 2 values that were read would be invalid." in tried
    assert f'href="/ui/tasks/{number}"' in tried
    assert "Save version 2" in tried
    assert "Version 2" in anna.get(page).text
    assert tenant.native("GET", f"/v1/tasks/{number}")["extensions"][name] == {"carrier": "Harbour"}
    with pytest.raises(AssertionError, match="too_long"):
        tenant.native("PATCH", f"/v1/tasks/{number}", {"extensions": {name: {"carrier": "Express"}}})


def test_two_versions_are_compared_line_by_line(tenant: Tenant, anna: Browser) -> None:
    page = made(tenant, anna)
    save(anna, page, SHORT, 1)
    save(anna, page, WEIGHT, 2)
    text = anna.get(f"{page}?compare=1..2").text
    assert re.search(r'<del>\s*"maxLength": 40</del>', text.replace("&#34;", '"'))
    assert re.search(r'<ins>\s*"maxLength": 3</ins>', text.replace("&#34;", '"'))
    assert "weight" in anna.get(f"{page}?compare=2..3").text
    assert "They are the same." in anna.get(f"{page}?compare=3..3").text
    assert "?compare=2..3" in anna.get(page).text
    for wrong in ("1..4", "0..1", "x", "1..", "1"):
        assert anna.get(f"{page}?compare={wrong}").status == 404, wrong


def test_a_version_is_saved_once_and_not_over_another(tenant: Tenant, anna: Browser) -> None:
    page = made(tenant, anna)
    save(anna, page, SHORT, 1)
    anna.get(f"{page}/edit")
    sent = {"csrf": anna.csrf(), "version": "1", **WEIGHT}
    checked = CHECKED.search(anna.post(f"{page}/edit", {**sent, "act": "check"}).text)
    assert checked is not None
    late = anna.post(f"{page}/edit", {**sent, "act": "save", "checked": checked[1]})
    assert late.status == 422
    assert "has version 2 by now" in late.text
    other = anna.post(f"{page}/edit", {**sent, "act": "save", "version": "2", "checked": checked[1]})
    assert other.status == 303
    assert "Version 3" in anna.get(page).text


def test_others_may_not_make_a_version(tenant: Tenant, anna: Browser) -> None:
    page = made(tenant, anna)
    anna.sign_in(tenant.login("bert"), PASSWORD)
    assert anna.get(f"{page}/edit").status == 404
    anna.get("/ui/profile")
    assert anna.post(f"{page}/edit", {"csrf": anna.csrf(), "act": "save", **SHORT}).status == 404
