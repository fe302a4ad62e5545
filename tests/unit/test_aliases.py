"""Names of other systems: which text can be one, and how it is spelt."""

import pytest

from dragoman.domain.aliases import Name, NameForm, PersonNames, kept_name, read, without_name

GUID = "6d9be2a4-1111-4222-8333-44445555abcd"
INTEGER, GUIDS, WORDS, TEXTS = map(PersonNames, NameForm)


@pytest.mark.parametrize(
    ("names", "text", "shown", "key"),
    [
        (INTEGER, "31", "31", "31"),
        (INTEGER, "0031", "31", "31"),
        (INTEGER, "-5", "-5", "-5"),
        (INTEGER, str(2**63 - 1), str(2**63 - 1), str(2**63 - 1)),
        (INTEGER, str(-(2**63)), str(-(2**63)), str(-(2**63))),
        (GUIDS, GUID.upper(), GUID, GUID),
        (GUIDS, "{" + GUID + "}", GUID, GUID),
        (GUIDS, GUID.replace("-", ""), GUID, GUID),
        (WORDS, "CN=Anna Berg,O=x", "CN=Anna Berg,O=x", "cn=anna berg,o=x"),
        (WORDS, "A\u0308", "\u00c4", "\u00e4"),
        (TEXTS, "Anna", "Anna", "Anna"),
        (TEXTS, "x" * 255, "x" * 255, "x" * 255),
    ],
)
def test_a_name_is_read(names: PersonNames, text: str, shown: str, key: str) -> None:
    assert read(names, text) == Name(shown, key)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        *((INTEGER, text) for text in ("", "x31", "3.1", "1e3", " 1", "\N{SUPERSCRIPT TWO}", str(2**63), "+1", "--1")),
        *((INTEGER, text) for text in (str(-(2**63) - 1), "9" * 65, "1\n")),
        *((GUIDS, text) for text in ("", "31", GUID[:-1], GUID + "0", "{" + GUID, "{{" + GUID + "}}", "0" * 32)),
        *((GUIDS, text) for text in ("00000000-0000-0000-0000-000000000000", GUID + "\n")),
        *((names, text) for names in (WORDS, TEXTS) for text in ("", " a", "a ", "x" * 256, "a\nb", "a\u202eb", "\0")),
        (PersonNames(NameForm.GUID, nobody=frozenset({GUID})), GUID.upper()),
    ],
)
def test_text_that_is_no_name_is_refused(names: PersonNames, text: str) -> None:
    with pytest.raises(ValueError, match=r"it is|it has|no user"):
        read(names, text)


def test_a_kept_name_is_found_and_taken_out() -> None:
    facts = {"a": {"b": 31, "c": 1}, "d": "x"}
    assert kept_name(facts, ("a", "b")) == "31"
    assert kept_name(facts, ("d", "b")) is None
    assert kept_name({}, ("a", "b")) is None
    assert without_name(facts, ("a", "b")) == {"a": {"c": 1}, "d": "x"}
    assert without_name(facts, ("d",)) == {"a": {"b": 31, "c": 1}}
    assert without_name(facts, ("e", "f")) is facts
