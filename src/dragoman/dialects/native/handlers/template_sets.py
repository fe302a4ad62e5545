"""Template sets: listed, read, and applied to a contact or case."""

from typing import Any

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views
from dragoman.dialects.native.handlers.tasks import moment
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire import template_sets as wire
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.task import Task
from dragoman.domain.template_set import Blueprint, TemplateSet
from dragoman.usecases import template_sets as sets

NOUN = "template_set"


def parse_list(request: Request, query: queries.Nothing) -> sets.List:
    return sets.List()


def render_list(found: list[TemplateSet], request: Request) -> Reply:
    """All of them."""
    return replies.plain(wire.TemplateSetList(items=[wire.TemplateSet(**_set(each)) for each in found]))


def parse_get(request: Request, query: queries.Nothing) -> sets.Get:
    """One set by id or number."""
    return sets.Get(reading.ref(request, NOUN))


def render_one(found: tuple[TemplateSet, list[Blueprint]], request: Request) -> Reply:
    """The set with its templates."""
    template_set, blueprints = found
    templates = [_template(blueprint) for blueprint in blueprints]
    return replies.plain(wire.TemplateSetWhole(**_set(template_set), templates=templates))


def parse_apply(request: Request, query: queries.Trial) -> sets.Apply:
    """A set to be applied. Invalid unless the body names one contact or one case."""
    found = reading.ref(request, NOUN)

    def build(body: wire.Application) -> sets.Apply:
        if (body.contact is UNSET) == (body.case is UNSET):
            message = "Name one contact or one case."
            raise Invalid("one_target", message, (Problem("/contact", "contradiction", message),), status=409)
        at = None if body.at is UNSET else moment(body.at)
        return sets.Apply(found, body.contact or None, body.case or None, at)

    return reading.body(request, wire.Application, build)


def render_applied(tasks: list[Task], request: Request) -> Reply:
    """201 with the new tasks."""
    return Reply(201, json.encode(wire.AppliedTasks(items=[views.task(task) for task in tasks])), replies.JSON)


def _set(found: TemplateSet) -> dict[str, Any]:
    return {
        "id": found.uid,
        "number": found.number,
        "title": found.title,
        "applies_to": found.applies_to,
        "creator": found.creator,
        "created_at": views.time(found.created_at),
        "modified_at": views.time(found.modified_at),
    }


def _template(blueprint: Blueprint) -> wire.SetTemplate:
    return wire.SetTemplate(
        number=blueprint.number,
        title=blueprint.title,
        description=blueprint.description,
        assignee=blueprint.assignee,
        category=blueprint.category,
        offset_ticks=blueprint.offset,
        at_time_of_day=blueprint.at_time_of_day,
    )
