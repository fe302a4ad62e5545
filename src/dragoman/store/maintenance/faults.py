"""Faults that a verification finds."""


class Broken(Exception):
    """A fault; the message includes its position."""
