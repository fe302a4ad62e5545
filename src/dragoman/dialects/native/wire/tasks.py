"""Tasks over the wire: representation, creation, changes, and the bodies of verbs."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import (
    WITHOUT_NUL,
    AnyJson,
    Count,
    ExtensionName,
    Line,
    LocalTime,
    Minutes,
    Number,
    Person,
    Ref,
    Text,
    Time,
    Zone,
)
from dragoman.domain.escalation import Action, Activation, EscalationState, Expectation, Increase
from dragoman.domain.task import Kind, State

PROPERTIES_AT_MOST = 1_000

Note = Annotated[str, Meta(max_length=2_000, extra_json_schema=WITHOUT_NUL)]

Title = Annotated[Line | None, Meta(description="What is to be done, in a line.")]
Name = Annotated[Line | None, Meta(description="A name for programs, such as that of the template it was made from.")]
Description = Annotated[Text | None, Meta(description="What is to be done, at length.")]
Type = Annotated[Line | None, Meta(description="What kind of work it is to the client that made it.")]
Priority = Annotated[Count | None, Meta(description="Larger is more urgent; null counts as 0.")]
Read = Annotated[bool, Meta(description="Whether a user has looked at it.")]
Escalated = Annotated[bool, Meta(description="Whether it was escalated.")]
CategoryRef = Annotated[Number | None, Meta(description="The category, by number.")]
ContactRef = Annotated[Ref | None, Meta(description="The contact it concerns, by number or id.")]
CaseRef = Annotated[Ref | None, Meta(description="The case that holds it, by number or id; null is the inbox.")]
StageRef = Annotated[Ref | None, Meta(description="The stage of its case, by number or id; it brings its case.")]
ParentRef = Annotated[Ref | None, Meta(description="The task that it is a part of, by number or id.")]
Assignee = Annotated[Person | None, Meta(description="Who holds it, by id or login; null gives it back.")]
DueAt = Annotated[Time | None, Meta(description="When it is due. Null takes the local time with it.")]
DueLocal = Annotated[
    LocalTime | None, Meta(description="When it is due as a person chose it, in due_zone; due_at follows from it.")
]
DueZone = Annotated[Zone | None, Meta(description="The time zone of due_local; the tenant's when there was none.")]
RemindBefore = Annotated[Minutes | None, Meta(description="How long before it is due the reminder is sent.")]
ExpiresAt = Annotated[Time | None, Meta(description="When it ends by itself as expired.")]
DeleteAt = Annotated[Time | None, Meta(description="When it may be deleted once it has ended.")]
Extensions = Annotated[
    dict[ExtensionName, AnyJson],
    Meta(description="Records under a name, kept byte by byte; see the schemas of kind task."),
]


class Outcome(Struct, frozen=True):
    """How a task ended."""

    code: Line | None = None
    text: Text | None = None


class MessageHead(Struct, frozen=True):
    """What is known of a message; its text is read through the dialect that has messages."""

    type: Annotated[str, Meta(description="Its media type.")]
    sha256: Annotated[str, Meta(description="The digest of its text.")]
    name: Annotated[str | None, Meta(description="The name of a fault.")] = None


class BinaryHead(Struct, frozen=True):
    """What is known of a binary property; its bytes are read through the dialect that has such properties."""

    type: Annotated[str, Meta(description="Its type, as it was sent.")]
    query: Annotated[str, Meta(description="The text that it is found by.")]
    sha256: Annotated[str | None, Meta(description="The digest of its bytes; null when it has no value.")]


class Escalation(Struct, frozen=True):
    """What happens when the task isn't what is expected in time."""

    name: str
    state: Annotated[EscalationState, Meta(description="An escalation that waits has a timer.")]
    activation: Annotated[Activation, Meta(description="What the task is when it begins to wait.")]
    expected: Annotated[Expectation, Meta(description="What the task should be by then.")]
    action: Action
    increase_priority: Increase
    receivers: Annotated[list[str], Meta(description="Who receives the task: users and groups by id.")]
    after: Annotated[str, Meta(description="The length until it escalates, as it was sent.")]
    repeat: Annotated[str | None, Meta(description="The length between repetitions, as it was sent.")]
    activated_at: str | None
    escalates_at: Annotated[str | None, Meta(description="When it escalates, or did.")]
    due_at: Annotated[str | None, Meta(description="When its timer fires, repetitions included.")]
    properties: dict[str, str]


