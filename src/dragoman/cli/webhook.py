"""`dragoman webhook`: the receivers of webhooks of a running server."""

from typing import Any

import click

from dragoman.cli.answers import pages_of, print_json
from dragoman.cli.remote import Remote, part, remote

WEBHOOKS = "/v1/webhooks"


@click.group("webhook", short_help="Add, list and test webhooks, and replay what they missed.")
def webhook_command() -> None:
    """Webhooks: URLs to which each event is sent, signed after Standard Webhooks."""


@webhook_command.command("add")
@click.argument("url")
@click.option("--types", metavar="LIST", help="Only these, with commas: task.created, task.*, …  [default: *]")
@click.option("--description", help="For people.")
@remote
def add(
    url: str, types: str | None, description: str | None, as_json: bool, server: str | None, token: str | None
) -> None:
    """Send events to URL from now on; print the id of the webhook and its secret, which is never shown again.

    \b
    Example:
      dragoman webhook add https://hooks.example.com/tasks --types "task.*"

    \b
    Exit codes:
      0  added
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    named = {"url": url, "types": None if types is None else _list(types), "description": description}
    body = {name: value for name, value in named.items() if value is not None}
    with Remote(server, token) as there:
        made = there.ask("POST", WEBHOOKS, body=body).json()
    print_json(made) if as_json else click.echo(f"{made['id']}  {made['secret']}")


def _list(text: str) -> list[str]:
    return [each.strip() for each in text.split(",")]


@webhook_command.command("list")
@remote
def list_(as_json: bool, server: str | None, token: str | None) -> None:
    """Show webhooks: id, state, URL, types.

    \b
    Example:
      dragoman webhook list

    \b
    Exit codes:
      0  shown
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    with Remote(server, token) as there:
        items = list(pages_of(there, WEBHOOKS, []))
    if as_json:
        return print_json({"items": items})
    for item in items:
        click.echo(f"{item['id']}  {item['state']}  {item['url']}  {','.join(item['types'])}")
    return None


@webhook_command.command("test")
@click.argument("webhook", metavar="ID")
@remote
def test(webhook: str, as_json: bool, server: str | None, token: str | None) -> None:
    """Send a webhook an event of type webhook.test, also while it is paused; print the id of the delivery.

    \b
    Example:
      dragoman webhook test 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b

    \b
    Exit codes:
      0  on its way
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    made = _posted(server, token, webhook, "test", None)
    print_json(made) if as_json else click.echo(made["delivery"])


@webhook_command.command("replay")
@click.argument("webhook", metavar="ID")
@click.option("--state", type=click.Choice(["dead", "delivered"]), help="Only deliveries that ended so.")
@click.option("--from", "from_", metavar="TIME", help="Only deliveries made at that time or later.")
@click.option("--until", metavar="TIME", help="Only deliveries made before that time.")
@remote
def replay(
    webhook: str,
    state: str | None,
    from_: str | None,
    until: str | None,
    as_json: bool,
    server: str | None,
    token: str | None,
) -> None:
    """Send deliveries that are dead or delivered again, at most 10,000; print how many.

    \b
    Example:
      dragoman webhook replay 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b --state dead

    \b
    Exit codes:
      0  on their way
      1  refused, or the server can't be reached; the reason is on standard error
      2  wrong usage
    """
    named = {"state": state, "from": from_, "until": until}
    body = {name: value for name, value in named.items() if value is not None}
    made = _posted(server, token, webhook, "replay", body)
    print_json(made) if as_json else click.echo(made["count"])


def _posted(server: str | None, token: str | None, webhook: str, verb: str, body: dict[str, Any] | None) -> Any:
    with Remote(server, token) as there:
        return there.ask("POST", f"{WEBHOOKS}/{part(webhook)}/{verb}", body=body).json()
