"""IBM Human Task Manager REST, `/rest/bpm/htm/v1`. The specification is dialects/ibm-htm.md ("the page"); what we do
beyond it is in README.md."""

from collections.abc import Mapping

from dragoman.dialects.ibm_htm import errors
from dragoman.dialects.ibm_htm.handlers import composites
from dragoman.dialects.ibm_htm.operations import NOT_OFFERED, OPERATIONS
from dragoman.dialects.ibm_htm.options import DEFAULTS, NAME, OPTIONS, Options
from dragoman.dialects.ibm_htm.showing import SHOWN_TASK, calls
from dragoman.dialects.ibm_htm.wire.facts import of_template
from dragoman.dialects.kit import Dialect, cors_origins
from dragoman.domain.aliases import NameForm, PersonNames


def configure(values: Mapping[str, object]) -> Dialect:
    """The dialect as the settings want it."""
    return make(Options.of(values))


def make(options: Options) -> Dialect:
    """The dialect with these switches."""
    return Dialect(
        name=NAME,
        title="IBM Human Task Manager",
        prefixes=("/rest/bpm/htm/v1", "/rest/bpm/federated/htm/v1"),
        operations=OPERATIONS,
        not_offered=NOT_OFFERED,
        error=errors.renderer(options),
        incident=errors.render_incident,
        options=(*OPTIONS, cors_origins()),
        gzip=True,
        method_headers=("x-method-override", "x-http-method-override"),
        configure=configure,
        person_names=PersonNames(NameForm.WORD),
        shown_task=SHOWN_TASK,
        calls=calls,
        check_query_table=composites.check,
        template_facts=of_template,
    )


DIALECT = make(DEFAULTS)
