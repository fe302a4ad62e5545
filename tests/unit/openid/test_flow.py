"""Signing in at a provider: what is sent to it, and which of its answers are believed."""

import base64
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from dragoman.delivery.openid import attempt as attempts
from dragoman.delivery.openid.attempt import Attempt
from dragoman.delivery.openid.flow import Flow
from dragoman.domain import provider
from dragoman.domain.clock import FixedClock, Moment
from dragoman.domain.configured import Secret
from dragoman.domain.errors import Expected, Forbidden, Invalid, Unavailable
from tests.support.provider import CLIENT, LIES, SECRET, Provider

ISSUER = "https://id.example"
BACK = "https://tasks.example/ui/sign-in/corp/callback"
USER = {"preferred_username": "anna", "name": "Anna Holt", "email": "anna@example.com"}


class Trial:
    """A flow at a provider that is called without a network, beside a clock that is moved by hand."""

    def __init__(self, **members: Any) -> None:
        self.clock = FixedClock(Moment(time.time_ns() // 100))
        self.provider = Provider(ISSUER, USER)
        self.provider.now = lambda: self.clock.at / 10_000_000
        table = provider.read("corp", {"issuer": ISSUER, "client_id": CLIENT, **members})
        self.flow = Flow(provider.Provider("corp", table, Secret(SECRET)), self.provider, self.clock)

    def begin(self) -> tuple[Attempt, dict[str, str]]:
        attempt = attempts.begin("corp", "/ui/", self.clock.now())
        url = urlsplit(self.flow.begin(attempt, BACK))
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{ISSUER}/authorize"
        return attempt, {name: value for name, [value] in parse_qs(url.query).items()}

    def finish(self, **parameters: str) -> dict[str, Any]:
        attempt, asked = self.begin()
        self.provider.nonce = asked["nonce"]
        return self.flow.finish(attempt, {"code": "c-1", **parameters}, BACK)

    def refusal(self, **parameters: str) -> str:
        with pytest.raises(Expected) as refused:
            self.finish(**parameters)
        return refused.value.code


@pytest.fixture
def trial() -> Trial:
    return Trial()


def test_the_request_asks_for_a_code_with_pkce_state_and_nonce(trial: Trial) -> None:
    attempt, asked = trial.begin()
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid profile email",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": attempt.challenge,
        "code_challenge_method": "S256",
    }
    assert len({attempt.state, attempt.nonce, attempt.verifier}) == 3


def test_the_challenge_is_that_of_the_standard() -> None:  # RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert Attempt("corp", "", "", verifier, "", Moment(0)).challenge == challenge


def test_an_endpoint_with_a_query_keeps_it(trial: Trial) -> None:
    trial.provider.document = {"authorization_endpoint": f"{ISSUER}/authorize?realm=a"}
    assert trial.begin()[1]["realm"] == "a"


def test_claims_come_from_userinfo_where_the_token_has_none(trial: Trial) -> None:
    assert trial.finish().items() >= {"sub": "s-1", **USER}.items()
    assert trial.provider.requests == ["/.well-known/openid-configuration", "/token", "/jwks", "/userinfo"]
    [form] = trial.provider.forms
    assert form["grant_type"] == "authorization_code"
    assert (form["code"], form["redirect_uri"]) == ("c-1", BACK)
    basic = trial.provider.headers[1]["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic) == b"dragoman:a+secret+of+both"


def test_userinfo_is_not_asked_where_the_token_has_all(trial: Trial) -> None:
    trial.provider.id_claims = dict(USER)
    trial.finish()
    assert "/userinfo" not in trial.provider.requests


def test_the_secret_is_posted_where_only_that_is_offered(trial: Trial) -> None:
    trial.provider.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    trial.finish()
    [form] = trial.provider.forms
    assert (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
    assert "Authorization" not in trial.provider.headers[1]


def test_configuration_and_keys_are_kept_for_an_hour(trial: Trial) -> None:
    trial.finish()
    trial.finish()
    assert trial.provider.requests.count("/jwks") == 1
    trial.clock.advance(3601)
    trial.finish()
    assert trial.provider.requests.count("/jwks") == 2
    assert trial.provider.requests.count("/.well-known/openid-configuration") == 2


@pytest.mark.parametrize(("lie", "code"), LIES.items())
def test_a_lie_lets_nobody_in(trial: Trial, lie: str, code: str) -> None:
    trial.provider.lie = lie
    assert trial.refusal() == code


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": [CLIENT, "other"]}, "audience_differs"),
        ({"aud": [CLIENT, "other"], "azp": "other"}, "audience_differs"),
        ({"aud": CLIENT, "azp": "other"}, "audience_differs"),
        ({"aud": None}, "audience_differs"),
        ({"exp": None}, "token_invalid"),
        ({"exp": "soon"}, "token_invalid"),
        ({"exp": 10**400}, "token_invalid"),
        ({"iat": None}, "token_invalid"),
        ({"iat": 1}, "token_not_of_now"),
        ({"nbf": 10**12}, "token_not_of_now"),
        ({"nonce": None}, "nonce_differs"),
        ({"sub": None}, "token_invalid"),
        ({"sub": ""}, "token_invalid"),
        ({"sub": 7}, "token_invalid"),
        ({"sub": "x" * 256}, "token_invalid"),
    ],
)
def test_claims_that_are_not_of_this_sign_in(trial: Trial, claims: dict[str, Any], code: str) -> None:
    trial.provider.id_claims = claims
    assert trial.refusal() == code


@pytest.mark.parametrize("claims", [{"aud": [CLIENT]}, {"aud": [CLIENT, "other"], "azp": CLIENT}])
def test_audiences_that_hold_this_server(trial: Trial, claims: dict[str, Any]) -> None:
    trial.provider.id_claims = claims
    assert trial.finish()["sub"] == "s-1"


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, ""), (-59, ""), (61, "token_not_of_now"), (-61, "token_not_of_now")]
)
def test_clocks_may_differ_by_a_minute(trial: Trial, seconds: int, code: str) -> None:
    trial.provider.now = lambda: trial.clock.at / 10_000_000 + seconds
    if code:
        assert trial.refusal() == code
    else:
        assert trial.finish()["sub"] == "s-1"


