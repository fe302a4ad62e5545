"""A person with a browser, who asks for one page or list of the API after the other."""

import http.client
import time
from urllib.parse import urlencode, urlsplit

from bench.contenders import Side
from bench.signed_in import sign_in
from bench.world import World

PATIENCE_SECONDS = 120.0
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


class Reader:
    """A person with a browser, at one server."""

    def __init__(self, side: Side, place: World) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(side.address).netloc, timeout=PATIENCE_SECONDS)
        self._token = dict(side.works["read"].headers)
        self._cookie = {"Cookie": f"dragoman_session={sign_in(place)}"}

    def page(self, target: str) -> tuple[float, str]:
        """Milliseconds for a page, and its text."""
        return self._ask("GET", target, self._cookie)

    def json(self, target: str) -> tuple[float, str]:
        """Milliseconds for an answer of the native API, and its text."""
        return self._ask("GET", target, self._token)

    def act(self, target: str, **fields: str) -> float:
        """Milliseconds for a form's answer, as script gets it."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}
        return self._ask("POST", target, {**self._cookie, **SAME_SITE, **headers}, urlencode(fields))[0]

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def _ask(self, method: str, target: str, headers: dict[str, str], body: str | None = None) -> tuple[float, str]:
        began = time.perf_counter()
        self._connection.request(method, target, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        milliseconds = (time.perf_counter() - began) * 1e3
        if answer.status not in (200, 303):
            raise SystemExit(f"{method} {target} answered {answer.status}: {text[:500]}")
        return milliseconds, text
