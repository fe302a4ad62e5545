"""The words of a task, for search: folded and split here, so that both engines answer alike."""

import re

from dragoman.domain.task import Task

_WORD = re.compile(r"\w+", re.UNICODE)


def split(text: str) -> set[str]:
    """The words of a text, folded. Also what stands between blanks as a whole, for searches such as "e-mail"."""
    folded = text.casefold()
    return set(_WORD.findall(folded)) | {part for part in folded.split() if len(part) <= 64}


def of_task(task: Task) -> set[str]:
    """The words by which a task is found: those of its title and description."""
    return split(f"{task.title or ''} {task.description or ''}")
