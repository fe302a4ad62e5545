"""Nobody learns what isn't for them: secrets that clients sent stand in no log, metric, trace, error answer or backup.

Without this test a password stood in a log once, because a client had sent it in the query.
"""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

import pytest

from tests.security.secrets import planting
from tests.security.secrets.planting import CONTENT, CREDENTIALS, PASSWORD
from tests.security.secrets.receiver import Receiver
from tests.support.server import Answer, Server, command


class Told(NamedTuple):
    """All that was told of some thousand requests."""

    tokens: tuple[str, str]
    answers: list[tuple[planting.Planted, Answer]]
    log: str
    metrics: str
    traces: bytes
    spans: set[str]
    services: set[str]
    backup: bytes


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A server that is sent secrets for every operation there is."""
    folder = tmp_path_factory.mktemp("secrets")
    databases = request.getfixturevalue("databases")
    with databases.lent(request.param) as url, Receiver() as receiver, pytest.MonkeyPatch.context() as patch:
        command(url, "user", "add", "anna", "--admin", "--password-stdin", typed=PASSWORD)
        token = command(url, "token", "create", "--user", "anna", "--scope", "*").strip()
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        with Server(url) as server:
            answers = [(each, server.call(*each)) for each in (*planting.requests(token), *planting.logins())]
            handed_out = server.call(*planting.login()).json()["response"]["token"]
            metrics = server.call("GET", "/metrics").text
            command(url, "backup", str(folder / "copy"))
        yield Told(
            (token, handed_out),
            answers,
            "".join(server._said),
            metrics,
            b"".join(receiver.received),
            receiver.names(),
            receiver.services(),
            (folder / "copy").read_bytes(),
        )


def found(text: str | bytes, secrets: tuple[str, ...]) -> list[str]:
    """Those of them that stand there, written as they are or as a part of an address."""
    spelled = text if isinstance(text, bytes) else text.encode()
    return [secret for secret in secrets if secret.encode() in spelled or quote(secret).encode() in spelled]


def test_the_secrets_got_in(told: Told) -> None:
    statuses = {answer.status for _, answer in told.answers}
    assert {200, 201, 400, 401} <= statuses
    assert "\ndragoman_incidents_total 0.0\n" in told.metrics
    assert found(told.backup, CONTENT)[-1:] == [planting.BODY]  # it was stored: what is looked for can be found


def test_the_log_is_there_and_holds_none(told: Told) -> None:
    assert told.log.count('"event":"http.request"') > len(told.answers)
    assert not found(told.log, (*told.tokens, *CREDENTIALS, *CONTENT))


def test_metrics_hold_none(told: Told) -> None:
    assert 'dragoman_requests_total{dialect="native"' in told.metrics
    assert not found(told.metrics, (*told.tokens, *CREDENTIALS, *CONTENT))


def test_traces_hold_none(told: Told) -> None:
    assert told.services == {"dragoman"}
    assert {"transaction", "GET /v1/tasks"} <= told.spans
    assert not found(told.traces, (*told.tokens, *CREDENTIALS, *CONTENT))


def test_error_answers_hold_no_credentials(told: Told) -> None:
    told_back = [
        (asked.method, asked.target, answer.status, leaked)
        for asked, answer in told.answers
        if answer.status >= 400
        and (leaked := found(answer.body + repr(answer.headers).encode(), (*told.tokens, *CREDENTIALS)))
    ]
    assert not told_back


def test_a_backup_holds_no_credentials(told: Told) -> None:
    assert not found(told.backup, (*told.tokens, PASSWORD, planting.WRONG_PASSWORD, planting.WRONG_TOKEN))
