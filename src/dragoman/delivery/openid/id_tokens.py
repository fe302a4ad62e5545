"""ID tokens: whether the provider made this one, now, for this server and for this attempt (OpenID Connect 3.1.3.7)."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key

from dragoman.domain.clock import TICKS_PER_SECOND, Moment
from dragoman.domain.errors import Forbidden

LEEWAY_SECONDS = 60
LONGEST_SUBJECT = 255
LARGEST = 2**53

Candidates = Callable[[str, str | None], Iterable[Key]]
"""The keys that may have signed a token with this algorithm and key id."""


class Registry(jws.JWSRegistry):
    """What joserfc accepts: the algorithms of the configuration, and headers of any name.

    By default it refuses a token with a header that it doesn't know, which RFC 7515 (4) forbids, and warns of each that
    names EdDSA.
    """

    def __init__(self, algorithms: Collection[str]) -> None:
        super().__init__(algorithms=algorithms, strict_check_header=False)
        self._names = frozenset(algorithms)

    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in self._names:
            raise JoseError(f"algorithm {name!r}")
        return self.algorithms[name]


def verified(token: str, algorithms: Collection[str], candidates: Candidates) -> dict[str, Any]:
    """The claims of a token whose signature is right. Raises Forbidden."""
    registry = Registry(algorithms)
    try:
        header = jws.extract_compact(token.encode(), registry=registry).headers()
    except (JoseError, ValueError, TypeError, LookupError, RecursionError):
        raise _refused("token_invalid", "can't be read") from None
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise _refused("algorithm_refused", "isn't signed with an algorithm that is accepted")
    if key_id is not None and not isinstance(key_id, str):
        raise _refused("token_invalid", "can't be read")
    tried = False
    for key in candidates(algorithm, key_id):
        tried = True
        content = _content(token, key, registry)
        if content is not None:
            return _claims(content)
    if not tried:
        raise _refused("key_unknown", "is signed with a key that the provider doesn't publish")
    raise _refused("signature_wrong", "has a wrong signature")


def _content(token: str, key: Key, registry: Registry) -> bytes | None:
    try:
        return jws.deserialize_compact(token.encode(), key, registry=registry).payload
    except (JoseError, ValueError, TypeError):
        return None


def _claims(content: bytes) -> dict[str, Any]:
    try:
        claims = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise _refused("token_invalid", "can't be read")
    return claims


def check(claims: dict[str, Any], issuer: str, client_id: str, nonce: str, now: Moment) -> None:
    """Raises Forbidden unless the token is of this issuer, for this client and this attempt, and of now."""
    if claims.get("iss") != issuer:
        raise _refused("issuer_differs", "is of another issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp")
    if client_id not in audiences or (party is None and len(audiences) > 1) or party not in (None, client_id):
        raise _refused("audience_differs", "is for another client")
    seconds = now / TICKS_PER_SECOND
    if _number(claims, "exp") <= seconds - LEEWAY_SECONDS:
        raise _refused("token_expired", "has expired")
    if abs(_number(claims, "iat") - seconds) > LEEWAY_SECONDS:
        raise _refused("token_not_of_now", "wasn't made now: compare the clocks of both servers")
    if "nbf" in claims and _number(claims, "nbf") > seconds + LEEWAY_SECONDS:
        raise _refused("token_not_of_now", "isn't valid yet: compare the clocks of both servers")
    if claims.get("nonce") != nonce:
        raise _refused("nonce_differs", "is of another sign-in")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or "\0" in subject:
        raise _refused("token_invalid", "has no subject")


def _number(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST < value < LARGEST:
        raise _refused("token_invalid", f"has no {name}")
    return value


def _refused(code: str, why: str) -> Forbidden:
    return Forbidden(code, f"The provider's ID token {why}.")
