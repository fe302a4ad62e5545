"""What the core gives, as it is shown over the wire."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, Raw
from msgspec.structs import asdict

from dragoman.dialects.kit import json, times
from dragoman.dialects.native.wire import (
    aliases,
    cases,
    categories,
    contacts,
    groups,
    histories,
    identities,
    sessions,
    tasks,
    tenants,
    users,
    webhooks,
)
from dragoman.domain.binary_property import BinaryHead
from dragoman.domain.case import Case, Stage
from dragoman.domain.category import Category
from dragoman.domain.clock import Moment, to_datetime
from dragoman.domain.contact import Contact
from dragoman.domain.delivery import Delivery, DeliveryError
from dragoman.domain.escalation import Escalations
from dragoman.domain.extension import Extension
from dragoman.domain.history_values import changes_of
from dragoman.domain.message import MessageHead
from dragoman.domain.people import Membership, Tenant, UserRole
from dragoman.domain.sales import stage_of
from dragoman.domain.task import Task
from dragoman.domain.webhook import Webhook
from dragoman.usecases.batches.review.tenant_policies import Policies
from dragoman.usecases.events.history import HistoryRow
from dragoman.usecases.identity.aliases import AliasItem
from dragoman.usecases.identity.groups import GroupView
from dragoman.usecases.identity.profiles import Profile
from dragoman.usecases.identity.session_lists import Listed
from dragoman.usecases.tasks.unclaimed_names import Claimed, NameItem
from dragoman.usecases.webhooks.deliveries import WithTries
from dragoman.usecases.webhooks.subscriptions import WithSecret

NOTHING: dict[str, Any] = {}
NO_ESCALATIONS: list[tasks.Escalation] = []
REMEMBERED = 8_192

time = lru_cache(maxsize=REMEMBERED)(times.render_native)
"""A moment as text. Most of a task's moments never change, and making the text costs more than all else of a view."""


def maybe(moment: Moment | None) -> str | None:
    """A moment, or null."""
    return None if moment is None else time(moment)


def task(task: Task) -> tasks.Task:
    """A task as it is shown; by place, in the order of its type, since by name takes half as long again."""
    return tasks.Task(
        task.uid,
        task.number,
        task.kind,
        task.name,
        task.title,
        task.description,
        task.category,
        task.type,
        task.work_list,
        task.state,
        task.suspended,
        task.escalated,
        task.read,
        task.open_children,
        task.priority,
        task.assignee,
        task.creator,
        task.starter,
        task.made_through,
        task.contact,
        task.case,
        task.stage,
        task.parent,
        None if task.due_at is None else time(task.due_at),
        task.due_local,
        task.due_zone,
        task.remind_before_minutes,
        None if task.expires_at is None else time(task.expires_at),
        None if task.delete_at is None else time(task.delete_at),
        None if task.resume_at is None else time(task.resume_at),
        time(task.created_at),
        time(task.modified_at),
        None if task.activated_at is None else time(task.activated_at),
        None if task.claimed_at is None else time(task.claimed_at),
        None if task.completed_at is None else time(task.completed_at),
        outcome(task),
        task.template,
        escalations(task.escalations) if task.escalations else NO_ESCALATIONS,
        task.timing,
        messages(task.messages) if task.messages else NOTHING,
        binaries(task.binaries) if task.binaries else NOTHING,
        task.properties,
        extensions(task.extensions) if task.extensions else NOTHING,
        task.extras,
        task.revision,
    )


def outcome(ended: Task | Case | Stage) -> tasks.Outcome | None:
    """Its outcome, where one was given."""
    if ended.outcome_code is None and ended.outcome_text is None:
        return None
    return tasks.Outcome(ended.outcome_code, ended.outcome_text)


def messages(known: dict[str, MessageHead]) -> dict[str, tasks.MessageHead]:
    """What the task knows of its messages."""
    return {which: tasks.MessageHead(head.type, head.sha256, head.name) for which, head in known.items()}


def escalations(known: Escalations) -> list[tasks.Escalation]:
    """Escalations, in their order."""
    return [
        tasks.Escalation(
            one.name,
            one.state,
            one.activation,
            one.expected,
            one.action,
            one.increase_priority,
            list(one.receivers),
            one.after,
            one.repeat,
            _time(one.activated_at),
            _time(one.escalates_at),
            _time(one.due_at),
            one.properties,
        )
        for one in known
    ]


def _time(moment: Moment | None) -> str | None:
    return None if moment is None else time(moment)


def binaries(known: dict[str, BinaryHead]) -> dict[str, tasks.BinaryHead]:
    """What the task knows of its binary properties."""
    return {name: tasks.BinaryHead(head.type, head.query, head.sha256) for name, head in known.items()}


def extensions(known: dict[str, Extension]) -> dict[str, msgspec.Raw]:
    """Values under the names as they are spelt, byte by byte."""
    return {extension.name: json.verbatim(extension.value) for extension in known.values()} if known else NOTHING


