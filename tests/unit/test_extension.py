"""What a schema makes of a value, and what can be declared at all (Genesys page, 3.7, 3.8 and 5)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.domain.errors import Conflict, Expected, Invalid, Problem
from dragoman.domain.extension import (
    Attribute,
    Declaration,
    ExtensionSchema,
    Owner,
    declared_name_fault,
    fold,
    name_fault,
)
from dragoman.domain.extension_values import canonical_moment, check_declaration, conform, merged
from dragoman.domain.json_schema import from_json_schema, to_json_schema

PARTS = (
    Attribute("sku", "string", 12, mandatory=True),
    Attribute("pieces", "integer", default="1"),
    Attribute("note", "string", 80),
)


def schema(*attributes: Attribute, many: bool = False, unique: tuple[str, ...] = ()) -> ExtensionSchema:
    return ExtensionSchema(1, Owner.TASK, "parts", "Parts", 1, many, attributes, unique)


def faults(bound: ExtensionSchema, text: str) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        conform(bound, text)
    assert caught.value.code == "schema_violation"
    return {problem.path: problem.message for problem in caught.value.problems}


def one(type_: str, value: str) -> str:
    """What is stored for one value of a type."""
    stored = conform(schema(Attribute("a", type_)), f'{{"a":{value}}}')
    return stored.removeprefix('{"a":').removesuffix("}")


# Shape


def test_a_record_is_kept_with_its_defaults() -> None:
    bound = schema(*PARTS, many=True, unique=("sku",))
    assert (
        conform(bound, '[{"sku":"TUBE-28"},{"sku":"CHAIN-9","pieces":2}]')
        == '[{"sku":"TUBE-28","pieces":1},{"sku":"CHAIN-9","pieces":2}]'
    )


def test_a_single_valued_extension_takes_no_array() -> None:
    assert faults(schema(*PARTS), '[{"sku":"A"}]') == {"": "must be one record, not an array"}


def test_a_lone_object_is_one_record_of_a_multi_valued_extension() -> None:
    assert conform(schema(*PARTS, many=True), ' {"sku":"A"} ') == '[{"sku":"A","pieces":1}]'


def test_an_empty_array_empties_a_multi_valued_extension() -> None:
    assert conform(schema(*PARTS, many=True), "[]") == "[]"


@pytest.mark.parametrize("value", ['"text"', "4", "null", "true"])
def test_a_multi_valued_extension_takes_nothing_but_records(value: str) -> None:
    assert faults(schema(*PARTS, many=True), value) == {"": "must be an array of records"}


@pytest.mark.parametrize("value", ['"text"', "4", "null", "true"])
def test_a_record_is_an_object(value: str) -> None:
    assert faults(schema(*PARTS), value) == {"": "must be a record, that is an object"}
    assert faults(schema(*PARTS, many=True), f"[{value}]") == {"/0": "must be a record, that is an object"}


# Attributes


def test_all_faults_are_listed_with_their_paths() -> None:
    text = '[{"pieces":"many","note":3},{"sku":"A-B-C-D-E-F-G","colour":"red","size/cm":1}]'
    assert faults(schema(*PARTS, many=True), text) == {
        "/0/sku": "is mandatory",
        "/0/pieces": "must be an integer",
        "/0/note": "must be text",
        "/1/sku": "must be at most 12 characters",
        "/1/colour": "is not declared",
        "/1/size~1cm": "is not declared",
    }


def test_a_mandatory_attribute_with_a_default_may_be_absent() -> None:
    bound = schema(Attribute("a", "string", mandatory=True, default='"x"'))
    assert conform(bound, "{}") == '{"a":"x"}'


def test_names_have_the_spelling_of_the_schema_whatever_their_case() -> None:
    assert conform(schema(*PARTS), '{"SKU":"A","Pieces":2}') == '{"sku":"A","pieces":2}'


def test_one_attribute_in_two_spellings_is_a_fault() -> None:
    assert faults(schema(*PARTS), '{"sku":"A","SKU":"B"}') == {"/sku": "is given twice"}


def test_a_null_takes_the_place_of_any_value() -> None:
    assert conform(schema(*PARTS), '{"sku":null,"pieces":null}') == '{"sku":null,"pieces":null}'


def test_a_name_of_any_length_is_told_in_short() -> None:
    (path,) = faults(schema(*PARTS), json.dumps({"sku": "A", "k" * 100_000: 1}))
    assert len(path) < 80


@pytest.mark.parametrize(
    ("type_", "value", "stored"),
    [
        ("string", '"text"', '"text"'),
        ("integer", '"07"', "7"),
        ("integer", '"-12"', "-12"),
        ("integer", "1.0", "1"),
        ("integer", "3e2", "300"),
        ("long", '"9223372036854775807"', "9223372036854775807"),
        ("double", '"012.50"', "12.50"),
        ("double", "12.50", "12.50"),
        ("double", "4", "4"),
        ("currency", '"-0.10"', "-0.10"),
        ("currency", '"1e3"', "1e3"),
        ("boolean", '"true"', "true"),
        ("boolean", '"false"', "false"),
        ("boolean", "true", "true"),
        ("date", '"2016-02-29"', '"2016-02-29"'),
        ("datetime", '"2015-03-01T10:00:00Z"', '"2015-03-01T10:00:00.000Z"'),
        ("datetime", '"2015-03-01T10:00:00.120+01:00"', '"2015-03-01T09:00:00.120Z"'),
    ],
)
def test_a_value_is_stored_as_its_declared_type(type_: str, value: str, stored: str) -> None:
    assert one(type_, value) == stored


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("string", "4"),
        ("string", "true"),
        ("string", "{}"),
        ("integer", "1.5"),
        ("integer", '"1.0"'),
        ("integer", '" 1"'),
        ("integer", '"many"'),
        ("integer", '"١٢٣"'),
        ("integer", '"1_000"'),
        ("integer", "true"),
        ("integer", '"9223372036854775808"'),
        ("long", "1e30"),
        ("double", '"inf"'),
        ("double", '"nan"'),
        ("double", '"1e400"'),
        ("double", '"0x10"'),
        ("double", "true"),
        ("currency", '"12,50"'),
        ("boolean", "1"),
        ("boolean", '"yes"'),
        ("boolean", '"True"'),
        ("date", '"2015-02-29"'),
        ("date", '"2015-2-9"'),
        ("date", '"2015-03-01T10:00:00Z"'),
        ("date", "20150301"),
        ("datetime", '"2016-Dec-04T10:00:00.000Z"'),
        ("datetime", '"2015-03-01"'),
        ("datetime", '"2015-03-01T10:00:00"'),
        ("datetime", '"2015-02-30T10:00:00Z"'),
        ("datetime", "1425204000000"),
    ],
)
def test_a_value_of_another_type_is_a_fault(type_: str, value: str) -> None:
    assert list(faults(schema(Attribute("a", type_)), f'{{"a":{value}}}')) == ["/a"]


VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.integers().map(str)
    | st.floats().map(str)
    | st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
    | st.sampled_from(["true", "false", "007", "2015-03-01", "2015-03-01T10:00:00+0200"])
)
TYPED = [Attribute(name, name) for name in ("string", "integer", "long", "double", "date", "datetime", "boolean")]


@given(st.lists(st.dictionaries(st.sampled_from([a.name for a in TYPED] + ["LONG", "x"]), VALUES), max_size=3))
def test_what_is_stored_once_is_stored_alike_again(records: list[dict[str, Any]]) -> None:
    bound = schema(*TYPED, Attribute("count", "integer", default="1"), many=True)
    try:
        stored = conform(bound, json.dumps(records))
    except Expected:
        return
    assert conform(bound, stored) == stored
    assert all(record["count"] == 1 for record in json.loads(stored))


# Unique


def test_two_records_may_not_agree_in_all_unique_attributes() -> None:
    bound = schema(Attribute("phone", "string"), Attribute("ext", "integer"), many=True, unique=("phone", "ext"))
    conform(bound, '[{"phone":"1","ext":1},{"phone":"1","ext":2},{"phone":"2","ext":1}]')
    with pytest.raises(Conflict) as caught:
        conform(bound, '[{"phone":"1","ext":1},{"phone":"1","ext":"1"}]')
    assert caught.value.code == "unique_violation"


def test_null_and_absence_count_as_one_value() -> None:
    bound = schema(Attribute("a", "string"), Attribute("b", "string"), many=True, unique=("a",))
    conform(bound, '[{"a":null},{"a":""}]')
    for text in ('[{"a":null},{"a":null}]', '[{"a":null,"b":"x"},{"b":"y"}]'):
        with pytest.raises(Conflict):
            conform(bound, text)


def test_true_and_one_are_no_duplicates_of_each_other() -> None:
    bound = schema(Attribute("a", "boolean"), Attribute("b", "integer"), many=True, unique=("a", "b"))
    conform(bound, '[{"a":true,"b":0},{"a":false,"b":1}]')


# Merging


def test_merging_lays_new_members_over_old_ones() -> None:
    assert (
        merged(None, '{"size":28,"spokes":36}', '{"rim":"alloy","spokes":32}')
        == '{"size":28,"spokes":32,"rim":"alloy"}'
    )


def test_merging_knows_no_case_where_a_schema_spells_the_names() -> None:
    assert merged(schema(*PARTS), '{"sku":"A"}', '{"SKU":"B"}') == '{"sku":"B"}'
    assert merged(None, '{"sku":"A"}', '{"SKU":"B"}') == '{"sku":"A","SKU":"B"}'


@pytest.mark.parametrize(("stored", "text"), [("[1]", "{}"), ("{}", "[1]"), ("4", "{}"), ("{}", '"x"')])
def test_only_objects_are_merged(stored: str, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        merged(None, stored, text)
    assert caught.value.code == "merge_not_supported"


# Names and declarations

RESERVED = frozenset({"started", "task_type"})


@pytest.mark.parametrize("name", ["A", "a_1", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "Feedback"])
def test_a_name_can_be_declared(name: str) -> None:
    assert declared_name_fault(name, RESERVED) is None


@pytest.mark.parametrize(
    "name",
    ["", "ABCDEFGHIJKLMNOPQRSTUVWXYZ1", "2ndLook", "car type", "a-b", "_a", "é", "aé", "A\n", "started", "Task_Type"],
)
def test_a_name_can_not_be_declared(name: str) -> None:
    assert declared_name_fault(name, RESERVED) is not None


def test_without_a_schema_a_name_is_any_text_that_is_not_reserved() -> None:
    assert name_fault("car type", RESERVED) is None
    assert name_fault("é" * 255, RESERVED) is None
    assert all(name_fault(name, RESERVED) for name in ("", "x" * 256, "started", "Started", "TASK_TYPE"))


def declared(*attributes: Attribute, unique: tuple[str, ...] = ()) -> tuple[Problem, ...]:
    with pytest.raises(Invalid) as caught:
        check_declaration(Declaration(True, attributes, unique))
    return caught.value.problems


def test_a_declaration_lists_all_its_faults() -> None:
    problems = declared(
        Attribute("a", "string"),
        Attribute("A", "string"),
        Attribute("b b", "text"),
        Attribute("c", "integer", default='"many"'),
        unique=("d",),
    )
    assert [problem.path for problem in problems] == [
        "/attributes/1/name",
        "/attributes/2/name",
        "/attributes/2/type",
        "/attributes/3/default",
        "/unique",
    ]


def test_a_schema_without_attributes_is_refused() -> None:
    assert [problem.path for problem in declared()] == ["/attributes"]


def test_defaults_and_unique_names_are_kept_as_the_schema_spells_them() -> None:
    kept = check_declaration(Declaration(True, (Attribute("Pieces", "integer", default='"07"'),), ("PIECES", "pieces")))
    assert kept.attributes[0].default == "7"
    assert kept.unique == ("Pieces",)


# JSON Schema


def test_a_schema_reads_as_json_schema() -> None:
    assert to_json_schema(schema(*PARTS, many=True, unique=("sku",))) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Parts",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "sku": {"type": ["string", "null"], "maxLength": 12},
                "pieces": {
                    "type": ["integer", "null"],
                    "minimum": -(2**63),
                    "maximum": 2**63 - 1,
                    "default": 1,
                },
                "note": {"type": ["string", "null"], "maxLength": 80},
            },
            "required": ["sku"],
            "additionalProperties": False,
        },
        "x-unique": ["sku"],
    }


ATTRIBUTES = st.builds(
    Attribute,
    st.text("abcdefgh", min_size=1, max_size=8),
    st.sampled_from(["string", "integer", "long", "double", "date", "datetime", "currency", "boolean"]),
    mandatory=st.booleans(),
)


@given(st.lists(ATTRIBUTES, min_size=1, max_size=6, unique_by=lambda a: fold(a.name)), st.booleans())
def test_json_schema_comes_back_as_it_went(attributes: list[Attribute], many: bool) -> None:
    bound = schema(*attributes, many=many, unique=(attributes[0].name,))
    assert from_json_schema(to_json_schema(bound)) == Declaration(many, tuple(attributes), bound.unique)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], ""),
        ({"type": "string"}, "/type"),
        ({"type": "object"}, "/properties"),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True}, "/additionalP"),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]}, "/required"),
        ({"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}}, "/properties/a/enum"),
        ({"type": "object", "properties": {"a b": {"type": "string"}}}, "/properties/a b"),
        ({"type": "object", "properties": {"a": {"type": "object"}}}, "/properties/a/type"),
        ({"type": "object", "properties": {"a": {"type": ["string", "integer"]}}}, "/properties/a/type"),
        ({"type": "object", "properties": {"a": {"type": "string", "format": "uuid"}}}, "/properties/a/type"),
        ({"type": "object", "properties": {"a": {"type": "string", "maxLength": "9"}}}, "/properties/a/maxLength"),
        ({"type": "object", "properties": {"a": {"type": "integer", "minimum": 0}}}, "/properties/a"),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "allOf": []}, "/allOf"),
        ({"type": "array", "items": {"type": "object", "properties": {"a": 1}}}, "/items/properties/a"),
        ({"type": "array", "minItems": 1, "items": {"type": "object", "properties": {}}}, "/minItems"),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "x-unique": "a"}, "/x-unique"),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": [["a"]]}, "/required"),
    ],
)
def test_what_can_not_be_kept_is_refused_by_its_place(document: Any, path: str) -> None:
    with pytest.raises(Invalid) as caught:
        from_json_schema(document)
    assert any(problem.path.startswith(path) for problem in caught.value.problems)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", "2015-03-01T24:00:00Z"])
def test_a_moment_that_no_calendar_holds_is_none(text: str) -> None:
    assert canonical_moment(text) is None
