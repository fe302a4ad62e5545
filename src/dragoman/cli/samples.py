"""The content of a demonstration: the steps of each dialect's `demo.toml`, run without a server.

For a dialect without that file the first operation that only reads is printed. `demo-templates.toml` beside it has the
templates of its tasks. Large numbers of tasks, which belong to no dialect, come from `usecases.admin.samples`.
"""

import json
import re
import shlex
import tomllib
from collections.abc import Sequence
from datetime import timedelta
from importlib.resources import files
from typing import Annotated, Any

import msgspec

from dragoman.cli.demo_world import World
from dragoman.cli.template import load_content
from dragoman.dialects.kit import Dialect
from dragoman.domain.access import Principal
from dragoman.domain.clock import to_datetime
from dragoman.http.local import LocalClient
from dragoman.runtime.application import Application
from dragoman.usecases.admin import samples
from dragoman.usecases.tasks.subjects import Subject

FEWEST_CONTACTS, MOST_CONTACTS, TASKS_OF_A_CONTACT = 10, 1_000, 500

PLACEHOLDER = re.compile(r"\{([a-z_.]+)\}|\{uid:([a-z]+)\}|\{day:([+-][0-9]+)\}")


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request as a dialect's file writes it."""

    request: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]+ /\S+$")]
    body: str = ""
    type: str = "application/json"
    person: str = "anna"
    save: dict[str, str] = {}


class Demo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dialect's file: what to do before all others, and what to do."""

    first: tuple[Ask, ...] = ()
    step: tuple[Ask, ...] = ()


class Shown(msgspec.Struct, frozen=True):
    """One line to copy, and what it does."""

    dialect: str
    title: str
    curl: str


def play(
    app: Application,
    tenant: int,
    people: dict[str, Principal],
    base_url: str,
    password: str,
    world: World | None = None,
) -> list[Shown]:
    """Run each dialect's first steps, what happened in the world, each dialect's steps, the jobs that they caused, then
    what is under way in the world; return what to print for each dialect.

    A dialect's steps may use what an earlier one saved: `{native.parcel}`. All dialects are shown with the same task.
    """
    known: dict[str, Any] = {}
    for dialect in app.dialects:
        for content in templates_of(dialect.name):
            load_content(app, tenant, content)
        _play(app, dialect.name, read(dialect.name).first, people, known)
    if world is not None:
        world.tell()
    for dialect in app.dialects:
        _play(app, dialect.name, read(dialect.name).step, people, known)
    app.run_due_jobs()
    if world is not None:
        world.leave()
    subject = None if world is None else world.subject()
    return [_shown(dialect, subject, base_url, password) for dialect in app.dialects]


def add_tasks(app: Application, maker: Principal, people: Sequence[str], count: int) -> None:
    """Add tasks of a year that `maker` made for these people, and the contacts that they are about."""
    contacts = samples.MakeContacts(max(FEWEST_CONTACTS, min(MOST_CONTACTS, count // TASKS_OF_A_CONTACT)))
    made = app.executor.call(samples.make_contacts, contacts, maker.tenant, principal=maker, operation="demo")
    team = app.executor.call(
        samples.team, samples.GatherTeam(tuple(people), tuple(made)), maker.tenant, principal=maker
    )
    samples.make_tasks(app.store, team, maker, count, app.clock.now())


def _play(
    app: Application, dialect: str, asks: Sequence[Ask], people: dict[str, Principal], known: dict[str, Any]
) -> None:
    """Run steps of a dialect. What they save is put into `known`, as `{name}` and as `{dialect.name}`."""
    own = dict(known)
    client = LocalClient(app.dialects, app.executor)
    for ask in asks:
        method, _, target = fill(app, ask.request, own, people).partition(" ")
        body = fill(app, ask.body, own, people)
        reply = client.send(method, target, people[ask.person], body.encode(), {"content-type": ask.type})
        for name, pointer in ask.save.items():
            own[name] = known[f"{dialect}.{name}"] = _at(json.loads(reply.body), pointer)


def _shown(dialect: Dialect, subject: Subject | None, base_url: str, password: str) -> Shown:
    prefix = next((prefix for prefix in dialect.prefixes if prefix), "")
    if subject is None or dialect.shown_task is None:
        path = next((each.path for each in dialect.operations if each.method == "GET" and "{" not in each.path), "")
        title = "read"
    else:
        path, title = dialect.shown_task.path(subject), f"task {subject.task.number}, which waits for a decision"
    return Shown(dialect.name, title, shlex.join(["curl", "-u", f"anna:{password}", base_url + prefix + path]))


def read(dialect: str) -> Demo:
    """The file of a dialect; an empty one when it has none."""
    file = files(f"dragoman.dialects.{dialect}") / "demo.toml"
    return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Demo) if file.is_file() else Demo()


def templates_of(dialect: str) -> list[bytes]:
    """The dialect's template file; empty if it has none."""
    file = files(f"dragoman.dialects.{dialect}") / "demo-templates.toml"
    return [file.read_bytes()] if file.is_file() else []


def fill(app: Application, text: str, known: dict[str, Any], people: dict[str, Principal]) -> str:
    """The text with its placeholders filled in."""

    def value(found: re.Match[str]) -> str:
        name, login, days = found.groups()
        if login is not None:
            return people[login].user or ""
        if days is not None:
            return f"{to_datetime(app.clock.now()) + timedelta(days=int(days)):%Y-%m-%d}"
        return str(known[name])

    return PLACEHOLDER.sub(value, text)


def _at(document: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document