def contact(contact: Contact) -> contacts.Contact:
    return contacts.Contact(
        id=contact.uid,
        number=contact.number,
        kind=contact.kind,
        display_name=contact.display_name,
        first_name=contact.first_name,
        last_name=contact.last_name,
        company_name=contact.company_name,
        company=contact.company,
        job_title=contact.job_title,
        about=contact.about,
        email=contact.email,
        attributes={name: list(values) for name, values in contact.attributes.items()},
        customer_id=contact.customer_key,
        is_private=contact.is_private,
        shared_with=list(contact.shared_with),
        labels=list(contact.labels),
        task_count=contact.task_count,
        person_count=contact.person_count,
        creator=contact.creator,
        created_at=time(contact.created_at),
        modified_at=time(contact.modified_at),
        extensions=extensions(contact.extensions),
        extras=contact.extras,
        revision=contact.revision,
    )


def case(case: Case) -> cases.Case:
    return cases.Case(
        id=case.uid,
        number=case.number,
        kind=case.kind,
        title=case.title,
        description=case.description,
        contact=case.contact,
        customer_id=case.customer_key,
        contact_key=case.contact_key,
        assignee=case.assignee,
        creator=case.creator,
        sales_stage=_sales_stage(case),
        members=list(case.members),
        labels=list(case.labels),
        started_at=time(case.started_at),
        completed_at=maybe(case.completed_at),
        expires_at=maybe(case.expires_at),
        outcome=outcome(case),
        is_private=case.is_private,
        created_at=time(case.created_at),
        modified_at=time(case.modified_at),
        extensions=extensions(case.extensions),
        extras=case.extras,
        revision=case.revision,
    )


def _sales_stage(case: Case) -> cases.SalesStage | None:
    if case.sales_stage is None:
        return None
    found = stage_of(case.sales_stage)
    return cases.SalesStage(number=found.number, title=found.title, kind=found.kind)


def stage(stage: Stage) -> cases.Stage:
    return cases.Stage(
        id=stage.uid,
        number=stage.number,
        case=stage.case,
        title=stage.title,
        previous=stage.previous,
        started_at=time(stage.started_at),
        completed_at=maybe(stage.completed_at),
        outcome=outcome(stage),
        creator=stage.creator,
        created_at=time(stage.created_at),
        modified_at=time(stage.modified_at),
        extensions=extensions(stage.extensions),
        extras=stage.extras,
        revision=stage.revision,
    )


def category(category: Category) -> categories.Category:
    return categories.Category(
        number=category.number,
        title=category.title,
        description=category.description,
        icon=category.icon,
        sort_order=category.sort_order,
        task_count=category.task_count,
        created_at=time(category.created_at),
    )


def user(shown: Profile) -> users.User:
    """A user as the reader may see him."""
    user = shown.user
    return users.User(
        id=user.uid,
        number=user.number,
        kind=user.kind,
        login=user.login,
        email=user.email,
        display_name=user.display_name,
        first_name=user.first_name,
        last_name=user.last_name,
        title=user.title,
        language=user.language,
        zone=user.zone,
        is_admin=UserRole.ADMINISTRATOR in shown.roles,
        roles=list(user.roles),
        effective_roles=list(shown.roles),
        groups=[group.uid for group in shown.groups],
        group_names=[group.name for group in shown.groups],
        disabled_at=maybe(user.disabled_at),
        created_at=time(user.created_at),
        modified_at=time(user.modified_at),
        revision=user.revision,
        **(_rest(shown) if shown.is_whole else {}),
    )


def tenant(tenant: Tenant, *, whole: bool) -> tenants.Profile:
    """The tenant, or of it what every user may see."""
    if not whole:
        return tenants.Profile(
            name=tenant.name, display_name=tenant.display_name, zone=tenant.zone, language=tenant.language
        )
    return tenants.Tenant(
        name=tenant.name,
        display_name=tenant.display_name,
        zone=tenant.zone,
        language=tenant.language,
        number=tenant.number,
        require_if_match=tenant.require_if_match,
        limits=tenants.Limits(**tenant.limits),
        disabled_at=maybe(tenant.disabled_at),
        created_at=time(tenant.created_at),
        modified_at=time(tenant.modified_at or tenant.created_at),
        revision=tenant.revision,
    )


def session(listed: Listed) -> sessions.Session:
    """A session; its cookie and the hash of it are shown to nobody."""
    session = listed.session
    return sessions.Session(
        id=session.uid,
        user=session.user,
        login=listed.login,
        via=session.via,
        created_at=time(session.created_at),
        seen_at=time(session.seen_at),
        expires_at=time(session.expires_at),
        browser=session.browser,
        address=session.address,
        is_current=listed.is_current,
    )


def group(view: GroupView) -> groups.Group:
    group = view.group
    return groups.Group(
        id=group.uid,
        number=group.number,
        name=group.name,
        description=group.description,
        roles=list(group.roles),
        external_names=list(group.external_names),
        member_count=view.member_count,
        created_at=time(group.created_at),
        modified_at=time(group.modified_at),
        revision=group.revision,
    )


def member(member: Membership) -> groups.Member:
    return groups.Member(id=member.uid, login=member.login, display_name=member.display_name, source=member.source)