class Task(Struct, frozen=True):
    """One task. References are numbers; people are ids."""

    id: Annotated[str, Meta(description="Time-ordered UUID. Paths take the number, too.")]
    number: int
    kind: Annotated[Kind, Meta(description="Whether people work it off, or the machine.")]
    name: str | None
    title: str | None
    description: str | None
    category: int | None
    type: str | None
    work_list: Annotated[str | None, Meta(description="The name of the work list that it waits in, read-only.")]
    state: State
    suspended: bool
    escalated: bool
    read: bool
    open_children: Annotated[int, Meta(description="How many parts of it have not ended.")]
    priority: int | None
    assignee: str | None
    creator: str | None
    starter: Annotated[str | None, Meta(description="Who began the work that it is a part of.")]
    made_through: Annotated[
        str | None, Meta(description="The dialect by which it was made; `web` for the pages, `cli` for the commands.")
    ]
    contact: int | None
    case: int | None
    stage: int | None
    parent: int | None
    due_at: str | None
    due_local: str | None
    due_zone: str | None
    remind_before_minutes: int | None
    expires_at: str | None
    delete_at: str | None
    resume_at: Annotated[str | None, Meta(description="When a suspended task goes on by itself.")]
    created_at: str
    modified_at: str
    activated_at: str | None
    claimed_at: str | None
    completed_at: Annotated[str | None, Meta(description="When it ended, however it did.")]
    outcome: Outcome | None
    template: Annotated[str | None, Meta(description="The version of the template that it was made from, by id.")]
    escalations: Annotated[list[Escalation], Meta(description="From its template, in their order; read-only.")]
    timing: Annotated[dict[str, str], Meta(description="Durations from which its moments follow, as they were sent.")]
    messages: Annotated[dict[str, MessageHead], Meta(description="Its input, output and fault, those there are.")]
    binaries: Annotated[dict[str, BinaryHead], Meta(description="Its binary properties, by name.")]
    properties: dict[str, str]
    extensions: dict[str, AnyJson]
    extras: Annotated[dict[str, dict[str, Any]], Meta(description="Facts that only one dialect knows, read-only.")]
    revision: Annotated[int, Meta(description="Rises by one with each change; the ETag.")]


class NewTask(Struct, frozen=True, forbid_unknown_fields=True):
    """A task to create. Members left out are null, or have the default shown."""

    title: Title = None
    name: Name = None
    description: Description = None
    category: CategoryRef = None
    type: Type = None
    state: Annotated[
        Literal["ready", "inactive"], Meta(description="An inactive task waits for start; with an assignee, too.")
    ] = "ready"
    escalated: Escalated = False
    read: Read = False
    priority: Priority = None
    assignee: Assignee = None
    contact: ContactRef = None
    case: CaseRef = None
    stage: StageRef = None
    parent: ParentRef = None
    due_at: DueAt = None
    due_local: DueLocal = None
    due_zone: DueZone = None
    remind_before_minutes: RemindBefore = None
    expires_at: ExpiresAt = None
    delete_at: DeleteAt = None
    properties: Annotated[
        dict[Line, Text], Meta(max_length=PROPERTIES_AT_MOST, description="Text to text, for programs.")
    ] = {}
    extensions: Extensions = {}


class TaskPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch (RFC 7396) of a task: what is left out stays, null clears. For the rest there are verbs."""

    title: Title | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    category: CategoryRef | UnsetType = UNSET
    type: Type | UnsetType = UNSET
    escalated: Escalated | UnsetType = UNSET
    read: Read | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    assignee: Assignee | UnsetType = UNSET
    contact: ContactRef | UnsetType = UNSET
    case: CaseRef | UnsetType = UNSET
    stage: StageRef | UnsetType = UNSET
    parent: ParentRef | UnsetType = UNSET
    due_at: DueAt | UnsetType = UNSET
    due_local: DueLocal | UnsetType = UNSET
    due_zone: DueZone | UnsetType = UNSET
    remind_before_minutes: RemindBefore | UnsetType = UNSET
    expires_at: ExpiresAt | UnsetType = UNSET
    delete_at: DeleteAt | UnsetType = UNSET
    properties: (
        Annotated[
            dict[Line, Text | None],
            Meta(max_length=PROPERTIES_AT_MOST, description="Members are merged; null takes one away."),
        ]
        | UnsetType
    ) = UNSET
    extensions: Extensions | UnsetType = UNSET


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """A verb without parameters: an empty object, or no body at all."""


class Assignment(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to hand a task to."""

    assignee: Assignee
    note: Annotated[
        Note | None, Meta(description="What the assignee should know; it stands in the history of this change.")
    ] = None


class Suspension(Struct, frozen=True, forbid_unknown_fields=True):
    """How long to set a task aside."""

    until: Annotated[Time | None, Meta(description="When it resumes by itself; null: when a user resumes it.")] = None


class Ending(Struct, frozen=True, forbid_unknown_fields=True):
    """How a task ends."""

    code: Annotated[Line | None, Meta(description="A word for programs.")] = None
    text: Annotated[Text | None, Meta(description="A sentence for people.")] = None


class TaskList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of tasks."""

    items: list[Task]
    next: Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")] = UNSET
