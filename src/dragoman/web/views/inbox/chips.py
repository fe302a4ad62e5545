"""A filter in words: its terms as chips, and its faults as sentences, in the language of the reader."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from dragoman.domain.task_query.keys import EXTENSION, NONE, PROPERTY, SORT
from dragoman.domain.task_query.terms import Fault, Term, Value
from dragoman.web.words import N_, Words

LABELS = {
    "is": N_("State"),
    "state": N_("State"),
    "assignee": N_("Assignee"),
    "creator": N_("Creator"),
    "category": N_("Category"),
    "dialect": N_("Dialect"),
    "case": N_("Case"),
    "stage": N_("Stage"),
    "contact": N_("Contact"),
    "parent": N_("Parent"),
    "batch": N_("Batch"),
    "due": N_("Due"),
    "created": N_("Created"),
    "changed": N_("Changed"),
    "ended": N_("Ended"),
    "priority": N_("Priority"),
    "type": N_("Type"),
    "name": N_("Name"),
}
OPERATORS = {
    "<": N_("before %(value)s"),
    "<=": N_("until %(value)s"),
    ">": N_("after %(value)s"),
    ">=": N_("from %(value)s"),
}
COMPARED = {
    "<": N_("less than %(value)s"),
    "<=": N_("at most %(value)s"),
    ">": N_("more than %(value)s"),
    ">=": N_("at least %(value)s"),
}
MOMENTS = frozenset({"due", "created", "changed", "ended"})
WORDS = {
    "open": N_("open"),
    "ended": N_("ended"),
    "unassigned": N_("unassigned"),
    "suspended": N_("suspended"),
    "escalated": N_("escalated"),
    "unread": N_("unread"),
    "overdue": N_("overdue"),
    "batch": N_("a batch"),
    NONE: N_("none"),
    "any": N_("any"),
    "me": N_("me"),
    "today": N_("today"),
    "tomorrow": N_("tomorrow"),
    "now": N_("now"),
    "inactive": N_("inactive"),
    "ready": N_("ready"),
    "claimed": N_("claimed"),
    "running": N_("running"),
    "completed": N_("completed"),
    "failed": N_("failed"),
    "terminated": N_("terminated"),
    "expired": N_("expired"),
    "pending_review": N_("waiting for review"),
}
OF_LISTS = {
    "mine": (N_("Assignee"), N_("me"), N_("open")),
    "available": (N_("State"), N_("ready"), N_("offered to me")),
    "overdue": (N_("State"), N_("open"), N_("overdue")),
    "done": (N_("Assignee"), N_("me"), N_("ended")),
}
"""What the lists ask themselves: a field, its value, and more words."""

FAULTS = {
    "unknown_key": N_("Unknown key `%(key)s` at %(at)s."),
    "unknown_value": N_("Unknown value `%(value)s` for `%(key)s` at %(at)s."),
    "unclosed_quote": N_("Unclosed quote at %(at)s."),
    "missing_value": N_("No value for `%(key)s` at %(at)s."),
    "not_a_moment": N_("`%(value)s` for `%(key)s` at %(at)s is no day or time, such as 2026-12-01, today or +3d."),
    "not_a_number": N_("`%(value)s` for `%(key)s` at %(at)s is no number."),
    "sort_twice": N_("A second `sort` at %(at)s."),
    "negated_sort": N_("`sort` at %(at)s can't be negated."),
    "too_many_sorts": N_("`sort` at %(at)s takes at most %(value)s keys."),
    "too_many_values": N_("`%(key)s` at %(at)s takes at most %(value)s values."),
    "too_many_terms": N_("More than %(value)s terms, from %(at)s on."),
    "too_many_words": N_("Too many words, from %(at)s on."),
    "too_long": N_("A filter has at most %(value)s characters."),
}
MEANT = N_("Did you mean `%(word)s`?")


class Chip(NamedTuple):
    """A term in words, without what removes it if `term` is None."""

    text: Markup
    term: Term | None = None


def chips(list_name: str, terms: Sequence[Term], said: Words) -> list[Chip]:
    """The chips of a list: its own condition first, then the terms but the order."""
    own = OF_LISTS.get(list_name)
    found = []
    if own is not None:
        field, value, more = map(said.gettext, own)
        found.append(Chip(_sentence(said, field, f"{value}, {more}", negated=False)))
    return [*found, *(Chip(_words(term, said), term) for term in terms if term.key != SORT)]


def in_words(term: Term, said: Words) -> Markup:
    """The term as a sentence."""
    return _words(term, said)


def _words(term: Term, said: Words) -> Markup:
    if term.key is None:
        return _sentence(said, said.gettext("Text"), term.values[0].text, negated=False, has=True)
    values = [_value(term.key, value, said) for value in term.values]
    shown = values[-1]
    if len(values) > 1:
        shown = said.gettext("%(first)s or %(last)s", first=", ".join(values[:-1]), last=shown)
    return _sentence(said, _label(term.key, said), shown, negated=term.negated)


def _sentence(said: Words, field: str, value: str, *, negated: bool, has: bool = False) -> Markup:
    text = N_("%(field)s is %(value)s")
    if has:
        text = N_("%(field)s has %(value)s")
    elif negated:
        text = N_("%(field)s is not %(value)s")
    return Markup(said.gettext(text)) % {"field": field, "value": Markup("<b>{}</b>").format(value)}  # noqa: S704


def _label(key: str, said: Words) -> str:
    if key in LABELS:
        return said.gettext(LABELS[key])
    return key.removeprefix(PROPERTY).removeprefix(EXTENSION)


def _value(key: str, value: Value, said: Words) -> str:
    if value.operator == "..":
        return said.gettext("%(low)s to %(high)s", low=_word(value.low, said), high=_word(value.high, said))
    if value.operator:
        words = OPERATORS if key in MOMENTS else COMPARED
        return said.gettext(words[value.operator], value=_word(value.low, said))
    return _word(value.text, said)


def _word(text: str, said: Words) -> str:
    return said.gettext(WORDS[text]) if text in WORDS else text


def fault(found: Fault, said: Words) -> str:
    """The fault as a sentence, with what was probably meant."""
    text = said.gettext(FAULTS[found.code], key=found.key, value=found.value, at=found.at)
    return text if found.suggestion is None else f"{text} {said.gettext(MEANT, word=found.suggestion)}"
