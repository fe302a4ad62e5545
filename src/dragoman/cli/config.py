"""`dragoman config`."""

import click

from dragoman.cli.application import read_settings
from dragoman.cli.options import as_json, chosen, common
from dragoman.dialects import discover
from dragoman.dialects.kit import json
from dragoman.settings import explain


@click.group("config", short_help="Show the settings.")
@common
def config_command() -> None:
    """Settings: from the command line, variables, the file of --config, or defaults."""


@config_command.command("show")
@as_json
@common
@click.pass_context
def show(context: click.Context, *, as_json: bool) -> None:
    """Show each setting: its name, its value as JSON, and where that comes from (default, file, variable, option).

    Of secrets it only shows that they are set.

    \b
    Example:
      dragoman config show --config dragoman.toml

    \b
    Exit codes:
      0  shown
      1  standard output was closed
      2  a setting is wrong
    """
    given = {"database": chosen(context, "database"), "tenant": chosen(context, "tenant")}
    settings = read_settings(context, given)
    dialects = {dialect.name: dialect.options for dialect in discover()}
    found = explain(settings, chosen(context, "config"), overrides=given, dialects=dialects)
    if as_json:
        document = {each.name: {"value": each.value, "source": each.source} for each in found}
        click.echo(json.encode(document).decode())
        return
    for each in found:
        click.echo(f"{each.name} {json.encode(each.value).decode()} {each.source}")
