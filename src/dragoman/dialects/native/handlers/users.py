"""Users: one's own profile, who else there is, and their administration."""

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from dragoman.dialects.kit import Reply, Request
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native import views as wire
from dragoman.dialects.native.wire import cursors, queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire.tasks import Nothing
from dragoman.dialects.native.wire.users import (
    HandOver,
    JobQueued,
    NewUser,
    ProfilePatch,
    Removal,
    Revoked,
    TokenEnd,
    User,
    UserList,
    UserPatch,
    UserQuery,
)
from dragoman.domain import logins
from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.job import Job
from dragoman.domain.text import composed
from dragoman.usecases.admin import leaving, people
from dragoman.usecases.identity import adding, changing, profiles, user_lists
from dragoman.usecases.identity.profiles import Profile
from dragoman.usecases.preconditions import Revisions

READ_ONLY = frozenset(User.__struct_fields__)
PLAIN = ("display_name", "first_name", "last_name", "title", "language", "zone")


def parse_own(request: Request, query: queries.Nothing) -> profiles.Read:
    """The user of the request."""
    return profiles.Read("me")


def parse_get(request: Request, query: queries.Nothing) -> profiles.Read:
    """A user by id or login."""
    return profiles.Read(request.path["person"])


def parse_patch_own(request: Request, query: queries.Trial) -> changing.ChangeOwn:
    """A merge patch of one's own profile."""
    revisions = reading.if_match(request)

    def build(patch: ProfilePatch) -> changing.ChangeOwn:
        return changing.ChangeOwn(_given(patch, (*PLAIN, "email")), revisions)

    return reading.body(request, ProfilePatch, build, media=reading.MERGE_PATCH, read_only=READ_ONLY)


def parse_create(request: Request, query: queries.Trial) -> adding.AddUser:
    """A user to be made."""
    return reading.body(request, NewUser, creation, read_only=READ_ONLY)


def parse_patch(request: Request, query: queries.Trial) -> changing.ChangeUser:
    """A merge patch of a user."""
    person, revisions = request.path["person"], reading.if_match(request)
    return reading.body(
        request,
        UserPatch,
        lambda patch: change(person, patch, revisions),
        media=reading.MERGE_PATCH,
        read_only=READ_ONLY,
    )


def change(person: str, patch: UserPatch, revisions: Revisions | None) -> changing.ChangeUser:
    """What a patch changes of a user."""
    _check_words(patch)
    fields = _given(patch, (*PLAIN, "login", "email", "scopes", "dialects"))
    return changing.ChangeUser(
        person,
        {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()},
        roles=UNSET if patch.roles is UNSET else tuple(patch.roles),
        groups=UNSET if patch.groups is UNSET else tuple(patch.groups),
        owner=patch.owner,
        is_admin=patch.is_admin is True,
        revisions=revisions,
    )


def parse_list(request: Request, query: UserQuery) -> user_lists.List:
    """The conditions, and where the page begins."""
    after = cursors.read(request, query.cursor, (str, int))
    return user_lists.List(
        query.limit,
        None if after is None else (str(after[0]), int(str(after[1]))),
        q=query.q or None,
        kind=query.kind or None,
        role=query.role or None,
        group=query.group or None,
        state=user_lists.UserState(query.state),
    )


def render_list(page: user_lists.Page, request: Request) -> Reply:
    """One page, and the link to the next one."""
    link = UNSET if page.after is None else cursors.link(request, page.after)
    return replies.plain(UserList([wire.user(_with_lock(shown, request)) for shown in page.items], link))


def render(shown: Profile, request: Request) -> Reply:
    """200 with the user, and how long this process keeps his failed logins waiting."""
    return replies.one(_with_lock(shown, request), request)


def _with_lock(shown: Profile, request: Request) -> Profile:
    return replace(shown, locked_until=request.locked_until(shown.uid)) if shown.is_whole else shown


def parse_disable(request: Request, query: queries.Trial) -> leaving.DisableUser:
    """A user to be disabled, and to whom his work goes."""
    person, revisions = request.path["person"], reading.if_match(request)

    def build(body: HandOver) -> leaving.DisableUser:
        return leaving.DisableUser(person, body.hand_over_to or None, revisions)

    return reading.body(request, HandOver, build, may_be_empty=True)


def parse_enable(request: Request, query: queries.Trial) -> leaving.EnableUser:
    """A user to be enabled."""
    person, revisions = request.path["person"], reading.if_match(request)
    return reading.body(request, Nothing, lambda _: leaving.EnableUser(person, revisions), may_be_empty=True)


def parse_delete(request: Request, query: Removal) -> leaving.DeleteUser:
    """A user to be deleted, and to whom his work goes."""
    return leaving.DeleteUser(request.path["person"], query.hand_over_to or None, reading.if_match(request))


def render_deleted(job: Job | None, request: Request) -> Reply:
    """204; 202 with the job that hands over what is left."""
    return Reply(204) if job is None else _later(job)


def parse_revoke_tokens(request: Request, query: queries.Trial) -> people.RevokeTokens:
    """The user whose tokens are revoked, and which."""
    person = request.path["person"]

    def build(body: TokenEnd) -> people.RevokeTokens:
        return people.RevokeTokens(person, body.kind or None)

    return reading.body(request, TokenEnd, build, may_be_empty=True)


def render_revoked(count: int, request: Request) -> Reply:
    return replies.plain(Revoked(count))


def parse_history(request: Request, query: queries.Pages) -> people.UserHistory:
    """A page of the history of a user."""
    after = cursors.read_number(request, query.cursor)
    return people.UserHistory(request.path["person"], query.limit, after)


def _later(job: Job) -> Reply:
    reply = replies.plain(JobQueued(job.uid))
    return Reply(202, reply.body, reply.content_type, reply.headers)


def creation(new: NewUser) -> adding.AddUser:
    """The command that makes the user."""
    _check_words(new)
    return adding.AddUser(
        login=new.login,
        email=new.email,
        display_name=new.display_name or None,
        is_admin=new.is_admin is True,
        roles=tuple(new.roles),
        password=new.password or None,
        kind=new.kind,
        names=_given(new, PLAIN[1:]),
        groups=tuple(new.groups),
        owner=new.owner,
        scopes=None if new.scopes is None else tuple(new.scopes),
        dialects=None if new.dialects is None else tuple(new.dialects),
    )


def _check_words(body: NewUser | UserPatch) -> None:
    """What the types can't express: a login that nobody can have, and taking a role by `is_admin`."""
    problems = []
    found = None if body.login is UNSET else logins.fault(composed(body.login))
    if found is not None:
        problems.append(Problem("/login", *found))
    if body.is_admin is False:
        problems.append(Problem("/is_admin", "read_only", "can only be true here; take the role from roles"))
    if problems:
        raise Invalid("invalid_body", reading.FAULTS_OF_BODY, tuple(problems))


def _given(body: Any, names: tuple[str, ...]) -> dict[str, Any]:
    named = {name: getattr(body, name) for name in names}
    return {name: value for name, value in named.items() if value is not UNSET}
