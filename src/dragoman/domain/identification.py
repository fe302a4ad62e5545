"""Identification keys: attributes by which contacts are looked up together, and that may be unique among contacts."""

from collections.abc import Collection, Sequence

import msgspec

from dragoman.domain.contact_values import Condition
from dragoman.domain.errors import Conflict, Invalid

MOST_KEYS = 1_000
MOST_ATTRIBUTES = 100


class IdentificationKey(msgspec.Struct, frozen=True):
    """One key. `source` is the folded name of the extension whose attributes these are, None for the contact's own;
    `attributes` are folded, `spelled` and `source_name` as they are shown."""

    id: int
    name: str
    source: str | None
    attributes: tuple[str, ...]
    spelled: tuple[str, ...]
    is_unique: bool = False
    source_name: str = ""

    def leading(self, conditions: Collection[tuple[str | None, str]]) -> int:
        """How many of its attributes from the first one on are asked for."""
        count = 0
        for attribute in self.attributes:
            if (self.source, attribute) not in conditions:
                break
            count += 1
        return count

    def conflict(self) -> Conflict:
        """The error for two contacts with the same values."""
        names = ", ".join(self.spelled)
        return Conflict("unique_violation", f"another contact has the same {names} (key {self.name})", key=self.name)


def choose(keys: Sequence[IdentificationKey], conditions: Sequence[Condition]) -> IdentificationKey:
    """The key by which these conditions are looked up: the oldest one whose attributes are all asked for, else the one
    with the most leading attributes asked for. Invalid `missing_key` when none begins with one of them."""
    asked = {(condition.extension, condition.attribute) for condition in conditions}
    whole = [key for key in keys if key.leading(asked) == len(key.attributes)]
    if whole:
        return min(whole, key=lambda key: key.id)
    best = max(keys, key=lambda key: (key.leading(asked), -key.id), default=None)
    if best is None or not best.leading(asked):
        raise Invalid("missing_key", "no identification key begins with one of these attributes")
    return best
