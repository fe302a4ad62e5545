"""The tag of a batch, and the revisions that If-Match names."""

import pytest
from msgspec.structs import replace

from dragoman.dialects.kit import Request
from dragoman.dialects.kit.batch_tags import parse_if_match, tag_of
from dragoman.domain.errors import Invalid
from dragoman.usecases.batches.control import IfMatch
from tests.unit.bulk_samples import NEW, NOON


def asked(header: str | None) -> IfMatch:
    headers = {} if header is None else {"if-match": header}
    return parse_if_match(Request("PATCH", "/", headers=headers, received_at=NOON))


@pytest.mark.parametrize(
    ("header", "revisions"),
    [
        (None, None),
        ("*", "*"),
        ('"3-17"', {3}),
        ('"3"', {3}),
        ('"3-17", "5"', {3, 5}),
        ('W/"3-17"', set()),
        ('"stale"', set()),
        ('"3-"', set()),
        ('"-3"', set()),
        ('"99999999999999999999"', set()),
    ],
)
def test_the_revision_alone_is_compared(header: str | None, revisions: object) -> None:
    found = asked(header)
    assert (set(found) if isinstance(found, frozenset) else found) == revisions


@pytest.mark.parametrize("header", ["", "3-17", '"3', '"3" "', "*, *"])
def test_what_is_no_list_of_tags_is_refused(header: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked(header)
    assert refused.value.code == "invalid_if_match"


def test_a_tag_names_its_own_revision() -> None:
    made = replace(NEW, revision=4, activity=9)
    assert tag_of(made) == ("ETag", '"4-9"')
    assert asked(tag_of(made)[1]) == frozenset({4})
