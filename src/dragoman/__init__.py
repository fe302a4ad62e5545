"""Dragoman: one task server that every client can address in its own dialect."""

__version__ = "0.1.0"
