"""Decisions about batches, control of their runs, changes of their options, and their deletion."""

from collections.abc import Callable

from dragoman.dialects.kit import Request
from dragoman.dialects.kit.batch_tags import parse_if_match
from dragoman.dialects.native.handlers.batches import NOUN
from dragoman.dialects.native.wire import batch_orders, batch_verbs, queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.domain.bulk_options import Changes
from dragoman.usecases.batches import commands
from dragoman.usecases.batches.commands import Action

Parse = Callable[[Request, queries.Trial], commands.Act]


def parsing(action: Action) -> Parse:
    """How a request for this verb is read."""

    def parse(request: Request, query: queries.Trial) -> commands.Act:
        reason = batch_verbs.parse_reason(request)
        if_match = parse_if_match(request)
        return commands.Act(reading.ref(request, NOUN), action, reason, if_match)

    return parse


def parse_preview(request: Request, query: queries.Trial) -> commands.Act:
    """Another preview."""
    batch_verbs.must_be_empty(request)
    if_match = parse_if_match(request)
    return commands.Act(reading.ref(request, NOUN), Action.PREVIEW, None, if_match)


def parse_patch(request: Request, query: queries.Trial) -> commands.Change:
    """A merge patch of options."""
    reading.check_media(request, reading.MERGE_PATCH)
    changes = Changes(**batch_orders.parse_patch(request))
    if_match = parse_if_match(request)
    return commands.Change(reading.ref(request, NOUN), changes, if_match)


def parse_delete(request: Request, query: queries.Trial) -> commands.Remove:
    """A batch to be deleted."""
    if_match = parse_if_match(request)
    return commands.Remove(reading.ref(request, NOUN), if_match)
