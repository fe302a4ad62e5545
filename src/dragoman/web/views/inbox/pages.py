"""All pages of the inbox."""

from dragoman.web.views.inbox import acts, completing, creating, lists, saving

PAGES = (*acts.PAGES, *creating.PAGES, *completing.PAGES, *saving.PAGES, *lists.PAGES)
