"""Which URLs webhooks may have: every spelling of an address that isn't public is refused."""

import pytest

from dragoman.domain.webhook_url import UrlRules, faults
from tests.support.private_hosts import PRIVATE_HOSTS

RULES = UrlRules()

OTHERS = [
    ("http://example.com/", {"url_scheme", "url_port"}),
    ("http://example.com:443/", {"url_scheme"}),
    ("ftp://example.com/", {"url_scheme", "url_port"}),
    ("file:///etc/passwd", {"url_scheme", "url_port", "url_invalid"}),
    ("javascript:alert(1)", {"url_scheme", "url_port", "url_invalid"}),
    ("example.com", {"url_scheme"}),
    ("", {"url_scheme"}),
    ("//example.com/", {"url_scheme"}),
    ("https:", {"url_invalid"}),
    ("https:///path", {"url_invalid"}),
    ("https:example.com", {"url_invalid"}),
    ("https://user@example.com/", {"url_user_info"}),
    ("https://user:word@example.com/", {"url_user_info"}),
    ("https://@example.com/", {"url_user_info"}),
    ("https://example.com@127.0.0.1/", {"url_user_info", "url_private"}),
    ("https://127.0.0.1@example.com/", {"url_user_info"}),
    ("https://example.com:22/", {"url_port"}),
    ("https://example.com:0/", {"url_port"}),
    ("https://example.com:65536/", {"url_port"}),
    ("https://example.com:99999999999/", {"url_port"}),
    ("https://example.com:x/", {"url_invalid"}),
    ("https://example.com:443:80/", {"url_invalid"}),
    ("https://example.com/#part", {"url_fragment"}),
    ("https://example.com/#", {"url_fragment"}),
    ("https://example.com\\@127.0.0.1/", {"url_user_info", "url_private", "url_invalid"}),
    ("https://127.0.0.1\\@example.com/", {"url_user_info", "url_invalid"}),
    ("https://exa mple.com/", {"url_invalid"}),
    ("https://example.com/a b", {"url_invalid"}),
    ("https://example.com/\r\nX: y", {"url_invalid"}),
    ("https://exam\tple.com/", {"url_invalid"}),
    (" https://example.com/", {"url_scheme", "url_port"}),
    ("https://example.com/ü", {"url_invalid"}),
    ("https://[::1/", {"url_invalid"}),
    ("https://[1.2.3.4]/", {"url_invalid"}),
    ("https://-example.com/", {"url_invalid"}),
    ("https://exa%20mple.com/", {"url_invalid"}),
    ("https://a..example.com/", {"url_invalid"}),
]


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_private_hosts_in_every_spelling(host: str) -> None:
    found = {fault.code for fault in faults(f"https://{host}/hook", RULES)}
    assert "url_private" in found
    assert found <= {"url_private", "url_invalid"}


@pytest.mark.parametrize(("url", "codes"), OTHERS)
def test_other_refused_urls(url: str, codes: set[str]) -> None:
    found = faults(url, RULES)
    assert codes <= {fault.code for fault in found}
    assert {fault.path for fault in found} == {"/url"}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/",
        "https://example.com:443/a?b=c&d=%20",
        "https://EXAMPLE.com:8443/hook",
        "https://a_b.example.com./x@y",
        "HTTPS://example.com/",
        "https://8.8.8.8/",
        "https://134744072/",
        "https://[2606:4700::1111]/",
        "https://[::ffff:8.8.8.8]:8443/",
        "https://[64:ff9b::808:808]/",
        "https://localhost.example.com/",
        "https://internal.example.com/",
        "https://127.0.0.1.example.com/",
        "https://dead.beef/",
    ],
)
def test_public_urls(url: str) -> None:
    assert faults(url, RULES) == ()


def test_the_operator_may_allow_more() -> None:
    rules = UrlRules(allow_http=True, ports=(), allow_networks=("127.0.0.0/8", "10.1.0.0/16"))
    for url in ("http://127.0.0.1:4711/", "https://localhost/", "https://10.1.2.3:8080/", "https://[::ffff:10.1.0.1]/"):
        assert faults(url, rules) == ()
    for url in ("https://10.2.0.1/", "https://[::1]/", "https://192.168.0.1/"):
        assert [fault.code for fault in faults(url, rules)] == ["url_private"]
    assert [fault.code for fault in faults("ftp://example.com:1/", rules)] == ["url_scheme"]
    assert [fault.code for fault in faults("http://example.com:0/", rules)] == ["url_port"]


def test_there_are_enough_of_them() -> None:
    assert len(set(PRIVATE_HOSTS)) >= 120
