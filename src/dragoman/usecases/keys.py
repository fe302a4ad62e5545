"""Keys as commands name them, handed on from the store: dialects need them, and need not know the store."""

from dragoman.command import ALONE, Alone, Key, Keys, Lock

__all__ = ["ALONE", "Alone", "Key", "Keys", "Lock", "Ref"]

Ref = int | str
"""A task, case, stage or contact as a client names it: by number or uid."""
