"""Administration: who may enter, and what its forms do to people."""

import re
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from dragoman.domain.access import system
from dragoman.usecases.inbox import views
from dragoman.web.views import admin
from tests.support.browser import Browser
from tests.support.tenant import PASSWORD, Tenant

PEOPLE = "/ui/admin/people"
OUTPUT = re.compile(r"<output [^>]*>([^<]+)</output>")


@pytest.fixture
def anna(tenant: Tenant, browser: Browser) -> Browser:
    """A browser in which anna, who administers the tenant, is signed in."""
    browser.sign_in(tenant.login("anna"), PASSWORD)
    return browser


def test_others_find_no_administration(tenant: Tenant, browser: Browser) -> None:
    browser.sign_in(tenant.login("bert"), PASSWORD)
    missing = browser.get("/ui/none")
    assert 'href="/ui/admin"' not in missing.text
    for page in admin.PAGES:
        address = re.sub(r"\{\w+\}", "1", page.path)
        if page.show is not None:
            assert browser.get(address).status == 404, address
            assert "There is no such page." in browser.last.text
        if page.act is not None:
            browser.get("/ui/profile")
            assert browser.post(address, {"csrf": browser.csrf()}).status == 404, address


def test_each_place_is_listed_and_drawn(tenant: Tenant, anna: Browser) -> None:
    home = anna.get("/ui/admin").text
    assert "<h1>Administration</h1>" in home
    places = re.findall(r'<li><a href="(/ui/admin/\w+)"[^>]*>([^<]+)</a></li>', home)
    assert [place for place, _ in places] == [f"/ui/admin/{key}" for key in admin.SECTIONS]
    for place, label in places:
        assert re.search(f"<h2[^>]*>{label}</h2>", anna.get(place).text), place


def test_a_person_is_made_and_chooses_a_password_by_a_link_that_is_shown_once(tenant: Tenant, anna: Browser) -> None:
    dora = f"dora-{tenant.number}"
    fields = {"login": dora, "display_name": "Dora <Lind>", "roles": "reviewer", "zone": "Europe/Riga"}
    page = anna.send(f"{PEOPLE}/new", **fields)
    found = OUTPUT.search(page.text)
    assert (page.status, found is not None) == (200, True)
    assert "/ui/password?token=" in (found[1] if found else "")
    shown = tenant.native("GET", f"/v1/users/{dora}")
    assert (shown["display_name"], shown["roles"], shown["zone"]) == ("Dora <Lind>", ["reviewer"], "Europe/Riga")
    assert "Dora &lt;Lind&gt;" in anna.get(PEOPLE).text
    assert "/ui/password?token=" not in anna.get(f"{PEOPLE}/{shown['id']}").text
    made = anna.send(f"{PEOPLE}/new", login=f"erik-{tenant.number}", password=PASSWORD)
    assert made.status == 303
    assert f"erik-{tenant.number} was made." in anna.get(made.headers["location"]).text
    assert Browser(anna.server).sign_in(f"erik-{tenant.number}", PASSWORD).status == 303


def test_every_fault_of_a_person_stands_beside_its_field(tenant: Tenant, anna: Browser) -> None:
    page = anna.send(f"{PEOPLE}/new", login="a b", email="nothing", zone="Mars", display_name="Kept", password="x")
    assert page.status == 422
    for field in ("login", "email", "zone"):
        assert f'id="{field}-fault"' in page.text, field
    assert 'value="Kept"' in page.text
    page = anna.send(f"{PEOPLE}/new", login=tenant.login("bert"))
    assert (page.status, 'id="login-fault">Login is taken.' in page.text) == (422, True)
    page = anna.send(f"{PEOPLE}/new", login=f"new-{tenant.number}", password="short")
    assert (page.status, 'id="password-fault"' in page.text) == (422, True)


