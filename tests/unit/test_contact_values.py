"""Values by which contacts are found: how they are compared, and that the search table finds what is equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.domain.contact import KEY_CHARACTERS, PHONE, Contact, ContactKind, key_from
from dragoman.domain.contact_values import KEY, Condition, matches, shared, values_of
from dragoman.domain.extension import Extension, fold

UID = "01931b2c-0000-7000-8000-000000000000"
IDA = Contact(
    1,
    1,
    UID,
    ContactKind.PERSON,
    first_name="Ida",
    email="ida@example.com",
    attributes={"@email": ("moe@example.com",), PHONE: ("+49 1", "+49 2"), "Vip": (" Yes ",)},
    extensions={
        "bike": Extension(
            "Bike", '[{"Frame":"F-1","size":54,"w":9.50,"mine":true,"old":null},{"Frame":"F-2","size":56}]'
        ),
        "note": Extension("Note", '"text"'),
    },
)


def has(attribute: str, text: str, extension: str | None = None) -> Condition:
    return Condition(attribute, (text,), extension)


@pytest.mark.parametrize(
    "condition",
    [
        has("@first_name", " IDA "),
        has("@email", "MOE@example.com"),
        has("@email", "ida@example.com"),
        has(PHONE, "+49 2"),
        has("vip", "yes"),
        has(KEY, IDA.customer_key.lower()),
        has("frame", "f-1", "bike"),
        has("size", "54.0", "bike"),
        has("w", "9.5", "bike"),
        has("mine", "True", "bike"),
    ],
    ids=str,
)
def test_an_equal_value_is_found_and_matches(condition: Condition) -> None:
    assert matches(IDA, [condition])
    assert any((condition.indexed, form) in values_of(IDA) for form in condition.forms)


@pytest.mark.parametrize(
    "condition",
    [
        has("@first_name", "Ida Moe"),
        has("first_name", "Ida"),
        has("@last_name", ""),
        has("email", "ida@example.com"),
        has("size", "5", "bike"),
        has("size", "1e9999999999", "bike"),
        has("old", "null", "bike"),
        has("frame", "F-1", "car"),
        has("text", "text", "note"),
    ],
    ids=str,
)
def test_another_value_does_not_match(condition: Condition) -> None:
    assert not matches(IDA, [condition])


def test_conditions_on_one_extension_hold_in_one_record() -> None:
    assert matches(IDA, [has("frame", "F-2", "bike"), has("size", "56", "bike")])
    assert not matches(IDA, [has("frame", "F-1", "bike"), has("size", "56", "bike")])


def test_what_must_not_be_shared_has_all_attributes() -> None:
    assert list(shared(IDA, ("@first_name", "@last_name"), None)) == []
    assert list(shared(IDA, ("@first_name", PHONE), None)) == [
        [Condition("@first_name", ("Ida",)), Condition(PHONE, ("+49 1", "+49 2"))]
    ]
    assert len(list(shared(IDA, ("frame", "size"), "bike"))) == 2
    assert list(shared(IDA, ("frame", "old"), "bike")) == []


def test_a_key_has_letters_and_digits_and_is_the_texts_own() -> None:
    key = key_from(UID)
    assert len(key) == KEY_CHARACTERS
    assert key.isascii()
    assert key.isalnum()
    assert key == key.upper() == IDA.customer_key
    assert key_from(f"{UID} ") != key


@given(st.text(max_size=400), st.one_of(st.none(), st.text(max_size=300)))
def test_whatever_is_stored_is_found_by_its_own_text(text: str, name: str | None) -> None:
    contact = Contact(1, 1, UID, ContactKind.PERSON, attributes={name or "Nick": (text,)})
    if (name or "Nick").startswith("@"):
        return
    condition = has(fold(name or "Nick"), text)
    assert matches(contact, [condition])
    assert any((condition.indexed, form) in values_of(contact) for form in condition.forms)


@given(st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.booleans()))
def test_scalars_of_records_are_found_by_their_text(value: object) -> None:
    text = str(value).lower()
    contact = Contact(1, 1, UID, ContactKind.PERSON, extensions={"x": Extension("x", f'{{"a":{text}}}')})
    condition = has("a", text, "x")
    assert matches(contact, [condition])
    assert any((condition.indexed, form) in values_of(contact) for form in condition.forms)
