"""The fields of a task that the wizard sets, by the kind of their values."""

TEXTS = ("title", "name", "description", "type")
NUMBERS = ("priority", "category", "case", "contact", "parent")
PEOPLE = ("assignee",)
MOMENTS = ("due_at",)
FLAGS = ("escalated", "read")
ALL = (*TEXTS, *NUMBERS, *PEOPLE, *MOMENTS, *FLAGS)
OF_JSON = frozenset({*NUMBERS, *FLAGS})
"""Fields whose values a file has as JSON, not as text."""
