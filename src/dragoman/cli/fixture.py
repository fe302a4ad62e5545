"""`dragoman fixture`: the initial data of the dialects' conformance tests."""

from importlib import resources

import click
import msgspec

from dragoman.cli.application import opened, tenant_of
from dragoman.cli.options import as_json, common
from dragoman.cli.template import load_content
from dragoman.cli.user import add_user
from dragoman.domain.errors import Conflict
from dragoman.domain.people import DIRECTORY_TENANT
from dragoman.runtime.application import Application
from dragoman.usecases.identity import users as people

ADMIN = ("conformance-admin", "conformance-admin-password")
USER = ("conformance-user", "conformance-user-password")
IBM_USERS = ("olga", "paul", "petra", "ed", "rita", "adam", "nina")
"""ibm-htm.md 15: the password of each is its name. `htmadmin`, who administers, is made beside them."""
FOLDER = resources.files("dragoman.cli")
TEMPLATES = FOLDER / "conformance.toml"


class Loaded(msgspec.Struct):
    """The logins that a test runner needs, as one line of JSON."""

    admin_login: str
    admin_password: str
    user_login: str
    user_password: str
    token_user: str


@click.group("fixture", short_help="Load the data of conformance tests.")
@common
def fixture_command() -> None:
    """Initial data for tests. The passwords are public: never load it into a production server."""


@fixture_command.command("conformance")
@as_json
@common
@click.pass_context
def conformance(context: click.Context, *, as_json: bool) -> None:
    """Load the users and templates of the dialects' conformance tests; print the logins for a test runner.

    One line of JSON: admin_login, admin_password, user_login, user_password, token_user (a login for
    `dragoman token create`). Loading it twice changes nothing. There are no tasks; the time zone is UTC, and the
    twelve usual categories are there, as in every new tenant.

    \b
    Example:
      dragoman fixture conformance

    \b
    Exit codes:
      0  loaded, now or before
      1  another tenant's user has one of the logins
      2  wrong usage
    """
    with opened(context) as app:
        tenant = tenant_of(context, app)
        _add(app, tenant, *ADMIN, admin=True)
        _add(app, tenant, *USER)
        _add(app, tenant, "htmadmin", "htmadmin", admin=True)
        for name in IBM_USERS:
            _add(app, tenant, name, name)
        load_content(app, tenant, TEMPLATES.read_bytes(), lambda name: (FOLDER / name).read_bytes())
    click.echo(msgspec.json.encode(Loaded(*ADMIN, *USER, token_user=ADMIN[0])))


def _add(app: Application, tenant: int, login: str, password: str, *, admin: bool = False) -> None:
    known = app.executor.call(people.find_login, people.FindLogin(login), DIRECTORY_TENANT)
    if known is not None and known.user_tenant != tenant:
        raise Conflict("login_taken", f"The login {login} is taken by another tenant's user.")
    # The login may be claimed by a load that was stopped before it made the user.
    if known is None or app.executor.call(people.find_user, people.FindUser(known.user), tenant) is None:
        name = login.replace("-", " ").title()
        add_user(app, tenant, login, password, email=f"{login}@example.com", name=name, admin=admin)
