"""Reading credentials from a request, and the cross-site check of those that browsers send by themselves.

What a credential is worth is decided in `runtime/identity.py`.
"""

from urllib.parse import urlsplit

from dragoman.dialects.kit import Request
from dragoman.dialects.kit.credentials import Credential
from dragoman.domain.errors import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_site(request: Request, credential: Credential | None, *, changes: bool) -> None:
    """Forbidden for a change that another site made a browser send, with a cookie or Basic that the browser keeps, or
    where no credentials are needed at all (None).

    Clients that send neither Sec-Fetch-Site nor Origin are not browsers, and are believed.
    """
    is_explicit = credential is not None and not credential.ambient
    if is_explicit or (request.method in SAFE_METHODS and not changes):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is None and origin is not None:
        foreign = urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    else:
        foreign = site not in (None, "same-origin", "none")
    if foreign:
        raise Forbidden("cross_site", "Another site may not change anything here through a browser.")
