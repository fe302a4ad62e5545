"""Tokens in the store."""

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from dragoman.domain.clock import Moment
from dragoman.domain.people import Token, TokenKind
from dragoman.domain.token_rules import TokenState
from dragoman.store import tables
from dragoman.store.repositories.repository import Repository
from dragoman.store.unit.mappings import MAPPINGS

T = tables.token.c
U = tables.user.c
AT_ONCE = 1_000


class TokenFilter(msgspec.Struct, frozen=True):
    """Conditions of a list; None: any. `unused_since`: not used since then, nor made since."""

    user: str | None = None
    kind: TokenKind | None = None
    states: tuple[TokenState, ...] | None = None
    unused_since: Moment | None = None


class Tokens(Repository[Token]):
    """The tokens of one tenant, by hash."""

    mapping = MAPPINGS["token"]

    def of_user(self, user: str) -> list[Token]:
        """A user's tokens, oldest first. The command must be exclusive."""
        statement = sa.select(T.hash).where(T.tenant == self.tenant, T.user == user)
        keys = [row[0] for row in self.by_condition(statement.order_by(T.created_at, T.hash))]
        self.load(keys)
        return [token for key in keys if (token := self.find(key)) is not None]

    def page(
        self, wanted: TokenFilter, now: Moment, after: tuple[Moment, str] | None, limit: int
    ) -> list[tuple[Token, bool]]:
        """So many tokens, oldest first, behind that with this moment of creation and hash; with whether their users are
        disabled. For readers and exclusive commands."""
        mine = sa.and_(U.tenant == T.tenant, U.uid == T.user)
        statement = sa.select(T.hash, U.disabled_at.is_not(None)).join_from(tables.token, tables.user, mine)
        statement = statement.where(T.tenant == self.tenant, *_conditions(wanted, now))
        if after is not None:
            at, digest = after
            statement = statement.where(sa.or_(T.created_at > at, sa.and_(T.created_at == at, T.hash > digest)))
        rows = self.by_condition(statement.order_by(T.created_at, T.hash).limit(limit)).all()
        self.load([row[0] for row in rows])
        return [(token, disabled) for digest, disabled in rows if (token := self.find(digest)) is not None]

    def beginning(self, digits: str) -> Token | None:
        """The one token whose hash begins so, or None. The command must be exclusive."""
        statement = sa.select(T.hash).where(T.tenant == self.tenant, T.hash >= digits, T.hash < digits + "\U0010ffff")
        found = [row[0] for row in self.by_condition(statement.limit(2))]
        return self.find(found[0]) if len(found) == 1 else None

    def mark_used(self, hashes: Sequence[str], dialect: str, at: Moment, before: Moment) -> None:
        """Note that tokens were used, but for those of which that was noted since `before`. The command must be
        exclusive. It changes neither version nor history."""
        stale = sa.or_(T.last_used_at.is_(None), T.last_used_at <= before)
        for start in range(0, len(hashes), AT_ONCE):
            mine = (T.tenant == self.tenant, T.hash.in_(hashes[start : start + AT_ONCE]), stale)
            self.by_condition(sa.update(tables.token).where(*mine).values(last_used_at=at, last_dialect=dialect))

    def forget_ended(self, before: Moment, *, limit: int) -> int:
        """Delete up to `limit` tokens that were revoked or expired before a moment; how many there were."""
        ended = sa.or_(T.revoked_at < before, T.expires_at < before)
        old = sa.select(T.hash).where(T.tenant == self.tenant, ended)
        found = [row[0] for row in self.by_condition(old.limit(limit))]
        if found:
            self.by_condition(sa.delete(tables.token).where(T.tenant == self.tenant, T.hash.in_(found)))
        return len(found)


def _conditions(wanted: TokenFilter, now: Moment) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if wanted.user is not None:
        conditions.append(T.user == wanted.user)
    if wanted.kind is not None:
        conditions.append(T.kind == str(wanted.kind))
    if wanted.states is not None:
        conditions.append(sa.or_(*_of_states(wanted.states, now)))
    if wanted.unused_since is not None:
        conditions.append(sa.func.coalesce(T.last_used_at, T.created_at) < wanted.unused_since)
    return conditions


def _of_states(states: Collection[TokenState], now: Moment) -> list[sa.ColumnElement[bool]]:
    """As `state_of` in the domain decides."""
    unrevoked = T.revoked_at.is_(None)
    expired = sa.and_(T.expires_at.is_not(None), T.expires_at <= now)
    conditions = {
        TokenState.REVOKED: sa.not_(unrevoked),
        TokenState.EXPIRED: sa.and_(unrevoked, expired),
        TokenState.SUSPENDED: sa.and_(unrevoked, sa.not_(expired), U.disabled_at.is_not(None)),
        TokenState.LIVE: sa.and_(unrevoked, sa.not_(expired), U.disabled_at.is_(None)),
    }
    return [conditions[state] for state in states]
