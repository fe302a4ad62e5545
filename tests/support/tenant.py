"""A tenant of a test's own with people in it, made through the command line as an administrator would."""

import base64
import json
from itertools import count
from typing import Any

from click.testing import CliRunner

from dragoman.cli.main import dragoman
from tests.support.server import Server

PASSWORD = "a long enough password"
ADMINISTRATORS = frozenset({"anna"})
NUMBERS = count(1)


class Tenant:
    """A fresh tenant of a running server. Its people and tokens are made when somebody speaks of them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.number = next(NUMBERS)
        self.name = f"tenant-{self.number}"
        self._users: set[str] = set()
        self._tokens: dict[str, str] = {}
        self.command("tenant", "add", self.name)

    def command(self, *arguments: str, typed: str = "") -> str:
        """Run `dragoman ARGUMENTS` on the server's database, in this process: a case needs several."""
        done = CliRunner().invoke(dragoman, ["--database", self.server.database_url, *arguments], input=typed)
        if done.exit_code != 0:
            raise AssertionError(f"dragoman {' '.join(arguments)}: {done.exception!r} {done.output}")
        return done.stdout

    def login(self, person: str) -> str:
        """The login of anna (who administers) or of another; logins are unique over all tenants."""
        login = f"{person}-{self.number}"
        if person not in self._users:
            rights = ["--admin"] if person in ADMINISTRATORS else []
            options = ["--tenant", self.name, "--name", person.capitalize(), "--email", f"{login}@example.com"]
            self.command("user", "add", login, *options, *rights, "--password-stdin", typed=PASSWORD)
            self._users.add(person)
        return login

    def token(self, scopes: str, person: str = "anna") -> str:
        """A token with these scopes, one for each set of them."""
        if scopes not in self._tokens:
            options = ["--tenant", self.name, "--user", self.login(person), "--scope", scopes]
            self._tokens[scopes] = self.command("token", "create", *options).strip()
        return self._tokens[scopes]

    def basic(self, person: str) -> str:
        """The value of `Authorization` for HTTP Basic."""
        pair = f"{self.login(person)}:{PASSWORD}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def native(self, method: str, path: str, content: object = None, *, person: str = "anna") -> Any:
        """A request to our own API that must succeed; gives the reply's JSON."""
        headers = {"Authorization": self.basic(person), "Content-Type": "application/json"}
        answer = self.server.call(method, path, None if content is None else json.dumps(content), headers)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.text}")
        return answer.json() if answer.body else None
