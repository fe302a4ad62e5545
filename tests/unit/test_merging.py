"""What two people did to one thing, merged."""

from hypothesis import given
from hypothesis import strategies as st

from dragoman.domain.merging import Clash, Placed, merge, merge_records

NAMES = st.sampled_from(["title", "priority", "properties.color", "extensions.Parcel.carrier"])
VALUES = st.one_of(st.none(), st.sampled_from(["a", "b", "c"]))
MEMBERS = st.dictionaries(NAMES, VALUES)
RECORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=4)


@given(MEMBERS, MEMBERS, MEMBERS)
def test_every_member_is_either_of_both_or_a_clash(
    begun: dict[str, str | None], theirs: dict[str, str | None], mine: dict[str, str | None]
) -> None:
    found = merge(begun, theirs, mine)
    clashing = {clash.name for clash in found.clashes}
    assert not clashing & found.changes.keys()
    for name in mine:
        first, present, wanted = begun.get(name), theirs.get(name), mine[name]
        after = found.changes.get(name, present)
        if name in clashing:
            assert len({first, present, wanted}) == 3
        else:
            assert after == (present if wanted == first else wanted)


@given(MEMBERS, MEMBERS)
def test_what_nobody_else_changed_is_mine(begun: dict[str, str | None], mine: dict[str, str | None]) -> None:
    found = merge(begun, begun, mine)
    assert not found.clashes
    assert {**dict.fromkeys(mine), **begun, **found.changes}.items() >= mine.items()


@given(MEMBERS, MEMBERS)
def test_what_i_left_is_theirs(begun: dict[str, str | None], theirs: dict[str, str | None]) -> None:
    assert merge(begun, theirs, begun) == ({}, [])
    assert merge(begun, theirs, theirs) == ({}, [])


@given(MEMBERS, MEMBERS, MEMBERS)
def test_both_see_the_same_clashes(
    begun: dict[str, str | None], one: dict[str, str | None], other: dict[str, str | None]
) -> None:
    whole = dict.fromkeys((*begun, *one, *other))
    left = merge(begun, {**whole, **one}, {**whole, **other}).clashes
    right = merge(begun, {**whole, **other}, {**whole, **one}).clashes
    assert sorted(clash.name for clash in left) == sorted(clash.name for clash in right)


def test_a_clash_has_the_three_values() -> None:
    found = merge({"title": "a"}, {"title": "b", "priority": "1"}, {"title": "c", "priority": "2"})
    assert found == ({}, [Clash("title", "a", "b", "c"), Clash("priority", None, "1", "2")])


@given(RECORDS, RECORDS)
def test_records_that_nobody_else_changed_are_mine(begun: list[str], mine: list[str]) -> None:
    placed = [Placed(place if place < len(begun) else None, record) for place, record in enumerate(mine)]
    assert merge_records(begun, begun, placed) == (mine, [])


@given(RECORDS, RECORDS)
def test_records_that_i_left_are_theirs(begun: list[str], theirs: list[str]) -> None:
    placed = [Placed(place, record) for place, record in enumerate(begun)]
    assert merge_records(begun, theirs, placed) == (theirs, [])


def test_records_are_merged_by_their_place() -> None:
    begun = ["a", "b", "c"]
    mine = [Placed(0, "a"), Placed(2, "C"), Placed(None, "e")]
    assert merge_records(begun, ["A", "b", "c", "d"], mine) == (["A", "C", "d", "e"], [])
    assert merge_records(begun, ["a", "b", "x"], mine) == (["a", "C", "e"], [2])
    assert merge_records(begun, ["a", "B", "c"], mine).clashes == [1]
    assert merge_records(begun, ["a"], mine).clashes == [0, 1, 2]
