"""What the members of a task are called on pages, by their names in the native API."""

from dragoman.web.words import N_

TASK_LABELS = {
    "number": N_("Number"),
    "title": N_("Title"),
    "name": N_("Name"),
    "description": N_("Description"),
    "type": N_("Type"),
    "work_list": N_("Work list"),
    "state": N_("State"),
    "suspended": N_("Suspended"),
    "escalated": N_("Escalated"),
    "read": N_("Read"),
    "open_children": N_("Open subtasks"),
    "priority": N_("Priority"),
    "category": N_("Category"),
    "assignee": N_("Assignee"),
    "creator": N_("Creator"),
    "starter": N_("Starter"),
    "contact": N_("Contact"),
    "case": N_("Case"),
    "stage": N_("Stage"),
    "parent": N_("Parent"),
    "due": N_("Due"),
    "due_at": N_("Due"),
    "due_local": N_("Due, local time"),
    "due_zone": N_("Time zone of the due time"),
    "remind_before_minutes": N_("Reminder, minutes before"),
    "expires_at": N_("Expires"),
    "delete_at": N_("Deleted after"),
    "resume_at": N_("Suspended until"),
    "created_at": N_("Created"),
    "modified_at": N_("Changed"),
    "activated_at": N_("Ready since"),
    "first_activated_at": N_("First ready"),
    "claimed_at": N_("Claimed"),
    "completed_at": N_("Ended"),
    "state_changed_at": N_("In this state since"),
    "outcome_code": N_("Outcome code"),
    "outcome_text": N_("Outcome text"),
    "template": N_("Template"),
    "timing": N_("Timing"),
    "escalations": N_("Escalations"),
    "work_items": N_("People"),
    "messages": N_("Messages"),
    "binaries": N_("Binary properties"),
    "kind": N_("Kind"),
    "uid": N_("Id"),
    "deleted": N_("Deleted"),
    "note": N_("Note"),
    "until": N_("Until"),
    "code": N_("Outcome code"),
    "text": N_("Outcome text"),
}
FOLLOWS = frozenset({"state_changed_at", "first_activated_at", "activated_at", "modified_at", "uid"})
"""Members that change with others in the same row of history, and say no more."""
FORM_LABELS = {
    **{name: TASK_LABELS[name] for name in ("title", "description", "priority", "category", "assignee")},
    "due_local": N_("Due"),
    "due_zone": N_("Time zone"),
    **{name: TASK_LABELS[name] for name in ("case", "contact", "parent")},
}
"""The fields of the form, in their order."""
IN_PLACE = ("title", "assignee", "due", "priority", "category", "case", "contact", "parent")
"""Those whose form script shows in their place."""
