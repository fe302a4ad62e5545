"""Makes the data of a server with the source that comes first in PYTHONPATH, also an earlier one.

python -P bench/make_world.py URL ENGINE COUNT      prints what was made as JSON
"""

import sys

import msgspec

from bench.world import Databases, make


class Only(Databases):
    """One empty database, made by somebody else."""

    def __init__(self, url: str) -> None:
        self._url = url

    def empty(self, engine: str) -> str:
        """See Databases."""
        return self._url


if __name__ == "__main__":
    url, engine, count = sys.argv[1:]
    print(msgspec.json.encode(make(Only(url), engine, int(count))).decode())