def test_a_person_is_changed(tenant: Tenant, anna: Browser) -> None:
    desk = tenant.native("POST", "/v1/groups", {"name": "desk"})
    tenant.login("bert")
    address = f"{PEOPLE}/{tenant.uids['bert']}"
    answer = anna.send(address, display_name="Bert Moss", groups=desk["id"], roles="supervisor", revision="1")
    assert (answer.status, answer.headers["location"]) == (303, address)
    assert "Saved." in anna.get(address).text
    shown = tenant.native("GET", f"/v1/users/{tenant.uids['bert']}")
    assert (shown["display_name"], shown["group_names"], shown["roles"]) == ("Bert Moss", ["desk"], ["supervisor"])
    assert anna.send(address, display_name="Other", revision="1").status == 409
    assert 'value="Other"' in anna.last.text
    assert anna.send(address, roles="").status == 303
    assert tenant.native("GET", f"/v1/users/{tenant.uids['bert']}")["roles"] == []
    own = f"{PEOPLE}/{tenant.uids['anna']}"
    assert (anna.send(own, roles="").status, "without an enabled administrator" in anna.last.text) == (409, True)


def test_what_a_person_holds_is_listed_and_handed_over(tenant: Tenant, anna: Browser) -> None:
    tenant.login("carla")
    tasks = [
        tenant.native("POST", "/v1/tasks", {"title": f"<Held {n}>", "assignee": tenant.login("bert")}) for n in (1, 2)
    ]
    address = f"{PEOPLE}/{tenant.uids['bert']}"
    page = anna.get(address).text
    assert "2 open tasks" in page
    assert f"{tasks[0]['number']} &lt;Held 1&gt;" in page
    assert anna.send(f"{address}/disable", address, work="hand_over", hand_over_to="nobody-at-all").status == 422
    assert 'id="hand_over_to-fault">Hand over to does not match a user.' in anna.last.text
    assert anna.send(f"{address}/delete", address).status == 409
    carla = tenant.login("carla")
    assert anna.send(f"{address}/disable", address, work="hand_over", hand_over_to=carla).status == 303
    assert tenant.native("GET", f"/v1/tasks/{tasks[1]['id']}")["assignee"] == tenant.uids["carla"]
    assert "Enable" in anna.get(address).text
    assert anna.send(f"{address}/enable", address).status == 303
    assert anna.send(f"{PEOPLE}/{tenant.uids['carla']}/disable", address, work="release").status == 303
    assert tenant.native("GET", f"/v1/tasks/{tasks[1]['id']}")["assignee"] is None
    assert anna.send(f"{address}/delete", address).status == 303
    assert tenant.native("GET", f"/v1/users/{tenant.uids['bert']}")["deleted_at"] is not None


def test_links_sessions_and_aliases_of_a_person(tenant: Tenant, anna: Browser) -> None:
    session = tenant.session("bert")
    address = f"{PEOPLE}/{tenant.uids['bert']}"
    assert "/ui/password?token=" in anna.send(f"{address}/link", address).text
    assert anna.send(f"{address}/unlock", address).status == 303
    assert f"{address}/sessions/{session}/end" in anna.get(address).text
    assert anna.send(f"{address}/sessions/{session}/end", address).status == 303
    assert f"{address}/sessions/{session}/end" not in anna.get(address).text
    refused = anna.send(f"{address}/aliases", address, dialect="genesys", name="no number")
    assert (refused.status, 'id="name-fault"' in refused.text) == (422, True)
    assert anna.send(f"{address}/aliases", address, dialect="genesys", name="4711").status == 303
    listed = tenant.native("GET", f"/v1/users/{tenant.uids['bert']}/aliases")["items"]
    assert [(item["dialect"], item["name"]) for item in listed] == [("genesys", "4711")]
    assert anna.send(f"{address}/aliases/remove", address, dialect="genesys", name="4711").status == 303
    assert anna.get(f"{PEOPLE}/{quote(tenant.login('bert'))}").status == 200
    assert anna.get(f"{PEOPLE}/nobody").status == 404


