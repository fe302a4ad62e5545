"""Batches: their list, and one batch under review, while it runs, and afterwards."""

from dragoman.web.views.batches import lists

PAGES = (*lists.PAGES,)
