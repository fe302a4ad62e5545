"""Each dialect's authorization.toml: which scopes suffice, and its operations as requests with ids in them."""

import re
import tomllib
from importlib import resources
from typing import Any
from urllib.parse import quote, urlencode

from dragoman.dialects import discover
from dragoman.dialects.kit import Dialect, OperationSpec
from tests.support.server import Answer
from tests.support.tenant import Tenant

FOLDER = resources.files("dragoman.dialects")
TOLD = {
    dialect.name: tomllib.loads((FOLDER / dialect.name / "authorization.toml").read_text()) for dialect in discover()
}
RIGHTS: dict[str, dict[str, list[str]]] = {name: told["rights"] for name, told in TOLD.items()}
"""Dialect -> scopes, parted by blanks, any one of which suffices -> operations."""
ASKED: dict[str, dict[str, list[str]]] = {name: told["asked"] for name, told in TOLD.items()}
"""Dialect -> operation -> its path below the prefix, and its body if it has one."""
PLACE = re.compile(r"\{(\w+)\}")


def request(row: list[str], operation: OperationSpec, ids: dict[str, Any]) -> tuple[str, bytes | None]:
    """Target and body with these ids in them."""

    def filled(text: str, *, escaped: bool) -> str:
        return PLACE.sub(lambda found: quote(str(ids[found[1]]), safe="") if escaped else str(ids[found[1]]), text)

    target = filled(row[0], escaped=True)
    if operation.query:
        target += ("&" if "?" in target else "?") + urlencode(operation.query)
    return target, filled(row[1], escaped=False).encode() if len(row) > 1 else None


def ask(tenant: Tenant, dialect: Dialect, operation: OperationSpec, row: list[str], ids: dict[str, Any]) -> Answer:
    """The administrator's request, who may do whatever can be done in the tenant."""
    target, body = request(row, operation, ids)
    headers = {"Authorization": tenant.basic("anna")} | ({} if body is None else {"Content-Type": "application/json"})
    answer: Answer = tenant.server.call(operation.method, dialect.prefixes[0] + target, body, headers)
    return answer
