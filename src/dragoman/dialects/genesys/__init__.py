"""Genesys Context Services (Conversation Manager): see README.md."""

from collections.abc import Mapping
from functools import partial

from dragoman.dialects.genesys import errors
from dragoman.dialects.genesys.operations import operations
from dragoman.dialects.genesys.options import DEFAULTS, OPTIONS, Switches
from dragoman.dialects.genesys.showing import calls, contact_ids, listed, shown_task
from dragoman.dialects.genesys.wire.names import RESERVED
from dragoman.dialects.genesys.wire.paths import normalise
from dragoman.dialects.genesys.wire.resources import PERSON_NAMES
from dragoman.dialects.kit import Dialect, cors_origins


def configure(values: Mapping[str, object]) -> Dialect:
    """The dialect with its switches set."""
    return _dialect(Switches.of(values))


def _dialect(switches: Switches) -> Dialect:
    return Dialect(
        name="genesys",
        title="Genesys Context Services",
        prefixes=("/genesys/1/cs", ""),
        bare_roots=("/services", "/customers", "/metadata", "/profiles", "/server", "/maintenance"),
        operations=operations(switches),
        error=errors.renderer(switches),
        incident=errors.render_incident,
        options=(*OPTIONS, cors_origins()),
        normalise=normalise,
        credentials_first=switches.auth,
        is_open=not switches.auth,
        free_networks=switches.auth_free_networks if switches.auth else (),
        free_as=switches.auth_as,
        configure=configure,
        person_names=PERSON_NAMES,
        reserved_names=RESERVED,
        shown_task=shown_task(switches.service_id_style),
        contact_ids=contact_ids,
        listed=listed(switches.business_attribute),
        calls=partial(calls, switches.service_id_style),
    )


DIALECT = _dialect(DEFAULTS)
