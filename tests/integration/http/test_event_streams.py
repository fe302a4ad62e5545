"""The event log over HTTP: pages, waiting, and streams, by clients that are cut off, and that lose their rights."""

import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from httpx_sse import connect_sse

from tests.conftest import PASSWORD, add_user
from tests.support.databases import BACKENDS, Databases
from tests.support.event_client import PATIENCE_SECONDS, EventClient
from tests.support.server import Answer, Server, basic

ANNA, BERT = basic("anna", PASSWORD), basic("bert", PASSWORD)
CONFIG = """
[events]
heartbeat_seconds = 0.3
poll_seconds = 0.1
streams_per_user = 4
streams = 6
"""


@pytest.fixture(scope="module", params=BACKENDS)
def server(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Server]:
    with databases.lent(request.param) as url:
        add_user(url, "anna", admin=True)
        add_user(url, "bert")
        with Server(url, config=CONFIG) as running:
            yield running


def call(
    server: Server, method: str, path: str, content: object = None, headers: dict[str, str] = ANNA
) -> tuple[int, Any]:
    body = None if content is None else json.dumps(content).encode()
    answer = server.call(method, path, body, {**headers, "Content-Type": "application/json"})
    return answer.status, answer.json() if answer.body else None


def made(server: Server, path: str, content: object, headers: dict[str, str] = ANNA) -> Any:
    status, found = call(server, "POST", path, content, headers)
    assert status in (200, 201), found
    return found


def new_task(server: Server, title: str = "t", headers: dict[str, str] = ANNA, **fields: Any) -> Any:
    return made(server, "/v1/tasks", {"title": title, **fields}, headers)


def latest(server: Server, headers: dict[str, str] = ANNA) -> str:
    status, page = call(server, "GET", "/v1/events?since=latest", headers=headers)
    assert (status, page["items"], page["more"]) == (200, [], False)
    return str(page["next"])


def test_a_stream_tells_what_happens_in_blocks_that_every_parser_reads(server: Server) -> None:
    start = latest(server)
    with EventClient(server, ANNA) as stream:
        shown = {
            name: stream.response.getheader(name) for name in ("content-type", "cache-control", "content-encoding")
        }
        assert shown == {"content-type": "text/event-stream", "cache-control": "no-store", "content-encoding": None}
        assert stream.response.getheader("x-accel-buffering") == "no"
        ready = stream.block()
        assert ready.text == (f'retry: 2000\nevent: stream.ready\nid: {start}\ndata: {{"next":"{start}"}}\n'.encode())
        stream.beat()
        stream.beat()
        task = new_task(server, "Ünder\nlines")
        block = stream.block()
        _, page = call(server, "GET", f"/v1/events?since={start}")
        answer = server.call("GET", f"/v1/events/{page['items'][0]['id']}", headers=ANNA)
        assert block.text == b"id: %b\nevent: task.created\ndata: %b\n" % (page["next"].encode(), answer.body)
        assert (answer.headers["cache-control"], block.data["data"]["id"]) == ("no-store", task["id"])
        call(server, "PATCH", f"/v1/tasks/{task['number']}", {"priority": 1})
        last = stream.block()
    call(server, "DELETE", f"/v1/tasks/{task['number']}")
    with EventClient(server, ANNA, "?since=earliest&types=task.*", last=block.id) as again:
        assert [again.block().name for _ in range(3)] == ["stream.ready", "task.changed", "task.deleted"]
    with EventClient(server, ANNA, f"?since={last.id}&subject=tasks/{task['number']}") as again:
        assert [again.block().name for _ in range(2)] == ["stream.ready", "task.deleted"]


def test_real_parties_read_the_stream_and_the_envelope(server: Server) -> None:
    start = latest(server)
    url = f"http://127.0.0.1:{server.port}/v1/events/stream?since={start}"
    with httpx.Client(timeout=PATIENCE_SECONDS) as client, connect_sse(client, "GET", url, headers=ANNA) as source:
        found = source.iter_sse()
        ready = next(found)
        assert (ready.event, ready.id, ready.retry) == ("stream.ready", start, 2_000)
        while not call(server, "GET", f"/v1/events?since={start}&wait=1")[1]["items"]:  # some beats
            new_task(server, "behind some beats, \u2028 a separator and \x85")
        event = next(found)  # no event of a beat between them
        assert (event.event, json.loads(event.data)["data"]["title"][:6]) == ("task.created", "behind")
        read = from_structured_event(HTTPMessage({"content-type": "application/cloudevents+json"}, event.data.encode()))
        assert (read.get_type(), read.get_id()) == ("task.created", json.loads(event.data)["id"])
        assert (read.get_subject(), read.get_extension("sequence")) == (
            json.loads(event.data)["subject"],
            json.loads(event.data)["sequence"],
        )


