"""A browser as far as forms need one: it keeps cookies, and fills in the forms of the pages that it got."""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from urllib.parse import urlencode

from tests.support.server import Answer, Server

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


class Browser:
    """One browser at one server. It follows no redirects."""

    def __init__(self, server: Server, **headers: str) -> None:
        self.server = server
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.cookies: dict[str, str] = {}
        self.last = Answer(0, {}, b"")

    def get(self, target: str) -> Answer:
        """A page."""
        return self._sent(self.server.call("GET", target, headers=self._with()))

    def post(
        self,
        target: str,
        fields: Mapping[str, str] | Sequence[tuple[str, str]],
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """A form with these fields, just as given."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(SAME_SITE if headers is None else headers)}
        return self._sent(self.server.call("POST", target, urlencode(fields), self._with(**sent)))

    def upload(self, target: str, fields: Mapping[str, str], file_name: str, content: bytes) -> Answer:
        """A form with these fields and a file in its field `file`."""
        heads = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
        heads.append((f'name="file"; filename="{file_name}"\r\nContent-Type: application/octet-stream', content))
        parts = [b"--B\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (head.encode(), value)
                 for head, value in heads]  # fmt: skip
        sent = {"Content-Type": "multipart/form-data; boundary=B", **SAME_SITE}
        return self._sent(self.server.call("POST", target, b"".join(parts) + b"--B--\r\n", self._with(**sent)))

    def send(self, target: str, page: str = "", **fields: str) -> Answer:
        """A form of a page, by default of the same address, with what the page gave it."""
        self.get(page or target)
        return self.post(target, {"csrf": self.csrf(), **fields})

    def sign_in(self, login: str, password: str, **fields: str) -> Answer:
        """Sign in by the form."""
        return self.send("/ui/sign-in", login=login, password=password, **fields)

    def csrf(self) -> str:
        """What the last page put into its forms."""
        found = CSRF.search(self.last.text)
        assert found is not None, self.last.text
        return unescape(found[1])

    def _with(self, **more: str) -> dict[str, str]:
        cookies = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        )
        return {**self.headers, **cookies, **more}

    def _sent(self, answer: Answer) -> Answer:
        for cookie in answer.headers.get("set-cookie", "").splitlines():
            pair, *attributes = cookie.split("; ")
            name, _, value = pair.partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in attributes:
                del self.cookies[name]
        self.last = answer
        return answer
