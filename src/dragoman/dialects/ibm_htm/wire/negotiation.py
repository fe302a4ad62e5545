"""What a request's headers and common parameters must allow, in the order of the page's checks (1 and 13)."""

from functools import lru_cache

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.kit import Request
from dragoman.dialects.kit.accept import choose

JSON = ("application/json",)
JSON_OR_XML = ("application/json", "application/xml", "text/xml")


def check(request: Request, offered: tuple[str, ...] = JSON_OR_XML) -> None:
    """`federationMode`, `Accept` and `Accept-Encoding`: what comes before all that an operation asks."""
    check_federation(request)
    headers = request.headers
    accept = headers.get("accept")
    if accept is not None and _choose(accept, offered) is None:
        raise refusals.not_acceptable("Accept")
    encoding = headers.get("accept-encoding")
    if encoding is not None and not _takes_identity(encoding):
        raise refusals.not_acceptable("Accept-Encoding")


def check_json(request: Request) -> None:
    """The body is JSON, as it is without a content type."""
    type_ = request.headers.get("content-type")
    if type_ and type_ != "application/json" and _media_type(type_) not in ("application/json", ""):
        raise refusals.bad_type(type_)


def accepts(accept: str | None, type_: str) -> bool:
    """Whether a client that sent this `Accept` takes a media type, whatever its parameters."""
    return accept is None or _choose(accept, (type_.partition(";")[0].strip().lower(),)) is not None


def check_federation(request: Request) -> None:
    """`true` has no effect; there are no other servers whose tasks could be left out."""
    if "federationMode" not in request.query_string:
        return
    value = request.first("federationMode")
    if value is not None and value != "true":
        raise refusals.unknown_value("federationMode", value, ("true",))


_choose = lru_cache(256)(choose)


def _media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()


@lru_cache(256)
def _takes_identity(header: str) -> bool:
    """Whether a body as it is will do: it won't when `identity`, or `*` without a word on it, has the quality 0."""
    qualities: dict[str, bool] = {}
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        refused = any(text.startswith("q=") and text[2:].strip("0.") == "" for text in parameters)
        qualities.setdefault(name, not refused)
    return qualities.get("identity", qualities.get("*", True))
