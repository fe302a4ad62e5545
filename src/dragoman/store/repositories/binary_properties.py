"""The bytes of binary properties in the store, by the task's uid and the name of the property."""

from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain.binary_property import BinaryProperty
from dragoman.store.repositories.bodies import Bodies
from dragoman.store.unit.mappings import MAPPINGS


class BinaryProperties(Bodies[BinaryProperty]):
    """The binary properties of one tenant's tasks."""

    mapping = MAPPINGS["binary_property"]

    def of(self, task: str, name: str, lock: Lock = Lock.NONE) -> BinaryProperty | None:
        """One property, or None."""
        return self.find((task, name), lock)

    def put(self, new: BinaryProperty) -> None:
        """Keep bytes in place of those that were there."""
        known = self.of(new.task, new.name, Lock.CHANGE)
        if known is None:
            self.add(new)
        elif known.body != new.body:
            self.save(replace(known, body=new.body))

    def drop(self, task: str, name: str) -> None:
        """Forget the bytes; harmless when there are none."""
        known = self.of(task, name, Lock.CHANGE)
        if known is not None:
            self.remove(known)
