"""Keys as commands name them, handed on from the store: a dialect's commands need them, the store they need not know."""

from dragoman.store.keys import ALONE, Alone, Key, Keys, Lock

__all__ = ["ALONE", "Alone", "Key", "Keys", "Lock"]
