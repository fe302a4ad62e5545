"""The data that all entries share and the data of one entry, together."""

from typing import Any


def merged(shared: Any, own: Any) -> Any:
    """Both, where the entry's own members win; objects are merged member by member. Null is a value like any other."""
    if not (isinstance(shared, dict) and isinstance(own, dict)):
        return own
    members = dict(shared)
    for name, value in own.items():
        members[name] = merged(shared[name], value) if name in shared else value
    return members
