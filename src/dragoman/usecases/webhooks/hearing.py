"""What the owner of a webhook hears of events, as bodies of deliveries."""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from dragoman.domain.access import Principal
from dragoman.domain.delivery import Delivery
from dragoman.domain.event import subject_of
from dragoman.domain.webhook import Webhook, WebhookFilter
from dragoman.store.repositories.events import LoggedEvent
from dragoman.usecases.events import envelope, visibility
from dragoman.usecases.events.visibility import Heard
from dragoman.usecases.uow import UnitOfWork


class Message(msgspec.Struct, frozen=True):
    """An event as one owner hears of it: `type` may be that of something hidden."""

    event: LoggedEvent
    type: str
    body: str


class Bodies:
    """Envelopes of events, each made once for all who hear of it; and what an owner hears of a page of them, found out
    once for all webhooks of the same owner."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow, self._tenant = uow, uow.home.name
        self._whole: dict[int, str] = {}
        self._heard: dict[Principal, list[Heard]] = {}

    def heard(self, owner: Principal, events: Sequence[LoggedEvent]) -> list[Heard]:
        """What the owner hears of each of these, which are the same in every call."""
        found = self._heard.get(owner)
        if found is None:
            found = self._heard[owner] = visibility.heard(self._uow, owner, events)
        return found

    def whole(self, event: LoggedEvent) -> str:
        """The envelope."""
        found = self._whole.get(event.sequence)
        if found is None:
            changes = self._uow.events.changes_of(event) if event.is_long else None
            found = self._whole[event.sequence] = envelope.whole(event, self._tenant, changes).decode()
        return found

    def hidden(self, event: LoggedEvent) -> str:
        """What is heard of an event whose subject is hidden now."""
        return envelope.hidden(event, self._tenant).decode()


def messages(
    uow: UnitOfWork, webhook: Webhook, owner: Principal, events: Sequence[LoggedEvent], bodies: Bodies
) -> Iterator[Message]:
    """Those that the webhook is to get: none about itself."""
    own = subject_of("webhook", webhook.uid)
    for event, heard in zip(events, bodies.heard(owner, events), strict=True):
        if event.subject == own:
            continue
        if heard is Heard.HIDDEN and webhook.takes_type(envelope.hidden_type(event)):
            # Whatever the filter says of an entity that the owner can't see any more: a copy is to be dropped.
            yield Message(event, envelope.hidden_type(event), bodies.hidden(event))
        elif heard is Heard.EVENT and webhook.takes_type(event.type) and _passes(uow, webhook.filter, event):
            yield Message(event, event.type, bodies.whole(event))


def with_body(uow: UnitOfWork, delivery: Delivery) -> Delivery:
    """The delivery of a test with its body and sequence, once its event is in the log."""
    if delivery.body:
        return delivery
    event = uow.events.find(delivery.event)
    if event is None:
        return delivery
    return replace(delivery, body=Bodies(uow).whole(event), sequence=event.sequence)


def still_heard(uow: UnitOfWork, owner: Principal, deliveries: Sequence[Delivery]) -> set[str]:
    """Those deliveries, by id, of whose events the owner hears the same now as when they were made. One whose event is
    no longer kept is for administrators only."""
    if owner.is_admin:
        return {each.uid for each in deliveries}
    events = uow.events.of_sequences([each.sequence for each in deliveries])
    types = {
        event.uid: event.type if what is Heard.EVENT else envelope.hidden_type(event)
        for event, what in zip(events, visibility.heard(uow, owner, events), strict=True)
        if what is not Heard.NOTHING
    }
    return {each.uid for each in deliveries if types.get(each.event) == each.type}


def _passes(uow: UnitOfWork, wanted: WebhookFilter, event: LoggedEvent) -> bool:
    if not wanted.takes_cause(event.actor_login, event.dialect):
        return False
    return not wanted.asks_of_entities or wanted.takes_entity(*_facts(uow, event))


def _facts(uow: UnitOfWork, event: LoggedEvent) -> tuple[int | None, int | None, str | None]:
    """Category, case and assignee of the entity as it is now, or was when it was deleted."""
    if event.number is None:
        return None, None, None
    if event.entity in ("task", "batch"):
        task = uow.tasks.find(event.number) or uow.history.deleted("task", event.number)
        return (None, None, None) if task is None else (task.category, task.case, task.assignee)
    if event.entity == "case":
        case = uow.cases.find(event.number) or uow.history.deleted("case", event.number)
        return None, event.number, None if case is None else case.assignee
    if event.entity == "stage":
        stage = uow.stages.find(event.number) or uow.history.deleted("stage", event.number)
        return None, None if stage is None else stage.case, None
    return None, None, None
