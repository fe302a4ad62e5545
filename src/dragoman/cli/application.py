"""From options to an open application."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
from sqlalchemy.exc import ArgumentError

from dragoman.cli.options import chosen
from dragoman.dialects import discover
from dragoman.domain.clock import Clock
from dragoman.domain.errors import Invalid, NotFound
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.runtime.application import Application
from dragoman.settings import BadSettings, Settings, load
from dragoman.usecases.admin import maintenance as keeping
from dragoman.usecases.admin import tenants


def read_settings(context: click.Context, overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings of this call. Raises a usage error for wrong ones."""
    given = {"database": chosen(context, "database"), **(overrides or {})}
    dialects = {dialect.name: dialect.options for dialect in discover()}
    types = [type_.name for dialect in discover() for type_ in dialect.resource_types]
    try:
        settings = load(chosen(context, "config"), overrides=given, dialects=dialects, types=types)
    except BadSettings as error:
        raise click.UsageError(str(error), context) from error
    if settings.log_level == "debug":
        logging.basicConfig(level=logging.DEBUG, force=True)
    return settings


def make_app(context: click.Context, settings: Settings, clock: Clock | None = None) -> Application:
    """The application with its database not yet opened. Raises a usage error for an invalid URL."""
    try:
        return Application(settings, clock)
    except ArgumentError as error:
        raise click.UsageError(
            "the database's URL can't be read; it looks like sqlite:///FILE or postgresql://USER@HOST/NAME", context
        ) from error
    except (BadSettings, ValueError) as error:
        raise click.UsageError(str(error), context) from error


@contextmanager
def opened(context: click.Context, *, existing: bool = False) -> Iterator[Application]:
    """The application on the selected database, which is migrated.

    A missing SQLite file is created; with `existing`, NotFound is raised.
    """
    app = make_app(context, read_settings(context))
    try:
        prepare_file(app, existing=existing)
        yield app.open()
    finally:
        app.close()


def prepare_file(app: Application, *, existing: bool = False) -> None:
    """Create the folder of the default SQLite file. Raises Invalid if another folder is missing."""
    file = keeping.database_file(app.store)
    if file is None or file.exists():
        return
    if existing:
        raise NotFound("database_not_found", f"There is no database at {file}.")
    if app.settings.database == load(environ={}).database:
        file.parent.mkdir(parents=True, exist_ok=True)
    elif not file.parent.is_dir():
        raise Invalid("folder_not_found", f"There is no folder {file.parent} for the database.")


def tenant_of(context: click.Context, app: Application) -> int:
    """The number of the selected tenant. Raises NotFound for an unknown name."""
    name = chosen(context, "tenant") or app.settings.tenant
    return app.executor.call(tenants.find, tenants.FindTenant(name), DIRECTORY_TENANT)
