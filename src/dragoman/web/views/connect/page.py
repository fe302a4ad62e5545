"""Connect: how a client reaches each dialect, and a token to try it with."""

from dataclasses import dataclass, field

from msgspec.structs import replace
from starlette.responses import Response

from dragoman.domain.errors import Conflict, Forbidden, Invalid, NotFound
from dragoman.usecases.identity import scopes as scope_words
from dragoman.usecases.identity import tokens
from dragoman.usecases.identity.users import token_text
from dragoman.usecases.tasks import subjects
from dragoman.usecases.tasks.subjects import Samples
from dragoman.web.calls import VARIABLE, phrase, preformatted
from dragoman.web.site import Page
from dragoman.web.views.connect.cards import Card, Shown, cards, scopes
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ADDRESS = "/ui/connect"
DAY_SECONDS = 86_400
LIVES = {"P1D": (1, N_("In a day")), "P30D": (30, N_("In 30 days")), "P1Y": (365, N_("In a year"))}
NEVER = ("", N_("Never"))
USUAL_LIFE = "P30D"
LONGEST_NAME = 255
NAME_MISSING = N_("Name must not be empty.")
NAME_LONG = N_("Name must be 255 characters at most.")
NO_SCOPE = N_("Scopes: choose at least one.")


@dataclass
class Asked:
    """What was typed into the form for a token, what is wrong with it, and the token that came of it."""

    name: str = ""
    life: str = USUAL_LIFE
    scopes: list[str] | None = None
    faults: dict[str, str] = field(default_factory=dict)
    token: str = ""


async def show(visit: Visit) -> Response:
    """The cards. With `run` the reply of one call stands below it."""
    principal = visit.require()
    samples = await _samples(visit)
    made = list(cards(visit, samples))
    name = visit.request.first("run")
    if name is not None:
        made = [await _with_reply(visit, card, name) for card in made]
        call = next((call for card in made for call in card.calls if call.reply is not None), None)
        if call is None:
            raise NotFound("unknown_path", visit.gettext("There is no such call."))
        if visit.wants_part:
            return visit.part("connect/reply.html", call=call)
    return await _page(visit, made, samples, Asked(name=f"{principal.login}: {visit.gettext('try')}"))


async def act(visit: Visit) -> Response:
    """Make a token, which this page alone shows."""
    principal = visit.require("token.write")
    asked = Asked(visit.form.text("name").strip(), visit.form.text("expires_in"), visit.form.all("scopes"))
    asked.faults = _faults(visit, asked)
    samples = await _samples(visit)
    if not asked.faults:
        text = token_text(principal.tenant, visit.secret_of_form("token"))
        days = LIVES[asked.life][0] if asked.life else None
        seconds = None if days is None else days * DAY_SECONDS
        make = tokens.Make(text, tuple(asked.scopes or ()), asked.name, lifetime_seconds=seconds)
        try:
            await visit.do_once(tokens.make, make, "create_token")
            asked.token = text
        except (Invalid, Forbidden, Conflict) as error:
            visit.request.code = error.code
            asked.faults = {_field_of(error): visit.gettext(error.message)}
    made = list(cards(visit, samples, asked.token or VARIABLE))
    return await _page(visit, made, samples, asked)


def _faults(visit: Visit, asked: Asked) -> dict[str, str]:
    faults = {}
    if not asked.name or len(asked.name) > LONGEST_NAME:
        faults["name"] = visit.gettext(NAME_LONG if asked.name else NAME_MISSING)
    if not asked.scopes:
        faults["scopes"] = visit.gettext(NO_SCOPE)
    if asked.life and asked.life not in LIVES:
        faults["expires_in"] = visit.gettext("Expires must be one of the choices.")
    return faults


def _field_of(error: Invalid | Forbidden | Conflict) -> str:
    if isinstance(error, Invalid):
        return "scopes" if error.problems and error.problems[0].path.startswith("/scopes") else "expires_in"
    return "name" if isinstance(error, Conflict) else "scopes"


async def _samples(visit: Visit) -> Samples:
    if not visit.require().has_scope(frozenset({"task.read"})):
        return Samples()
    return await visit.read(subjects.find_samples, subjects.FindSamples())


async def _with_reply(visit: Visit, card: Card, name: str) -> Card:
    """The card with the reply below the call of this name, if it has one that changes nothing."""
    return replace(card, calls=tuple([await _run(visit, call, name) for call in card.calls]))


async def _run(visit: Visit, call: Shown, name: str) -> Shown:
    if call.id != name or not call.is_read_only or visit.app.asks is None:
        return call
    asked = await visit.app.asks.ask(call.target, visit.require(), visit.request.base_url, {"Accept": "*/*"})
    reply = preformatted(asked.body.decode(errors="replace"))
    return replace(call, reply=reply, status=phrase(asked.status))


async def _page(visit: Visit, made: list[Card], samples: Samples, asked: Asked) -> Response:
    principal = visit.require()
    needed = scopes(visit.app.dialects, samples, principal)
    chosen = [scope for scope in asked.scopes or () if scope_words.registry().is_known(scope)]
    offered = sorted({*needed, *chosen})
    lives = [NEVER, *((value, words) for value, (_, words) in LIVES.items())]
    longest = visit.app.settings.tokens.longest_days
    return await visit.framed(
        "connect/page.html",
        "connect",
        422 if asked.faults else 200,
        cards=made,
        asked=asked,
        may_make=principal.has_scope(frozenset({"token.write"})),
        scopes=[(scope, scope in needed if asked.scopes is None else scope in asked.scopes) for scope in offered],
        lives=[
            (value, visit.gettext(words))
            for value, words in lives
            if not longest or (value and LIVES[value][0] <= longest)
        ],
    )


PAGES = (Page(ADDRESS, show, act),)
