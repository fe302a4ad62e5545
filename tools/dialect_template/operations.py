"""What the acme dialect offers, one row per operation, and what it leaves out."""

from dragoman.dialects.acme import handlers, wire
from dragoman.dialects.kit import NotOffered, OperationSpec, any_of

OPERATIONS = (
    OperationSpec(
        name="acme.task.show",
        method="GET",
        path="/tasks/{id}",
        scopes=any_of("acme.read", "acme.write"),
        parse=handlers.parse_show,
        run=handlers.show,
        render=wire.render_task,
        summary="Read a task.",
    ),
    OperationSpec(
        name="acme.task.replace",
        method="PUT",
        path="/tasks/{id}",
        scopes=any_of("acme.write"),
        parse=handlers.parse_replace,
        run=handlers.replace_task,
        render=wire.render_task,
        writes=True,
        summary="Replace title, due time and colour.",
    ),
)

NOT_OFFERED = (NotOffered("DELETE", "/tasks/{id}", "The vendor's clients never delete.", name="acme.task.delete"),)