def test_a_token_is_made_shown_once_and_revoked(tenant: Tenant, anna: Browser) -> None:
    bert = tenant.login("bert")
    page = anna.send("/ui/admin/tokens/new", name="<x>", user="nobody-at-all", scopes="task.reed", expires_in="P1Y")
    assert page.status == 422
    page = anna.send("/ui/admin/tokens/new", name="", scopes="task.reed", user=bert, expires_in="P90D")
    assert "did you mean task.read?" in page.text
    assert 'value="task.reed"' in page.text
    page = anna.send("/ui/admin/tokens/new", name="<Robot>", user=bert, scopes="task.read @agent", expires_in="P90D")
    found = OUTPUT.search(page.text)
    assert found is not None, page.text
    assert 'aria-label="New token"' in found[0]
    headers = {"Authorization": f"Bearer {found[1]}"}
    assert anna.server.call("GET", "/v1/users/me", headers=headers).json()["login"] == bert
    page = anna.get("/ui/admin/tokens")
    assert "&lt;Robot&gt;" in page.text
    assert found[1] not in page.text
    [target] = re.findall(r'action="(/ui/admin/tokens/\w+/revoke)"', page.text)
    assert anna.post(target, {"csrf": anna.csrf()}).status == 303
    assert "The token &lt;Robot&gt; was revoked." in anna.get("/ui/admin/tokens").text
    assert "Revoked" in anna.get("/ui/admin/tokens?state=all").text


def test_a_group_is_made_changed_filled_and_deleted(tenant: Tenant, anna: Browser) -> None:
    assert "No groups yet." in anna.get("/ui/admin/groups").text
    fields = {"name": "Desk", "description": "First <line>", "roles": "reviewer", "external_names": "desk\nline-1"}
    address = anna.send("/ui/admin/groups/new", **fields).headers["location"]
    assert "First &lt;line&gt;" in anna.get("/ui/admin/groups").text
    refused = anna.send("/ui/admin/groups/new", name="desk")
    assert (refused.status, 'id="name-fault">Name is taken.' in refused.text) == (422, True)
    refused = anna.send(f"{address}/members", address, person="nobody-at-all")
    assert (refused.status, 'id="person-fault"' in refused.text) == (422, True)
    assert anna.send(f"{address}/members", address, person=tenant.login("bert")).status == 303
    assert anna.send(address, name="Front desk", roles="", revision="1").status == 303
    shown = tenant.native("GET", "/v1/groups/Front desk".replace(" ", "%20"))
    assert (shown["roles"], shown["member_count"], shown["external_names"]) == ([], 1, ["desk", "line-1"])
    assert tenant.login("bert") in anna.get(address).text
    assert anna.send(f"{address}/members/remove", address, person=tenant.login("bert")).status == 303
    assert anna.send(f"{address}/delete", address).status == 303
    assert anna.get(address).status == 404


def test_categories_are_made_moved_and_deleted_with_their_tasks_moved(tenant: Tenant, anna: Browser) -> None:
    root = "/ui/admin/categories"

    def titles() -> list[str]:
        return [item["title"] for item in tenant.native("GET", "/v1/categories")["items"]]

    assert anna.send(root, title="<Returns>").status == 303
    assert titles()[-1] == "<Returns>"
    refused = anna.send(root, title="<Returns>", description="kept")
    assert (refused.status, 'id="title-fault">Title is taken.' in refused.text) == (422, True)
    assert "kept</textarea>" in refused.text
    number = tenant.native("GET", "/v1/categories")["items"][-1]["number"]
    address = f"{root}/{number}"
    before = titles()
    assert anna.send(f"{address}/up", root).status == 303
    assert titles() == [*before[:-2], "<Returns>", before[-2]]
    anna.send(f"{address}/down", root)
    anna.send(f"{address}/down", root)
    assert titles() == before
    assert anna.send(address, title="Returns").status == 303
    task = tenant.native("POST", "/v1/tasks", {"title": "Chair", "category": number})
    assert "Move its 1 task to" in anna.get(address).text
    refused = anna.send(f"{address}/delete", address, move_to="")
    assert (refused.status, 'id="move_to-fault"' in refused.text) == (422, True)
    other = tenant.native("GET", "/v1/categories")["items"][0]["number"]
    assert anna.send(f"{address}/delete", address, move_to=str(other)).status == 303
    assert tenant.native("GET", f"/v1/tasks/{task['id']}")["category"] == other
    assert anna.get(address).status == 404


