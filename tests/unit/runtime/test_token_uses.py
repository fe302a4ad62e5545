"""Which uses of tokens wait to be stored."""

from dragoman.domain.access import Principal
from dragoman.domain.clock import FixedClock, Moment
from dragoman.runtime.token_uses import TokenUses


def by(credential: str, tenant: int = 1) -> Principal:
    return Principal(tenant, "u", "anna", credential=credential)


def tokens(uses: TokenUses) -> dict[int, dict[str, list[str]]]:
    """Those that wait, by tenant and dialect."""
    return {tenant: dict(seen.tokens) for tenant, seen in uses.take().items() if seen.tokens}


def test_a_use_is_noted_once_in_a_while_with_its_dialect() -> None:
    clock = FixedClock(Moment(10**16))
    uses = TokenUses(300.0, clock)
    for dialect in ("native", "genesys"):
        uses.note(by("token:a"), dialect)
    uses.note(by("token:b", tenant=2), "genesys")
    uses.note(by("password:u"), "native")
    uses.note(by("session:s"), "native")
    assert tokens(uses) == {1: {"native": ["a"]}, 2: {"genesys": ["b"]}}
    assert tokens(uses) == {}
    clock.advance(299)
    uses.note(by("token:a"), "genesys")
    assert tokens(uses) == {}
    clock.advance(2)
    uses.note(by("token:a"), "genesys")
    assert tokens(uses) == {1: {"genesys": ["a"]}}


def test_what_could_not_be_stored_waits_unless_there_is_a_later_use() -> None:
    clock = FixedClock(Moment(10**16))
    uses = TokenUses(1.0, clock)
    uses.note(by("token:a"), "native")
    uses.note(by("token:b"), "native")
    taken = uses.take()
    clock.advance(2)
    uses.note(by("token:a"), "genesys")
    uses.give_back(1, taken[1])
    assert tokens(uses) == {1: {"genesys": ["a"], "native": ["b"]}}


def test_users_are_seen_whatever_they_come_with() -> None:
    uses = TokenUses(300.0, FixedClock(Moment(10**16)))
    for credential in ("password:u", "session:s", "token:a"):
        uses.note(by(credential), "native")
    uses.note(Principal(1, None, "anonymous"), "genesys")
    taken = uses.take()
    assert {tenant: seen.users for tenant, seen in taken.items()} == {1: {"u"}}
    uses.give_back(1, taken[1])
    assert uses.take()[1].users == {"u"}