def test_a_token_without_key_id_is_tried_with_each_fitting_key(trial: Trial) -> None:
    others: list[Any] = [ECKey.generate_key("P-256", {"kid": "two"}), OKPKey.generate_key("Ed25519", {"kid": "three"})]
    trial.provider.keys = [key.as_dict(private=False) for key in (*others, trial.provider.key)]
    trial.provider.header = {"alg": "ES256"}
    assert trial.finish()["sub"] == "s-1"


def test_a_key_that_cannot_be_read_is_left_out_and_logged_once(trial: Trial, caplog: pytest.LogCaptureFixture) -> None:
    unreadable = [{"kty": "EC", "crv": "X-1", "x": "AA", "y": "AA", "kid": "new"}, 7, {"kty": []}, {"kty": "RSA"}]
    trial.provider.keys = [*unreadable, trial.provider.key.as_dict(private=False)]
    assert trial.finish()["sub"] == "s-1"
    trial.clock.advance(3601)
    assert trial.finish()["sub"] == "s-1"
    assert [record.message for record in caplog.records] == ["provider.key_left_out"] * len(unreadable)


def test_an_unknown_key_has_the_set_read_again_once_a_minute(trial: Trial) -> None:
    trial.finish()
    trial.provider.key = ECKey.generate_key("P-256", {"kid": "two"})
    trial.provider.header["kid"] = "two"
    assert trial.finish()["sub"] == "s-1"
    assert trial.provider.requests.count("/jwks") == 2
    trial.provider.header["kid"] = "three"
    assert trial.refusal() == "key_unknown"
    assert trial.provider.requests.count("/jwks") == 2
    trial.clock.advance(61)
    assert trial.refusal() == "key_unknown"
    assert trial.provider.requests.count("/jwks") == 3


@pytest.mark.parametrize("algorithm", ["EdDSA", "Ed25519", "RS256", "PS256"])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_the_usual_algorithms_are_accepted(trial: Trial, algorithm: str) -> None:
    make: Any = OKPKey.generate_key if algorithm.startswith("Ed") else RSAKey.generate_key
    key = make("Ed25519" if algorithm.startswith("Ed") else 2048, {"kid": "one"})
    trial.provider.key, trial.provider.header = key, {"alg": algorithm, "kid": "one"}
    assert trial.finish()["sub"] == "s-1"


def test_an_algorithm_that_is_not_configured_is_refused() -> None:
    trial = Trial(algorithms=["RS256"])
    assert trial.refusal() == "algorithm_refused"


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "ES384"}, {"kid": "other"}])
def test_a_key_for_something_else_is_not_tried(trial: Trial, change: dict[str, str]) -> None:
    trial.provider.keys = [{**trial.provider.key.as_dict(private=False), **change}]
    assert trial.refusal() == "key_unknown"


