"""Names that other systems have for users, and names that match no user."""

from urllib.parse import quote

from msgspec import UNSET

from dragoman.dialects.kit import Reply, Request, json
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views
from dragoman.dialects.native.wire import aliases as wire
from dragoman.dialects.native.wire import cursors, queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.batch_verbs import must_be_empty
from dragoman.usecases.identity import aliases
from dragoman.usecases.tasks import unclaimed_names


def parse_of_user(request: Request, query: queries.Pages) -> aliases.List:
    """A page of a user's aliases."""
    return aliases.List(request.path["person"], limit=query.limit, after=cursors.read_number(request, query.cursor))


def parse_list(request: Request, query: queries.DialectQuery) -> aliases.List:
    """A page of the aliases of all users."""
    dialect = None if query.dialect is UNSET else query.dialect
    return aliases.List(None, dialect, query.limit, cursors.read_number(request, query.cursor))


def render_list(page: aliases.AliasPage, request: Request) -> Reply:
    link = UNSET if page.after is None else cursors.link(request, (page.after,))
    return replies.plain(wire.AliasList(items=[views.alias(item) for item in page.items], next=link))


def parse_put(request: Request, query: queries.AliasPut) -> aliases.Put:
    """An alias for a user."""
    must_be_empty(request)
    path = request.path
    return aliases.Put(path["person"], path["dialect"], path["name"], query.first)


def render_put(result: aliases.PutAlias, request: Request) -> Reply:
    """201 for a new one, 200 for one that the user has already."""
    body = json.encode(views.alias(result.alias))
    if not result.is_new:
        return Reply(200, body, replies.JSON)
    person, dialect, name = (quote(request.path[part], safe="") for part in ("person", "dialect", "name"))
    location = f"{request.prefix}/users/{person}/aliases/{dialect}/{name}"
    return Reply(201, body, replies.JSON, [("Location", location)])


def parse_delete(request: Request, query: queries.Trial) -> aliases.Remove:
    """An alias to be taken from a user."""
    path = request.path
    return aliases.Remove(path["person"], path["dialect"], path["name"])


def parse_unclaimed(request: Request, query: queries.DialectQuery) -> unclaimed_names.List:
    """A page of unclaimed names."""
    dialect = None if query.dialect is UNSET else query.dialect
    return unclaimed_names.List(dialect, query.limit, cursors.read_number(request, query.cursor))


def render_unclaimed(page: unclaimed_names.NamePage, request: Request) -> Reply:
    link = UNSET if page.after is None else cursors.link(request, (page.after,))
    return replies.plain(wire.UnclaimedNameList(items=[views.unclaimed_name(item) for item in page.items], next=link))


def parse_forget(request: Request, query: queries.Trial) -> unclaimed_names.Forget:
    """A name to be taken off the list."""
    return unclaimed_names.Forget(request.path["dialect"], request.path["name"])


def parse_claim(request: Request, query: queries.Trial) -> unclaimed_names.Claim:
    """A name that is somebody's from now on."""

    def build(body: wire.ClaimBody) -> unclaimed_names.Claim:
        path = request.path
        return unclaimed_names.Claim(path["dialect"], path["name"], body.user, body.tasks == "assign", query.dry_run)

    return reading.body(request, wire.ClaimBody, build)


def render_claim(claimed: unclaimed_names.Claimed, request: Request) -> Reply:
    """200; 202 where a job assigns the tasks."""
    return Reply(200 if claimed.job is None else 202, json.encode(views.claim(claimed)), replies.JSON)
