"""Work baskets: making one, reading one, moving tasks into one (page, rows 69 to 71; ibm-htm-2.md, H)."""

import msgspec

from dragoman.command import EXCLUSIVE, Exclusive
from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.handlers.assignment import holder_of
from dragoman.dialects.ibm_htm.handlers.roles import is_group, name_of_group
from dragoman.dialects.ibm_htm.handlers.work_items import GROUP
from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.views import name_of
from dragoman.dialects.ibm_htm.wire import ids, negotiation
from dragoman.dialects.ibm_htm.wire.work_baskets import BasketView, Sent, details, read
from dragoman.dialects.kit import Reply, Request, json
from dragoman.domain.errors import Invalid
from dragoman.domain.work_item import EVERYBODY
from dragoman.domain.work_list import WorkList, roles_of
from dragoman.usecases.tasks import work_lists
from dragoman.usecases.uow import UnitOfWork

CREATE, GET = "CREATEWORKBASKET", "GETWORKBASKET"
WHAT = "work basket"
JSON = "application/json"


class Create(msgspec.Struct, frozen=True):
    """A new basket; a body that can't be read is refused in its turn."""

    sent: Sent | Invalid

    def keys(self) -> Exclusive:
        return EXCLUSIVE


class Get(msgspec.Struct, frozen=True):
    """A basket by id or name."""

    basket: str

    def keys(self) -> Exclusive:
        return EXCLUSIVE


def parse_create(request: Request) -> Create:
    """POST workBasket."""
    negotiation.check(request, negotiation.JSON)
    negotiation.check_json(request)
    try:
        members = json.parse_object(request.body)
        request.ignore_other_members(members)
        return Create(read(members))
    except Invalid as fault:
        return Create(fault)


def parse_get(request: Request) -> Get:
    """GET workBasket/{wbid}, and its distribution targets."""
    negotiation.check(request, negotiation.JSON)
    return Get(request.path["wbid"])


def create(uow: UnitOfWork, command: Create) -> WorkList:
    """For administrators of the system."""
    sent = command.sent
    if isinstance(sent, Invalid):
        raise sent.with_traceback(None)
    if not uow.principal.is_admin:
        raise refusals.role_missing(uow.principal.login, CREATE, sent.name)
    targets = list(dict.fromkeys(_target(uow, text).uid for text in sent.targets))
    if work_lists.find(uow, name=sent.name) is not None:
        raise refusals.already_there(WHAT, sent.name)
    return work_lists.create(
        uow,
        sent.name,
        display_name=sent.display_name,
        description=sent.description,
        owner=None if sent.owner is None else holder_of(uow, sent.owner),
        roles={role: [_holder(uow, name) for name in names] for role, names in sent.roles.items()},
        targets=targets,
        extras={NAME: sent.facts} if sent.facts else {},
    )


def _target(uow: UnitOfWork, text: str) -> WorkList:
    found = find(uow, text)
    if found is None:
        raise refusals.bad_value("distributionTargets", f"there is no work basket '{refusals.cut(text)}'")
    return found


def _holder(uow: UnitOfWork, name: str) -> str:
    """A user, `group:` and a group's name, or `*`."""
    return EVERYBODY if name == EVERYBODY else holder_of(uow, name)


def find(uow: UnitOfWork, text: str) -> WorkList | None:
    """A basket by its id, or else by its name."""
    uid = ids.read_work_basket(text)
    return work_lists.find(uow, uid=uid) if uid is not None else work_lists.find(uow, name=text)


def get(uow: UnitOfWork, command: Get) -> BasketView:
    """For whoever has a role on it."""
    basket = find(uow, command.basket)
    if basket is None:
        raise refusals.no_such(WHAT, command.basket)
    if not roles_of(uow.principal, basket):
        raise refusals.role_missing(uow.principal.login, GET, command.basket)
    return gather(uow, basket)


def gather(uow: UnitOfWork, basket: WorkList) -> BasketView:
    """The basket with the names that it shows."""
    roles = {role: sorted(_shown(uow, holder) for holder in holders) for role, holders in basket.roles.items()}
    targets = [work_lists.find(uow, uid=uid) for uid in basket.targets]
    named = [(ids.work_basket_id(each.uid), each.name) for each in targets if each is not None]
    return BasketView(basket, name_of(uow, basket.owner), roles, named)


def _shown(uow: UnitOfWork, holder: str) -> str:
    if holder == EVERYBODY:
        return holder
    return f"{GROUP}{name_of_group(uow, holder)}" if is_group(holder) else name_of(uow, holder) or holder


def render_created(made: WorkList, request: Request) -> Reply:
    """201, where the basket is, and what it is called."""
    shown = ids.work_basket_id(made.uid)
    location = f"{request.base_url}{request.prefix}/workBasket/{shown}"
    return Reply(201, json.encode({"wbid": shown, "name": made.name}), JSON, [("Location", location)])


def render(seen: BasketView, request: Request) -> Reply:
    return Reply(200, json.encode(details(seen)), JSON)


def render_targets(seen: BasketView, request: Request) -> Reply:
    """The baskets that its tasks may be distributed to."""
    body = {
        "wbid": ids.work_basket_id(seen.basket.uid),
        "name": seen.basket.name,
        "identifier": "wbid",
        "distributionTargets": [{"wbid": wbid, "name": name} for wbid, name in seen.targets],
    }
    return Reply(200, json.encode(body), JSON)
