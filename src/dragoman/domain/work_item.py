"""Work items: roles on a task, each held by a user, a group, or everybody."""

from enum import StrEnum

import msgspec

EVERYBODY = "*"
"""The holder for all users."""


REVIEWERS = "role:reviewer"
"""The holder for all users with the effective role `reviewer`: the audience of batches whose policy names nobody."""


class Role(StrEnum):
    """The role of a holder on a task."""

    READER = "reader"
    EDITOR = "editor"
    POTENTIAL_OWNER = "potential_owner"
    ADMINISTRATOR = "administrator"
    POTENTIAL_STARTER = "potential_starter"
    ESCALATION_RECEIVER = "escalation_receiver"  # of a task that was escalated; never of a template
    POTENTIAL_CREATOR = "potential_creator"  # of a template: who may create tasks from it; not used in tasks


class WorkItem(msgspec.Struct, frozen=True):
    """A role on a task. `holder` is a user's uid, `group:` and a group's uid, `role:reviewer`, or `*` for everybody."""

    role: Role
    holder: str
