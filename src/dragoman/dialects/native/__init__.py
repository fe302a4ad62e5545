"""The native API: a dialect like any other, for new clients, tests, and all that the core offers."""

from collections.abc import Mapping
from dataclasses import replace

from dragoman.dialects.kit import Dialect, Option
from dragoman.dialects.native import errors
from dragoman.dialects.native.operations import operations
from dragoman.dialects.native.resource_types import RESOURCE_TYPES
from dragoman.dialects.native.showing import SHOWN_TASK, calls, contact_ids

OPTIONS = (Option("require_if_match", False, "Whether changes of what has a revision must name it in If-Match."),)


def configure(options: Mapping[str, object]) -> Dialect:
    """The dialect as this server's settings want it."""
    return replace(DIALECT, operations=operations(require_if_match=bool(options.get("require_if_match"))))


DIALECT = Dialect(
    name="native",
    title="Dragoman",
    prefixes=("/v1",),
    operations=operations(),
    error=errors.error,
    incident=errors.incident,
    documents_head=True,
    own_paths=("/users/me",),
    options=OPTIONS,
    configure=configure,
    resource_types=RESOURCE_TYPES,
    shown_task=SHOWN_TASK,
    contact_ids=contact_ids,
    calls=calls,
)
