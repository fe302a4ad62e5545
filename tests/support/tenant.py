"""A tenant of the test's own on a running server, with the people that it speaks of."""

import json
from itertools import count
from typing import Any

from click.testing import CliRunner

from dragoman.cli.main import dragoman
from dragoman.domain.passwords import hash_password
from dragoman.usecases.identity import adding, sessions
from dragoman.usecases.identity import users as people
from dragoman.usecases.identity.users import token_hash
from tests.support.server import Server, basic

PASSWORD = "a long enough password"
PASSWORD_HASH = hash_password(PASSWORD)
ADMINISTRATORS = frozenset({"anna"})
NUMBERS = count(1)


class Tenant:
    """A new tenant. Users and tokens are made when they are first named; all users share one password.

    They are made through the server's application, not by commands: thousands of cases need one each.
    """

    def __init__(self, server: Server) -> None:
        self.server: Any = server  # an InProcessServer has more methods
        self.number = next(NUMBERS)
        self.name = f"tenant-{self.number}"
        self.key = server.app.ensure_tenant(self.name)
        self.uids: dict[str, str] = {}
        self._tokens: dict[str, str] = {}

    def command(self, *arguments: str, typed: str = "") -> str:
        """Run `dragoman ARGUMENTS` on the server's database, in this process."""
        done = CliRunner().invoke(dragoman, ["--database", self.server.database_url, *arguments], input=typed)
        if done.exit_code != 0:
            raise AssertionError(f"dragoman {' '.join(arguments)}: {done.exception!r} {done.output}")
        return done.stdout

    def login(self, person: str) -> str:
        """The login of anna (who administers) or of another; logins are unique over all tenants."""
        login = f"{person}-{self.number}"
        if person not in self.uids:
            mail, name, admin = f"{login}@example.com", person.capitalize(), person in ADMINISTRATORS
            command = adding.AddUser(login, mail, name, PASSWORD_HASH, admin)
            self.uids[person] = self.server.app.executor.call(adding.add_user, command, self.key).uid
        return login

    def session(self, person: str = "anna") -> str:
        """The id of a new session of this person's."""
        self.login(person)
        call = self.server.app.executor.call
        text = call(sessions.sign_in, sessions.SignIn(self.uids[person], "password"), self.key)
        found: sessions.SignedIn = call(sessions.find_session, sessions.FindSession(token_hash(text)), self.key)
        return found.session.uid

    def token(self, scopes: str, person: str = "anna") -> str:
        """A token with these scopes, one for each person and set of scopes."""
        known = f"{person}:{scopes}"
        if known not in self._tokens:
            self.login(person)
            text = people.token_text(self.key)
            command = people.CreateToken(
                self.uids[person], people.token_hash(text), tuple(scopes.split()), gives_decision=True
            )
            self.server.app.executor.call(people.create_token, command, self.key)
            self._tokens[known] = text
        return self._tokens[known]

    def basic(self, person: str) -> str:
        """The value of `Authorization`, with a token as the password: a password takes 20 ms to verify."""
        return basic(self.login(person), self.token("*", person))["Authorization"]

    def password(self, person: str) -> str:
        """The value of `Authorization` with the password."""
        return basic(self.login(person), PASSWORD)["Authorization"]

    def native(self, method: str, path: str, content: object = None, *, person: str = "anna") -> Any:
        """A request that must succeed; gives the reply's JSON."""
        headers = {"Authorization": self.basic(person), "Content-Type": "application/json"}
        answer = self.server.call(method, path, None if content is None else json.dumps(content), headers)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.text}")
        return answer.json() if answer.body else None
