"""Ways to break the server, each of which a command of the kit must see: a rule that can't fail is no rule.

Each function patches this process before the application is loaded (`faulty.py`). Shipped code knows nothing of them.
"""

import os
import signal
import time
import traceback
from collections.abc import Callable
from itertools import count
from typing import Any

import msgspec

Break = Callable[[], None]
FAULTS: dict[str, Break] = {}
"""Name -> what breaks the server so."""

CLAIMED_JUST_NOW = 10_000_000
"""In ticks of 100 ns: a second."""
KEPT_BYTES = 40_000_000
MOST_KEPT = 12
SOUND_AT_FIRST = 40
"""So many commits are as they should be, so that the kit finds its objects."""


def fault(broken: Break) -> Break:
    """Enter it under its name, with dashes."""
    FAULTS[broken.__name__.replace("_", "-")] = broken
    return broken


# Writing


@fault
def answers_before_the_commit() -> None:
    """Whoever asked is answered, and the commit comes a moment later."""
    from dragoman.store.unit.lane import Lane
    from dragoman.store.unit.transaction import Transactions

    served: dict[Any, tuple[Any, Any]] = {}
    serve, commit, turns = Lane._serve, Transactions._commit, count()

    def remember(lane: Any, group: Any) -> None:
        served[lane._transactions] = (lane, group)
        serve(lane, group)

    def late(transactions: Any, transaction: Any, group: Any) -> None:
        if transactions in served and next(turns) > SOUND_AT_FIRST:
            lane, works = served[transactions]
            lane._answer(works)
            time.sleep(0.02)
        commit(transactions, transaction, group)

    vars_of(Lane, _serve=remember)
    vars_of(Transactions, _commit=late)


@fault
def writes_in_two_transactions() -> None:
    """The title first, all else in the next transaction. On SQLite."""
    from dragoman.store.engine import bulk_writes as bulk
    from dragoman.store.unit import flushing

    update = flushing._update

    def by_halves(connection: Any, shape: Any, changed: Any, differing: set[str]) -> None:
        if "title" in differing and len(differing) > 1:
            rows = [shape.encode(after, ("title",)) | shape.version(before) for before, after in changed]
            bulk.update(connection, shape.table, ("title",), rows)
            raw = connection.connection.dbapi_connection
            raw.execute("COMMIT")
            time.sleep(0.02)
            raw.execute("BEGIN IMMEDIATE")
        update(connection, shape, changed, differing)

    vars_of(flushing, _update=by_halves)


