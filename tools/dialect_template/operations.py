"""What the acme dialect offers, one row an operation, and what it leaves out."""

from dragoman.dialects.acme import handlers, wire
from dragoman.dialects.kit import NotOffered, Operation

OPERATIONS = (
    Operation(
        "GET",
        "/tasks/{id}",
        frozenset({"acme.read", "acme.write"}),
        handlers.parse_show,
        handlers.show,
        wire.render_task,
        name="acme.task.show",
        write=False,
        summary="One task.",
    ),
    Operation(
        "PUT",
        "/tasks/{id}",
        frozenset({"acme.write"}),
        handlers.parse_replace,
        handlers.replace_task,
        wire.render_task,
        name="acme.task.replace",
        summary="Replace title, due time and colour.",
    ),
)

NOT_OFFERED = (NotOffered("DELETE", "/tasks/{id}", "The vendor's clients never delete.", name="acme.task.delete"),)
