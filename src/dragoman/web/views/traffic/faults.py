"""Faults of a filter as sentences: which, where, and what was probably meant."""

from dragoman.domain.task_query.terms import Fault
from dragoman.web.words import N_, Words

SENTENCES = {
    "unknown_key": N_("Unknown key `%(key)s` at %(at)s."),
    "unknown_value": N_("Unknown value `%(value)s` of `%(key)s` at %(at)s."),
    "not_a_number": N_("`%(key)s` at %(at)s takes a number."),
    "missing_value": N_("`%(key)s` at %(at)s has no value."),
    "unclosed_quote": N_("The quote at %(at)s isn't closed."),
    "too_long": N_("The filter is longer than %(value)s characters."),
    "too_many_terms": N_("The filter has more than %(value)s terms."),
}


def sentence(said: Words, fault: Fault) -> str:
    """The fault as a sentence."""
    values = {"key": fault.key, "value": fault.value, "at": fault.at}
    text = said.gettext(SENTENCES[fault.code])
    found = text % {name: value for name, value in values.items() if f"%({name})s" in text}
    if fault.suggestion is None:
        return found
    return f"{found} {said.gettext('Did you mean `%(word)s`?', word=fault.suggestion)}"
