"""The tenant: its name for people, zone, language and limits."""

from typing import Any

from starlette.responses import Response

from dragoman.dialects.native.handlers import tenants
from dragoman.usecases import tenant_limits
from dragoman.usecases.admin import tenant_profile
from dragoman.web.readings import languages
from dragoman.web.views.admin import area
from dragoman.web.views.admin.area import NOTHING, Refused
from dragoman.web.visit import Visit

ROOT = f"{area.ROOT}/tenant"
TEXTS = ("display_name", "zone", "language")


async def show(visit: Visit) -> Response:
    """The tenant as it is."""
    return await _page(visit)


async def act(visit: Visit) -> Response:
    """Change what differs from what is stored."""
    visit.require("tenant.manage")
    result = await area.attempt(visit, _change(visit))
    return await _page(visit, result) if isinstance(result, Refused) else visit.acted(ROOT, visit.gettext("Saved."))


async def _change(visit: Visit) -> None:
    form = visit.form
    present = await visit.read(tenant_profile.get, tenant_profile.Get())
    typed: dict[str, Any] = {name: form.text(name).strip() or None for name in TEXTS if name in form}
    members = {name: value for name, value in typed.items() if value != getattr(present, name)}
    if "zone" in members:
        members["zone"] = members["zone"] or ""
    limits = {name: _number(form.text(name)) for name in tenant_limits.LIMITS if name in form}
    changed = {name: value for name, value in limits.items() if value != present.limits.get(name)}
    members |= {"limits": changed} if changed else {}
    if "require_if_match" in form:
        is_wanted = "true" in form.all("require_if_match")
        members |= {"require_if_match": is_wanted} if is_wanted is not present.require_if_match else {}
    await visit.do_once(tenant_profile.change, tenants.change_of(members), "patch_tenant")


def _number(text: str) -> Any:
    """The number in a field, None of an empty one, the text itself where it is no number: that is a fault."""
    plain = text.strip().replace(" ", "")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 19 else plain or None


async def _page(visit: Visit, refused: Refused = NOTHING) -> Response:
    tenant = await visit.read(tenant_profile.get, tenant_profile.Get())
    values: dict[str, Any] = {name: getattr(tenant, name) or "" for name in TEXTS}
    values |= {name: tenant.limits.get(name, "") for name in tenant_limits.LIMITS}
    is_typed = refused is not NOTHING
    values |= {name: visit.form.text(name) for name in values if is_typed and name in visit.form}
    is_strict = "true" in visit.form.all("require_if_match") if is_typed else tenant.require_if_match
    return await area.drawn(
        visit,
        "tenant",
        "tenant.html",
        refused,
        tenant=tenant,
        values=values,
        is_strict=is_strict,
        languages=languages(values["language"], visit.gettext("None")),
        made=visit.moments.of(tenant.created_at),
        may_manage=visit.require().has_scope(frozenset({"tenant.manage"})),
    )


PAGES = (area.page(ROOT, show, act),)