def test_a_webhook_is_made_changed_and_its_secret_shown_once(tenant: Tenant, anna: Browser) -> None:
    root = "/ui/admin/webhooks"
    refused = anna.send(f"{root}/new", url="http://localhost/", types="task.*", description="kept")
    assert (refused.status, 'id="url-fault"' in refused.text, 'value="kept"' in refused.text) == (422, True, True)
    page = anna.send(f"{root}/new", url="https://hooks.example.com/x", types="task.*, case.created", description="<d>")
    secret = OUTPUT.search(page.text)
    assert secret is not None, page.text
    assert secret[1].startswith("whsec_")
    [hook] = tenant.native("GET", "/v1/webhooks")["items"]
    assert hook["types"] == ["task.*", "case.created"]
    address = f"{root}/{hook['id']}"
    assert "&lt;d&gt;" in anna.get(root).text
    assert secret[1] not in anna.get(address).text
    again = OUTPUT.search(anna.send(f"{address}/rotate", address).text)
    assert again is not None
    assert again[1] != secret[1]
    assert anna.send(address, state="paused", types="*").status == 303
    assert anna.send(f"{address}/test", address).status == 303
    page = anna.get(f"{address}?state=all")
    [delivery] = re.findall(f'href="({address}/deliveries/[^"]+)"', page.text)
    assert "webhook.test" in anna.get(delivery).text
    assert anna.send(f"{address}/replay", address).status == 303
    assert "0 deliveries are sent again." in anna.get(address).text
    assert anna.send(f"{address}/delete", address).status == 303
    assert "No webhooks yet." in anna.get(root).text


def test_names_are_given_to_people_with_the_tasks_that_carry_them(tenant: Tenant, anna: Browser) -> None:
    root, bert = "/ui/admin/aliases", tenant.login("bert")
    refused = anna.send(root, person="nobody-at-all", dialect="ibm_htm", name="x")
    assert (refused.status, 'id="person-fault"' in refused.text) == (422, True)
    assert anna.send(root, person=bert, dialect="ibm_htm", name="<cn=Bert>").status == 303
    assert "&lt;cn=Bert&gt;" in anna.get(root).text
    anna.send(f"{root}/remove", root, person=bert, dialect="ibm_htm", name="<cn=Bert>")
    assert "No aliases yet." in anna.get(root).text
    headers = {"Authorization": tenant.basic("anna"), "Content-Type": "application/json"}
    body = '{"items": [{"title": "From afar", "priority": 1, "resource_id": 4711}]}'
    sent = anna.server.call("POST", "/genesys/tasks", body, headers)
    page = anna.get("/ui/admin/names").text
    if sent.status < 300:
        assert "4711" in page


def test_the_tenant_is_changed(tenant: Tenant, anna: Browser) -> None:
    root = "/ui/admin/tenant"
    refused = anna.send(root, display_name="Kept", zone="Mars", users="many")
    assert refused.status == 422
    for field in ("zone", "users"):
        assert f'id="{field}-fault"' in refused.text, field
    assert 'value="Kept"' in refused.text
    fields = {"display_name": "Shop <1>", "zone": "Europe/Riga", "language": "de", "users": "1 000", "open_tasks": ""}
    assert anna.send(root, require_if_match="true", **fields).status == 303
    shown = tenant.native("GET", "/v1/tenant")
    assert (shown["display_name"], shown["zone"], shown["language"]) == ("Shop <1>", "Europe/Riga", "de")
    assert (shown["limits"]["users"], shown["require_if_match"]) == (1000, True)
    assert anna.send(root, require_if_match="", users="").status == 303
    assert tenant.native("GET", "/v1/tenant")["limits"]["users"] is None


