"""A visit: one request for a page, who makes it, and what is sent back."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from starlette.responses import HTMLResponse, RedirectResponse, Response

from dragoman.delivery.openid.attempt import LIFE_SECONDS
from dragoman.dialects.kit import Request, forms
from dragoman.dialects.kit.credentials import usual
from dragoman.dialects.kit.receiving import Receiving
from dragoman.dialects.kit.streams import BodyStream, BrokenOff
from dragoman.domain.access import Principal
from dragoman.domain.errors import Forbidden, TooLarge
from dragoman.domain.people import Session
from dragoman.runtime.idempotency import Once
from dragoman.runtime.receiving import Write, abandon, receive
from dragoman.usecases.identity import readers
from dragoman.usecases.identity.sessions import PAGES, SignedIn, check_pages, session_tenant
from dragoman.usecases.uow import UnitOfWork
from dragoman.web import addresses, compressing, cookies, csrf, done, frame, framing, preferences, typed
from dragoman.web.drawing import draw, row
from dragoman.web.forms import Form
from dragoman.web.moments import Moments
from dragoman.web.policy import HEADERS
from dragoman.web.rows.columns import Column
from dragoman.web.rows.drawing import Drawer
from dragoman.web.words import N_, chosen, words

if TYPE_CHECKING:
    from dragoman.runtime.application import Application

R = TypeVar("R")
K = TypeVar("K")
LONGEST_KEY = 64
MOST_FIELDS = 10_000
"""A task of a thousand properties has some four fields for each: its value, what it was, and whether it is set."""
FORM_MEDIA = "application/x-www-form-urlencoded"
FILE_FORM_BYTES = 8 * 1024 * 1024
"""How much is held of a form with files, if no setting allows less."""


class SignInNeeded(Exception):
    """The page is for users who are signed in."""


class Visit:
    """One request for a page."""

    def __init__(self, app: "Application", request: Request, path: Mapping[str, str]) -> None:
        self.app = app
        self.request = request
        self.path = path  # its variables
        self.is_https = request.base_url.startswith("https://")
        self.form = Form()
        self.signed_in: SignedIn | None = None
        self.principal: Principal | None = None
        self.preferences = preferences.USUAL
        self.words = words(chosen(None, request.headers.get("accept-language", "")))
        self.moments = Moments("UTC", self.words, request.received_at)
        self._new_cookies: list[str] = []
        text = cookies.read(request.headers, cookies.SESSION, is_https=self.is_https)
        self.cookie = text if session_tenant(text) is not None else ""
        self._done = cookies.read(request.headers, cookies.DONE, is_https=self.is_https)
        self._said: done.Done | None = None
        self._typed = cookies.read(request.headers, cookies.TYPED, is_https=self.is_https)
        self._display_name = ""
        self._form_cookie = cookies.read(request.headers, cookies.FORM, is_https=self.is_https)
        self.attempt = cookies.read(request.headers, cookies.ATTEMPT, is_https=self.is_https)

    # Who

    async def identify(self) -> None:
        """Find out who asks: by a credential in the request, else as a proxy says, else by the session. Nobody is fine.

        Unauthenticated for a wrong credential; Forbidden for a user whom the proxy names and who can't sign in.
        """
        identity = self.app.identity
        credential = usual(self.request)
        if credential is not None:
            found = identity.known(credential)
            self.principal = found or await identity.principal(credential, self.request.address)
        elif self.request.from_proxy is not None:
            self.principal = await identity.visitor(self.request.from_proxy.visitor())
        elif self.cookie:
            self.signed_in = await identity.session(self.cookie)
            self.principal = None if self.signed_in is None else self.signed_in.principal
        self.request.principal = self.principal
        if self.principal is not None:
            await self._learn(self.principal)

    async def _learn(self, principal: Principal) -> None:
        """How the user reads: language, time zone, preferences."""
        known = self.signed_in
        if known is not None:
            reader = readers.Reader(known.user, known.zone, known.language)
        else:
            reader = await self.app.executor.read(readers.look, readers.Look(), principal)
        user, zone, language = reader
        own = None if user is None else user.language
        self.preferences = preferences.of(user)
        self.words = words(chosen(own, self.request.headers.get("accept-language") or language or ""))
        self.moments = Moments((user and user.zone) or zone, self.words, self.request.received_at)
        self._display_name = principal.login if user is None else user.display_name or user.login

    def require(self, *scopes: str) -> Principal:
        """The user who asks.

        SignInNeeded for nobody; Forbidden for one who may not use the pages, or has none of these scopes.
        """
        if self.principal is None:
            raise SignInNeeded
        check_pages(self.principal.dialects)
        if scopes and not self.principal.has_scope(frozenset(scopes)):
            raise Forbidden("scope_missing", f"This needs one of: {', '.join(scopes)}.")
        return self.principal

    @property
    def session(self) -> Session | None:
        """The session by which the user came, if any."""
        return None if self.signed_in is None else self.signed_in.session

    # What was sent

    def read_form(self, body: bytes) -> None:
        """Read the fields of a form; a body of another media type has none. Invalid for what can't be read."""
        media = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.form = Form(forms.parse_urlencoded(body, MOST_FIELDS) if media == FORM_MEDIA else ())

    async def read_form_with_files(self, body: BodyStream, file: str | None) -> None:
        """Read a form with files. Of the field `file` the bytes aren't read yet, and no field behind it; without a file
        there, and for any other field, all are. Invalid for what can't be read, TooLarge, BrokenOff."""
        limits, seconds = self.app.settings.limits, self.app.settings.timeouts.body_seconds
        most = max(limits.body_bytes, min(limits.bulk_body_bytes, FILE_FORM_BYTES))
        stream = forms.FormStream(body, self.request.headers.get("content-type", ""), file, most)
        try:
            async with asyncio.timeout(seconds):
                arriving = await stream.open()
        except TimeoutError:
            raise BrokenOff(f"The form was not complete within {seconds:g} seconds.") from None
        except TooLarge:
            raise TooLarge("body_too_large", N_("The form is too large. Send less at once, or use the API.")) from None
        fields = [(name, value) for name, value in stream.fields if isinstance(value, str)]
        files = {name: value for name, value in stream.fields if isinstance(value, forms.Sent)}
        self.form = Form(fields, files, arriving)

    def is_genuine(self) -> bool:
        """Whether the form comes from a page of ours that this browser was given."""
        text = self.form.text(csrf.FIELD)
        return csrf.is_same_site(self.request.headers, self.request.base_url) and csrf.is_of(self._bound_to, text)

    @property
    def _bound_to(self) -> str:
        return self.request.headers.get("authorization") or self.cookie or self._form_cookie

    # What is done

    async def read(self, run: Callable[[UnitOfWork, Any], R], command: Any) -> R:
        """Run a use case that changes nothing, as the user who asks."""
        return await self.app.executor.read(run, command, self.require())

    async def write(
        self, run: Callable[[UnitOfWork, Any], R], command: Any, principal: Principal | None = None, operation: str = ""
    ) -> R:
        """Run a use case as the user who asks, or as the given one. `operation` is its name in history."""
        return await self._write(run, command, principal or self.require(), operation)

    async def write_once(
        self, run: Callable[[UnitOfWork, Any], R], command: Any, type_: type[R], operation: str = ""
    ) -> R:
        """As `write`, once for each `key` of a form: sent again, the form gets the stored result."""
        if not self._has_key:
            return await self.write(run, command, operation=operation)
        digest = self._digest()
        once = Once(f"web:{self.form.text('key')}:{digest[:32]}", digest, type_)
        return await self._write(run, command, self.require(), operation, once)

    async def keep_once(
        self,
        run: Callable[[UnitOfWork, Any], R],
        command: Any,
        keep: Callable[[R], K],
        type_: type[K],
        operation: str = "",
    ) -> K:
        """As `write_once`, of a use case of whose result only this is kept."""
        return await self.write_once(lambda uow, asked: keep(run(uow, asked)), command, type_, operation)

    async def do_once(self, run: Callable[[UnitOfWork, Any], object], command: Any, operation: str = "") -> None:
        """As `write_once`, of a use case whose result isn't needed."""
        await self.keep_once(run, command, lambda _: None, type(None), operation)

    def secret_of_form(self, use: str) -> bytes:
        """256 secret bits: the same when this browser sends the form again, random ones for a form without a key."""
        if not self._has_key or not self._bound_to:
            return secrets.token_bytes(32)
        text = f"{use} {self.form.text('key')} {self._digest()}"
        return hmac.digest(self._bound_to.encode(), text.encode(), "sha256")

    async def receive(self, receiving: Receiving, pieces: AsyncIterator[bytes], operation: str) -> Any:
        """Store a file while it arrives, in the name of the user. Gives what `order` of `receiving` gives. If anything
        fails, nothing of the file stays."""
        write = self._stepwise(operation)
        try:
            return await receive(receiving, pieces, write)
        except Exception:  # house: ok, because after any failure nothing of the file may stay
            await abandon(receiving, write)
            raise

    async def abandon(self, receiving: Receiving, operation: str) -> None:
        """Take back what was stored, unless it has become visible."""
        await abandon(receiving, self._stepwise(operation))

    def _stepwise(self, operation: str) -> Write:
        return self.app.executor.stepwise(self.require(), PAGES, operation)

    @property
    def _has_key(self) -> bool:
        return 1 <= len(self.form.text("key")) <= LONGEST_KEY

    async def _write(
        self,
        run: Callable[[UnitOfWork, Any], R],
        command: Any,
        principal: Principal,
        operation: str,
        once: Once[R] | None = None,
    ) -> R:
        result: R = await self.app.executor.write(
            run,
            command,
            principal,
            PAGES,
            operation=operation or None,
            request=self.request.request_id or None,
            once=once,
        )
        if self.principal is not None:
            framing.outdate(self.app, self.principal)
        return result

    def _digest(self) -> str:
        """The hash of what the form asks for, without passwords, which could be guessed by it, and `csrf`, which is
        another each time."""
        fields = (self.request.full_path, list(self.form.shown()), self.form.file_digests())
        return hashlib.sha256(repr(fields).encode()).hexdigest()

    # What is sent back

    @property
    def wants_part(self) -> bool:
        """Whether script of the page asks, for the parts that changed."""
        return self._is_by_script and not self.wants_main

    @property
    def wants_main(self) -> bool:
        """Whether script of the page sends a form and puts the page that follows in place of this one by itself."""
        return self._is_by_script and self.request.headers.get("hx-target") == "main"

    @property
    def _is_by_script(self) -> bool:
        return self.request.headers.get("hx-request") == "true"

    def gettext(self, text: str, /, **values: object) -> str:
        """A text in the language of the visitor."""
        return self.words.gettext(text, **values)

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The form of a text for this count, in the language of the visitor."""
        return self.words.ngettext(one, many, count, **values)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page without the frame: for visitors who aren't signed in, and where nothing may be asked of the store.

        Its template has `csrf` for forms and `visitor`, the name of the user or None.
        """
        return self.sent(HTMLResponse(self.drawn(template, frame=None, **values), status))

    async def framed(self, template: str, place: str = "", status: int = 200, **values: Any) -> Response:
        """A page in the frame. `place`: the key of the link that leads here. What the last act did stands in it."""
        principal = self.require()
        counts, views = await framing.gather(self)
        around = frame.frame(principal, self.words, counts, views)
        said = self._said or (done.read(self._done, self._bound_to) if self._done else None)
        if self._done:
            self._set(cookies.DONE, "", 0)
        text = self.drawn(template, frame=around, place=place, done=said, **values)
        return self.sent(HTMLResponse(text, status))

    def part(self, template: str, status: int = 200, **values: Any) -> Response:
        """Parts of a page, for its script."""
        return self.sent(HTMLResponse(self.drawn(template, **values), status))

    def row_drawer(self, columns: Sequence[Column], **more: Any) -> Drawer:
        """Draws rows of tasks with these columns. `more`: as `Drawer` has it."""
        return Drawer(row(self.words.language), self.words, self.moments, self.request.received_at, columns, **more)

    def drawn(self, template: str, **values: Any) -> str:
        """The text of a template, with what every page has."""
        common = {
            "csrf": self.csrf(),
            "visitor": self._name(),
            "preferences": self.preferences,
            "moments": self.moments,
            "now": self.request.received_at,
            "address": self.back(self.address),
        }
        return draw(template, self.words, **(common | values))

    @property
    def address(self) -> str:
        """The address of this page with its query, as a link has it."""
        query = f"?{self.request.query_string}" if self.request.query_string else ""
        return quote(self.request.full_path) + query

    def back(self, default: str) -> str:
        """Where an act leads afterwards: the form's field `back`, if it is one of these pages."""
        wanted = self.form.text("back")
        return wanted if addresses.is_below_root(wanted) else default

    def acted(
        self, default: str, sentence: str, changes: Sequence[tuple[int, int]] = (), to: str | None = None
    ) -> Response:
        """An act is done: 303 to where it came from, or `to` another page. The sentence stands there in the region
        "Done", with "Undo" for these changes (task number, and the revision that the act made)."""
        said = done.Done(sentence, done.undoable(changes))
        self._set(cookies.DONE, done.written(said, self._bound_to))
        return self.see_other(to or self.back(default))

    def say(self, sentence: str, changes: Sequence[tuple[int, int]] = ()) -> None:
        """Let the page that is drawn now say so itself in the region "Done", as `acted` lets the following one."""
        self._said = done.Done(sentence, done.undoable(changes))

    def see_other(self, address: str) -> Response:
        """Send the browser to another page: by a redirect, or for script that replaces the page itself by a header."""
        if self.wants_main:
            return self.sent(Response(status_code=204, headers={"HX-Redirect": address}))
        return self.sent(RedirectResponse(address, 303))

    def to_sign_in(self) -> Response:
        """Send the browser to the page for signing in, and back afterwards. What was typed into a form is kept."""
        if self.request.method == "POST":
            form = typed.of(self.address, self.form.shown(), self.request.received_at)
            self._set(cookies.TYPED, typed.written(form, self._bound_to), typed.SECONDS)
        return self.see_other(addresses.sign_in(self.address))

    def sent(self, response: Response) -> Response:
        """The response with the headers of every page, and the cookies; compressed for browsers that take it."""
        response.headers.update(HEADERS)
        if isinstance(response, HTMLResponse):
            response.headers["Vary"] = "HX-Request, HX-Target, Accept-Encoding"
            compressing.compress(response, self.request.headers.get("accept-encoding", ""))
        for cookie in self._new_cookies:
            response.headers.append("set-cookie", cookie)
        return response

    def csrf(self) -> str:
        """The text that proves a form to be ours."""
        if not self._bound_to:
            self._form_cookie = csrf.new_cookie()
            self._set(cookies.FORM, self._form_cookie)
        return csrf.masked(self._bound_to)

    def seal(self, text: str) -> str:
        """A mark of this session on a text, which a form brings back."""
        return hmac.new(self._bound_to.encode(), text.encode(), "sha256").hexdigest()[:32]

    def is_sealed(self, text: str, mark: str) -> bool:
        """Whether it is the mark of this session on that text."""
        return bool(self._bound_to) and hmac.compare_digest(self.seal(text).encode(), mark.encode())

    def begin_session(self, text: str, seconds: float) -> None:
        """Give the browser the cookie of a new session. What was typed before is kept for it."""
        self._set(cookies.SESSION, text, seconds)
        if (form := self.typed_before) is not None:
            self._set(cookies.TYPED, typed.written(form, text), typed.SECONDS)

    @property
    def typed_before(self) -> typed.Typed | None:
        """The form that was sent when the session had ended, if it is still kept."""
        return typed.read(self._typed, self._bound_to, self.request.received_at) if self._typed else None

    def leave_typed(self) -> None:
        """Keep what was typed no longer."""
        if self._typed:
            self._set(cookies.TYPED, "", 0)

    def keep_attempt(self, text: str) -> None:
        """Let the browser keep an attempt at a provider; an empty text takes it away."""
        self._set(cookies.ATTEMPT, text, LIFE_SECONDS if text else 0)

    def end_session(self) -> None:
        """Take the cookie of the session from the browser."""
        self.app.identity.forget_session(self.cookie)
        self._set(cookies.SESSION, "", 0)

    def _set(self, name: str, value: str, seconds: float | None = None) -> None:
        self._new_cookies.append(cookies.written(name, value, is_https=self.is_https, seconds=seconds))

    def _name(self) -> str | None:
        return None if self.principal is None else self._display_name or self.principal.login
