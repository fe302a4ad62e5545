"""Tokens of everybody in the tenant: listed, made, revoked."""

from typing import Any

from msgspec.structs import replace
from starlette.responses import Response

from dragoman.dialects.native.wire.tokens import NewToken, seconds_of
from dragoman.domain.token_rules import TokenState
from dragoman.usecases.identity import lookup, scopes, tokens
from dragoman.usecases.identity.users import SHOWN_DIGITS, token_text
from dragoman.web.views.admin import area
from dragoman.web.views.admin.area import NOTHING, Refused
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ROOT = f"{area.ROOT}/tokens"
FIELDS = ("name", "user", "scopes", "expires_in")
LIVES = {"P1D": N_("In a day"), "P30D": N_("In 30 days"), "P90D": N_("In 90 days"), "P365D": N_("In a year")}
USUAL_LIFE = "P90D"
STATES = {
    TokenState.LIVE: N_("Valid"),
    TokenState.EXPIRED: N_("Expired"),
    TokenState.REVOKED: N_("Revoked"),
    TokenState.SUSPENDED: N_("Owner disabled"),
}


async def show(visit: Visit) -> Response:
    """A page of the tokens, oldest first: those that count, or all."""
    is_all = visit.request.first("state") == "all"
    after = area.place(visit, tuple[int, str])
    command = tokens.List(states=None if is_all else tokens.COUNTING, after=after, limit=area.PAGE_SIZE)
    found = await visit.read(tokens.list_page, command)
    return await area.drawn(
        visit,
        "tokens",
        "tokens.html",
        tokens=[_row(visit, each) for each in found.items],
        is_all=is_all,
        next_after=None if found.after is None else area.written(found.after),
        may_manage=_may_manage(visit),
    )


def _row(visit: Visit, shown: tokens.Shown) -> dict[str, Any]:
    token, moment = shown.token, visit.moments.of
    return {
        "id": token.hash[:SHOWN_DIGITS],
        "name": token.name,
        "is_login": token.kind == "login",
        "login": shown.login,
        "scopes": token.scopes,
        "unknown": shown.unknown_scopes,
        "used": None if token.last_used_at is None else moment(token.last_used_at),
        "dialect": token.last_dialect,
        "expires": None if token.expires_at is None else moment(token.expires_at),
        "state": visit.gettext(STATES[shown.state]),
        "is_live": shown.state in (TokenState.LIVE, TokenState.SUSPENDED),
    }


async def show_new(visit: Visit) -> Response:
    """The form for a new token."""
    return await _form(visit)


async def create(visit: Visit) -> Response:
    """Make a token, for the caller or another user. It is shown this once."""
    visit.require("token.write")
    made = await area.attempt(visit, _create(visit))
    if isinstance(made, Refused):
        return await _form(visit, made)
    return await area.drawn(visit, "tokens", "new_token.html", made=made, values={}, **_offers(visit), people=[])


async def _create(visit: Visit) -> tokens.Shown:
    form = visit.form
    words = [word for text in form.all("scopes") for word in area.words_of(text)]
    owner, life = form.text("user").strip(), form.text("expires_in")
    members: dict[str, Any] = {"name": form.text("name").strip(), "scopes": words}
    members |= ({"user": owner} if owner else {}) | ({"expires_in": life} if life else {})
    new = area.read_as(NewToken, members)
    seconds = seconds_of(life) if life else None
    text = token_text(visit.require().tenant, visit.secret_of_form("token"))
    command = tokens.Make(text, tuple(new.scopes), new.name, owner or None, lifetime_seconds=seconds)
    made = await visit.keep_once(tokens.make, command, _without_text, tokens.Shown, "create_token")
    return replace(made, text=text)


def _without_text(made: tokens.Shown) -> tokens.Shown:
    """A token isn't stored. Sent again, the form leads to the same one."""
    return replace(made, text=None)


async def revoke(visit: Visit) -> Response:
    """Revoke a token for good."""
    visit.require("token.write")
    name = await visit.keep_once(tokens.revoke, tokens.Revoke(visit.path["token"]), _name, str, "delete_token")
    return visit.acted(ROOT, visit.gettext("The token %(name)s was revoked.", name=name))


async def _form(visit: Visit, refused: Refused = NOTHING) -> Response:
    values = {name: " ".join(visit.form.all(name)) for name in FIELDS}
    if "expires_in" not in visit.form:
        values |= {"expires_in": USUAL_LIFE, "user": visit.require().login}
    return await area.drawn(
        visit,
        "tokens",
        "new_token.html",
        refused,
        made=None,
        values=values,
        people=await visit.read(lookup.offered, lookup.Offered(area.MOST_OFFERED)),
        **_offers(visit),
    )


def _offers(visit: Visit) -> dict[str, Any]:
    """What the form offers: lives as long as the settings allow, and the scopes that there are."""
    longest, registry = visit.app.settings.tokens.longest_days, scopes.registry()
    lives = [] if longest else [("", visit.gettext("Never"))]
    for life, words in LIVES.items():
        if not longest or seconds_of(life) <= longest * tokens.DAY_SECONDS:
            lives.append((life, visit.gettext(words)))
    known = [(each.name, each.summary) for each in registry.presets]
    known += [(each.name, each.summary) for each in registry.scopes]
    return {"lives": lives, "known": known}


def _name(shown: tokens.Shown) -> str:
    return shown.token.name or shown.token.hash[:SHOWN_DIGITS]


def _may_manage(visit: Visit) -> bool:
    return visit.require().has_scope(frozenset({"token.write"}))


PAGES = (
    area.page(ROOT, show),
    area.page(f"{ROOT}/new", show_new, create),
    area.page(f"{ROOT}/{{token}}/revoke", act=revoke),
)
