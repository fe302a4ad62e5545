"""An update under way: what becomes of the task, property by property. A value that equals what this dialect shows
changes nothing (DESIGN 3, rule 1)."""

from typing import Any

from msgspec.structs import replace

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.wire import custom, durations, ids, values
from dragoman.dialects.ibm_htm.wire.facts import with_facts
from dragoman.domain import timing
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Conflict, Invalid
from dragoman.domain.extension import Extension, fold
from dragoman.domain.task import State, Task
from dragoman.usecases.extension_values import set_extension
from dragoman.usecases.uow import UnitOfWork

MOST_PROPERTIES = 1_000


class Draft:
    """The task as it was, and what changes of it."""

    __slots__ = ("expires", "facts", "fields", "goes", "task", "timing", "uow")

    def __init__(self, uow: UnitOfWork, task: Task) -> None:
        self.uow = uow
        self.task = task
        self.fields: dict[str, Any] = {}
        self.facts: dict[str, Any] = {}
        self.timing: dict[str, str] | None = None
        self.expires = False
        self.goes = False

    def time(self, key: str, length: str) -> None:
        """Note a length of time as it was sent. Invalid for one that leads too far from now on."""
        if length not in timing.CONSTANTS and not values.leads_somewhere(self.uow.now, length):
            raise refusals.bad_duration(length)
        self.timing = {**(self.task.timing if self.timing is None else self.timing), key: length}

    def result(self) -> Task:
        """The task as it is afterwards; itself when nothing changed."""
        if self.timing is not None:
            self.fields["timing"] = self.timing
        after = replace(self.task, **self.fields) if self.fields else self.task
        if self.facts:
            after = with_facts(after, self.facts)
        return after.expire(at=self.uow.now) if self.expires else after


# What each property does


def set_name(draft: Draft, value: str) -> None:
    """The name alone: the title stays."""
    draft.fields["name"] = value


def set_display_name(draft: Draft, value: str) -> None:
    """The title of other dialects."""
    draft.fields["title"] = value


def set_description(draft: Draft, value: str) -> None:
    draft.fields["description"] = value


def set_type(draft: Draft, value: str) -> None:
    """The type of its own; the category stays."""
    draft.fields["type"] = value


def set_priority(draft: Draft, value: int) -> None:
    """The priority; none counts as 0."""
    draft.fields["priority"] = value


def set_read(draft: Draft, value: bool) -> None:
    """A mark only."""
    draft.fields["read"] = value


def set_escalated(draft: Draft, value: bool) -> None:
    """Escalation by hand, on and off."""
    draft.fields["escalated"] = value


def set_properties(draft: Draft, values: dict[str, str]) -> None:
    """Merged: what is named is made or overwritten, the rest stays; nothing is ever taken away. A property that shows
    an extension writes that extension, so that no fact has two places (DESIGN 3, rule 11)."""
    extensions = {key: values[key] for key in custom.of_extensions(draft.task) if key in values}
    if extensions:
        draft.fields["extensions"] = _with_extensions(draft, extensions)
    if len(extensions) == len(values):
        return
    merged = {**draft.task.properties, **{key: text for key, text in values.items() if key not in extensions}}
    if len(merged) > MOST_PROPERTIES:
        raise refusals.too_long("customProperties", MOST_PROPERTIES)
    draft.fields["properties"] = merged


def _with_extensions(draft: Draft, texts: dict[str, str]) -> dict[str, Extension]:
    task = draft.task
    for key, text in texts.items():
        value = custom.value_of(text, task.extensions[fold(key)].value)
        try:
            task = set_extension(draft.uow, task, key, value)
        except (Conflict, Invalid) as refused:
            raise refusals.bad_value(f"customProperties.{key}", refused.message) from None
    return task.extensions


def set_parent_context(draft: Draft, value: str) -> None:
    """Grouping alone; a subtask belongs to its parent."""
    _must_be_top(draft)
    draft.facts["parentContextID"] = value


def set_work_basket(draft: Draft, value: str | None) -> None:
    """The name of a work list, whether there is one of this name or not yet; null takes the task out."""
    draft.fields["work_list"] = value


def setting(fact_name: str) -> Any:
    """A fact that only this vendor knows."""

    def set_fact(draft: Draft, value: Any) -> None:
        draft.facts[fact_name] = value

    return set_fact


# Times and the lengths that they follow from


def set_due(draft: Draft, value: Moment) -> None:
    """When it is due, whatever the length until then was."""
    draft.fields.update(due_at=value, due_local=None, due_zone=None)
    draft.time(timing.DUE, timing.NOT_USED)


def set_until_due(draft: Draft, value: str) -> None:
    """Counted from when it was ready first; before that it is only kept."""
    task = draft.task
    draft.time(timing.DUE, value)
    if task.state is not State.INACTIVE and value != timing.NOT_USED:
        draft.fields.update(due_at=_after(durations.beginning(task), value), due_local=None, due_zone=None)


def set_expiration(draft: Draft, value: Moment) -> None:
    """When it ends; at once if that is past."""
    draft.time(timing.EXPIRES, timing.NOT_USED)
    _expire_at(draft, value)


def set_until_expires(draft: Draft, value: str) -> None:
    """Counted from when it was ready first; before that it is only kept."""
    task = draft.task
    draft.time(timing.EXPIRES, value)
    if task.state is not State.INACTIVE and value != timing.NOT_USED:
        _expire_at(draft, _after(durations.beginning(task), value))


def set_deletion(draft: Draft, value: Moment) -> None:
    """When it goes; at once if that is past."""
    _must_be_top(draft)
    draft.time(timing.DELETED, timing.NOT_USED)
    _delete_at(draft, value)


def set_until_deleted(draft: Draft, value: str) -> None:
    """Counted from its end; before that it is only kept."""
    _must_be_top(draft)
    task = draft.task
    draft.time(timing.DELETED, value)
    if task.is_open:
        draft.fields["delete_at"] = None
    elif value != timing.NOT_USED:
        _delete_at(draft, _after(task.completed_at, value))


def _after(start: Moment | None, length: str) -> Moment | None:
    return None if start is None else timing.after(start, length)


def _expire_at(draft: Draft, at: Moment | None) -> None:
    draft.fields["expires_at"] = at
    draft.expires = at is not None and at <= draft.uow.now


def _delete_at(draft: Draft, at: Moment | None) -> None:
    draft.fields["delete_at"] = at
    draft.goes = at is not None and at <= draft.uow.now


def _must_be_top(draft: Draft) -> None:
    if draft.task.parent is not None:
        raise refusals.not_top_level(ids.task_id(draft.task.uid))
