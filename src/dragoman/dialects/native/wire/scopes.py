"""Scopes over the wire."""

from typing import Annotated

from msgspec import Meta, Struct


class Scope(Struct, frozen=True):
    """One scope."""

    name: str
    summary: str
    operations: Annotated[list[str], Meta(description="Those for which it suffices, by dialect and name.")]


class Preset(Struct, frozen=True):
    """A name for a list of scopes, which a token gets in its place."""

    name: str
    scopes: list[str]
    summary: str


class Scopes(Struct, frozen=True):
    """All scopes of this server."""

    scopes: list[Scope]
    presets: list[Preset]
