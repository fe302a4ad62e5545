"""All pages of the inbox."""

from dragoman.web.views.inbox import acts, completing, lists

PAGES = (*acts.PAGES, *completing.PAGES, *lists.PAGES)
