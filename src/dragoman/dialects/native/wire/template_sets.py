"""Template sets over the wire."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import Number, Time
from dragoman.dialects.native.wire.tasks import Task
from dragoman.domain.template_set import AppliesTo


class TemplateSet(Struct, frozen=True, kw_only=True):
    """Tasks that are made together for one contact or case."""

    id: str
    number: int
    title: str
    applies_to: Annotated[AppliesTo, Meta(description="What it is for; `contact` takes persons and companies.")]
    creator: str | None
    created_at: str
    modified_at: str


class SetTemplate(Struct, frozen=True, kw_only=True):
    """One task of a set."""

    number: int
    title: str
    description: str | None
    assignee: str | None
    category: int | None
    offset_ticks: Annotated[
        int, Meta(description="In units of 100 ns: from the moment of applying to the due time; it may be negative.")
    ]
    at_time_of_day: Annotated[bool, Meta(description="Whether the offset counts from midnight of that day instead.")]


class TemplateSetWhole(TemplateSet, frozen=True, kw_only=True):
    """A set with its templates."""

    templates: list[SetTemplate]


class TemplateSetList(Struct, frozen=True, kw_only=True):
    """All sets, without their templates."""

    items: list[TemplateSet]


class Application(Struct, frozen=True, forbid_unknown_fields=True):
    """What a set is to be applied to: one contact or one case."""

    contact: Annotated[Number | UnsetType, Meta(description="The contact's number.")] = UNSET
    case: Annotated[Number | UnsetType, Meta(description="The number of a case or an opportunity.")] = UNSET
    at: Annotated[Time | UnsetType, Meta(description="What due times are counted from; now by default.")] = UNSET


class AppliedTasks(Struct, frozen=True, kw_only=True):
    """The new tasks, in the order of the templates."""

    items: list[Task]
