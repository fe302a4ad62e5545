"""The operations on sessions, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import sessions
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire.sessions import Ended, SessionEnd, SessionList, SessionQuery
from dragoman.usecases.identity import session_lists

_get = partial(operation, method="GET")
_delete = partial(operation, method="DELETE", writes=True)

SESSIONS = (
    _get(
        name="list_sessions",
        path="/sessions",
        summary="Browsers that are signed in: one's own; for administrators those of all.",
        scopes=any_of("session.read"),
        parse=sessions.parse_list,
        run=session_lists.list_sessions,
        render=sessions.render_list,
        query=SessionQuery,
        answer=SessionList,
    ),
    _delete(
        name="end_sessions",
        path="/sessions",
        summary="End all sessions of a user.",
        scopes=any_of("session.write"),
        parse=sessions.parse_end_all,
        run=session_lists.end_sessions,
        render=sessions.render_ended,
        query=SessionEnd,
        answer=Ended,
    ),
    _delete(
        name="end_session",
        path="/sessions/{id}",
        summary="End a session.",
        scopes=any_of("session.write"),
        parse=sessions.parse_end,
        run=session_lists.end_session,
        render=replies.gone,
        query=queries.Trial,
        status=204,
    ),
)
