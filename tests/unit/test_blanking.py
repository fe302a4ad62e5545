"""Credentials are blanked by the name of what holds them and by their shape; all else stays."""

import json

import pytest

from dragoman.domain import blanking

TOKEN = f"dgm_1_{'Ab3-' * 10}Ab3"  # the same in every process that collects these tests
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize("name", ["authorization", "proxy-authorization", "cookie", "x-api-key", "X-Vendor-Auth-Token"])
def test_a_name_of_credentials_is_known(name: str) -> None:
    assert blanking.is_secret(name)


@pytest.mark.parametrize("name", ["accept", "author", "x-author-id", "idempotency-key", "contact_key", "if-match"])
def test_another_name_is_none(name: str) -> None:
    assert not blanking.is_secret(name)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (f"before {TOKEN} behind", "before *** behind"),
        (JWT, "***"),
        ("https://anna:secret@host/", "https://***@host/"),
        ("Bearer abc123def456", "***"),
        ("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", "***"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ", "***"),
        ("1_" + "Ab3-" * 10 + "Ab3", "***"),
    ],
)
def test_the_shape_of_a_credential_is_known(sent: str, kept: str) -> None:
    assert blanking.text(sent) == kept


@pytest.mark.parametrize(
    "sent",
    [
        "0198f6a2-1111-7000-8000-000000000001",
        "0af7651916cd43dd8448eb211c80319c",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        "/rest/bpm/htm/v1/task/_TKI:a01b0144.2bf91704.fec7573f.b3151268",
        "basic understanding of bearer tokens",
        "http://localhost:8080/v1/tasks",
    ],
)
def test_other_text_stays_the_same_object(sent: str) -> None:
    assert blanking.text(sent) is sent


def test_a_query_loses_the_values_of_secret_names_and_shapes() -> None:
    assert (
        blanking.query(f"limit=5&pass%77ord=x+y&q={TOKEN}&asc_auth_key=")
        == "limit=5&pass%77ord=***&q=***&asc_auth_key="
    )


def test_json_loses_secret_members_however_they_are_spelled() -> None:
    sent = f'{{"login": "anna", "pass\\u0077ord": "one two", "more": [{{"token": 7}}, "{TOKEN}"]}}'
    found = json.loads(blanking.body(sent.encode(), "application/json"))
    assert found == {"login": "anna", "password": "***", "more": [{"token": "***"}, "***"]}


def test_json_without_secrets_stays_as_it_was_sent() -> None:
    sent = '{ "number": 12345678901234567890.10, "title":"a\\u0062" }'
    assert blanking.body(sent.encode(), "application/json") == sent


@pytest.mark.parametrize(
    ("sent", "media"),
    [
        ('{"pass\\u0077ord": "hidden one", ', "application/json"),
        ('{"password": "hidden one', "application/json"),
        ("userName=anna&password=hidden+one", "application/x-www-form-urlencoded"),
        ("<user password='hidden one'><token>hidden one</token></user>", "text/xml"),
        ('--x\r\nA: b; name="password"\r\n\r\nhidden one\r\n--x--', "multipart/form-data; boundary=x"),
        ('--x\r\nA: b; filename="f"; name="password"\r\n\r\nhidden one\r\n--x--', "multipart/form-data; boundary=x"),
        (
            '--x\r\nA: b; name="a"\r\n\r\n--x\r\nA: b; name="password"\r\n\r\nhidden\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
        ("[" * 100_000 + '{"secret": "hidden one"}', "application/json"),
    ],
)
def test_what_is_no_json_loses_them_too(sent: str, media: str) -> None:
    assert "hidden" not in blanking.body(sent.encode(), media)


def test_what_is_no_text_is_told_by_its_size() -> None:
    assert blanking.body(b"\xff\xfe\x00", "image/png") == "(3 bytes that are no text)"
