"""The operations on passwords, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import ANY_CREDENTIALS, PUBLIC, any_of
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import passwords, users
from dragoman.dialects.native.wire import passwords as bodies
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire.tasks import Nothing
from dragoman.dialects.native.wire.users import User
from dragoman.usecases.admin import people
from dragoman.usecases.identity import password_changes, password_links

_change = partial(operation, writes=True, query=queries.Trial)
_manage = partial(_change, scopes=any_of("user.manage"))

PASSWORDS = (
    _change(
        name="put_own_password",
        method="PUT",
        path="/users/me/password",
        summary="Choose another password for oneself. Other sessions and login tokens end.",
        scopes=ANY_CREDENTIALS,
        confirms=passwords.read_current,
        parse=passwords.parse_own,
        run=password_changes.change_own,
        body=bodies.OwnPassword,
        secret_members=("current", "new"),
        render=replies.gone,
        status=204,
    ),
    _manage(
        name="put_password",
        method="PUT",
        path="/users/{person}/password",
        summary="Give a user a password. Sessions and login tokens end. For administrators.",
        parse=passwords.parse_set,
        run=password_changes.set_password,
        body=bodies.NewPassword,
        secret_members=("new",),
        render=replies.gone,
        status=204,
    ),
    _manage(
        name="delete_password",
        method="DELETE",
        path="/users/{person}/password",
        summary="Take a user's password away; tokens and providers still let in. For administrators.",
        parse=passwords.parse_remove,
        run=password_changes.remove_password,
        render=replies.gone,
        status=204,
    ),
    _manage(
        name="create_password_link",
        method="POST",
        path="/users/{person}/password-link",
        summary="Make a link by which a user chooses a password, once; the earlier one is void. For administrators.",
        parse=passwords.parse_link,
        run=password_links.create_link,
        render=passwords.render_link,
        body=bodies.NewLink,
        body_may_be_empty=True,
        status=201,
        answer=bodies.Link,
        shown_once=("url", "token"),
    ),
    _manage(
        name="unlock_user",
        method="POST",
        path="/users/{person}/unlock",
        summary="Let failed logins of before count no more, on every node within a second. For administrators.",
        parse=passwords.parse_unlock,
        run=people.documented(password_changes.unlock),
        render=users.render,
        body=Nothing,
        body_may_be_empty=True,
        answer=User,
    ),
    _change(
        name="redeem_password_link",
        method="POST",
        path="/password",
        summary="Choose a password by a link; 410 when it is used, expired or replaced.",
        scopes=PUBLIC,
        tenant=passwords.link_tenant,
        parse=passwords.parse_redeem,
        run=password_links.redeem,
        body=bodies.LinkedPassword,
        secret_members=("new",),
        render=replies.gone,
        status=204,
    ),
    operation(
        name="request_password_link",
        method="POST",
        path="/password-links",
        summary="Ask for such a link by mail. The answer is the same whether there is such a user or not.",
        scopes=PUBLIC,
        parse=passwords.parse_request,
        run=password_links.request,
        render=passwords.render_requested,
        body=bodies.LinkRequest,
        status=202,
    ),
)
