"""`dragoman webhook` against a running server: what it prints, and that its secret verifies what is delivered."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.conftest import add_user
from tests.integration.cli.command import Done, dragoman
from tests.support.receiver import Receiver, receiving
from tests.support.server import Server, command

CONFIG = """[webhooks]
allow_http = true
ports = []
allow_networks = ["127.0.0.0/8"]
"""


class Hooked:
    """A server with the administrator anna, and a receiver of webhooks."""

    def __init__(self, server: Server, receiver: Receiver) -> None:
        self.server = server
        self.receiver = receiver
        self.token = command(server.database_url, "token", "create", "--user", "anna", "--scope", "*").strip()

    def webhook(self, *arguments: str) -> Done:
        """Run `dragoman webhook …`."""
        variables = {"DRAGOMAN_SERVER": self.server.base_url, "DRAGOMAN_TOKEN": self.token}
        return dragoman("", "webhook", *arguments, variables=variables)

    def well(self, *arguments: str) -> str:
        done = self.webhook(*arguments)
        assert (done.code, done.error) == (0, ""), done
        return done.out

    def call(self, method: str, target: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        answer = self.server.call(method, target, None if body is None else json.dumps(body), headers)
        assert answer.status < 300, answer
        return answer.json()


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hooked]:
    url = f"sqlite:///{tmp_path_factory.mktemp('webhooks')}/dragoman.db"
    add_user(url, "anna", admin=True)
    with receiving() as receiver, Server(url, config=CONFIG) as server:
        yield Hooked(server, receiver)


def test_from_the_first_delivery_to_a_replay(hooked: Hooked) -> None:
    url = hooked.receiver.url()
    added = hooked.well("add", url, "--types", "task.created, task.changed", "--description", "Desk")
    webhook, secret = added.split()
    assert hooked.well("list") == f"{webhook}  active  {url}  task.created,task.changed\n"
    shown = hooked.call("GET", f"/v1/webhooks/{webhook}")
    assert (shown["description"], shown["types"]) == ("Desk", ["task.created", "task.changed"])

    task = hooked.call("POST", "/v1/tasks", {"title": "Call the printer"})
    (sent,) = hooked.receiver.wait_for_requests(1)
    event = Webhook(secret).verify(sent.body, sent.headers)
    assert (event["subject"], event["id"]) == (f"tasks/{task['id']}", sent.id)

    delivery = hooked.well("test", webhook).strip()
    tested = hooked.receiver.wait_for_requests(2)[1]
    assert Webhook(secret).verify(tested.body, tested.headers)["type"] == "webhook.test"
    assert hooked.call("GET", f"/v1/webhooks/{webhook}/deliveries/{delivery}")["event"] == tested.id

    assert hooked.well("replay", webhook, "--state", "dead") == "0\n"
    assert hooked.well("replay", webhook, "--until", "2026-01-01T00:00:00Z") == "0\n"
    count = int(hooked.well("replay", webhook, "--state", "delivered", "--from", "2026-01-01T00:00:00Z"))
    assert count == 2
    again = hooked.receiver.wait_for_requests(2 + count)[2:]
    assert {each.id: each.body for each in again} == {sent.id: sent.body, tested.id: tested.body}


def test_json_is_the_document_of_the_server(hooked: Hooked) -> None:
    made = json.loads(hooked.well("add", hooked.receiver.url("/json"), "--json"))
    assert (made["types"], made["secret"][:6]) == (["*"], "whsec_")
    listed = json.loads(hooked.well("list", "--json"))["items"]
    assert [each["id"] for each in listed if each["url"].endswith("/json")] == [made["id"]]
    assert hooked.well("list").endswith("  *\n")
    assert json.loads(hooked.well("test", made["id"], "--json")).keys() == {"delivery"}
    assert json.loads(hooked.well("replay", made["id"], "--state", "dead", "--json")) == {"count": 0}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "http://10.0.0.1/"), "/url: The host"),
        (("add", "https://user@hooks.example/"), "/url: "),
        (("add", "https://hooks.example/", "--types", ""), "types"),
        (("test", "0190163d-8694-739b-aea5-966c26f8ad91"), "webhook_not_found"),
        (("replay", "no/such", "--state", "dead"), "webhook_not_found"),
        (("replay", "0190163d-8694-739b-aea5-966c26f8ad91", "--from", "yesterday"), "from"),
    ],
)
def test_a_refusal_is_said_in_a_line(hooked: Hooked, arguments: tuple[str, ...], code: str) -> None:
    done = hooked.webhook(*arguments)
    assert (done.code, done.out, done.error.count("\n")) == (1, "", 1), done
    assert code in done.error


def test_a_server_that_is_not_there() -> None:
    done = dragoman("", "webhook", "list", "--server", "http://127.0.0.1:9")
    assert done.code == 1
    assert done.error.startswith("dragoman: http://127.0.0.1:9 can't be reached")
