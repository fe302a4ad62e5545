"""Containers of task templates, and templates (page, 8.6)."""

from typing import Any

from dragoman.dialects.onlyoffice_crm.views import ContainerView, TemplateView
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.dialects.onlyoffice_crm.wire.tasks import render_category


def render_container(seen: ContainerView, persons: Persons) -> dict[str, Any]:
    """A container; its templates are left out when it has none. The kind of entity is printed with a capital."""
    members: dict[str, Any] = {"title": seen.set.title, "entityType": str(seen.set.applies_to).capitalize()}
    if seen.templates:
        members["items"] = [render_template(template, persons) for template in seen.templates]
    return members | {"id": seen.set.number}


def render_template(seen: TemplateView, persons: Persons) -> dict[str, Any]:
    """A template. One tick of its offset is 100 ns."""
    blueprint = seen.blueprint
    members: dict[str, Any] = {"containerID": blueprint.set, "title": blueprint.title}
    if blueprint.description is not None:
        members["description"] = blueprint.description
    members["responsible"] = persons.of(seen.responsible)
    if seen.category is not None:
        members["category"] = render_category(seen.category, persons)
    return members | {
        "isNotify": blueprint.notifies,
        "offsetTicks": blueprint.offset,
        "deadLineIsFixed": blueprint.at_time_of_day,
        "id": blueprint.number,
    }
