"""Use cases on both engines."""

from tests.support.shared_application import opened, opened_on_sqlite

__all__ = ["opened", "opened_on_sqlite"]
