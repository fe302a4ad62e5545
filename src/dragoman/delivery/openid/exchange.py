"""Requests to a provider: one at a time in the thread of the caller, bounded in time and size, without redirects."""

import logging
import ssl
from collections.abc import Mapping
from typing import Any, Protocol

import httpx
import msgspec

from dragoman import __version__
from dragoman.domain.clock import Clock
from dragoman.domain.errors import Forbidden, Unavailable

AGENT = f"dragoman/{__version__}"
STEP_SECONDS = 5.0
TOTAL_SECONDS = 15.0
MOST_BYTES = 1024 * 1024

# They log a line for each request at "info", and headers of replies at "debug".
for name in ("httpx", "httpcore"):
    logging.getLogger(name).setLevel(logging.WARNING)


class Answer(msgspec.Struct, frozen=True):
    """What a provider answered."""

    status: int
    body: bytes

    def members(self, what: str) -> dict[str, Any]:
        """The JSON object of a successful answer. Raises Forbidden if it is none; `what` names it in the message."""
        try:
            found = msgspec.json.decode(self.body) if self.status == 200 else None
        except (msgspec.DecodeError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Forbidden("provider_broken", f"The provider's {what} can't be read (status {self.status}).")
        return found


class Http(Protocol):
    """Sends requests to providers. Raises Unavailable if there is no answer, or one of status 429 or 5xx."""

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> Answer: ...


class HttpxClient:
    """`Http` for one provider, called `name` in messages. Connections are kept; several threads may send."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._monotonic = clock.monotonic
        # The certificates of the operating system. By default HTTPX has its own, without those of a company.
        self._client = httpx.Client(verify=ssl.create_default_context(), trust_env=False, timeout=STEP_SECONDS)

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> Answer:
        fields = {"User-Agent": AGENT, "Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
        try:
            with self._client.stream(method, url, headers=fields, data=form) as response:
                answer = Answer(response.status_code, self._read(response))
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise self._silent() from None
        if answer.status == 429 or answer.status >= 500:
            raise self._silent()
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _read(self, response: httpx.Response) -> bytes:
        body, until = bytearray(), self._monotonic() + TOTAL_SECONDS
        for piece in response.iter_raw():
            body += piece
            if len(body) > MOST_BYTES or self._monotonic() > until:
                raise self._silent()
        return bytes(body)

    def _silent(self) -> Unavailable:
        return Unavailable("provider_unavailable", f"{self._name} doesn't answer.", retry_after_seconds=5)
