"""Queries: the parameters of each path. What isn't declared here is refused."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import Count, Line, Number, Person, Ref, Time
from dragoman.domain.case import CaseKind
from dragoman.domain.task import Kind, State

LARGEST_PAGE = 1_000
SORT_WORDS = (
    "number",
    "title",
    "due",
    "priority",
    "created",
    "modified",
    "category",
    "contact",
    "assignee",
    "state",
)
SORT_WORD = f"-?({'|'.join(SORT_WORDS)})"

Who = Annotated[Person, Meta(description="By id or login; `me` is the caller.")]
Cursor = Annotated[str, Meta(max_length=8_192)]
Limit = Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="The largest number of items.")]


class Nothing(Struct, frozen=True):
    """No parameters."""


class Trial(Struct, frozen=True):
    """Of every operation that writes."""

    dry_run: Annotated[bool, Meta(description="Return the result, and store nothing.")] = False


class Pages(Struct, frozen=True, kw_only=True):
    """Of lists."""

    limit: Limit = 50
    cursor: Cursor | UnsetType = UNSET


class DialectQuery(Pages, frozen=True, kw_only=True):
    """Of lists of names that other systems have."""

    dialect: Annotated[Line, Meta(description="Only those of this dialect.")] | UnsetType = UNSET


class AliasPut(Trial, frozen=True, kw_only=True):
    """Of an alias for a user."""

    first: Annotated[bool, Meta(description="Let it be the one that the dialect shows.")] = False


class TaskQuery(Pages, frozen=True, kw_only=True):
    """Of the list of tasks. All conditions must hold."""

    limit: Annotated[
        int,
        Meta(
            ge=1,
            le=LARGEST_PAGE,
            description="Maximum number. A page ends early, with `next`, before its text and extensions exceed 8 MiB.",
        ),
    ] = 50
    state: (
        Annotated[list[State], Meta(min_length=1, max_length=len(State), description="Any of these.")] | UnsetType
    ) = UNSET
    is_open: Annotated[bool, Meta(description="Whether something is left to do.")] | UnsetType = UNSET
    assignee: Who | UnsetType = UNSET
    unassigned: Annotated[bool, Meta(description="Only those without an assignee.")] = False
    creator: Who | UnsetType = UNSET
    made_through: (
        Annotated[
            list[Annotated[str, Meta(min_length=1, max_length=64)]],
            Meta(min_length=1, max_length=20, description="Made by any of these dialects; `web` and `cli`, too."),
        ]
        | UnsetType
    ) = UNSET
    category: Number | UnsetType = UNSET
    case: Ref | UnsetType = UNSET
    stage: Ref | UnsetType = UNSET
    contact: Ref | UnsetType = UNSET
    parent: Ref | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    type: Line | UnsetType = UNSET
    suspended: bool | UnsetType = UNSET
    priority: Count | UnsetType = UNSET
    due_from: Time | UnsetType = UNSET
    due_to: Annotated[Time, Meta(description="Both ends belong to the range.")] | UnsetType = UNSET
    created_from: Time | UnsetType = UNSET
    created_to: Time | UnsetType = UNSET
    modified_from: (
        Annotated[
            Time,
            Meta(
                description="For clients that poll: nothing that is changed before this request is still to come, and "
                "nothing later is shown, on no page. The same of `created_from`."
            ),
        ]
        | UnsetType
    ) = UNSET
    modified_to: Time | UnsetType = UNSET
    q: (
        Annotated[Line, Meta(description="Words, each of which begins a word of the title or the description.")]
        | UnsetType
    ) = UNSET
    sort: Annotated[
        str,
        Meta(
            extra_json_schema={"pattern": f"^{SORT_WORD}(,{SORT_WORD}){{0,4}}$"},
            description="Sort keys in order; a minus reverses one. Ties are sorted by number.",
        ),
    ] = "number"


class CaseQuery(Pages, frozen=True, kw_only=True):
    """Of the list of cases."""

    kind: CaseKind | UnsetType = UNSET


class CategoryRemoval(Trial, frozen=True, kw_only=True):
    """Of the deletion of a category."""

    move_to: Annotated[Number, Meta(description="The category to which its tasks go.")] | UnsetType = UNSET


class HolderRemoval(Trial, frozen=True, kw_only=True):
    """Of the deletion of what holds tasks, or is linked by them."""

    with_tasks: Annotated[bool, Meta(description="Delete its tasks, too; for administrators.")] = False
