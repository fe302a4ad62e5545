"""The rival: FastAPI, pydantic and SQLAlchemy's ORM (async), as most would write it, and kinder than most.

Its kindnesses: WAL with full flushes, our checkpoint limit, 64 MiB of cache, a pool of 20 (PostgreSQL), objects that
do not expire at the commit, writes that begin IMMEDIATE and reads that do not, tokens in a dict instead of a table, no
access log. It has the same duties for a request: the token, its rights, the body, If-Match, the change, a row of
history, one durable commit, the whole task as the answer. It has fewer beside them: no hash chain, no words for the
search, no other dialects' rules.

RIVAL_URL names its database (aiosqlite or asyncpg); RIVAL_TOKENS is JSON: token -> [user, [scopes], tenant].
"""

import json
import os
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm.exc import StaleDataError

from bench.conventional.models import TICKS_PER_SECOND, Page, TaskOut, TaskPatch
from bench.conventional.tables import History, Task

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=20000",
    "cache_size=-65536",
    "mmap_size=1073741824",
    "wal_autocheckpoint=16384",
)
Actor = tuple[str, list[str], int]


def opened(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    """An engine for writes and one for reads, on the same pool."""
    if not url.startswith("sqlite"):
        engine = create_async_engine(url, pool_size=20, max_overflow=0)
        return engine, engine
    engine = create_async_engine(url, pool_size=5, max_overflow=0, pool_timeout=60)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        reads = connection.get_execution_options().get("reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine, engine.execution_options(reads=True)


writer, reader = opened(os.environ["RIVAL_URL"])
Writing = async_sessionmaker(writer, expire_on_commit=False)
Reading = async_sessionmaker(reader, expire_on_commit=False)
TOKENS: dict[str, Actor] = json.loads(os.environ["RIVAL_TOKENS"])
app = FastAPI()


async def writing() -> AsyncIterator[AsyncSession]:
    """A session for a change."""
    async with Writing() as session:
        yield session


async def reading() -> AsyncIterator[AsyncSession]:
    """A session that only reads."""
    async with Reading() as session:
        yield session


async def actor(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> Actor:
    """Whose token it is."""
    found = TOKENS.get(credentials.credentials)
    if found is None:
        raise HTTPException(401)
    return found


async def may_read(who: Annotated[Actor, Depends(actor)]) -> Actor:
    """One who may read tasks."""
    if "task.read" not in who[1]:
        raise HTTPException(403)
    return who


async def may_write(who: Annotated[Actor, Depends(actor)]) -> Actor:
    """One who may change tasks."""
    if "task.write" not in who[1]:
        raise HTTPException(403)
    return who


@app.patch("/tasks/{number}", response_model=TaskOut)
async def patch(
    number: int,
    body: TaskPatch,
    session: Annotated[AsyncSession, Depends(writing)],
    who: Annotated[Actor, Depends(may_write)],
    if_match: Annotated[str | None, Header()] = None,
) -> Task:
    """Change what is named, note it in the history, commit."""
    task = await session.get(Task, (who[2], number))
    if task is None:
        raise HTTPException(404)
    if who[0] not in (task.creator, task.assignee):
        raise HTTPException(403)
    if if_match is not None and int(if_match.strip('"')) != task.revision:
        raise HTTPException(412)
    changes = {}
    for name, value in body.model_dump(exclude_unset=True).items():
        old, new = getattr(task, name), stored(task, name, value)
        if old != new:
            changes[name] = [old, new]
            setattr(task, name, new)
    now = time.time_ns() // 100
    task.revision += 1
    task.modified_at = now
    session.add(noted(task, who, now, changes))
    try:
        await session.commit()
    except StaleDataError:
        raise HTTPException(409) from None
    return task


def stored(task: Task, name: str, value: Any) -> Any:
    """A value as its column keeps it; properties are merged."""
    if name == "properties":
        merged = json.loads(task.properties) | value
        return json.dumps({key: text for key, text in merged.items() if text is not None})
    return int(value.timestamp() * TICKS_PER_SECOND) if isinstance(value, datetime) else value


def noted(task: Task, who: Actor, now: int, changes: dict[str, Any]) -> History:
    """The row of history."""
    return History(
        tenant=task.tenant,
        entity="task",
        number=task.number,
        revision=task.revision,
        at=now,
        principal=who[0],
        dialect="conventional",
        operation="patch",
        changes=json.dumps(changes),
        hash="",
    )


@app.get("/tasks/{number}", response_model=TaskOut)
async def get(
    number: int,
    session: Annotated[AsyncSession, Depends(reading)],
    who: Annotated[Actor, Depends(may_read)],
) -> Task:
    """One task."""
    task = await session.get(Task, (who[2], number))
    if task is None:
        raise HTTPException(404)
    return task


@app.get("/tasks", response_model=Page)
async def page(
    session: Annotated[AsyncSession, Depends(reading)],
    who: Annotated[Actor, Depends(may_read)],
    state: str,
    assignee: str,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: int = 0,
) -> dict[str, Any]:
    """Some tasks of one person in one state, behind a number."""
    where = (Task.tenant == who[2], Task.assignee == assignee, Task.state == state, Task.number > cursor)
    rows = (await session.scalars(select(Task).where(*where).order_by(Task.number).limit(limit))).all()
    return {"items": rows, "cursor": rows[-1].number if len(rows) == limit else None}
