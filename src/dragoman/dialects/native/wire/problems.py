"""Refusals over the wire: problem details (RFC 9457), with every fault of the request."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import AnyJson

Held = int | UnsetType


class Fault(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault of a request."""

    code: str
    detail: str
    pointer: Annotated[str | UnsetType, Meta(description="Where in the body: a JSON Pointer.")] = UNSET
    parameter: Annotated[str | UnsetType, Meta(description="Which parameter of the query.")] = UNSET
    line: Annotated[int | UnsetType, Meta(description="Where in an upload; lines count from 1.")] = UNSET
    column: Annotated[int | UnsetType, Meta(description="The character of that line, from 1.")] = UNSET


class Use(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place that names something."""

    kind: Annotated[str, Meta(description="`task`, `template`, `policy`, or `setting` for one of the configuration.")]
    id: str | UnsetType = UNSET
    number: int | UnsetType = UNSET
    name: str | UnsetType = UNSET
    index: Annotated[int | UnsetType, Meta(description="Where in the list of policies; they count from 0.")] = UNSET


class Clash(Struct, frozen=True):
    """A member that isn't put back, since it was changed again."""

    field: Annotated[str, Meta(description="As in history.")]
    before: Annotated[AnyJson, Meta(description="The value that it would get.")]
    now: Annotated[AnyJson, Meta(description="The present one.")]


class Refusal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not done."""

    type: Annotated[str, Meta(description="/problems/ and the code.")]
    title: str
    status: int
    detail: str
    code: Annotated[str, Meta(description="Stable; the sentences are for people and may change.")]
    errors: Annotated[list[Fault] | UnsetType, Meta(description="Every fault, not the first.")] = UNSET
    current: Annotated[AnyJson | UnsetType, Meta(description="The present state, when a precondition was stale.")] = (
        UNSET
    )
    uses: Annotated[list[Use] | UnsetType, Meta(description="The first places that name what should go.")] = UNSET
    clashes: Annotated[
        list[Clash] | UnsetType, Meta(description="With `changed_since`: what was changed again, with both values.")
    ] = UNSET
    incident: Annotated[str | UnsetType, Meta(description="To name when asking what went wrong here.")] = UNSET
    tasks: Annotated[Held, Meta(description="With `has_open_work`: open tasks of the user.")] = UNSET
    cases: Held = UNSET
    work_items: Held = UNSET
    feeds: Held = UNSET
    webhooks: Held = UNSET
    earliest: Annotated[
        str | UnsetType, Meta(description="With `cursor_gone` and `cursor_foreign`: the cursor where the log begins.")
    ] = UNSET
    latest: Annotated[str | UnsetType, Meta(description="And the one where it ends.")] = UNSET
