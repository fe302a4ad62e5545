"""Purging and exporting services (page 2, sections H and I)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from dragoman.dialects.genesys import views
from dragoman.dialects.genesys.handlers.files import Files
from dragoman.dialects.genesys.handlers.profiles import Alone
from dragoman.dialects.genesys.options import Switches
from dragoman.dialects.genesys.problems import judge, judged_late
from dragoman.dialects.genesys.responses import JSON, render_json, render_nothing
from dragoman.dialects.genesys.views import Inner
from dragoman.dialects.genesys.wire import business, queries
from dragoman.dialects.genesys.wire import maintenance as wire
from dragoman.dialects.kit import Later, Reply, Request, Stream, json
from dragoman.domain.access import require_admin
from dragoman.domain.errors import Forbidden, Invalid, NotOffered
from dragoman.usecases.cases import services
from dragoman.usecases.uow import UnitOfWork

EVERYTHING = Inner(
    queries.Inside(True, True, True, True),
    queries.Wanted(everything=frozenset({queries.SERVICE, queries.STATE, queries.TASK})),
)
NO_FILES = "Exports to files are switched off, or the server has no folder for them; the stream has the same services."


class Purge(Alone, frozen=True):
    """Delete a portion of the services that began here."""

    clear: services.Clear | Invalid


class Export(Alone, frozen=True):
    """Read a page of services with all that is inside them. `to_files`: for files on the server."""

    bounds: wire.Bounds | Invalid
    switches: Switches
    to_files: bool
    after: services.Place | None = None


class Exported(msgspec.Struct, frozen=True):
    """A page of services, each as JSON, and where the next one begins."""

    items: list[bytes]
    after: services.Place | None


def parse_purge(switches: Switches, request: Request) -> Purge:
    """`limit` and `operation`."""
    return Purge(judged_late(lambda: wire.parse_purge(request)))


def parse_stream(switches: Switches, request: Request) -> Export:
    """`time_from` and `time_to`."""
    return _parse_export(switches, request, to_files=False)


def parse_files(switches: Switches, request: Request) -> Export:
    """The same."""
    return _parse_export(switches, request, to_files=True)


def _parse_export(switches: Switches, request: Request, *, to_files: bool) -> Export:
    return Export(judged_late(lambda: wire.parse_bounds(request)), switches, to_files)


def purge(uow: UnitOfWork, command: Purge) -> services.Place | None:
    """Delete a portion; where the next one begins."""
    require_admin(uow.principal)
    return services.clear(uow, judge(command.clear))


def render_purged(after: services.Place | None, request: Request) -> Later:
    """200 when all are gone."""
    command: Purge = request.command

    async def done() -> Reply:
        place = after
        while place is not None:
            place = await request.run(Purge(replace(judge(command.clear), after=place)))
        return render_nothing(None, request)

    return Later(done)


def export(uow: UnitOfWork, command: Export) -> Exported:
    """A page of services, oldest first. Forbidden for those who may not read the tasks inside them."""
    if not uow.principal.has_scope(queries.TASKS):
        raise Forbidden("tasks_unreadable", "the export has the tasks of services, which needs the scope task.read")
    if command.to_files:
        require_admin(uow.principal)
        if not command.switches.exports:
            raise NotOffered("not_offered", NO_FILES, reason=NO_FILES)
    page = services.Page(judge(command.bounds).filter(), command.after)
    found, after = services.page(uow, page)
    style, names = command.switches.service_id_style, command.switches.business
    shown = views.services(uow, found, style, EVERYTHING)
    items = [json.encode(names.shown(business.SERVICE, service)) for service in shown]
    return Exported(items, after)


def render_stream(first: Exported, request: Request) -> Stream:
    """One array, sent while it is read."""
    return Stream(200, _array(first, request), JSON)


async def _array(page: Exported, request: Request) -> AsyncIterator[bytes]:
    opening = b"["
    async for items in _pages(page, request):
        if items:
            yield opening + b",".join(items)
            opening = b","
    yield b"[]" if opening == b"[" else b"]"


async def _pages(page: Exported, request: Request) -> AsyncIterator[list[bytes]]:
    command: Export = request.command
    yield page.items
    while page.after is not None:
        page = await request.run(replace(command, after=page.after))
        yield page.items


def render_files(first: Exported, request: Request) -> Later:
    """The names of the files, when they are written."""
    command: Export = request.command

    async def written() -> Reply:
        if request.data_folder is None:
            raise NotOffered("not_offered", NO_FILES, reason=NO_FILES)
        folder = Path(request.data_folder) / command.switches.exports
        with Files(folder, request.received_at) as files:
            async for items in _pages(first, request):
                await asyncio.to_thread(files.add, items)
            return render_json({"created": await asyncio.to_thread(files.finish)}, request)

    return Later(written)
