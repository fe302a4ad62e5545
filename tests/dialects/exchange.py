"""Plays a case: its world is made, its steps are sent one after the other, each reply is compared."""

import re
import time
import xml.etree.ElementTree as ET
from typing import Any

from tests.dialects.cases import Case, Step
from tests.dialects.placeholders import Mismatch, compare_json, compare_text, fill
from tests.support.given import GIVEN
from tests.support.server import Answer
from tests.support.tenant import PASSWORD, Tenant

PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.02


class Exchange:
    """A case under way: the tenant that it has to itself, and what it knows by now."""

    def __init__(self, tenant: Tenant, case: Case) -> None:
        self._tenant = tenant
        self._case = case
        self._saved: dict[str, Any] = {}

    def play(self) -> None:
        """Mismatch, naming the step, when a reply isn't what the case says."""
        for name in self._case.given:
            self._saved |= GIVEN[name](self._tenant)
        for number, step in enumerate(self._case.step, 1):
            try:
                answer = self._ask(step)
                self._saved |= {name: read(where, answer) for name, where in step.save.items()}
            except Mismatch as fault:
                raise Mismatch(f"step {number}, {step.request}: {fault}") from None

    def known(self, name: str) -> object:
        """What stands for a placeholder. LookupError when nothing does."""
        kind, colon, argument = name.partition(":")
        if name == "token" or (kind == "token" and colon):
            return self._tenant.token(argument or "*")
        if kind == "basic":
            return self._tenant.basic(argument).removeprefix("Basic ")
        if kind == "text":
            return "x" * int(argument)
        if kind == "login":
            return self._tenant.login(argument)
        if kind == "password":
            return PASSWORD
        if kind in ("uid", "number") and colon:
            return self._tenant.native("GET", "/v1/users/me", person=argument)["id" if kind == "uid" else "number"]
        return self._look_up(name)

    def _look_up(self, name: str) -> object:
        first, *rest = name.split(".")
        value = self._saved[first]
        for member in rest:
            value = value[member]
        return value

    def _ask(self, step: Step) -> Answer:
        """The answer that the step wants; one that the server comes to by itself is asked for again and again."""
        last_try = time.monotonic() + (PATIENCE_SECONDS if step.until else 0)
        while True:
            answer = self._send(step)
            try:
                self._compare(step, answer)
                return answer
            except Mismatch:
                if time.monotonic() >= last_try:
                    raise
            time.sleep(PAUSE_SECONDS)

    def _send(self, step: Step) -> Answer:
        headers = {name: fill(value, self.known) for name, value in step.headers.items()}
        given = {name.lower() for name in headers}
        body = None if step.body is None else fill(step.body, self.known).encode()
        if step.body_hex is not None:
            body = bytes.fromhex(step.body_hex)
        if body is not None and "content-type" not in given:
            headers["Content-Type"] = "application/json"
        person = "anna" if step.asked_by is None else step.asked_by
        if person and "authorization" not in given:
            headers["Authorization"] = self._tenant.basic(person)
        answer: Answer = self._tenant.server.call(
            step.method, fill(step.target, self.known), body, headers, block=step.block
        )
        return answer

    def _compare(self, step: Step, answer: Answer) -> None:
        if answer.status != step.status:
            said = answer.body.decode(errors="replace")
            raise Mismatch(f"expected status {step.status}, got {answer.status}: {said}")
        for name, expected in step.reply_headers.items():
            actual = answer.headers.get(name.lower())
            if expected == "{absent}" or actual is None:
                if expected == "{absent}" and actual is None:
                    continue
                raise Mismatch(f"header {name}: expected {expected}, got {actual}")
            compare_text(expected, actual, self.known)
        if step.reply_text is not None:
            compare_text(step.reply_text, answer.text, self.known)
        if step.reply is not None:
            compare_json(step.reply, answer.body, self.known, more=step.more)


def read(where: str, answer: Answer) -> Any:
    """A value out of a reply, for `save`. Mismatch when it isn't there."""
    kind, _, rest = where.partition(":")
    try:
        if where.startswith("/"):
            return at_pointer(answer.json(), where)
        if kind == "header":
            return answer.headers[rest.lower()]
        if kind == "xml":
            return next(ET.fromstring(answer.text).iterfind(rest)).text or ""
        found = re.search(rest, answer.text) if kind == "re" else None
        if found is None:
            raise LookupError(where)
        return found[1]
    except (LookupError, StopIteration, TypeError, ValueError, ET.ParseError) as error:
        raise Mismatch(f"nothing at {where} in {answer.text}") from error


def at_pointer(document: Any, pointer: str) -> Any:
    """The value at a JSON pointer. LookupError or TypeError when there is none."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document
