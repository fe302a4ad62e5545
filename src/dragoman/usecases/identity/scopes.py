"""The scopes of this server: those of its dialects and of its types of batches. Set when the server is composed."""

import msgspec

from dragoman.command import Keys
from dragoman.usecases.identity.scope_words import Registry
from dragoman.usecases.uow import UnitOfWork

_registry = Registry(())


def set_registry(registry: Registry) -> None:
    """Set the scopes, in place of those before."""
    global _registry
    _registry = registry


def registry() -> Registry:
    """The scopes that there are."""
    return _registry


class List(msgspec.Struct, frozen=True):
    def keys(self) -> Keys:
        return Keys()


def list_all(uow: UnitOfWork, command: List) -> Registry:
    """The scopes that there are, for everybody."""
    return _registry
