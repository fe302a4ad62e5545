"""People and rights: roles and groups that count, service accounts, tokens with a name and a kind, sessions, links for
passwords, names that nobody has claimed; history rows whose values can be taken out (their second form)."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from dragoman.domain.ids import new_id
from dragoman.domain.text import folded
from dragoman.store.migrations import unclaimed_people

revision = "0008"
down_revision = "0007"

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
YEAR = 365 * 24 * 3600 * 10_000_000
OF_A_CRM_LOGIN = {f"{noun}.{verb}" for noun in ("task", "category", "contact", "case") for verb in ("read", "write")}
ADMINISTRATOR = "administrator"


def upgrade() -> None:
    """It only adds, so that the program before this one still works; that one shows no role but the administrator's."""
    for table, columns in _new_columns().items():
        for column in columns:
            op.add_column(table, column)
    _create_tables()
    _free_logins_of_deleted_users()
    complete(op.get_bind())


def complete(connection: sa.Connection) -> None:
    """Give rows of before what the new columns and tables say of them."""
    _roles_and_members(connection)
    _number_groups(connection)
    _describe_tokens(connection)
    _fold_logins(connection)
    _show_batches_to_reviewers(connection)
    unclaimed_people.complete(connection)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, STRING)


def _needed(name: str, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, STRING, server_default=default, nullable=False)


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger())


def _count(name: str, default: int = 0) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), server_default=str(default), nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def _new_columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "user": (
            _needed("kind", "person"),
            *map(_text, ("owner", "scopes", "dialects")),
            *map(_moment, ("unlocked_at", "last_seen_at", "deleted_at")),
            _count("revision"),
            _needed("head_hash", ""),
        ),
        "group": (
            _count("number"),
            _needed("description", ""),
            _needed("roles", "[]"),
            _needed("external_names", "[]"),
            _count("modified_at"),
            _count("revision"),
            _needed("head_hash", ""),
        ),
        "tenant": (
            _text("display_name"),
            _text("language"),
            _flag("require_if_match"),
            _needed("limits", "{}"),
            _moment("disabled_at"),
        ),
        "token": (
            _text("uid"),
            _needed("name", ""),
            _needed("kind", "api"),
            _text("created_by"),
            _flag("gives_decision"),
            _moment("last_used_at"),
            _text("last_dialect"),
        ),
        "alias": (_count("position"), _needed("spelling", "")),
        "login_name": (_needed("folded", ""),),
        "history": (_text("actor"), _text("salt"), _text("commit"), _moment("redacted")),
    }


def _table(name: str, *columns: sa.Column[Any], keys: int) -> None:
    """Create a table whose key is the tenant and the columns behind it; `row_version` is added."""
    named = [sa.Column("tenant", sa.BigInteger(), autoincrement=False, nullable=False), *columns]
    key = sa.PrimaryKeyConstraint("tenant", *[column.name for column in columns[:keys]])
    op.create_table(name, *named, _count("row_version", 1), key)


def _create_tables() -> None:
    _table("group_member", _needed("group"), _needed("user"), _needed("source"), _count("created_at"), keys=3)
    op.create_index("group_member_by_user", "group_member", ["tenant", "user", "group"])
    _table("identity", _needed("provider"), _needed("subject"), _needed("user"), _count("linked_at"), keys=2)
    op.create_index("identity_by_user", "identity", ["tenant", "user"])
    _table(
        "password_link",
        _needed("hash"),
        _needed("user"),
        *map(_count, ("created_at", "expires_at")),
        _moment("used_at"),
        keys=1,
    )
    op.create_index("password_link_by_user", "password_link", ["tenant", "user"])
    _table(
        "session",
        *map(_needed, ("hash", "uid", "user", "via")),
        *map(_count, ("created_at", "seen_at", "expires_at")),
        *map(_text, ("browser", "address")),
        keys=1,
    )
    op.create_index("session_by_user", "session", ["tenant", "user", "created_at"])
    _table(
        "unclaimed_name",
        *map(_needed, ("dialect", "name")),
        *map(_count, ("first_seen_at", "last_seen_at", "count")),
        keys=2,
    )
    op.create_index("unclaimed_name_by_last", "unclaimed_name", ["tenant", "last_seen_at"])
    _table("unclaimed_task", _needed("dialect"), _needed("name"), _count("task"), keys=3)
    op.create_index("unclaimed_task_by_task", "unclaimed_task", ["tenant", "task"])
    op.create_index("login_name_by_folded", "login_name", ["tenant", "folded"])


def _free_logins_of_deleted_users() -> None:
    """A login is unique among the users who aren't deleted: those of the program before this one never are."""
    op.drop_index("user_by_login", "user")
    there = sa.text("deleted_at IS NULL")
    op.create_index(
        "user_by_login", "user", ["tenant", "login"], unique=True, sqlite_where=there, postgresql_where=there
    )