@fault
def history_skips_a_number() -> None:
    """Every fifth number is nobody's."""
    from dragoman.store.unit import overlay

    chained = overlay.chained

    def skipping(previous: str, tenant: int, entity: str, number: int, revision: int, *rest: Any) -> Any:
        return chained(previous, tenant, entity, number, revision + revision // 5, *rest)

    vars_of(overlay, chained=skipping)


@fault
def history_comes_later() -> None:
    """A change's history is written by the transaction after it."""
    from dragoman.store import tables
    from dragoman.store.engine import bulk_writes as bulk

    insert, held = bulk.insert_structs, list[Any]()

    def late(connection: Any, table: Any, rows: Any) -> None:
        if table is tables.history:
            rows, held[:] = list(held), list(rows)
        insert(connection, table, rows)

    vars_of(bulk, insert_structs=late)


@fault
def keys_of_retries_are_ignored() -> None:
    """An Idempotency-Key means nothing."""
    from dragoman.runtime import idempotency

    vars_of(idempotency, once=lambda _key, execute, *_rest: execute)


@fault
def nothing_is_written() -> None:
    """Two changes of three are answered, and forgotten."""
    from dragoman.store.unit import flushing, transaction

    flush, turns = flushing.flush, count()

    def forget(connection: Any, group: Any) -> Any:
        return [] if next(turns) % 3 else flush(connection, group)

    vars_of(transaction, flush=forget)


@fault
def nothing_is_flushed() -> None:
    """SQLite leaves it to the system when data reach the disk."""
    from dragoman.store.engine import engines

    prepare = engines._prepare_sqlite

    def hasty(connection: Any, record: Any, **more: Any) -> None:
        prepare(connection, record, **more)
        connection.execute("PRAGMA synchronous=OFF")

    vars_of(engines, _prepare_sqlite=hasty)


@fault
def failed_flushes_are_ignored() -> None:
    """A commit that the disk refused is taken for done."""
    from dragoman.store.unit.transaction import Transactions

    def commit(_transactions: Any, transaction: Any) -> None:
        try:
            transaction.commit()
        except Exception:  # house: ok, because that is the fault
            transaction.close()

    vars_of(Transactions, _commit=commit)


# Stopping


@fault
def stops_at_once() -> None:
    """SIGTERM ends it amid everything."""
    from dragoman.http.server.process import Server

    vars_of(Server, handle_exit=lambda *_: os._exit(0))


@fault
def never_stops() -> None:
    """SIGTERM is nothing to it."""
    from dragoman.http.server.process import Server

    vars_of(Server, handle_exit=lambda *_: None)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


# Meeting


@fault
def if_match_is_ignored() -> None:
    """Any version will do."""
    from dragoman.usecases import preconditions

    vars_of(preconditions, check=lambda *_: None)


@fault
def whole_rows_are_written_back() -> None:
    """A change of one field writes three, as they were when the task was read some time ago."""
    from dragoman.domain.access import Permission
    from dragoman.usecases.tasks import edits as task_edits
    from dragoman.usecases.tasks import lifecycle as tasks

    change, read_before = task_edits.change, dict[int, Any]()

    def whole(uow: Any, command: Any) -> Any:
        task = tasks.get(uow, command.task, Permission.EDIT)
        stale = read_before.get(task.number, task)
        read_before[task.number] = task
        fields = {name: getattr(stale, name) for name in ("title", "description", "type")}
        return change(uow, msgspec.structs.replace(command, fields=fields | dict(command.fields)))

    vars_of(task_edits, change=whole)


@fault
def claims_overwrite_each_other() -> None:
    """Whoever looked at a task while it was ready takes it, though another did meanwhile."""
    from dragoman.domain.task import State, Task

    claim = Task.claim

    def again(task: Task, user: str, *, at: Any, even_suspended: bool = False) -> Task:
        if task.state is State.CLAIMED and task.claimed_at is not None and at - task.claimed_at < CLAIMED_JUST_NOW:
            return msgspec.structs.replace(task, assignee=user, claimed_at=at)
        return claim(task, user, at=at, even_suspended=even_suspended)

    vars_of(Task, claim=again)


# Reading


@fault
def nan_is_taken() -> None:
    """What is no number is null."""
    reads_json_after(lambda body: body.replace(b"-Infinity", b"null").replace(b"NaN", b"null"))


@fault
def some_text_hangs() -> None:
    """A lone surrogate stops everything."""

    def hang(body: bytes) -> bytes:
        if b"\\ud8" in body:
            time.sleep(30)
        return body

    reads_json_after(hang)


@fault
def traces_are_told() -> None:
    """A body that can't be read is a bug, and the client is shown where."""
    from dragoman.dialects.kit import json
    from dragoman.http.dispatcher import Dispatcher
    from dragoman.http.responses import problem

    def refuse(*_: Any) -> None:
        raise RuntimeError("this body can't be read")

    def show(_dispatcher: Any, _request: Any, bug: Exception) -> Any:
        return problem(500, "bug", "".join(traceback.format_exception(bug)))

    vars_of(json, _refuse=refuse)
    vars_of(Dispatcher, incident=show)


@fault
def document_types_are_read() -> None:
    """XML may define entities, and they are expanded."""
    from xml.etree import ElementTree as ET

    from dragoman.dialects.kit import xml

    parse = xml.parse

    def trusting(body: bytes, **limits: Any) -> Any:
        return parse(ET.tostring(ET.fromstring(body)), **limits)

    vars_of(xml, parse=trusting)


@fault
def bodies_have_no_limit() -> None:
    """Any body is read to its end."""
    from dragoman.http import bodies, exchange

    check, read = bodies.check_body, bodies.read_body
    vars_of(
        exchange,
        check_body=lambda headers, _limit, **more: check(headers, 1 << 40, **more),
        read_body=lambda source, _limit, seconds: read(source, 1 << 40, seconds),
    )


@fault
def any_host_will_do() -> None:
    """A request needs no Host, and may have two."""
    from dragoman.http import request_checks as gate

    vars_of(gate, is_host=lambda _value: True, SINGLE=frozenset[str]())


@fault
def silence_is_borne() -> None:
    """A client may take an hour."""
    os.environ["DRAGOMAN_TIMEOUTS_HEADER_SECONDS"] = os.environ["DRAGOMAN_TIMEOUTS_BODY_SECONDS"] = "3600"


@fault
def memory_is_kept() -> None:
    """The first requests leave something behind."""
    from dragoman.http import request_checks
    from dragoman.http.server import gateway

    read, kept = request_checks.read_headers, list[bytes]()

    def keep(*head: Any) -> Any:
        if len(kept) < MOST_KEPT:
            kept.append(b"x" * KEPT_BYTES)
        return read(*head)

    vars_of(gateway, read_headers=keep)


def reads_json_after(changed: Callable[[bytes], bytes]) -> None:
    """Let every reader of JSON see the body changed so."""
    from dragoman.dialects.kit import json

    def behind(read: Callable[..., Any]) -> Callable[..., Any]:
        return lambda body, **limits: read(changed(body), **limits)

    vars_of(json, **{name: behind(getattr(json, name)) for name in ("parse", "parse_object", "parse_raw")})


def vars_of(owner: Any, **values: Any) -> None:
    """Put these in the place of what is there; AttributeError when nothing is: the code has moved on."""
    for name, value in values.items():
        getattr(owner, name)
        setattr(owner, name, value)
