"""Categories: what kinds of work there are."""

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.categories import Category, CategoryList, CategoryPatch, NewCategory
from dragoman.domain import category as domain
from dragoman.usecases import categories
from dragoman.usecases.preconditions import OutOfRange

NOUN = "category"
PLAIN = ("description", "icon", "sort_order")
DOUBTFUL = frozenset(PLAIN)
READ_ONLY = frozenset(Category.__struct_fields__)


def parse_create(request: Request, query: queries.Trial) -> categories.Create:
    """A category to be made."""
    return reading.body(request, NewCategory, creation, read_only=READ_ONLY)


def parse_get(request: Request, query: queries.Nothing) -> categories.Get:
    """One category by number."""
    return categories.Get(reading.number(request, NOUN, name="number"))


def parse_list(request: Request, query: queries.Nothing) -> categories.List:
    """All of them."""
    return categories.List()


def render_list(found: list[domain.Category], request: Request) -> Reply:
    """In the order that people gave them."""
    return replies.plain(CategoryList([wire.category(category) for category in found]))


def parse_patch(request: Request, query: queries.Trial) -> categories.Change:
    """A merge patch: what is named changes."""
    number = reading.number(request, NOUN, name="number")

    def build(patch: CategoryPatch, out_of_range: OutOfRange | None) -> categories.Change:
        return change(number, patch, out_of_range)

    return reading.patch(request, CategoryPatch, build, doubtful=DOUBTFUL, read_only=READ_ONLY)


def change(number: int, patch: CategoryPatch, out_of_range: OutOfRange | None = None) -> categories.Change:
    """What a patch changes of a category."""
    return categories.Change(number, _set(patch, ("title", *PLAIN)), out_of_range)


def parse_delete(request: Request, query: queries.CategoryRemoval) -> categories.Remove:
    """A category to be deleted, and where its tasks go."""
    return categories.Remove(
        reading.number(request, NOUN, name="number"), query.move_to if query.move_to is not UNSET else None
    )


def creation(new: NewCategory) -> categories.Create:
    """The command that makes the category."""
    return categories.Create(new.title, _set(new, PLAIN))


def _set(body: NewCategory | CategoryPatch, names: tuple[str, ...]) -> dict[str, object]:
    return {name: value for name in names if (value := getattr(body, name)) is not UNSET}
