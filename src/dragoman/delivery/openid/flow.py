"""The flow of one provider: the address that the browser is sent to, and what its way back proves."""

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from dragoman.delivery.openid import id_tokens
from dragoman.delivery.openid.attempt import Attempt
from dragoman.delivery.openid.documents import Document, Documents
from dragoman.delivery.openid.exchange import Http
from dragoman.delivery.openid.keys import Keys
from dragoman.domain.clock import Clock
from dragoman.domain.errors import Forbidden, Invalid
from dragoman.domain.provider import Provider

ERROR = re.compile(r"[a-z_]{1,60}", re.ASCII)


class Flow:
    """Signs users in at one provider. Its keys and its configuration are kept for an hour."""

    def __init__(self, provider: Provider, http: Http, clock: Clock) -> None:
        self._provider = provider
        self._table = provider.table
        self._http = http
        self._clock = clock
        self._documents = Documents(provider.table, http, clock)
        self._keys = Keys(provider.name, http, clock)

    def begin(self, attempt: Attempt, redirect_uri: str) -> str:
        """The address of the provider to which the browser is sent. Raises Unavailable, or Forbidden."""
        parameters = {
            "response_type": "code",
            "client_id": self._table.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._table.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return with_query(self._documents.get().authorization_endpoint, parameters)

    def finish(self, attempt: Attempt, parameters: Mapping[str, str], redirect_uri: str) -> dict[str, Any]:
        """The claims about the user, `sub` among them, from the parameters of the callback.

        The caller has compared the state. Raises Invalid, Forbidden or Unavailable.
        """
        issuer = parameters.get("iss")
        if issuer not in (None, self._table.issuer):  # RFC 9207: another provider answers
            raise Forbidden("issuer_differs", "The answer is of another provider.")
        if "error" in parameters:
            error = parameters["error"]
            shown = error if ERROR.fullmatch(error) else "an error"
            raise Forbidden("provider_refused", f"The provider refused to sign you in: {shown}.")
        if not parameters.get("code"):
            raise Invalid("code_missing", "The address has no code of the provider.")
        document = self._documents.get()
        if document.names_issuer and issuer is None:
            raise Forbidden("issuer_differs", "The answer doesn't name the provider.")
        tokens = self._redeem(document, attempt, parameters["code"], redirect_uri)
        claims = self._verified(document, attempt, tokens.get("id_token"))
        return self._completed(document, claims, tokens.get("access_token"))

    def end_session(self, return_to: str) -> str | None:
        """The address where the session at the provider is ended; None if it offers none."""
        endpoint = self._documents.get().end_session_endpoint
        parameters = {"client_id": self._table.client_id, "post_logout_redirect_uri": return_to}
        return None if endpoint is None else with_query(endpoint, parameters)

    def _redeem(self, document: Document, attempt: Attempt, code: str, redirect_uri: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        }
        client, secret = self._table.client_id, self._provider.secret.value
        headers = {}
        if document.posts_secret:
            form |= {"client_id": client, "client_secret": secret}
        else:
            headers["Authorization"] = _basic(client, secret)
        answer = self._http.send("POST", document.token_endpoint, headers, form)
        if answer.status in (400, 401, 403):
            raise Forbidden("code_refused", f"The provider didn't accept the code (status {answer.status}).")
        return answer.members("answer to the code")

    def _verified(self, document: Document, attempt: Attempt, token: Any) -> dict[str, Any]:
        if not isinstance(token, str):
            raise Forbidden("token_invalid", "The provider sent no ID token.")
        claims = id_tokens.verified(
            token,
            self._table.algorithms,
            lambda algorithm, key_id: self._keys.candidates(document.jwks_uri, algorithm, key_id),
        )
        id_tokens.check(claims, self._table.issuer, self._table.client_id, attempt.nonce, self._clock.now())
        return claims

    def _completed(self, document: Document, claims: dict[str, Any], access_token: Any) -> dict[str, Any]:
        """The claims, with those that the token lacks from `userinfo`."""
        table = self._table
        wanted = {table.login_claim, table.name_claim, table.email_claim, table.groups_claim} - {""}
        if wanted <= claims.keys() or document.userinfo_endpoint is None or not isinstance(access_token, str):
            return claims
        headers = {"Authorization": f"Bearer {access_token}"}
        if not access_token.isascii() or not access_token.isprintable():
            raise Forbidden("token_invalid", "The provider's access token can't be sent.")
        more = self._http.send("GET", document.userinfo_endpoint, headers).members("answer about the user")
        if more.get("sub") != claims["sub"]:
            raise Forbidden("subject_differs", "The provider's answer is about another user.")
        return more | claims


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """The URL with further parameters."""
    return url + ("&" if urlsplit(url).query else "?") + urlencode(parameters)


def _basic(client: str, secret: str) -> str:
    """RFC 6749 2.3.1: both are encoded as in a form first."""
    text = f"{quote_plus(client)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(text.encode()).decode()}"
