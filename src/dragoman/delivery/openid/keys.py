"""The keys of a provider, with which it signs ID tokens (RFC 7517)."""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jwk
from joserfc.errors import JoseError

from dragoman.delivery.openid.exchange import Http
from dragoman.domain.clock import Clock
from dragoman.domain.errors import Forbidden

log = logging.getLogger(__name__)

KEPT_SECONDS = 3600.0
AGAIN_SECONDS = 60.0
LEAST_RSA_BITS = 2048  # RFC 7518 3.3
MOST_KEYS = 100
UNREADABLE = (JoseError, UnsupportedAlgorithm, ArithmeticError, LookupError, TypeError, ValueError, Warning)

FITS: dict[str, Callable[[jwk.Key], bool]] = {
    "RS": lambda key: isinstance(key, jwk.RSAKey),
    "PS": lambda key: isinstance(key, jwk.RSAKey),
    "ES256": lambda key: isinstance(key, jwk.ECKey) and key.curve_name == "P-256",
    "ES384": lambda key: isinstance(key, jwk.ECKey) and key.curve_name == "P-384",
    "ES512": lambda key: isinstance(key, jwk.ECKey) and key.curve_name == "P-521",
    "EdDSA": lambda key: isinstance(key, jwk.OKPKey) and key.curve_name in ("Ed25519", "Ed448"),
    "Ed25519": lambda key: isinstance(key, jwk.OKPKey) and key.curve_name == "Ed25519",
    "Ed448": lambda key: isinstance(key, jwk.OKPKey) and key.curve_name == "Ed448",
}


class Keys:
    """The key set of one provider, kept for an hour. A token with an unknown key has it read again, once a minute."""

    def __init__(self, provider: str, http: Http, clock: Clock) -> None:
        self._provider = provider
        self._http = http
        self._monotonic = clock.monotonic
        self._lock = threading.Lock()
        self._keys: list[jwk.Key] = []
        self._until = -1.0
        self._again_at = -1.0
        self._left_out: set[str] = set()

    def candidates(self, url: str, algorithm: str, key_id: str | None) -> Iterator[jwk.Key]:
        """The keys that may have signed a token, first those that are known. Raises Unavailable.

        When the caller has tried them in vain, the set is read again if it wasn't within the last minute.
        """
        known = self._read(url)
        yield from _fitting(known, algorithm, key_id)
        if key_id is None or not any(key.kid == key_id for key in known):
            yield from _fitting(self._read_again(url), algorithm, key_id)

    def _read(self, url: str) -> list[jwk.Key]:
        with self._lock:
            if self._monotonic() >= self._until:
                self._load(url)
            return self._keys

    def _read_again(self, url: str) -> list[jwk.Key]:
        with self._lock:
            if self._monotonic() < self._again_at:
                return []
            self._again_at = self._monotonic() + AGAIN_SECONDS
            self._load(url)
            return self._keys

    def _load(self, url: str) -> None:
        members = self._http.send("GET", url).members("key set").get("keys")
        if not isinstance(members, list):
            raise Forbidden("provider_broken", "The provider's key set has no keys.")
        # One by one: joserfc refuses the whole set for one key of a kind that it doesn't know.
        found = (self._imported(member) for member in members[:MOST_KEYS])
        self._keys = [key for key in found if key is not None]
        self._until = self._monotonic() + KEPT_SECONDS

    def _imported(self, member: Any) -> jwk.Key | None:
        """The key for signatures; None, with one line in the log, if it can't be read."""
        try:
            if not isinstance(member, dict) or not isinstance(member.get("kty"), str):
                raise TypeError("no key")
            if member.get("use", "sig") != "sig" or member["kty"] == "oct":
                return None
            key = jwk.import_key(member)
            if isinstance(key, jwk.RSAKey) and key.public_key.key_size < LEAST_RSA_BITS:
                raise ValueError("too short")
        except UNREADABLE as error:
            self._leave_out(member, error)
            return None
        return key

    def _leave_out(self, member: Any, error: BaseException) -> None:
        mark = hashlib.sha256(msgspec.json.encode(member)).hexdigest()[:16]
        if mark not in self._left_out and len(self._left_out) < MOST_KEYS:
            self._left_out.add(mark)
            kid = member.get("kid") if isinstance(member, dict) else None
            facts = {"provider": self._provider, "kid": str(kid)[:100], "error": type(error).__name__}
            log.warning("provider.key_left_out", extra=facts)


def _fitting(keys: list[jwk.Key], algorithm: str, key_id: str | None) -> Iterator[jwk.Key]:
    fits = FITS.get(algorithm) or FITS[algorithm[:2]]
    for key in keys:
        if fits(key) and key.get("alg") in (None, algorithm) and key_id in (None, key.kid):
            yield key
