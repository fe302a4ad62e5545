"""Categories over the wire."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import WITHOUT_NUL, Line, Text

Title = Annotated[
    str, Meta(min_length=1, max_length=255, description="Its own among all.", extra_json_schema=WITHOUT_NUL)
]
Description = Annotated[Text, Meta(description="What belongs here.")]
Icon = Annotated[Line, Meta(description="The name of a picture, for clients that show one.")]
Order = Annotated[int, Meta(ge=0, le=2**31 - 1, description="Its position in a list of all categories.")]


class Category(Struct, frozen=True, kw_only=True):
    """What kind of work a task is. It has no history and no revision."""

    number: int
    title: str
    description: str
    icon: str
    sort_order: int
    task_count: Annotated[int, Meta(description="How many tasks are of this kind.")]
    created_at: str


class NewCategory(Struct, frozen=True, forbid_unknown_fields=True):
    """A category to be made. Without an order it comes last."""

    title: Title
    description: Description = ""
    icon: Icon = ""
    sort_order: Order | UnsetType = UNSET


class CategoryPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch of a category."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    icon: Icon | UnsetType = UNSET
    sort_order: Order | UnsetType = UNSET


class CategoryList(Struct, frozen=True):
    """Every category, in order."""

    items: list[Category]
