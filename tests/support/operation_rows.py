"""Every operation of every dialect as requests: the rows of the matrices, made from what the router goes by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from dragoman.dialects import discover
from dragoman.dialects.kit import ANY_CREDENTIALS, PUBLIC, Dialect, OperationSpec
from tests.support.in_process_server import Ask
from tests.support.server import basic

DIALECTS = discover()
NOBODYS = "99999999"
"""The id of nothing: a number that any dialect can read, or find nothing under."""
WAYS = ("bearer", "basic")
WAYS_OF_KEYS = ("cookie", "parameter", "form", "bare")
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Row:
    """An operation under one of its dialect's prefixes."""

    dialect: Dialect
    operation: OperationSpec
    prefix: str

    @property
    def is_open(self) -> bool:
        """Whether it asks for no credentials, or for those in its body alone."""
        return self.operation.scopes == PUBLIC or self.operation.credentials is not None

    @property
    def path(self) -> str:
        segments = self.operation.path.split("/")
        return self.prefix + "/".join(NOBODYS if each.startswith("{") else each for each in segments)

    @property
    def takes_any_scope(self) -> bool:
        """Whether credentials suffice."""
        return self.operation.scopes == ANY_CREDENTIALS

    def ask(self, *, method: str = "", headers: dict[str, str] | None = None, body: bytes | None = None) -> Ask:
        """The request, for something that isn't there."""
        return Ask(method or self.operation.method, self.target(self.operation.query), headers or {}, body)

    def target(self, query: Mapping[str, str]) -> str:
        return self.path + (f"?{urlencode(query)}" if query else "")

    def ways(self) -> tuple[str, ...]:
        """Every way to show a token here."""
        reads = self.operation.method == "GET"
        more = WAYS_OF_KEYS if self.dialect.key_name is not None else ()
        return (*WAYS, *(way for way in more if not (reads and way == "form")))

    def shown(self, way: str, token: str, login: str) -> Ask:
        """The request with a token shown in this way."""
        key = self.dialect.key_name
        match way:
            case "bearer":
                return self.ask(headers={"Authorization": f"Bearer {token}"})
            case "basic":
                return self.ask(headers=basic(login, token))
            case "cookie":
                return self.ask(headers={"Cookie": f"{key}={token}"})
            case "bare":
                return self.ask(headers={"Authorization": token})
            case "parameter":
                return Ask(self.operation.method, self.target({**self.operation.query, str(key): token}))
            case "form":
                return self.ask(headers={"Content-Type": FORM}, body=f"{key}={token}".encode())
        raise AssertionError(way)

    def tunnelled(self, token: str) -> Iterator[Ask]:
        """The same request as clients send it that can only POST: the method in a header, the query in a form."""
        for name in self.dialect.method_headers:
            headers = {"Authorization": f"Bearer {token}", name: self.operation.method}
            yield self.ask(method="POST", headers=headers)
            form = urlencode(self.operation.query).encode()
            yield Ask("POST", self.path, headers | {"Content-Type": FORM}, form)


def rows() -> Iterator[Row]:
    """All of them."""
    for dialect in DIALECTS:
        for prefix in dialect.prefixes:
            for operation in dialect.operations:
                if prefix or operation.path.startswith(tuple(f"{root}/" for root in dialect.bare_roots)):
                    yield Row(dialect, operation, prefix)


ROWS = tuple(rows())
SCOPES = tuple(sorted(frozenset[str]().union(*(row.operation.scopes for row in ROWS)) - PUBLIC - ANY_CREDENTIALS))
