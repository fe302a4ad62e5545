"""Contacts & cases: their list, a contact with its journey, a case with its stages."""

from dragoman.web.views.contacts import cases, changing, lists, people

PAGES = (*lists.PAGES, *changing.PAGES, *people.PAGES, *cases.PAGES)
