"""Ids: a prefix and four hexadecimal words without leading zeros, which are the 128 bits of a UUID (page, 1 and 17)."""

import re

from dragoman.dialects.ibm_htm import problems as refusals

TASK, TEMPLATE, CONTAINER = "_TKI", "_TKT", "_PI"
ESCALATION, ESCALATION_TEMPLATE, WORK_BASKET = "_ESI", "_EST", "_WB"
VERSION = 14
"""The place of the digit of a UUID that tells its version."""
TIME_ORDERED = 7

_OBJECT = re.compile(r"_[A-Z]{1,4}:[0-9a-fA-F]{1,8}(?:\.[0-9a-fA-F]{1,8}){3}")


def task_id(uid: str) -> str:
    """A task's id: `_TKI:a01b0144.2bf91704.fec7573f.b3151268`."""
    return render(TASK, uid)


def template_id(uid: str) -> str:
    return render(TEMPLATE, uid)


def render(prefix: str, uid: str) -> str:
    """The id of something with this UUID."""
    digits = uid.replace("-", "")
    words = (digits[at : at + 8].lstrip("0") or "0" for at in range(0, 32, 8))
    return f"{prefix}:{'.'.join(words)}"


def work_basket_id(uid: str) -> str:
    return render(WORK_BASKET, uid)


def read_work_basket(text: str) -> str | None:
    """The UUID of a work basket; None for a text that is no id of one, such as its name."""
    return _parse(WORK_BASKET, text) if is_object(text) and text.startswith(f"{WORK_BASKET}:") else None


def parse_task(text: str) -> str:
    """The UUID of a task. Invalid for what is no id, and for the id of something else."""
    return _parse(TASK, text)


def parse_template(text: str) -> str:
    """The UUID of a template. Invalid for what is no id, and for the id of something else."""
    return _parse(TEMPLATE, text)


def escalation_id(uid: str, place: int) -> str:
    """The id of an escalation of the task with this UUID: the same, but for the version, which its place (from 0 on)
    moves on. So it leads to the task without a table."""
    return render(ESCALATION, _moved(uid, place + 1))


def escalation_template_id(uid: str, place: int) -> str:
    """The same for an escalation of a template."""
    return render(ESCALATION_TEMPLATE, _moved(uid, place + 1))


def parse_escalation(text: str) -> tuple[str, int]:
    """The UUID of a task and the place of its escalation; -1 for what can't be one. Invalid as for tasks."""
    moved = _parse(ESCALATION, text)
    steps = (int(moved[VERSION], 16) - TIME_ORDERED) % 16
    return _moved(moved, -steps), steps - 1


def _moved(uid: str, steps: int) -> str:
    return f"{uid[:VERSION]}{(int(uid[VERSION], 16) + steps) % 16:x}{uid[VERSION + 1 :]}"


def is_object(text: str) -> bool:
    """Whether the text is an id of whatever sort."""
    return _OBJECT.fullmatch(text) is not None


def read_task(text: str) -> str | None:
    """The UUID of a task; None for what isn't the id of one."""
    return parse_task(text) if is_object(text) and text.startswith(f"{TASK}:") else None


def _parse(prefix: str, text: str) -> str:
    if not is_object(text):
        raise refusals.bad_id(text)
    found, _, words = text.partition(":")
    if found != prefix:
        raise refusals.other_id(text, prefix)
    digits = "".join(word.rjust(8, "0") for word in words.lower().split("."))
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