def _roles_and_members(connection: sa.Connection) -> None:
    """Roles in lower case, the administrator's among them; a row for each member of a group."""
    user = sa.table("user", *map(sa.column, ("tenant", "uid", "is_admin", "roles", "groups", "created_at")))
    member = sa.table("group_member", *map(sa.column, ("tenant", "group", "user", "source", "created_at")))
    for tenant, uid, is_admin, roles, groups, created_at in connection.execute(sa.select(*user.c)).all():
        before = json.loads(roles)
        named = [role.lower() for role in before] + ([ADMINISTRATOR] if is_admin else [])
        after = list(dict.fromkeys(named))
        if after != before:
            mine = (user.c.tenant == tenant, user.c.uid == uid)
            values = {"roles": json.dumps(after), "is_admin": ADMINISTRATOR in after}
            connection.execute(user.update().where(*mine).values(values))
        for group in dict.fromkeys(json.loads(groups)):
            values = {"tenant": tenant, "group": group, "user": uid, "source": "manual", "created_at": created_at}
            connection.execute(member.insert().values(values))


def _number_groups(connection: sa.Connection) -> None:
    """Numbers in the order of name, from 1 in each tenant."""
    group = sa.table("group", *map(sa.column, ("tenant", "uid", "name", "number", "created_at", "modified_at")))
    counter = sa.table("counter", *map(sa.column, ("tenant", "name", "value")))
    last: dict[int, int] = {}
    in_order = sa.select(group.c.tenant, group.c.uid).order_by(group.c.tenant, group.c.name, group.c.uid)
    for tenant, uid in connection.execute(in_order).all():
        last[tenant] = last.get(tenant, 0) + 1
        mine = (group.c.tenant == tenant, group.c.uid == uid)
        values = {"number": last[tenant], "modified_at": group.c.created_at}
        connection.execute(group.update().where(*mine).values(values))
    for tenant, value in last.items():
        connection.execute(counter.insert().values({"tenant": tenant, "name": "group", "value": value}))


def _describe_tokens(connection: sa.Connection) -> None:
    """Kind `login` for those that the CRM's login made, which only it makes so; the command line made all others."""
    names = ("tenant", "hash", "uid", "scopes", "created_at", "expires_at", "kind", "gives_decision")
    token = sa.table("token", *map(sa.column, names))
    for tenant, digest, _, scopes, created_at, expires_at, _, _ in connection.execute(sa.select(*token.c)).all():
        is_login = set(json.loads(scopes)) == {*OF_A_CRM_LOGIN, "user.read"} and expires_at == created_at + YEAR
        values = {"uid": new_id(), "kind": "login" if is_login else "api", "gives_decision": not is_login}
        mine = (token.c.tenant == tenant, token.c.hash == digest)
        connection.execute(token.update().where(*mine).values(values))


def _show_batches_to_reviewers(connection: sa.Connection) -> None:
    """Reviewers are the audience of batches that are open and have none; a job gives ended ones theirs."""
    names = ("tenant", "number", "kind", "state", "work_item_count", "removed_at", "row_version")
    task = sa.table("task", *map(sa.column, names))
    without = sa.and_(task.c.kind == "batch", task.c.work_item_count == 0, task.c.removed_at.is_(None))
    is_open = task.c.state.not_in(["completed", "failed", "terminated", "expired"])
    item = sa.table("work_item", *map(sa.column, ("tenant", "task", "role", "holder")))
    role, holder = sa.literal("potential_owner"), sa.literal("role:reviewer")
    rows = sa.select(task.c.tenant, task.c.number, role, holder).where(without, is_open)
    connection.execute(item.insert().from_select(["tenant", "task", "role", "holder"], rows))
    counted = {"work_item_count": 1, "row_version": task.c.row_version + 1}
    connection.execute(task.update().where(without, is_open).values(counted))
    ended = sa.select(task.c.tenant).where(without, sa.not_(is_open)).distinct()
    job = sa.table("job", *map(sa.column, ("tenant", "uid", "kind", "state")))
    for tenant in connection.execute(ended).scalars().all():
        values = {"tenant": tenant, "uid": new_id(), "kind": "batch.audiences", "state": "available"}
        connection.execute(job.insert().values(values))


def _fold_logins(connection: sa.Connection) -> None:
    """Logins as they are compared from now on; e-mail addresses are logins, too."""
    names = ("tenant", "login", "folded", "user_tenant", "user")
    login_name = sa.table("login_name", *map(sa.column, names))
    taken = set()
    for tenant, login in connection.execute(sa.select(login_name.c.tenant, login_name.c.login)).all():
        taken.add(folded(login))
        mine = (login_name.c.tenant == tenant, login_name.c.login == login)
        connection.execute(login_name.update().where(*mine).values({"folded": folded(login)}))
    user = sa.table("user", *map(sa.column, ("tenant", "uid", "email")))
    with_mail = sa.select(user.c.tenant, user.c.uid, user.c.email).where(user.c.email.is_not(None))
    for tenant, uid, email in connection.execute(with_mail.order_by(user.c.tenant, user.c.uid)).all():
        name = folded(email)
        if name and name not in taken:
            taken.add(name)
            values = {"tenant": 0, "login": name, "folded": name, "user_tenant": tenant, "user": uid}
            connection.execute(login_name.insert().values(values))
