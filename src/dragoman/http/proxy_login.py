"""Headers in which a proxy names the user whom it signed in. They count from the proxy's own connection alone."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dragoman.domain.clock import Clock
from dragoman.domain.provider import FromProxy
from dragoman.http.proxies import Trusted, peer
from dragoman.settings import ProxyLogin

log = logging.getLogger(__name__)

LOGGED_SECONDS = 60.0


class ProxyHeaders:
    """Reads the headers of requests by the settings."""

    def __init__(self, settings: ProxyLogin, clock: Clock) -> None:
        self.is_on = bool(settings.header)
        self._settings = settings
        self._trusted = Trusted(settings.networks)  # proxy_login.from: `from` is a word of Python
        self._monotonic = clock.monotonic
        self._silent_until = 0.0

    def read(self, scope: Mapping[str, Any], *, is_page: bool) -> FromProxy | None:
        """Who asks, as the proxy says; None without its header, and for a request that isn't from the proxy.

        No other header makes a request one of the proxy: X-Forwarded-For is sent by clients, too.
        """
        if not (is_page or self._settings.api):
            return None
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        logins = tuple(_values(headers, self._settings.header))
        if not logins:
            return None
        if peer(scope) not in self._trusted:
            self._ignore(peer(scope))
            return None
        settings = self._settings
        groups = list(_values(headers, settings.groups_header))
        return FromProxy(
            logins,
            next(_values(headers, settings.name_header), ""),
            next(_values(headers, settings.email_header), ""),
            ",".join(groups) if groups else None,
        )

    def _ignore(self, address: str) -> None:
        now = self._monotonic()
        if now >= self._silent_until:
            self._silent_until = now + LOGGED_SECONDS
            log.warning("proxy.ignored", extra={"address": address})


def _values(headers: Iterable[tuple[bytes, bytes]], name: str) -> Iterator[str]:
    """The values of a header, which has no name where it is off."""
    wanted = name.lower().encode("latin-1")
    return (_text(value) for key, value in headers if wanted and key == wanted)


def _text(value: bytes) -> str:
    """Proxies send names in UTF-8, though HTTP has no encoding for headers."""
    try:
        return value.decode().strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()
