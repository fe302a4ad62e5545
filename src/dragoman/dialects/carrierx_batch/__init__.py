"""CarrierX Core API v2, batch tasks (`/core/v2/batch/tasks`): a method applied to many objects after a review. The
specification is dialects/carrierx-batch.md, whose sections are named in brackets; our choices are in README.md."""

from dragoman.dialects.carrierx_batch.errors import render_error, render_incident
from dragoman.dialects.carrierx_batch.operations import NOT_OFFERED, OPERATIONS
from dragoman.dialects.carrierx_batch.resource_types import RESOURCE_TYPES
from dragoman.dialects.carrierx_batch.showing import SHOWN_TASK, calls
from dragoman.dialects.kit import Dialect, cors_origins
from dragoman.domain.aliases import NameForm, PersonNames

DIALECT = Dialect(
    name="carrierx_batch",
    title="CarrierX batch tasks",
    prefixes=("/core/v2",),
    operations=OPERATIONS,
    not_offered=NOT_OFFERED,
    error=render_error,
    incident=render_incident,
    documents_head=True,
    credentials_first=True,  # 401 before 404 (carrierx-batch.md 18)
    options=(cors_origins(("*",)),),  # its vendor lets pages of every origin read (carrierx-batch.md 1)
    resource_types=RESOURCE_TYPES,
    person_names=PersonNames(NameForm.TEXT),
    shown_task=SHOWN_TASK,
    calls=calls,
)
