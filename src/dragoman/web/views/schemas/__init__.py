"""Schemas of extensions: listed, shown, made and deleted."""

from dragoman.web.views.schemas import making, pages

PAGES = (*making.PAGES, *pages.PAGES)
