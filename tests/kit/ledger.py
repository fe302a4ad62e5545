"""crash_ledger.py for a dialect whose create takes nothing of what its update sets, since it makes tasks of a template.
An object stands on the ledger once a first update of it was acknowledged.
"""

import uuid

import _kit
import crash_ledger

_create = crash_ledger.Ledger.create


def create(ledger: crash_ledger.Ledger, client: _kit.Client, name: str) -> crash_ledger.Thing | None:
    """The object with the tag of its creation, or None when the server refused."""
    thing = _create(ledger, client, name)
    if thing is None:
        return None
    is_told = False
    try:
        is_told = ledger.send(client, thing, 0, str(uuid.uuid4())).ok
    finally:
        if not is_told:
            with ledger.lock:
                ledger.things.remove(thing)
                ledger.creates -= 1
    return thing if is_told else None


if __name__ == "__main__":
    crash_ledger.Ledger.create = create
    _kit.run("crash_ledger", crash_ledger.main)
