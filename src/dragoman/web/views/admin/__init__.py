"""Administration: everything that the administrators of a tenant look after."""

from dragoman.web.views.admin import (
    attributes,
    categories,
    groups,
    names,
    people,
    person,
    settings,
    templates,
    tenant,
    tokens,
    views,
    webhooks,
)
from dragoman.web.views.admin.area import SECTIONS

__all__ = ["PAGES", "SECTIONS"]

PAGES = (
    *people.PAGES,
    *person.PAGES,
    *groups.PAGES,
    *tokens.PAGES,
    *names.PAGES,
    *templates.PAGES,
    *categories.PAGES,
    *attributes.PAGES,
    *views.PAGES,
    *webhooks.PAGES,
    *settings.PAGES,
    *tenant.PAGES,
)
