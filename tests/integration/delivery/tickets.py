"""A configured collection of tickets, and the calls of a batch."""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dragoman.delivery.collection import Collection, Entry
from dragoman.delivery.outside import Outside
from dragoman.domain import outside
from dragoman.domain.clock import SystemClock
from dragoman.domain.configured import Secret
from dragoman.domain.outside import OutsideType
from tests.support.outside_server import Tickets

T = TypeVar("T")

SECRET = "Bearer hush-hush-4711"
BATCH = "01890000-0000-7000-8000-000000000001"
IDS = ["1", "2", "3", "4", "5", "6"]
FIRST = Entry(BATCH, 0, "id")

TABLE: dict[str, Any] = {
    "natural_key": "reference",
    "find": {
        "id": {"get": "/tickets/{entry}"},
        "reference": {"get": "/tickets?reference={entry}", "items": "/results", "id": "/id"},
    },
    "apply": {
        "POST": {"method": "POST", "url": "/tickets"},
        "PATCH": {"method": "PATCH", "url": "/tickets/{id}"},
        "DELETE": {"method": "DELETE", "url": "/tickets/{id}"},
    },
    "http": {
        "auth": {"header": "Authorization", "secret": "crm_token"},
        "retry": {"tries": 3, "backoff_s": 0.01, "max_s": 0.02},
        "allow": ["127.0.0.0/8"],
        "timeout_s": 5,
    },
}


@dataclass
class Crm:
    """The server, and how it is configured."""

    base: str
    tickets: Tickets
    table: dict[str, Any] = field(default_factory=lambda: deepcopy(TABLE))

    def type(self) -> OutsideType:
        """The type as configured."""
        return OutsideType("crm_ticket", outside.read("crm_ticket", {"base": self.base, **self.table}), Secret(SECRET))

    def run(self, call: Callable[[Collection], Awaitable[T]]) -> T:
        """What a call with the collection returns."""

        async def inside() -> T:
            async with Outside([self.type()], SystemClock()).collection("crm_ticket") as collection:
                return await call(collection)

        return asyncio.run(inside())
