"""The commonest passwords: those of Django (BSD) and of zxcvbn (MIT) joined, in lower case and sorted.

`python -m tools.common_passwords` makes the file; the licences of both lists lie beside it.
"""

import gzip
from functools import cache
from importlib import resources

NAME = "common_passwords.txt.gz"


@cache
def words() -> frozenset[str]:
    """All of them; read once, when a password is first chosen. Some 40,000."""
    packed = resources.files(__name__).joinpath(NAME).read_bytes()
    return frozenset(gzip.decompress(packed).decode().split("\n"))


@cache
def longest() -> int:
    """Characters of the longest."""
    return max(map(len, words()))
