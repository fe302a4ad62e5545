"""The acme dialect: see README.md."""

from dragoman.dialects.acme.errors import render_error, render_incident
from dragoman.dialects.acme.operations import NOT_OFFERED, OPERATIONS
from dragoman.dialects.kit import Dialect

DIALECT = Dialect(
    name="acme",
    title="Acme tasks",
    prefixes=("/acme/v1",),
    operations=OPERATIONS,
    not_offered=NOT_OFFERED,
    error=render_error,
    incident=render_incident,
)
