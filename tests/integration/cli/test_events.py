"""`dragoman events tail` against a running server: each event once, whatever happens to the connection."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dragoman.cli import event_pages
from dragoman.domain import event_cursor
from tests.conftest import add_user
from tests.integration.cli.command import Done, dragoman
from tests.support.receiver import dropped, raw, receiving, replies
from tests.support.server import PROGRAM, Server, command, environment

PAGE = b'{"items":[%b],"next":"c%d","more":%b}'


class Followed:
    """A server with the administrator anna, and commands in her name."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.token = command(server.database_url, "token", "create", "--user", "anna", "--scope", "*").strip()
        self.variables = {"DRAGOMAN_SERVER": server.base_url, "DRAGOMAN_TOKEN": self.token}

    def call(self, method: str, target: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        answer = self.server.call(method, target, None if body is None else json.dumps(body), headers)
        assert answer.status < 300, answer
        return answer.json()

    def create(self, title: str) -> str:
        """The subject of a new task."""
        return f"tasks/{self.call('POST', '/v1/tasks', {'title': title})['id']}"

    def now(self) -> str:
        """The cursor behind all that has happened."""
        return str(self.call("GET", "/v1/events?since=latest")["next"])

    def tail(self, *arguments: str) -> Done:
        return dragoman("", "events", "tail", *arguments, variables=self.variables)

    @contextmanager
    def tailing(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """The command in a process of its own."""
        with subprocess.Popen(
            [PROGRAM, "events", "tail", *arguments],
            env=environment("") | self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heeds_interrupts,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def _heeds_interrupts() -> None:
    """What a shell starts in the background ignores them, and so does all that it starts in turn, tests too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    url = f"sqlite:///{tmp_path_factory.mktemp('events')}/dragoman.db"
    add_user(url, "anna", admin=True)
    with Server(url) as server:
        yield Followed(server)


def lines_of(process: subprocess.Popen[str], count: int) -> list[Any]:
    assert process.stdout is not None
    return [json.loads(process.stdout.readline()) for _ in range(count)]


def test_once_prints_what_is_behind_the_cursor_and_the_next_one(followed: Followed) -> None:
    since = followed.now()
    subjects = [followed.create("a"), followed.create("b")]
    followed.call("PATCH", f"/v1/{subjects[0]}", {"title": "c"})
    whole = followed.tail("--once", "--since", since)
    assert whole.code == 0, whole
    shown = followed.server.call(
        "GET", f"/v1/events?since={since}", headers={"Authorization": f"Bearer {followed.token}"}
    )
    assert shown.text.startswith('{"items":[' + whole.out.strip().replace("\n", ",") + "]")  # the same bytes
    assert whole.error == f"{shown.json()['next']}\n"
    for filters, expected in (
        (["--types", "task.created"], subjects),
        (["--types", "task.changed,case.*"], subjects[:1]),
        (["--subject", subjects[1]], subjects[1:]),
    ):
        done = followed.tail("--once", "--since", since, "--json", *filters)
        assert [json.loads(line)["subject"] for line in done.out.splitlines()] == expected
    again = followed.tail("--once", "--since", whole.error.strip())
    assert (again.code, again.out, again.error) == (0, "", whole.error)
    assert json.loads(followed.tail("--once").out.splitlines()[0])["sequence"] == f"{1:020}"


def test_each_event_comes_once_over_kills_stops_and_cuts(followed: Followed) -> None:
    since = followed.now()
    with followed.tailing("--since", since) as process:
        expected = [followed.create("at first")]
        seen = lines_of(process, 1)
        notices = []
        for end in (followed.server.kill, followed.server.stop):
            end()
            assert process.stderr is not None
            notices.append(process.stderr.readline().partition(" can't be reached")[0])
            followed.server.start()
            expected += [followed.create("once"), followed.create("twice")]
            seen += lines_of(process, 2)
        assert [each["subject"] for each in seen] == expected
        assert [each["id"] for each in seen] == [
            each["id"] for each in followed.call("GET", f"/v1/events?since={since}")["items"]
        ]
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    resume, stopped = filter(None, error.splitlines())
    assert notices == [f"dragoman: {followed.server.base_url}"] * 2
    assert stopped == "dragoman: stopped by you."
    left = followed.tail("--once", "--since", resume.rpartition(" ")[2])
    assert (left.code, left.out) == (0, "")


def test_a_reader_who_goes_ends_it_quietly_also_when_nothing_happens(followed: Followed) -> None:
    with followed.tailing() as process:
        lines_of(process, 1)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(60) == 1
        assert process.stderr.read() == ""


def test_a_cursor_that_is_over_says_how_to_begin_again(followed: Followed) -> None:
    foreign = event_cursor.encode("0190163d-8694-739b-aea5-966c26f8ad91", 1)
    done = followed.tail("--since", foreign)
    assert (done.code, done.out, done.error.count("\n")) == (1, "", 1), done
    assert "--since latest --once" in done.error
    assert done.error.endswith("(cursor_foreign)\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--since", "nonsense"), "bad_cursor"),
        (("--types", "task*"), "invalid"),
        (("--subject", "nothing"), "invalid"),
        (("--token", "dgm_nonsense"), "credentials_unknown"),
    ],
)
def test_a_refusal_is_said_in_a_line(followed: Followed, arguments: tuple[str, ...], code: str) -> None:
    done = followed.tail("--once", *arguments)
    assert (done.code, done.out, done.error.count("\n")) == (1, "", 1), done
    assert code in done.error


def test_answers_that_break_off_lose_and_repeat_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_pages, "LONGEST_PAUSE_SECONDS", 0.01)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    first, second = PAGE % (b'{"n":1},{"n":2}', 1, b"true"), PAGE % (b'{"n":3}', 2, b"false")
    with receiving() as receiver:
        receiver.next = [
            dropped,
            raw(head % (len(first), first[:20])),
            replies(200, first),
            replies(429, b'{"code":"too_many_requests","detail":"Too many."}', retry_after="0"),
            replies(503, b"<html>", retry_after="Sun, 29 Nov 2026 00:00:00 GMT"),
            raw(head % (len(second), second[:-1])),
            replies(200, second),
        ]
        done = dragoman("", "events", "tail", "--once", "--server", receiver.url("").rstrip("/"))
    assert (done.code, done.out, done.error) == (0, '{"n":1}\n{"n":2}\n{"n":3}\n', "c2\n"), done
    asked = [sent.target.partition("since=")[2].partition("&")[0] for sent in receiver.sent]
    assert asked == ["earliest"] * 3 + ["c1"] * 4


def test_a_server_that_is_not_there() -> None:
    done = dragoman("", "events", "tail", "--server", "http://127.0.0.1:9")
    assert (done.code, done.out) == (1, "")
    assert done.error.startswith("dragoman: http://127.0.0.1:9 can't be reached")
