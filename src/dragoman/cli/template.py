"""`dragoman template`: what tasks are made from."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from dragoman.cli.application import opened, tenant_of
from dragoman.cli.errors import FAILED
from dragoman.cli.options import as_json, common
from dragoman.cli.tables import table
from dragoman.domain.errors import Invalid
from dragoman.domain.template import Template
from dragoman.runtime.application import Application
from dragoman.usecases.tasks import templates
from dragoman.usecases.tasks.query_tables import LoadedTable
from dragoman.usecases.tasks.template_client_settings import LARGEST_FILE, Files, no_files
from dragoman.usecases.tasks.template_file import read

LARGEST = 16 * 2**20


@click.group("template", short_help="Load and list templates of tasks.")
@common
def template_command() -> None:
    """Templates: who may do what with the tasks that are made from one, what they are given, when they end.

    Each version of a template is one of its own; tasks stay with the version that they were made from.
    """


@template_command.command("load")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@as_json
@common
@click.pass_context
def load(context: click.Context, file: Path, *, as_json: bool) -> None:
    """Load the templates of a TOML file, all of them or, when anything is wrong with one, none.

    Loading the same again changes nothing. A table that was changed makes a new version of the template of that name,
    with an id of its own, or with the `tktid` that it names; a tktid that was loaded with other contents is refused,
    since tasks were made from those. `stopped` alone changes the version that is there. A query table takes the place
    of the one of its name. `-` reads standard input. The guide's page on templates lists all keys of a file.

    \b
    Example:
      dragoman template load templates.toml

    \b
    Exit codes:
      0  loaded, now or before
      1  nothing was loaded; each fault is a line on standard error, as FILE:LINE: what is wrong
      2  wrong usage
    """
    content = _content(file)
    with opened(context) as app:
        try:
            loaded = load_content(app, tenant_of(context, app), content, files_in(_folder(file)))
        except Invalid as error:
            if error.code != "bad_templates":
                raise
            for fault in error.problems:
                click.echo(f"dragoman: {file}:{fault.path}: {fault.message}.", err=True)
            context.exit(FAILED)
    if as_json:
        click.echo(_line([(each.template, str(each.outcome)) for each in loaded.templates], loaded.tables))
        return
    for each in loaded.templates:
        click.echo(f"template {each.template.name}, version {each.template.version}, {each.outcome}")
    for defined in loaded.tables:
        click.echo(f"query table {defined.name}, {defined.outcome}")


@template_command.command("list")
@as_json
@common
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """Show every version of every template of the tenant, the newest first.

    \b
    Example:
      dragoman template list

    \b
    Exit codes:
      0  shown
      1  there is no such database or tenant
      2  wrong usage
    """
    with opened(context, existing=True) as app:
        found = app.executor.call(templates.list_all, templates.ListTemplates(), tenant_of(context, app))
    if as_json:
        click.echo(_line([(template, None) for template in found]))
        return
    table(("NAME", "VERSION", "ID", "KIND", "STATE"), [_row(template) for template in found])


def load_content(app: Application, tenant: int, content: bytes, files: Files = no_files) -> templates.LoadedFile:
    """Load a file's content. Invalid (`bad_templates`), with every fault by its line, when there is any."""
    return app.executor.call(templates.load, read(content, files), tenant)


def _folder(file: Path) -> Path:
    """Where the files are that the templates name: beside theirs, or in the current folder for standard input."""
    return Path() if str(file) == "-" else file.parent


def files_in(folder: Path) -> Files:
    """The files in a folder and below it."""

    def read(name: str) -> bytes:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise ValueError("must be a file in the folder of the template file, or below it")
        try:
            with path.open("rb") as opened:
                return opened.read(LARGEST_FILE + 1)
        except OSError as error:
            raise ValueError(f"can't be read: {error.strerror}") from None

    return read


def _content(file: Path) -> bytes:
    if str(file) == "-":
        content = sys.stdin.buffer.read(LARGEST + 1)
    else:
        with file.open("rb") as opened_file:
            content = opened_file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Invalid("templates_too_large", f"{file}: a file of templates has at most {LARGEST // 2**20} MiB.")
    return content


def _row(template: Template) -> tuple[str, str, str, str, str]:
    state = "stopped" if template.is_stopped else "started"
    return template.name, str(template.version), templates.render_tktid(template.uid), template.kind, state


def _line(found: list[tuple[Template, str | None]], tables: Sequence[LoadedTable] = ()) -> str:
    """The templates as one line of JSON, each with what loading did."""
    items = []
    for template, outcome in found:
        facts = {"name": template.name, "version": template.version, "id": templates.render_tktid(template.uid)}
        facts |= {"kind": template.kind, "is_stopped": template.is_stopped}
        items.append(facts if outcome is None else facts | {"outcome": outcome})
    return msgspec.json.encode({"items": items} | ({"query_tables": tables} if tables else {})).decode()
