"""What a request changes: a value that equals what the dialect itself shows for the field is no change.

Clients read an object, change one member and send it back whole. So a value is looked at only if it differs from what
was shown: neither limits nor rights are checked for an unchanged value (DESIGN 3, rule 1).
"""

from collections.abc import Mapping
from typing import Any

from dragoman.domain.json_numbers import are_same


def changed(sent: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that are sent which differ from those that are shown; what isn't shown counts as None."""
    return {name: value for name, value in sent.items() if not are_same(value, shown.get(name))}
