"""The words of a task, for search: folded and split here, so that both engines answer alike."""

import re

from dragoman.domain.task import Task
from dragoman.domain.text import folded as text_folded

LONGEST = 64  # characters of a word that are kept and compared; what a key of an index can hold has an end

_WORD = re.compile(r"\w+", re.UNICODE)
_BLANKED = {code: " " for code in range(128) if not _WORD.match(chr(code))}
"""Signs that part words, where there are no others than ASCII: `translate` is quicker than the pattern there."""


def split(text: str) -> set[str]:
    """The words of a text, folded. Also each text between blanks as a whole, for searches such as "e-mail"."""
    folded = text_folded(text)
    parts = folded.translate(_BLANKED).split() if folded.isascii() else _WORD.findall(folded)
    found = {*parts, *folded.split()}
    return found if max(map(len, found), default=0) <= LONGEST else {word[:LONGEST] for word in found}


def of_task(task: Task) -> set[str]:
    """The words by which a task is found: those of its label and its description."""
    return split(f"{task.label or ''} {task.description or ''}")
