"""The rival's bodies: what a change may hold, and how a task is shown. The same members as in our own API."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Json

TICKS_PER_SECOND = 10_000_000

State = Literal["inactive", "ready", "claimed", "running", "completed", "failed", "terminated", "expired"]
Line = Annotated[str, Field(max_length=1_000)]
Text = Annotated[str, Field(max_length=100_000)]
Count = Annotated[int, Field(ge=0, lt=2**63)]


def _moment(value: Any) -> Any:
    return datetime.fromtimestamp(value / TICKS_PER_SECOND, UTC) if isinstance(value, int) else value


Moment = Annotated[datetime, BeforeValidator(_moment)]


class TaskPatch(BaseModel):
    """A change: what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: Line | None = None
    name: Line | None = None
    description: Text | None = None
    category: Count | None = None
    type: Line | None = None
    escalated: bool = False
    read: bool = False
    priority: Count | None = None
    due_at: datetime | None = None
    remind_before_minutes: Count | None = None
    expires_at: datetime | None = None
    delete_at: datetime | None = None
    properties: Annotated[dict[Line, Text | None], Field(max_length=1_000)] = {}


class TaskOut(BaseModel):
    """A task as it is shown."""

    model_config = ConfigDict(from_attributes=True)

    uid: str
    number: int
    kind: str
    name: str | None
    title: str | None
    description: str | None
    category: int | None
    type: str | None
    state: State
    suspended: bool
    escalated: bool
    read: bool
    open_children: int
    priority: int | None
    assignee: str | None
    creator: str | None
    starter: str | None
    contact: int | None
    case: int | None
    stage: int | None
    parent: int | None
    due_at: Moment | None
    due_local: str | None
    due_zone: str | None
    remind_before_minutes: int | None
    expires_at: Moment | None
    delete_at: Moment | None
    resume_at: Moment | None
    created_at: Moment
    modified_at: Moment
    activated_at: Moment | None
    claimed_at: Moment | None
    completed_at: Moment | None
    outcome_code: str | None
    outcome_text: str | None
    template: str | None
    timing: Json[dict[str, str]]
    messages: Json[dict[str, Any]]
    properties: Json[dict[str, str]]
    extras: Json[dict[str, dict[str, Any]]]
    revision: int


class Page(BaseModel):
    """Some tasks, and where the next page begins."""

    items: list[TaskOut]
    cursor: int | None
