"""The operations on tags, and on user fields, of which there are none (second page, D)."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from dragoman.dialects.kit import NotOffered, OperationSpec, any_of
from dragoman.dialects.onlyoffice_crm import responses as answers
from dragoman.dialects.onlyoffice_crm.handlers import labels
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.wire.people import Persons
from dragoman.domain.labels import Labelled
from dragoman.usecases.labels import Word

SCOPES = {Labelled.CONTACT: "contact", Labelled.OPPORTUNITY: "case", Labelled.CASE: "case"}
FIELDS = {
    **{str(kind): kind for kind in Labelled},
    "person": Labelled.CONTACT,
    "company": Labelled.CONTACT,
}
"""What user fields are of, and where its entities are found."""

USER_FIELDS = "User fields aren't offered: contacts, opportunities and cases have none here."


def operations(options: Options) -> tuple[OperationSpec, ...]:
    """All of them."""
    tags = (row for kind in Labelled for row in _tags(options, kind))
    return (*tags, *(row for word in FIELDS for row in _fields(options, word)))


def _tags(options: Options, kind: Labelled) -> Iterator[OperationSpec]:
    read, write = any_of(f"{SCOPES[kind]}.read"), any_of(f"{SCOPES[kind]}.write")
    yield OperationSpec(
        name=f"tag.list_{kind}",
        method="GET",
        path=f"/crm/{kind}/tag",
        scopes=read,
        parse=partial(labels.parse_vocabulary, kind),
        run=labels.vocabulary,
        render=answers.array(options, 200, render_word),
        summary=f"List the tags of entities of the kind {kind}.",
        standing="D [C]",
    )
    yield OperationSpec(
        name=f"tag.get_{kind}",
        method="GET",
        path=f"/crm/{kind}/tag/{{id}}",
        scopes=read,
        parse=partial(labels.parse_entity, kind),
        run=labels.of_entity,
        render=answers.texts(options),
        summary=f"List the tags of one entity of the kind {kind}.",
        standing="D [C]",
    )
    yield OperationSpec(
        name=f"tag.create_{kind}",
        method="POST",
        path=f"/crm/{kind}/tag",
        scopes=write,
        parse=partial(labels.parse_new, kind),
        run=labels.coin,
        render=answers.text(options, 201),
        writes=True,
        parameters=("tagName",),
        summary=f"Create a tag for entities of the kind {kind}.",
        standing="D [C]",
    )
    yield OperationSpec(
        name=f"tag.add_{kind}",
        method="POST",
        path=f"/crm/{kind}/{{id}}/tag",
        scopes=write,
        parse=partial(labels.parse_one, kind),
        run=labels.add,
        render=answers.text(options, 201),
        writes=True,
        parameters=("tagName",),
        summary=f"Tag an entity of the kind {kind}.",
        standing="D [C]",
    )
    yield OperationSpec(
        name=f"tag.remove_{kind}",
        method="DELETE",
        path=f"/crm/{kind}/{{id}}/tag",
        scopes=write,
        parse=partial(labels.parse_one, kind),
        run=labels.remove,
        render=answers.text(options, 200),
        writes=True,
        parameters=("tagName",),
        summary=f"Take a tag from an entity of the kind {kind}.",
        standing="D [C]",
    )


def _fields(options: Options, word: str) -> Iterator[OperationSpec]:
    kind = FIELDS[word]
    read = any_of(f"{SCOPES[kind]}.read")
    yield OperationSpec(
        name=f"field.list_{word}",
        method="GET",
        path=f"/crm/{word}/customfield/definitions",
        scopes=read,
        parse=partial(labels.parse_vocabulary, kind),
        run=labels.no_fields,
        render=answers.texts(options),
        summary=f"List the user fields of entities of the kind {word}: there are none.",
        standing="D [A]",
    )
    yield OperationSpec(
        name=f"field.get_{word}",
        method="GET",
        path=f"/crm/{word}/{{id}}/customfield",
        scopes=read,
        parse=partial(labels.parse_entity, kind),
        run=labels.no_values,
        render=answers.texts(options),
        summary=f"List the user fields of one entity of the kind {word}: there are none.",
        standing="D [A]",
    )


def render_word(word: Word, _: Persons) -> dict[str, Any]:
    """A tag; the number of its entities is left out when 0."""
    members: dict[str, Any] = {"title": word.title}
    return members | {"relativeItemsCount": word.count} if word.count else members


NOT_OFFERED = tuple(
    NotOffered(method, f"/crm/{word}/{path}", USER_FIELDS, f"field.{name}_{word}")
    for word in FIELDS
    for method, path, name in (
        ("POST", "customfield", "create"),
        ("PUT", "customfield/{id}", "update"),
        ("PUT", "customfield/reorder", "reorder"),
        ("DELETE", "customfield/{id}", "delete"),
        ("POST", "{id}/customfield/{fieldid}", "set"),
    )
)