def test_an_empty_answer_is_held_back_until_there_is_something(server: Server) -> None:
    start = latest(server)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(call, server, "GET", f"/v1/events?since={start}&wait=60") for _ in range(8)]
        new_task(server)
        for each in waiting:
            status, page = each.result(PATIENCE_SECONDS)
            assert (status, [item["type"] for item in page["items"]]) == (200, ["task.created"])
    status, page = call(server, "GET", f"/v1/events?since={start}&types=case.*&wait=1")
    assert (status, page["items"], page["more"], page["next"]) == (200, [], False, latest(server))


def test_a_write_is_in_the_first_answer_behind_its_response(server: Server) -> None:
    since = latest(server)
    for _ in range(20):
        task = new_task(server)
        _, page = call(server, "GET", f"/v1/events?since={since}")
        assert [item["data"]["id"] for item in page["items"]] == [task["id"]]
        since = page["next"]


def test_what_cannot_begin_is_refused_before_the_stream(server: Server) -> None:
    def refused(path: str, headers: dict[str, str] = ANNA) -> tuple[int, str, Answer]:
        answer = server.call("GET", path, headers=headers)
        return answer.status, answer.json()["code"], answer

    good = latest(server)
    foreign = "AQGiKNx6dnO3j0Y7bvfOVGMAAAAAAAAAA_0RILs"
    for path in ("/v1/events", "/v1/events/stream"):
        assert refused(f"{path}?since=sometime")[:2] == (400, "bad_cursor")
        assert refused(f"{path}?since={good[:-1]}")[:2] == (400, "bad_cursor")
        assert refused(f"{path}?types=task")[:2] == (400, "invalid_query")
        assert refused(f"{path}?types=" + ",".join(["task.*"] * 51))[:2] == (400, "invalid_query")
        assert refused(f"{path}?subject=12")[:2] == (400, "invalid_query")
        assert refused(path, {})[:2] == (401, "credentials_missing")
        status, code, answer = refused(f"{path}?since={foreign}")
        assert (status, code, answer.json()["latest"]) == (410, "cursor_foreign", good)
        assert call(server, "GET", f"/v1/events?since={answer.json()['earliest']}&limit=1")[1]["items"]
    assert refused("/v1/events/stream", {**ANNA, "Last-Event-ID": "latest"})[:2] == (400, "bad_cursor")
    for path in ("/v1/events?limit=0", "/v1/events?limit=1001", "/v1/events?wait=61", "/v1/events?what=1"):
        assert refused(path)[:2] == (400, "invalid_query")
    assert refused("/v1/events/01a228db-d9af-702d-a0b4-0db88ab7540e")[:2] == (404, "event_not_found")
    assert refused("/v1/events/12")[:2] == (404, "event_not_found")
    assert server.call("HEAD", "/v1/events/stream", headers=ANNA).status == 200


def test_too_many_streams_are_refused_and_leave_room_when_they_end(server: Server) -> None:
    def opened(headers: dict[str, str]) -> EventClient:
        while (stream := EventClient(server, headers)).response.status != 200:  # those of earlier tests still end
            stream.close()
        assert stream.block().name == "stream.ready"
        return stream

    open_ = [opened(ANNA) for _ in range(4)]
    answer = server.call("GET", "/v1/events/stream", headers=ANNA)
    assert (answer.status, answer.json()["code"]) == (429, "too_many_streams")
    assert int(answer.headers["retry-after"]) > 0
    open_ += [opened(BERT) for _ in range(2)]
    answer = server.call("GET", "/v1/events/stream", headers=BERT)
    assert (answer.status, answer.json()["code"]) == (503, "streams_full")
    assert int(answer.headers["retry-after"]) > 0
    for stream in open_:
        stream.close()
    while server.call("HEAD", "/v1/tasks", headers=ANNA) and _is_full(server):  # it notices each at once
        pass


def _is_full(server: Server) -> bool:
    with EventClient(server, ANNA) as stream:
        return stream.response.status != 200


def test_a_stream_that_is_cut_a_hundred_times_has_each_event_once(server: Server) -> None:
    chance = random.Random(12)
    start = latest(server)
    written: list[str] = []

    def write() -> None:
        written.extend(new_task(server, str(place))["id"] for place in range(150))

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[str] = []
    last, cuts = start, 0
    while cuts < 100 or len(seen) < 150:
        with EventClient(server, ANNA, "?types=task.created", last=last) as stream:
            if stream.response.status == 429:  # it came back before the server saw it leave
                continue
            for _ in range(chance.randrange(1, 4) if cuts < 100 else 1_000):
                block = stream.block()
                last = block.id or last
                if block.name == "task.created":
                    seen.append(block.data["data"]["id"])
                if len(seen) == 150:
                    break
        cuts += 1
    writer.join()
    assert seen == written


