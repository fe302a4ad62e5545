"""Batches as they are shown: the document, its tag, and what its events tell."""

from dragoman.dialects.kit import Reply, json
from dragoman.dialects.kit.batch_tags import tag_of
from dragoman.dialects.native.views import maybe, time
from dragoman.dialects.native.wire import batches as wire
from dragoman.domain.bulk import Batch
from dragoman.domain.bulk import Decided as Decision
from dragoman.domain.bulk import Progress as Pace
from dragoman.usecases.batches.documents import Shown

JSON = "application/json"

tag = tag_of


def document(shown: Shown) -> wire.Batch:
    """The batch with all its members; an id and a number that it doesn't have yet are null."""
    batch = shown.batch
    return wire.Batch(
        id=batch.uid or None,
        number=batch.number or None,
        title=batch.title,
        purpose=batch.purpose,
        method=batch.method,
        type=batch.type,
        field=batch.field,
        select=None if batch.selection is None else json.verbatim(batch.selection),
        review=batch.review,
        on_change=batch.on_change,
        max_failures=_failures(batch.max_failures),
        canary=batch.canary,
        rate_per_second=None if batch.rate is None else json.verbatim(batch.rate),
        concurrency=batch.concurrency,
        not_before=maybe(batch.not_before),
        priority=batch.priority,
        review_expires_at=maybe(batch.review_expires_at),
        status=batch.status,
        counts=counts(batch),
        summary=summary(batch),
        policy=_policy(batch),
        decisions=[_decision(made) for made in batch.decisions],
        progress=_progress(batch.progress(shown.at)),
        ended_because=_end(batch),
        origin=_origin(batch),
        undone_by=batch.undone_by,
        images_until=maybe(shown.images_until),
        creator=batch.creator,
        created_at=time(batch.created_at),
        modified_at=time(batch.modified_at),
        ended_at=maybe(batch.ended_at),
        revision=batch.revision,
    )


def glance(shown: Shown) -> wire.Glance:
    """What an event tells."""
    batch = shown.batch
    return wire.Glance(batch.status, counts(batch), _progress(batch.progress(shown.at)), batch.revision)


def one(shown: Shown, request: object) -> Reply:
    """200 with the document and its tag."""
    return Reply(200, json.encode(document(shown)), JSON, [tag(shown.batch)])


def made(shown: Shown, request: object) -> Reply:
    """201 with the document, its tag, and where it is."""
    headers = [("Location", f"/v1/batches/{shown.batch.uid}"), tag(shown.batch)]
    return Reply(201, json.encode(document(shown)), JSON, headers)


def counts(batch: Batch) -> wire.Counts:
    return wire.Counts(batch.total, batch.processed, batch.success, batch.unchanged, batch.failure, batch.skipped)


def summary(batch: Batch) -> wire.Summary | None:
    found = batch.summary
    if found is None:
        return None
    return wire.Summary(
        found.total,
        found.will_change,
        found.no_op,
        found.missing,
        found.ambiguous,
        found.invalid,
        found.forbidden,
    )


def _failures(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdigit() else text


def _policy(batch: Batch) -> wire.Policy | None:
    policy = batch.policy
    if policy is None:
        return None
    approvers = None if policy.approvers is None else list(policy.approvers)
    return wire.Policy(policy.approvals, policy.creator_may_approve, approvers, policy.require_if_match)


def _decision(made: Decision) -> wire.Decided:
    return wire.Decided(made.by, made.login, time(made.at), made.decision, made.reason, made.revision, made.counted)


def _progress(pace: Pace) -> wire.Progress:
    return wire.Progress(maybe(pace.started_at), pace.rate_per_second, maybe(pace.estimated_end_at))


def _end(batch: Batch) -> wire.End | None:
    because = batch.ended_because
    return None if because is None else wire.End(because.code, because.detail)


def _origin(batch: Batch) -> wire.OriginRef | None:
    if batch.origin is None or batch.origin_batch is None:
        return None
    return wire.OriginRef(batch.origin, batch.origin_batch)
