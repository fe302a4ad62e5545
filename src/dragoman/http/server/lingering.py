"""Closing a connection so that the client can read the last response."""

import asyncio
from typing import Protocol

LINGER_SECONDS = 2.0


class Lingering(Protocol):
    """The protocol of a connection that may linger."""

    @property
    def lingers(self) -> bool: ...
    @property
    def reads_a_message(self) -> bool: ...

    def linger(self, transport: asyncio.Transport) -> None:
        """Close the sending half, and discard what arrives for LINGER_SECONDS."""
        ...


class LingeringTransport:
    """A transport whose `close` lets the client read the last response.

    Closing a socket with unread bytes resets it, and the client may lose the response (413, for example). So while a
    request isn't read to its end only the sending half is closed, and what arrives is discarded for a while.
    """

    def __init__(self, transport: asyncio.Transport, protocol: Lingering) -> None:
        self._transport = transport
        self._protocol = protocol
        self.write = transport.write
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def is_closing(self) -> bool:
        return self._protocol.lingers or self._transport.is_closing()

    def close(self) -> None:
        if self._protocol.reads_a_message and self._transport.can_write_eof() and not self.is_closing():
            self._protocol.linger(self._transport)
        else:
            self._transport.close()