def alias(item: AliasItem) -> aliases.Alias:
    return aliases.Alias(
        dialect=item.dialect,
        name=item.name,
        user=item.user,
        login=item.login,
        is_first=item.is_first,
        created_at=time(item.created_at),
    )


def unclaimed_name(item: NameItem) -> aliases.UnclaimedName:
    example = item.example
    return aliases.UnclaimedName(
        dialect=item.dialect,
        name=item.name,
        first_seen_at=time(item.first_seen_at),
        last_seen_at=time(item.last_seen_at),
        count=item.count,
        open_tasks=item.open_tasks,
        example=None if example is None else aliases.CarryingTask(example.number, example.title),
    )


def claim(claimed: Claimed) -> aliases.Claim:
    if claimed.job is not None:
        return aliases.Claim(alias=alias(claimed.alias), job=claimed.job)
    return aliases.Claim(alias=alias(claimed.alias), assigned=claimed.assigned, skipped=claimed.skipped)


def _rest(shown: Profile) -> dict[str, Any]:
    """What administrators and the user himself see besides."""
    user = shown.user
    return {
        "scopes": None if user.scopes is None else list(user.scopes),
        "dialects": None if user.dialects is None else list(user.dialects),
        "owner": user.owner,
        "has_password": user.password_hash is not None,
        "identities": [
            identities.Identity(provider=one.provider, subject=one.subject, linked_at=time(one.linked_at))
            for one in shown.identities
        ],
        "locked_until": maybe(shown.locked_until),
        "last_seen_at": None if user.last_seen_at is None else f"{to_datetime(user.last_seen_at):%Y-%m-%d}",
        "deleted_at": maybe(user.deleted_at),
    }


def changes(text: str) -> dict[str, histories.FieldChange]:
    """The changes of a row of history as they are shown: moments as times, all else as it was noted."""
    return {name: histories.FieldChange(old, new) for name, (old, new) in changes_of(text).items()}


def entry(row: HistoryRow) -> histories.Entry:
    """One change as it is shown."""
    return histories.Entry(
        revision=row.revision,
        at=time(row.at),
        principal=row.principal,
        dialect=row.dialect,
        operation=row.operation,
        changes=changes(row.changes),
        hash=row.hash,
        request=row.request,
        cause=UNSET if row.cause is None else row.cause,
    )


def webhook(found: Webhook, secret: str | None = None) -> webhooks.Webhook:
    """A webhook; with its secret where it was just made."""
    lists = {name: list(each) for name, each in asdict(found.filter).items() if each is not None}
    shown: dict[str, Any] = {
        "id": found.uid,
        "url": found.url,
        "description": found.description,
        "types": list(found.types),
        "filter": webhooks.WebhookFilter(**lists),
        "order": found.order,
        "state": found.state,
        "disabled_reason": found.disabled_reason,
        "failing_since": maybe(found.failing_since),
        "last_success_at": maybe(found.last_success_at),
        "owner": found.owner,
        "old_secret_until": maybe(found.old_secret_until),
        "created_at": time(found.created_at),
        "modified_at": time(found.modified_at),
        "revision": found.revision,
    }
    return webhooks.Webhook(**shown) if secret is None else webhooks.MadeWebhook(**shown, secret=secret)


def delivery(found: Delivery) -> webhooks.WebhookDelivery:
    return webhooks.WebhookDelivery(**_delivery(found))


def whole_delivery(shown: WithTries) -> webhooks.WholeWebhookDelivery:
    """A delivery with every attempt and its body."""
    tries = [
        webhooks.KeptDeliveryAttempt(time(each.at), each.status, _error(each.error), each.milliseconds, each.answer)
        for each in shown.tries
    ]
    body = Raw(shown.delivery.body.encode()) if shown.delivery.body else None
    return webhooks.WholeWebhookDelivery(**_delivery(shown.delivery), tries=tries, body=body)


def _delivery(found: Delivery) -> dict[str, Any]:
    last = None
    if found.last_at is not None:
        error, milliseconds = _error(found.last_error), found.last_milliseconds or 0
        last = webhooks.DeliveryAttempt(time(found.last_at), found.last_status, error, milliseconds)
    return {
        "id": found.uid,
        "webhook": found.webhook,
        "event": found.event,
        "type": found.type,
        "subject": found.subject,
        "sequence": found.sequence,
        "state": found.state,
        "attempts": found.attempts,
        "next_at": maybe(found.next_at),
        "created_at": time(found.created_at),
        "delivered_at": maybe(found.delivered_at),
        "last": last,
    }


def _error(text: str | None) -> DeliveryError | None:
    return None if text is None else DeliveryError(text)


VIEWS: dict[type[Any], Callable[[Any], Any]] = {
    Task: task,
    Contact: contact,
    Case: case,
    Stage: stage,
    Category: category,
    GroupView: group,
    Tenant: lambda found: tenant(found, whole=True),
    Policies: lambda policies: policies.rules,
    Profile: user,
    Webhook: webhook,
    WithSecret: lambda made: webhook(made.webhook),
}


def view(entity: Any) -> Any:
    """An entity of whatever sort, as it is shown."""
    return VIEWS[type(entity)](entity)
