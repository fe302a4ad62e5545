"""Which URLs webhooks may have: every spelling of an address that isn't public is refused."""

import re

import pytest

from dragoman.domain.webhook_url import UrlRules, faults

RULES = UrlRules()

PRIVATE_HOSTS = re.findall(
    r"\S+",
    """
127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 017700000001 0x7f000001 0x7F.1 0x7f.0x0.0x0.0x1 0177.0.0.1
0177.0.01 127.0x0.0.1 127.0.0.01 127.0.0.1. 0 0.0.0.0 0x0 00 0.1 0x 10.0x 10.0.0.1 10.1 0xa000001 012.0.0.1 167772161
172.16.0.1 172.31.255.254 172.16.1 2886729729 192.168.0.1 192.168.257 3232235521 0xc0a80001 0300.0250.0.1
169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.16689662 100.64.0.1 192.0.0.1 192.0.2.1 198.18.0.1
198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 4294967295
[::1] [::] [0:0:0:0:0:0:0:1] [::127.0.0.1] [::7f00:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::FFFF:10.0.0.1]
[0:0:0:0:0:ffff:a9fe:a9fe] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::a9fe:a9fe]
[64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:7f00:0001::1] [2002:a9fe:a9fe::] [2002:c0a8:1::1] [2001:0:53aa:64c::1]
[2001:db8::1] [fc00::1] [fd00:ec2::254] [fe80::1] [fe80::1%25eth0] [fe80::1%eth0] [2606:4700::1111%25eth0] [febf::1]
[fec0::1] [ff02::1] [100::1] [5f00::1] [3fff::1]
localhost LOCALHOST LocalHost. localhost. a.localhost a.b.localhost. metadata.google.internal x.INTERNAL printer.local
localhost%2e %6cocalhost 127%2e0%2e0%2e1 %31%32%37.0.0.1 １２７.0.0.1 127。0。0。1 127．0．0．1 127｡0.0｡1
ⓛocalhost ①②⑦.0.0.1 1.2.3.4.5 256.1.1.1 1.2.3.256 1.2.65536 08.8.8.8 0x100000000 4294967296
99999999999999999999 127.0.0.1.1
""",
)

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
    assert len(PRIVATE_HOSTS) + len(OTHERS) >= 120
