"""Contacts over the wire."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from dragoman.dialects.native.wire.scalars import AnyJson, EMail, Line, Ref, Text, Uid
from dragoman.domain.contact import ContactKind
from dragoman.domain.labels import MOST_LABELS

FirstName = Annotated[Line | None, Meta(description="A person's first name.")]
LastName = Annotated[Line | None, Meta(description="A person's last name.")]
CompanyName = Annotated[Line | None, Meta(description="A company's name.")]
CompanyRef = Annotated[Ref | None, Meta(description="The company that a person belongs to, by number or id.")]
JobTitle = Annotated[Line | None, Meta(description="What a person does there.")]
About = Annotated[Text | None, Meta(description="Whatever else is to be known.")]
Address = Annotated[EMail | None, Meta(description="The e-mail address.")]
IsPrivate = Annotated[bool, Meta(description="Whether only its creator and those it is shared with see it.")]
SharedWith = Annotated[list[Uid], Meta(max_length=1_000, description="Ids of users who see a private contact.")]
Labels = Annotated[list[Line], Meta(max_length=MOST_LABELS, description="Words that users put on it.")]
Kind = Annotated[ContactKind, Meta(description="What it is, for good.")]


class Contact(Struct, frozen=True, kw_only=True):
    """A person or company outside."""

    id: str
    number: int
    kind: Kind
    display_name: Annotated[str, Meta(description="How people call it.")]
    first_name: str | None
    last_name: str | None
    company_name: str | None
    company: int | None
    job_title: str | None
    about: str | None
    email: str | None
    attributes: Annotated[
        dict[str, list[str]],
        Meta(
            description="Further facts that clients keep by name, each with the primary value first; `@email` are"
            " further e-mail addresses, `@phone` telephone numbers."
        ),
    ]
    customer_id: Annotated[str, Meta(description="By which clients that number customers know it.")]
    is_private: bool
    shared_with: list[str]
    labels: list[str]
    task_count: Annotated[int, Meta(description="How many tasks link it.")]
    person_count: Annotated[int, Meta(description="How many persons belong to it.")]
    creator: str | None
    created_at: str
    modified_at: str
    extensions: dict[str, AnyJson]
    extras: dict[str, dict[str, Any]]
    revision: Annotated[int, Meta(description="Rises by one with each change; the ETag.")]


class NewContact(Struct, frozen=True, forbid_unknown_fields=True):
    """A contact to be made."""

    kind: Kind
    first_name: FirstName = None
    last_name: LastName = None
    company_name: CompanyName = None
    company: CompanyRef = None
    job_title: JobTitle = None
    about: About = None
    email: Address = None
    is_private: IsPrivate = False
    shared_with: SharedWith = []
    labels: Labels = []


class ContactPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Merge Patch of a contact."""

    first_name: FirstName | UnsetType = UNSET
    last_name: LastName | UnsetType = UNSET
    company_name: CompanyName | UnsetType = UNSET
    company: CompanyRef | UnsetType = UNSET
    job_title: JobTitle | UnsetType = UNSET
    about: About | UnsetType = UNSET
    email: Address | UnsetType = UNSET
    is_private: IsPrivate | UnsetType = UNSET
    shared_with: SharedWith | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET


class ContactList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of contacts. It may be shorter than requested, and still not be the last."""

    items: list[Contact]
    next: Annotated[str | UnsetType, Meta(description="Where the next page is; absent on the last one.")] = UNSET
