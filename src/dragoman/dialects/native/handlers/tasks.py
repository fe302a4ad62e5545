"""Tasks: made, read, changed, deleted."""

from typing import Any

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from dragoman.command import Ref
from dragoman.dialects.kit import Request, times
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.tasks import NewTask, Nothing, Task, TaskPatch
from dragoman.domain.clock import Moment
from dragoman.domain.due import UNTOUCHED, DueChange
from dragoman.domain.limits import uuid_of
from dragoman.domain.task import State
from dragoman.usecases.preconditions import OutOfRange, Revisions
from dragoman.usecases.tasks import edits as task_edits
from dragoman.usecases.tasks import putting_back, restoring
from dragoman.usecases.tasks import references as links
from dragoman.usecases.tasks import verbs as task_verbs
from dragoman.usecases.tasks.references import Links

NOUN = "task"
PLAIN = ("title", "name", "description", "type", "escalated", "read", "priority", "remind_before_minutes")
DOUBTFUL = frozenset(PLAIN)
MOMENTS = ("expires_at", "delete_at")
READ_ONLY = frozenset(Task.__struct_fields__)


def parse_create(request: Request, query: queries.Trial) -> task_edits.Create:
    """A task to be made."""
    return reading.body(request, NewTask, creation, read_only=READ_ONLY)


def parse_get(request: Request, query: queries.Nothing) -> task_verbs.Get:
    """One task by id or number."""
    return task_verbs.Get(reading.ref(request, NOUN))


def parse_patch(request: Request, query: queries.Trial) -> task_edits.Change:
    """A merge patch: what is named changes."""
    task, revisions = reading.ref(request, NOUN), reading.if_match(request)

    def build(patch: TaskPatch, out_of_range: OutOfRange | None) -> task_edits.Change:
        return replace(change(task, patch, revisions), out_of_range=out_of_range)

    return reading.patch(request, TaskPatch, build, doubtful=DOUBTFUL, read_only=READ_ONLY)


def parse_delete(request: Request, query: queries.Trial) -> task_edits.Remove:
    """A task to be deleted."""
    return task_edits.Remove(reading.ref(request, NOUN), reading.if_match(request))


def parse_restore(request: Request, query: queries.Trial) -> restoring.Restore:
    """A deleted task to bring back."""
    task = reading.ref(request, NOUN)
    return reading.body(request, Nothing, lambda _: restoring.Restore(task), may_be_empty=True)


def parse_undo(request: Request, query: queries.Trial) -> putting_back.PutBack:
    """A change to take back, by its revision."""
    task, revisions = reading.ref(request, NOUN, name="key"), reading.if_match(request)
    command = putting_back.PutBack(task, reading.number(request, "revision", name="revision"), revisions)
    return reading.body(request, Nothing, lambda _: command, may_be_empty=True)


def change(task: Ref, patch: TaskPatch, revisions: Revisions | None = None) -> task_edits.Change:
    """What a patch asks for."""
    return task_edits.Change(
        task,
        fields=_fields(patch),
        due=_due(patch.due_at, patch.due_local, patch.due_zone),
        links=_links(patch),
        assignee=person(patch.assignee),
        properties={} if isinstance(patch.properties, UnsetType) else patch.properties,
        extensions={} if isinstance(patch.extensions, UnsetType) else texts(patch.extensions),
        revisions=revisions,
    )


def creation(new: NewTask) -> task_edits.Create:
    """What a new task asks for."""
    fields = _fields(new)
    fields["properties"] = new.properties
    if new.state == "inactive":
        fields["state"] = State.INACTIVE
    return task_edits.Create(
        fields,
        due=_due(*(UNSET if given is None else given for given in (new.due_at, new.due_local, new.due_zone))),
        links=_links(new),
        assignee=person(new.assignee),
        extensions=present(new.extensions),
    )


def person(name: Any) -> Any:
    """Who was named, ids in lower case; UNSET and None stay."""
    return (uuid_of(name) or name) if isinstance(name, str) else name


def lowered(ref: Any) -> Any:
    """What was named, ids in lower case; numbers, UNSET and None stay."""
    return ref.lower() if isinstance(ref, str) else ref


def moment(text: str | UnsetType | None) -> Any:
    """The moment of a time; UNSET and None stay."""
    return times.parse_iso(text) if isinstance(text, str) else text


def _fields(body: NewTask | TaskPatch) -> dict[str, Any]:
    fields = {name: value for name in PLAIN if (value := getattr(body, name)) is not UNSET}
    for name in MOMENTS:
        text: str | UnsetType | None = getattr(body, name)
        if text is not UNSET:
            fields[name] = moment(text)
    return fields


def _due(at: str | UnsetType | None, local: str | UnsetType | None, zone_: str | UnsetType | None) -> DueChange:
    if at is UNSET and local is UNSET and zone_ is UNSET:
        return UNTOUCHED
    due_at: Moment | UnsetType | None = moment(at)
    return DueChange(due_at, local, zone_)


def _links(body: NewTask | TaskPatch) -> Links:
    touched: dict[str, Ref | None] = {
        name: lowered(ref) for name in Links.__struct_fields__ if (ref := getattr(body, name)) is not UNSET
    }
    if isinstance(body, NewTask):
        touched = {name: ref for name, ref in touched.items() if ref is not None}
    return Links(**touched) if touched else links.UNTOUCHED  # type: ignore[arg-type]


def texts(values: dict[str, Raw]) -> dict[str, str | None]:
    """Each extension as the text it was; None for null."""
    sent = {name: bytes(raw).decode() for name, raw in values.items()}
    return {name: None if text == "null" else text for name, text in sent.items()}


def present(values: dict[str, Raw]) -> dict[str, str]:
    """The same without those that are null."""
    return {name: text for name, text in texts(values).items() if text is not None}
