"""The inbox: lists of tasks."""