def test_a_stream_ends_when_rights_change_and_when_its_token_ends(server: Server) -> None:
    _, me = call(server, "GET", "/v1/users/me", headers=BERT)
    contact = made(server, "/v1/contacts", {"kind": "person", "first_name": "P", "is_private": True})
    token = made(server, "/v1/tokens", {"name": "s", "scopes": ["event.read"]}, BERT)
    bearer = {"Authorization": f"Bearer {token['token']}"}
    with EventClient(server, bearer, "?types=task.*") as stream:
        assert stream.block().name == "stream.ready"
        task = new_task(server)
        hidden = new_task(server, "hidden", contact=contact["number"])
        heard = [stream.block()]  # before it is hidden, else there would be nothing to hear of its creation
        call(server, "PATCH", f"/v1/tasks/{task['number']}", {"contact": contact["number"]})
        heard.append(stream.block())
        assert [(each.name, each.data["data"]["number"]) for each in heard] == [
            ("task.created", task["number"]),
            ("task.hidden", task["number"]),
        ]
        assert hidden["number"] not in {each.data["data"]["number"] for each in heard}
        status, changed = call(server, "PATCH", f"/v1/users/{me['id']}", {"roles": ["supervisor"]})
        assert status == 200, changed
        position, end = stream.block(), stream.block()
        assert (position.name, end.name, end.data) == ("stream.position", "stream.end", {"reason": "rights"})
        assert stream.rest() == b""
    with EventClient(server, bearer, "?types=task.*", last=position.id) as stream:
        assert stream.block().name == "stream.ready"
        call(server, "PATCH", f"/v1/tasks/{hidden['number']}", {"priority": 1})
        assert stream.block().name == "task.changed"
        status, _ = call(server, "DELETE", f"/v1/tokens/{token['id']}", headers=BERT)
        assert status in (200, 204)
        new_task(server, "unheard")
        end = stream.block()
        assert (end.name, end.data) == ("stream.end", {"reason": "credential"})
        assert stream.rest() == b""
    call(server, "PATCH", f"/v1/users/{me['id']}", {"roles": []})


@pytest.fixture(scope="module")
def nodes(databases: Databases) -> Iterator[tuple[Server, Server]]:
    """Two on one PostgreSQL that hear of each other by looking alone."""
    config = "[events]\nnotify = false\npoll_seconds = 0.1"
    with databases.lent("postgresql") as url:
        for login in ("anna", "bert", "cara"):
            add_user(url, login, admin=login == "anna")
        with Server(url, config=config) as one, Server(url, config=config) as other:
            yield one, other


def hear_each_other(nodes: tuple[Server, Server], first: EventClient, second: EventClient) -> None:
    assert first.block().id == second.block().id
    written = [new_task(nodes[place % 2], str(place))["id"] for place in range(20)]
    for stream in (first, second):
        assert [stream.block().data["data"]["id"] for _ in written] == written
    assert new_task(nodes[1])["id"] == first.block().data["data"]["id"] == second.block().data["data"]["id"]


def test_streams_of_two_nodes_hear_each_other_in_order_by_looking(nodes: tuple[Server, Server]) -> None:
    with EventClient(nodes[0], ANNA) as first, EventClient(nodes[1], ANNA) as second:
        hear_each_other(nodes, first, second)


def test_streams_of_two_nodes_that_notify_each_other(postgres_url: str) -> None:
    """A client's patience ends long before the first look."""
    add_user(postgres_url, "anna", admin=True)
    config = "[events]\nnotify = true\npoll_seconds = 60\nheartbeat_seconds = 300"
    with (
        Server(postgres_url, config=config) as one,
        Server(postgres_url, config=config) as other,
        EventClient(one, ANNA) as first,
        EventClient(other, ANNA) as second,
    ):
        hear_each_other((one, other), first, second)
        one.stop()
        assert first.block().data == {"reason": "shutdown"}
        assert first.rest() == b""
        assert new_task(other)["id"] == second.block().data["data"]["id"]


def test_who_waits_on_one_node_hears_of_the_other(nodes: tuple[Server, Server]) -> None:
    one, other = nodes
    start = latest(other)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(call, other, "GET", f"/v1/events?since={start}&wait=60")
        task = new_task(one)
        status, page = waiting.result(PATIENCE_SECONDS)
    assert (status, [item["data"]["id"] for item in page["items"]]) == (200, [task["id"]])


def test_streams_on_another_node_fall_silent_when_rights_end(nodes: tuple[Server, Server]) -> None:
    one, other = nodes
    group = made(one, "/v1/groups", {"name": "desk"})["id"]
    status, _ = call(one, "PUT", f"/v1/groups/{group}/members/cara")
    assert status < 300
    cara = basic("cara", PASSWORD)
    with EventClient(other, BERT, "?types=task.*") as disabled, EventClient(other, cara, "?types=task.*") as changed:
        assert disabled.block().name == changed.block().name == "stream.ready"
        heard = new_task(one)["id"]
        assert disabled.block().data["data"]["id"] == changed.block().data["data"]["id"] == heard
        status, _ = call(one, "PATCH", f"/v1/groups/{group}", {"roles": ["supervisor"]})
        assert status == 200
        status, _ = call(one, "POST", "/v1/users/bert/disable", {})
        assert status == 200
        new_task(one, "unheard")
        for stream, reason in ((disabled, "credential"), (changed, "rights")):
            end = stream.block()
            if end.name == "stream.position":
                end = stream.block()
            assert (end.name, end.data) == ("stream.end", {"reason": reason})
            assert stream.rest() == b""
