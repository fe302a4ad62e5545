"""All dialects of one application, asked without a network: found, parsed, run and rendered as a server does it."""

import json
from typing import Any

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.kit import Reply
from dragoman.domain.access import Principal
from dragoman.domain.clock import FixedClock, Moment
from dragoman.domain.errors import Expected
from dragoman.domain.people import User
from dragoman.domain.task import Task
from dragoman.http.local import LocalClient
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.usecases.identity import users as people
from dragoman.usecases.uow import UnitOfWork

NOON = Moment(17_900_000_000_000_000)


class Core:
    """Something done to the core itself."""

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Desk:
    """An application on a database of its own. Its clock stands until it is moved."""

    def __init__(self, url: str) -> None:
        self.clock = FixedClock(NOON)
        self.app = Application(load(overrides={"database": url}), self.clock).open()
        self.tenant = self.app.ensure_tenant("main")
        self.client = LocalClient(self.app.dialects, self.app.executor, "http://127.0.0.1:8080")
        self.people: dict[str, Principal] = {}

    def add(self, login: str, *, admin: bool = False) -> Principal:
        """A user who may ask."""
        command = people.AddUser(f"00000000-0000-7000-8000-{len(self.people):012x}", login, is_admin=admin)
        user: User = self.app.executor.call(people.add_user, command, self.tenant)
        self.people[login] = people.principal_of(user)
        return self.people[login]

    def ask(
        self, who: str, method: str, target: str, body: bytes | str = b"", headers: dict[str, str] | None = None
    ) -> Reply:
        """The reply to this user's request; an error in the shape of its dialect."""
        raw = body.encode() if isinstance(body, str) else body
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if raw:
            given.setdefault("content-type", "application/json")
        request = self.client.request(method, target, self.people[who], raw, given)
        try:
            return self.client.execute(request)
        except Expected as error:
            assert request.dialect is not None, target
            return request.dialect.error(error, request)

    def native(self, who: str, method: str, target: str, content: Any = None, **headers: str) -> Any:
        """What our own API answers: status and JSON."""
        body = b"" if content is None else json.dumps(content).encode()
        reply = self.ask(who, method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return reply.status, json.loads(reply.body) if reply.body else None

    def core(self, run: Any) -> Any:
        """Something done beside all dialects."""

        def alone(uow: UnitOfWork, _command: Core) -> Any:
            return run(uow)

        return self.app.executor.call(alone, Core(), self.tenant, operation="core")

    def task(self, number: int) -> Task:
        """A task as it is kept."""
        task: Task = self.core(lambda uow: uow.tasks.get(number))
        return task

    def close(self) -> None:
        self.app.close()
