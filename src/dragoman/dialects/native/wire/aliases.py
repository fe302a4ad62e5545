"""What clients send and see of the names that other systems have for users."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import Person

Dialect = Annotated[str, Meta(description="The dialect whose clients use the name.")]
Next = Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")]


class Alias(Struct, frozen=True, kw_only=True):
    """A name that clients of a dialect have for a user."""

    dialect: Dialect
    name: str
    user: Annotated[str, Meta(description="The id of the user.")]
    login: str
    is_first: Annotated[bool, Meta(description="Whether it is the one of the user's that the dialect shows.")]
    created_at: str


class AliasList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of aliases."""

    items: list[Alias]
    next: Next = UNSET


class CarryingTask(Struct, frozen=True):
    """An open task that carries the name."""

    number: int
    title: str | None


class UnclaimedName(Struct, frozen=True, kw_only=True):
    """A name that clients sent for a person, and that matches no user."""

    dialect: Dialect
    name: str
    first_seen_at: str
    last_seen_at: str
    count: Annotated[int, Meta(description="Tasks that it was sent for.")]
    open_tasks: Annotated[int, Meta(description="Open tasks that carry it and have no assignee.")]
    example: CarryingTask | None


class UnclaimedNameList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of unclaimed names, those with the most open tasks first."""

    items: list[UnclaimedName]
    next: Next = UNSET


class ClaimBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose name it is, and what becomes of its open tasks."""

    user: Annotated[Person, Meta(description="By id or login; `me` is the caller.")]
    tasks: Annotated[
        Literal["assign", "leave"], Meta(description="Whether the user gets the open tasks that carry the name.")
    ] = "assign"


class Claim(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The alias, and what became of the tasks; of more than 1,000 tasks the job that assigns them."""

    alias: Alias
    assigned: Annotated[int | UnsetType, Meta(description="Tasks that the user got.")] = UNSET
    skipped: Annotated[int | UnsetType, Meta(description="Open tasks of the name that have an assignee.")] = UNSET
    job: Annotated[str | UnsetType, Meta(description="The id of the job that assigns the tasks.")] = UNSET
