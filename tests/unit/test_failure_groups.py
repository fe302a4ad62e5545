"""Equal failures of a batch, counted slice by slice: the same whatever the slices are."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dragoman.domain import failure_groups
from dragoman.domain.bulk import BatchDetail, FailureGroup
from dragoman.domain.bulk_failures import Detail, Failure, FailureCode

NOTHING = BatchDetail(1, "b")


def failed(message: str, code: FailureCode = FailureCode.INVALID, field: str | None = None) -> str:
    errors = (Detail(message, field), Detail("and more"))
    return msgspec.json.encode(Failure(code, "object validation error", errors)).decode()


def test_a_group_is_code_field_and_message_of_the_first_problem() -> None:
    texts = [failed("bad"), failed("bad", field="title"), failed("bad", FailureCode.CONFLICT), failed("worse")]
    found = failure_groups.counted(NOTHING, enumerate(texts * 2))
    assert found.failures == (
        FailureGroup("invalid", None, "bad", 2, (0, 4)),
        FailureGroup("invalid", "title", "bad", 2, (1, 5)),
        FailureGroup("conflict", None, "bad", 2, (2, 6)),
        FailureGroup("invalid", None, "worse", 2, (3, 7)),
    )


@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(0, 30))
def test_slices_do_not_matter(messages: list[str], cut: int) -> None:
    failures = list(enumerate(map(failed, messages)))
    whole = failure_groups.counted(NOTHING, failures)
    parts = failure_groups.counted(failure_groups.counted(NOTHING, failures[:cut]), failures[cut:])
    assert parts == whole
    assert sum(group.count for group in whole.failures) == len(messages)
    assert all(len(group.examples) == min(3, group.count) for group in whole.failures)


def test_a_thousand_groups_are_kept_and_the_largest_hundred_shown() -> None:
    failures = [(index, failed(f"message {index}")) for index in range(1_200)]
    found = failure_groups.counted(
        NOTHING, [*failures, (1_200, failed("message 999")), (1_201, failed("message 1100"))]
    )
    assert (len(found.failures), found.other_failures) == (1_000, 201)
    groups, other = failure_groups.shown(found)
    assert groups[0] == FailureGroup("invalid", None, "message 999", 2, (999, 1_200))
    assert len(groups) == 100
    assert sum(group.count for group in groups) + other == 1_202
