"""All pages of the inbox."""

from dragoman.web.views.inbox import acts, completing, creating, lists, saving, undoing

PAGES = (*acts.PAGES, *undoing.PAGES, *creating.PAGES, *completing.PAGES, *saving.PAGES, *lists.PAGES)
