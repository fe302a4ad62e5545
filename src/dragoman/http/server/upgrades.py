"""Ignoring an offered upgrade, as a server that doesn't upgrade must (RFC 9110 7.8).

httptools stops behind the head of a request with `Upgrade` and skips its body, because what follows may be another
protocol. Java's HttpClient and `curl --http2` offer h2c with every plain request, so the body is read all the same:
by a second parser that has been given a head with the same framing and without the offer.
"""

from collections.abc import Iterable
from typing import Protocol

import httptools

Headers = Iterable[tuple[bytes, bytes]]

FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class ParserCallbacks(Protocol):
    """The methods that httptools calls while it parses."""

    def on_message_begin(self) -> None: ...

    def on_url(self, url: bytes) -> None: ...

    def on_header(self, name: bytes, value: bytes) -> None: ...

    def on_headers_complete(self) -> None: ...

    def on_body(self, body: bytes) -> None: ...

    def on_message_complete(self) -> None: ...


def has_body(headers: Headers) -> bool:
    """Whether a request with these headers, in lower case, has a body of at least one byte."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b" \t0") != b"")
        for name, value in headers
    )


def new_parser(protocol: object) -> httptools.HttpRequestParser:
    """A parser as uvicorn makes it: a pipelined request behind `Connection: close` is no error."""
    parser = httptools.HttpRequestParser(protocol)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def parser_behind_head(protocol: ParserCallbacks, headers: Headers, version: str) -> httptools.HttpRequestParser:
    """A parser that expects the body of a request with these headers, and what follows it.

    Raises HttpParserError when the body's framing is invalid.
    """
    callbacks = Callbacks(protocol)
    parser = new_parser(callbacks)
    parser.feed_data(b"".join(_head(headers, version)))
    callbacks.are_muted = False
    return parser


def _head(headers: Headers, version: str) -> Iterable[bytes]:
    yield b"POST / HTTP/%b\r\n" % version.encode()
    for name, value in headers:
        if name in FRAMING:
            yield b"%b: %b\r\n" % (name, value)
        elif name == b"connection" and b"close" in [token.strip() for token in value.lower().split(b",")]:
            yield b"connection: close\r\n"
    yield b"\r\n"


class Callbacks:
    """Passes on what a parser finds, but for the head that it is given first."""

    def __init__(self, protocol: ParserCallbacks) -> None:
        self.are_muted = True
        self._protocol = protocol

    def on_message_begin(self) -> None:
        if not self.are_muted:
            self._protocol.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self.are_muted:
            self._protocol.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.are_muted:
            self._protocol.on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self.are_muted:
            self._protocol.on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._protocol.on_body(body)

    def on_message_complete(self) -> None:
        self._protocol.on_message_complete()
