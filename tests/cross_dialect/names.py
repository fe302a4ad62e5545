"""How dialects spell what tests speak of."""

import json
from typing import Any

from tests.support.world import World


def tkiid(uid: str) -> str:
    """A task's id as IBM's clients know it."""
    digits = uid.replace("-", "")
    return "_TKI:" + ".".join(f"{int(digits[place : place + 8], 16):x}" for place in range(0, 32, 8))


def said(world: World, method: str, target: str, body: Any = None, who: str = "anna") -> tuple[int, Any]:
    """Status and JSON of an answer."""
    reply = world.ask(who, method, target, b"" if body is None else json.dumps(body))
    return reply.status, json.loads(reply.body) if reply.body else None
