"""Categories: listed in their order, made, changed, moved up and down, deleted."""

from typing import Any

from starlette.responses import Response

from dragoman.dialects.native.handlers.categories import change, creation
from dragoman.dialects.native.wire.categories import CategoryPatch, NewCategory
from dragoman.domain.category import Category
from dragoman.domain.errors import NotFound
from dragoman.usecases import categories
from dragoman.web.views.admin import area
from dragoman.web.views.admin.area import NOTHING, Refused
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ROOT = f"{area.ROOT}/categories"
ADDRESS = f"{ROOT}/{{number}}"
TEXTS = ("title", "description", "icon")
UP, DOWN = N_("%(title)s moved up."), N_("%(title)s moved down.")
NO_TARGET = N_("Choose another category.")


async def show(visit: Visit) -> Response:
    """All categories in their order, and the form for a new one."""
    return await _page(visit)


async def create(visit: Visit) -> Response:
    """Make a category, which comes last."""
    visit.require("category.write")
    result = await area.attempt(visit, _create(visit))
    if isinstance(result, Refused):
        return await _page(visit, result)
    return visit.acted(ROOT, visit.gettext("The category was made."))


async def _create(visit: Visit) -> None:
    command = creation(area.read_as(NewCategory, _typed(visit)))
    await visit.do_once(categories.create, command, "create_category")


async def show_one(visit: Visit) -> Response:
    """One category, to be changed or deleted."""
    return await _one(visit)


async def edit(visit: Visit) -> Response:
    """Change what differs from what is stored."""
    visit.require("category.write")
    result = await area.attempt(visit, _edit(visit))
    return await (_one(visit, result) if isinstance(result, Refused) else _done(visit, visit.gettext("Saved.")))


async def _edit(visit: Visit) -> None:
    present = await visit.read(categories.get, categories.Get(_number(visit)))
    fields = {name: value for name, value in _typed(visit).items() if value != getattr(present, name)}
    command = change(present.number, area.read_as(CategoryPatch, fields))
    await visit.do_once(categories.change, command, "patch_category")


async def move_up(visit: Visit) -> Response:
    """Before the one before it."""
    return await _move(visit, is_up=True)


async def move_down(visit: Visit) -> Response:
    """Behind the one behind it."""
    return await _move(visit, is_up=False)


async def _move(visit: Visit, *, is_up: bool) -> Response:
    visit.require("category.write")
    command = categories.Shift(_number(visit), is_up)
    title = await visit.keep_once(categories.shift, command, _title, str, "patch_category")
    return await _done(visit, visit.gettext(UP if is_up else DOWN, title=title))


async def delete(visit: Visit) -> Response:
    """Delete a category; its tasks move to another."""
    visit.require("category.write")
    text = visit.form.text("move_to")
    target = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    command = categories.Remove(_number(visit), target)
    removal = visit.keep_once(categories.remove, command, _title, str, "delete_category")
    result = await area.attempt(visit, removal)
    if isinstance(result, Refused):
        is_target = visit.request.code == "category_in_use"
        return await _one(visit, Refused({"move_to": visit.gettext(NO_TARGET)}) if is_target else result)
    return await _done(visit, visit.gettext("%(title)s was deleted.", title=result))


async def _done(visit: Visit, said: str) -> Response:
    return visit.acted(ROOT, said)


def _title(category: Category) -> str:
    return category.title


def _typed(visit: Visit) -> dict[str, Any]:
    return {name: visit.form.text(name).strip() for name in TEXTS if name in visit.form}


def _number(visit: Visit) -> int:
    text = visit.path["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound("category_not_found", "There is no category of this id.")
    return int(text)


async def _page(visit: Visit, refused: Refused = NOTHING) -> Response:
    found = await visit.read(categories.list_all, categories.List())
    values = {name: visit.form.text(name) for name in TEXTS}
    may_manage = _may_manage(visit)
    return await area.drawn(
        visit, "categories", "categories.html", refused, categories=found, values=values, may_manage=may_manage
    )


async def _one(visit: Visit, refused: Refused = NOTHING) -> Response:
    number = _number(visit)
    found = await visit.read(categories.list_all, categories.List())
    category = next((each for each in found if each.number == number), None)
    if category is None:
        raise NotFound("category_not_found", "There is no category of this id.")
    values = {**{name: getattr(category, name) for name in TEXTS}, "move_to": ""}
    is_typed = refused is not NOTHING
    values |= {name: visit.form.text(name) for name in values if is_typed and name in visit.form}
    moving = visit.ngettext("Move its %(count)s task to", "Move its %(count)s tasks to", category.task_count)
    return await area.drawn(
        visit,
        "categories",
        "category.html",
        refused,
        category=category,
        others=[("", ""), *((str(each.number), each.title) for each in found if each.number != number)],
        values=values,
        moving=moving,
        root=ADDRESS.format(number=number),
        may_manage=_may_manage(visit),
    )


def _may_manage(visit: Visit) -> bool:
    return visit.require().has_scope(frozenset({"category.write"}))


PAGES = (
    area.page(ROOT, show, create),
    area.page(ADDRESS, show_one, edit),
    area.page(f"{ADDRESS}/up", act=move_up),
    area.page(f"{ADDRESS}/down", act=move_down),
    area.page(f"{ADDRESS}/delete", act=delete),
)