def test_settings_have_their_value_and_source_and_no_secret(anna: Browser) -> None:
    page = anna.get("/ui/admin/settings").text
    assert re.search('data-setting="passwords.least" data-source="default">.*<code>12</code>', page)
    assert 'data-setting="database" data-source="option"' in page
    assert re.search('data-setting="secret_key" data-source="variable">.*<code>set</code>', page)
    assert "passwords.least" not in anna.get("/ui/admin/settings?q=server.").text


def test_attributes_have_their_values_and_the_setting_that_lists_them(anna: Browser) -> None:
    page = anna.get("/ui/admin/attributes").text
    row = re.search('<tr data-attribute="Resource">.*?</tr>', page, re.DOTALL)
    assert row is not None
    for text in ("<code>101</code>", "<code>Service.resource_type</code>", "<code>7</code> Repair &lt;of&gt; a bike"):
        assert text in row[0]
    assert '<p data-source="file">' in page
    assert "<code>dialects.genesys.business_attribute</code>" in page
    assert '<form method="post"' not in page[page.index('id="place"') : page.index("</main>")]


def test_a_template_is_tried(tenant: Tenant, anna: Browser) -> None:
    assert "No templates yet." in anna.get("/ui/admin/templates").text
    text = '[[template]]\nname = "Returns"\ndisplay_name = "A <return>"\npriority = 3\nkind = "human"\n'
    tenant.command("template", "load", "-", "--tenant", tenant.name, typed=text)
    page = anna.get("/ui/admin/templates").text
    [address] = re.findall('href="(/ui/admin/templates/[0-9a-f-]+)"', page)
    tried = anna.get(address).text
    assert "A task as it would be" in tried
    assert "A &lt;return&gt;" in tried


def test_templates_are_loaded_from_a_file_or_a_text_and_faults_have_lines(anna: Browser) -> None:
    text = '[[template]]\nname = "Calls"\npriority = "x<y"\n'
    faulty = anna.send("/ui/admin/templates", text=text)
    assert faulty.status == 422
    assert "Nothing was loaded." in faulty.text
    assert "Line 3: priority: must be a whole number, not below 0" in faulty.text
    assert "priority = &#34;x&lt;y&#34;" in faulty.text
    assert "Choose a file, or type its text." in anna.send("/ui/admin/templates", text=" ").text
    fields = {"csrf": anna.csrf()}
    loaded = anna.upload("/ui/admin/templates", fields, "calls.toml", text.replace('"x<y"', "3").encode())
    assert loaded.status == 303
    assert "Templates: 1 added." in anna.get("/ui/admin/templates").text
    assert "Calls</th>" in anna.last.text


def test_shared_views_are_listed_and_deleted(tenant: Tenant, anna: Browser) -> None:
    assert "No shared views yet." in anna.get("/ui/admin/views").text
    call = anna.server.app.executor.call
    principal = replace(system(tenant.key), user=tenant.uids["anna"], login=tenant.login("anna"), is_admin=True)
    command = views.SaveView(name="<Late>", list="all", q="is:overdue", shared_with="*")
    number = call(views.save, command, tenant.key, principal=principal).number
    page = anna.get("/ui/admin/views").text
    assert "&lt;Late&gt;" in page
    assert "Everybody" in page
    assert anna.send(f"/ui/admin/views/{number}/delete", "/ui/admin/views").status == 303
    assert "&lt;Late&gt; was deleted." in anna.get("/ui/admin/views").text
