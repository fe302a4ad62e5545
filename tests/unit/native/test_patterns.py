"""The patterns of the OpenAPI say what is accepted, no less and no more."""

import re
from typing import Annotated, Any, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.native.wire import forms, queries, scalars

HINTS: dict[str, Any] = {
    name: hint
    for module in (scalars, queries)
    for name, hint in vars(module).items()
    if get_origin(hint) is Annotated and forms.of_type(hint)
}
PATTERNS = {
    name: meta.extra_json_schema["pattern"]
    for name, hint in HINTS.items()
    for meta in getattr(hint, "__metadata__", ())
    if "pattern" in (getattr(meta, "extra_json_schema", None) or {})
}
moments = st.builds(
    "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}{}{}".format,
    st.integers(0, 9999),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 24),
    st.integers(0, 60),
    st.integers(0, 60),
    st.sampled_from(["", ".1", ".1234567", ".12345678", "."]),
    st.builds("{}{:02d}:{:02d}".format, st.sampled_from("+-"), st.integers(12, 15), st.sampled_from([0, 1, 59, 60]))
    | st.sampled_from(["Z", "", "z", "+00:00", "-00:00"]),
)


def is_accepted(name: str, text: str) -> bool:
    try:
        forms.check(text, forms.of_type(HINTS[name]))
    except ValueError:
        return False
    return True


def matches(name: str, text: str) -> bool:
    return re.fullmatch(PATTERNS[name].removeprefix("^").removesuffix("$"), text) is not None


def test_every_form_has_a_pattern() -> None:
    assert {"Time", "LocalTime", "Uid", "EMail", "Language"} <= PATTERNS.keys()


@given(moments)
def test_a_time_is_accepted_if_the_pattern_says_so(text: str) -> None:
    if text[:4] in ("0001", "9999"):
        return  # an offset may lead out of the years that there are, which no pattern says
    assert is_accepted("Time", text) == matches("Time", text)


@pytest.mark.parametrize("offset", ["+14:00", "-14:00", "+13:59", "Z"])
def test_offsets_up_to_fourteen_hours_fit_the_pattern(offset: str) -> None:
    text = f"2031-05-04T10:20:30{offset}"
    assert is_accepted("Time", text)
    assert matches("Time", text)


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_what_a_pattern_makes_is_accepted(name: str) -> None:
    @given(st.from_regex(PATTERNS[name].removeprefix("^").removesuffix("$"), fullmatch=True))
    def check(text: str) -> None:
        assert text[:4] in ("0001", "9999") or is_accepted(name, text)

    check()


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_what_is_accepted_fits_the_pattern(name: str) -> None:
    @given(st.text(max_size=30))
    def check(text: str) -> None:
        assert matches(name, text) or not is_accepted(name, text)

    check()


class Inner(msgspec.Struct):
    users: list[scalars.Uid] = []


class Outer(msgspec.Struct):
    inner: Inner | None = None
    inners: list[Inner] = []


@pytest.mark.parametrize("body", [Outer(Inner(["anna"])), Outer(inners=[Inner(), Inner(["anna"])])])
def test_texts_of_objects_within_a_body_have_their_forms(body: Outer) -> None:
    forms.check_body(Outer(Inner(["01a228db-d9af-702d-a0b4-0db88ab7540e"]), [Inner()]))
    with pytest.raises(ValueError, match="form"):
        forms.check_body(body)
