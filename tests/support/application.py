"""All dialects of one application, asked without a network: found, parsed, run and rendered as a server does it."""

import json
from typing import Any

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.kit import OperationSpec, Reply, Request
from dragoman.domain.access import Principal
from dragoman.domain.clock import FixedClock, Moment
from dragoman.domain.errors import Expected
from dragoman.domain.people import User
from dragoman.domain.task import Task
from dragoman.http.router import Router
from dragoman.runtime.application import Application
from dragoman.settings import load
from dragoman.store.unit.overlay import Stamp
from dragoman.store.unit.work import Work
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
        self.router = Router(self.app.dialects)
        self.people: dict[str, Principal] = {}
        self._reader = self.app.store._transactions(writes=False, lane=False)

    def add(self, login: str, *, admin: bool = False) -> Principal:
        """A user who may ask."""
        command = people.AddUser(f"00000000-0000-7000-8000-{len(self.people):012x}", login, is_admin=admin)
        user: User = self.app.call(people.add_user, command, self.tenant)
        self.people[login] = people.principal_of(user)
        return self.people[login]

    def ask(
        self, who: str, method: str, target: str, body: bytes | str = b"", headers: dict[str, str] | None = None
    ) -> Reply:
        """What this person is answered."""
        path, _, query = target.partition("?")
        place = self.router.place(path)
        assert place is not None, path
        table, prefix = place
        raw = body.encode() if isinstance(body, str) else body
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if raw:
            given.setdefault("content-type", "application/json")
        request = Request(method, path, query_string=query, headers=given, body=raw, received_at=self.clock.now())
        request.base_url, request.prefix, request.dialect = "http://127.0.0.1:8080", prefix, table.dialect
        request.principal = self.people[who]
        try:
            return self._answer(request, path[len(prefix) :])
        except Expected as error:
            return table.dialect.error(error, request)

    def _answer(self, request: Request, below: str) -> Reply:
        dialect = request.dialect
        assert dialect is not None
        table = next(table for table in self.router.tables if table.dialect is dialect)
        operation = table.find(request, below)
        if operation is None:
            raise table.explain(request, below)
        command = operation.parse(request)
        if not operation.writes:
            return operation.render(self._read(operation, command, request), request)
        result = self.app.call(
            operation.run,
            command,
            self.tenant,
            principal=request.principal,
            dialect=dialect.name,
            operation=operation.name,
        )
        return operation.render(result, request)

    def _read(self, operation: OperationSpec, command: Any, request: Request) -> Any:
        """What an operation finds that changes nothing, by a reader as in a server."""
        principal = request.principal
        assert principal is not None
        stamp = Stamp(principal.login, operation.name, operation.name)
        keys = operation.needs(command)
        work = Work(self.tenant, keys, lambda overlay: operation.run(UnitOfWork(overlay, principal), command), stamp)
        self._reader.run([work])
        return work.unwrap()

    def native(self, who: str, method: str, target: str, content: Any = None, **headers: str) -> Any:
        """What our own API answers: status and JSON."""
        body = b"" if content is None else json.dumps(content).encode()
        reply = self.ask(who, method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return reply.status, json.loads(reply.body) if reply.body else None

    def core(self, run: Any) -> Any:
        """Something done beside all dialects."""

        def alone(uow: UnitOfWork, _command: Core) -> Any:
            return run(uow)

        return self.app.call(alone, Core(), self.tenant, operation="core")

    def task(self, number: int) -> Task:
        """A task as it is kept."""
        task: Task = self.core(lambda uow: uow.tasks.get(number))
        return task

    def close(self) -> None:
        self._reader.close()
        self.app.close()
