"""New ids: time-ordered UUIDs (version 7), lower case with dashes."""

import uuid_utils


def new_id() -> str:
    """A new UUID; ids made later sort later."""
    return str(uuid_utils.uuid7())
