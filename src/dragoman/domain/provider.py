"""Providers of identities: who signs users in by OpenID Connect.

One is configured in a table `[oidc.NAME]`; `read` checks it once, at start.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from dragoman.domain.configured import Misconfigured, Secret, part
from dragoman.domain.errors import Invalid

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448"}
)
"""Signatures with a private key. With any other kind, whoever can check a token could make one."""


PROXY = "proxy"
RESERVED = frozenset({"manual", PROXY})
"""Sources of memberships that are no provider."""

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
LONGEST = 255


class ProviderTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table of one provider. `client_secret` is usually a secret outside the file."""

    issuer: str
    client_id: str
    client_secret: str = ""
    label: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    allow_http: bool = False
    # RFC 9864 names Ed25519 anew; some providers still write EdDSA. Libraries take them as two.
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
    tenant: str = "main"
    provision: Literal["off", "on"] = "off"
    login_claim: str = "preferred_username"
    name_claim: str = "name"
    email_claim: str = "email"
    link_by_email: bool = False
    groups_claim: str = ""
    required_groups: tuple[str, ...] = ()
    create_groups: bool = False
    end_session: bool = False


class Provider(msgspec.Struct, frozen=True):
    """A provider as configured, with the secret that this server has with it."""

    name: str
    table: ProviderTable
    secret: Secret

    @property
    def label(self) -> str:
        """What people call it."""
        return self.table.label or self.name


class Visitor(msgspec.Struct, frozen=True):
    """Somebody as a provider or a proxy knows him. `groups` None: it says nothing about groups.

    `source` is the name of the provider, or `proxy`, which knows no subject. Texts that can't be kept are left out.
    """

    source: str
    subject: str = ""
    login: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    is_email_verified: bool = False
    groups: tuple[str, ...] | None = None


class FromProxy(msgspec.Struct, frozen=True):
    """What the headers of a proxy say about who asks: each value of the header with the login, as it was sent."""

    logins: tuple[str, ...]
    name: str = ""
    email: str = ""
    groups: str | None = None

    def visitor(self) -> Visitor:
        """Who it is. Invalid for a login that is empty, or sent more than once."""
        if len(self.logins) != 1:
            raise Invalid("bad_proxy_header", "The header with the user of the proxy is allowed once.")
        login = _line(self.logins[0])
        if login is None:
            raise Invalid("bad_proxy_header", "The header with the user of the proxy holds no login.")
        groups = None if self.groups is None else _groups([name.strip() for name in self.groups.split(",")])
        return Visitor(PROXY, login=login, name=_line(self.name), email=email_of(self.email), groups=groups)


def visitor(provider: Provider, claims: Mapping[str, Any]) -> Visitor:
    """Somebody by his claims, of which `sub` was checked."""
    table = provider.table
    name = _line(claims.get(table.name_claim))
    return Visitor(
        source=provider.name,
        subject=claims["sub"],
        login=_line(claims.get(table.login_claim)),
        name=name,
        first_name=_line(claims.get("given_name")),
        last_name=_line(claims.get("family_name")),
        email=email_of(claims.get(table.email_claim)),
        is_email_verified=claims.get("email_verified") in (True, "true"),
        groups=_groups(claims.get(table.groups_claim)) if table.groups_claim else None,
    )


def email_of(value: Any) -> str | None:
    """The e-mail address; None for what is none."""
    text = _line(value)
    return text if text is not None and EMAIL.fullmatch(text) else None


def _line(value: Any) -> str | None:
    """A text without blanks at its ends, as users have them."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isprintable() and 0 < len(text) <= LONGEST else None


def _groups(value: Any) -> tuple[str, ...] | None:
    """The names in a claim: a list, or one alone."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return None
    return tuple(dict.fromkeys(name for name in value if isinstance(name, str) and name))


def secret_name(name: str) -> str:
    """The name of a provider's secret, which is a part of a variable's name."""
    return f"oidc_{name.replace('-', '_')}"


def read(name: str, table: Any) -> ProviderTable:
    """The provider that a table configures. Raises Misconfigured at the first fault."""
    if not NAME.fullmatch(name):
        raise Misconfigured("", "the name must be of letters, digits, _ and -, and begin with a letter")
    if name in RESERVED:
        raise Misconfigured("", "the name is taken")
    if not isinstance(table, dict):
        raise Misconfigured("", "must be a table")
    found = part(table, ProviderTable, "")
    for member in ("issuer", "client_id", "tenant", "login_claim"):
        if not getattr(found, member):
            raise Misconfigured(member, "must not be empty")
    _check_issuer(found)
    if "openid" not in found.scopes or any(not scope or " " in scope for scope in found.scopes):
        raise Misconfigured("scopes", 'must be a list of words, with "openid" among them')
    others = sorted(set(found.algorithms) - ALGORITHMS)
    if others or not found.algorithms:
        raise Misconfigured("algorithms", f"must be of {', '.join(sorted(ALGORITHMS))}, not {', '.join(others)}")
    if (found.required_groups or found.create_groups) and not found.groups_claim:
        raise Misconfigured("groups_claim", "is needed for required_groups and create_groups")
    return found


def _check_issuer(table: ProviderTable) -> None:
    url = table.issuer
    if not is_endpoint(url, allow_http=table.allow_http) or "?" in url:
        schemes = "an http or https" if table.allow_http else "an https"
        raise Misconfigured("issuer", f"must be {schemes} URL without query, not {url!r}")


def is_endpoint(url: str, *, allow_http: bool) -> bool:
    """Whether requests may go to this URL of a provider: it is whole, and encrypted unless `allow_http`."""
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and " " not in url and "#" not in url and "@" not in parts.netloc
    return is_whole and is_plain and parts.scheme in (("https", "http") if allow_http else ("https",))
