"""One record of a multi-valued extension, selected by unique attributes."""

import pytest
from msgspec.structs import replace

from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.extension import Attribute, ExtensionSchema, Owner
from dragoman.domain.records import remove_record, update_record

ATTRIBUTES = (
    Attribute("frame", "string", length=8),
    Attribute("year", "integer", default="1"),
    Attribute("size", "integer", mandatory=True),
)
BIKE = ExtensionSchema(
    1, Owner.CONTACT, "bike", "Bike", is_multi_valued=True, attributes=ATTRIBUTES, unique=("frame", "year")
)
STORED = '[{"frame":"F-1","year":1,"size":54},{"frame":"F-1","year":2,"size":56}]'


def test_what_is_not_sent_stays_as_it_is_written() -> None:
    after = update_record(BIKE, STORED, '{"FRAME":"F-1","year":"2","size":57}')
    assert after == '[{"frame":"F-1","year":1,"size":54},{"frame":"F-1","year":2,"size":57}]'


def test_nothing_but_the_unique_attributes_counts_where_a_record_is_removed() -> None:
    assert remove_record(BIKE, STORED, '{"frame":"F-1","year":1,"size":"x","y":[]}') == (
        '[{"frame":"F-1","year":2,"size":56}]'
    )
    assert remove_record(BIKE, '[{"frame":null,"year":1,"size":1}]', '{"frame":null,"year":1}') == "[]"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"frame":"F-1"}', "missing_field"),
        ('{"frame":"F-1","year":1,"x":1}', "schema_violation"),
        ('{"frame":"F-1","year":1,"size":"large"}', "schema_violation"),
        ('{"frame":"F-1","year":1,"size":null}', "schema_violation"),
        ('{"frame":"123456789","year":1}', "schema_violation"),
        ("[]", "schema_violation"),
    ],
)
def test_a_record_that_is_not_as_it_should_be_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        update_record(BIKE, STORED, text)
    assert refused.value.code == code


@pytest.mark.parametrize("stored", ["[]", STORED, '"text"', '[1,{"frame":"F-1"}]'])
def test_no_record_is_not_found(stored: str) -> None:
    with pytest.raises(NotFound):
        update_record(BIKE, stored, '{"frame":"F-2","year":1,"size":1}')


@pytest.mark.parametrize("given", [{"is_multi_valued": False}, {"unique": ()}], ids=str)
def test_a_schema_without_unique_records_selects_none(given: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        update_record(replace(BIKE, **given), STORED, '{"frame":"F-1","year":1}')