def test_an_rsa_key_that_is_too_short_is_left_out(trial: Trial) -> None:
    with pytest.warns(match="2048"):
        key = RSAKey.generate_key(1024, {"kid": "one"})
    trial.provider.keys = [key.as_dict(private=False)]
    trial.provider.header = {"alg": "RS256", "kid": "one"}
    trial.provider.lie = ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial.provider, "token", lambda: jwt.encode({"alg": "RS256", "kid": "one"}, {"sub": "s"}, key))
        assert trial.refusal() == "key_unknown"


def test_a_header_that_nobody_knows_is_ignored(trial: Trial) -> None:
    registry = jws.JWSRegistry(strict_check_header=False, algorithms=["ES256"])
    whole = trial.provider.token

    def token() -> str:
        claims = jwt.decode(whole(), trial.provider.key, algorithms=["ES256"]).claims
        return jwt.encode({"alg": "ES256", "kid": "one", "pi.atm": "x"}, claims, trial.provider.key, registry=registry)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial.provider, "token", token)
        assert trial.finish()["sub"] == "s-1"


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "é.b.c", "....", "W10.e30.AA", "bnVsbA.e30.AA", None, 7])
def test_a_token_that_cannot_be_read_is_refused(trial: Trial, token: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial.provider, "token", lambda: token)
        assert trial.refusal() == "token_invalid"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"issuer": "https://id.example/"}, "provider_broken"),
        ({"jwks_uri": "http://id.example/jwks"}, "provider_broken"),
        ({"token_endpoint": "https://anna@id.example/"}, "provider_broken"),
        ({"token_endpoint": None}, "provider_broken"),
        ({"userinfo_endpoint": 7}, "provider_broken"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "provider_broken"),
        ({"authorization_response_iss_parameter_supported": True}, "issuer_differs"),
        ({"jwks_uri": f"{ISSUER}/nowhere"}, "provider_broken"),
    ],
)
def test_a_configuration_that_breaks_the_rules(trial: Trial, document: dict[str, Any], code: str) -> None:
    trial.provider.document = document
    assert trial.refusal() == code


def test_the_callback_may_name_the_issuer_and_no_other(trial: Trial) -> None:
    assert trial.finish(iss=ISSUER)["sub"] == "s-1"
    asked = len(trial.provider.requests)
    assert trial.refusal(iss="https://other.example") == "issuer_differs"
    assert len(trial.provider.requests) == asked


def test_a_refusal_of_the_provider(trial: Trial) -> None:
    with pytest.raises(Forbidden, match="access_denied"):
        trial.finish(error="access_denied")
    with pytest.raises(Forbidden) as refused:
        trial.finish(error="<script>")
    assert "script" not in refused.value.message
    with pytest.raises(Invalid):
        trial.finish(code="")


def test_a_code_that_is_not_accepted(trial: Trial) -> None:
    attempt, _ = trial.begin()
    trial.provider.status = 400
    with pytest.raises(Forbidden) as refused:
        trial.flow.finish(attempt, {"code": "c-1"}, BACK)
    assert refused.value.code == "code_refused"


def test_a_silent_provider_is_left_alone_for_a_moment(trial: Trial) -> None:
    asked: list[str] = []

    def send(method: str, url: str, headers: Any = None, form: Any = None) -> Any:
        asked.append(url)
        raise Unavailable("provider_unavailable", "corp doesn't answer.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial.provider, "send", send)
        for seconds in (0, 1, 5):
            trial.clock.advance(seconds)
            with pytest.raises(Unavailable, match="corp doesn't answer"):
                trial.begin()
    assert len(asked) == 2
    trial.clock.advance(5)
    assert trial.begin()


def test_the_session_at_the_provider_is_ended_where_it_offers_that(trial: Trial) -> None:
    url = trial.flow.end_session("https://tasks.example/ui/sign-in")
    assert url is not None
    assert parse_qs(urlsplit(url).query)["client_id"] == [CLIENT]
    other = Trial()
    other.provider.document = {"end_session_endpoint": None}
    assert other.flow.end_session("https://tasks.example/ui/sign-in") is None


def test_an_attempt_is_sealed_for_ten_minutes() -> None:
    now, key = Moment(time.time_ns() // 100), b"k" * 32
    attempt = attempts.begin("corp", "/ui/tasks/1", now)
    text = attempts.seal(attempt, key)
    clock = FixedClock(now)
    clock.advance(599)
    assert attempts.unseal(text, key, clock.now()) == attempt
    clock.advance(1)
    assert attempts.unseal(text, key, clock.now()) is None
    assert attempts.unseal(text, b"x" * 32, now) is None
    for broken in ("", ".", "a.b", text[:-2], "x" + text, "é." + text, text + ".x"):
        assert attempts.unseal(broken, key, now) is None
