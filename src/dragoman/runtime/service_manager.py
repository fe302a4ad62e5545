"""Whoever started this process: what it hands over, what it is told, and a new start in our place when it asks.

The protocols are systemd's: listening sockets from descriptor 3 on (sd_listen_fds), word of our state (sd_notify), and
SIGHUP for "read the settings again". A container or a terminal speaks none of them, and nothing is missed.
"""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

log = logging.getLogger(__name__)

FIRST_DESCRIPTOR = 3


class Supervisor:
    """The service manager of one process; one that says nothing is fine.

    A new start keeps the number of the process and its listening sockets, so that a connection made meanwhile waits
    instead of being refused. It is the same command on new settings, and new code if that was installed.
    """

    def __init__(self, read_settings: Callable[[], object] | None = None) -> None:
        """`read_settings` tries whether a new start can succeed; without it there is none."""
        self.listeners = _handed_over()
        self.new_start_asked = False
        self._read_settings = read_settings

    def tell(self, state: str) -> None:
        """Say how we are: READY=1, RELOADING=1, STOPPING=1. Nobody listening is fine."""
        address = os.environ.get("NOTIFY_SOCKET", "")  # house: ok, because it is the manager's word, not the user's
        if address:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as post, suppress(OSError):
                post.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)

    @contextmanager
    def hears_hangups(self, stop: Callable[[], None]) -> Iterator[None]:
        """From here on SIGHUP ends the process in good order by `stop`, and asks for a new start if one can succeed.

        From a terminal the signal means that the terminal has gone: the end, and no new start. Under nohup it means
        nothing.
        """
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            yield
            return
        before = signal.signal(signal.SIGHUP, lambda number, frame: self._hang_up(stop))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # kept for the process that follows
            signal.signal(signal.SIGHUP, before)

    def _hang_up(self, stop: Callable[[], None]) -> None:
        if self._read_settings is None or _has_terminal():
            stop()
            return
        try:
            self._read_settings()
        except Exception as error:  # house: ok, because whatever is wrong with them, the old ones go on
            log.error("settings.refused", extra={"reason": str(error)})
            return
        log.info("process.starting_anew")
        self.new_start_asked = True
        self.tell("RELOADING=1")
        stop()

    def close_listeners(self) -> None:
        """Let go of the port: the settings name another by now."""
        for listener in self.listeners:
            listener.close()
        self.listeners = []

    def start_anew(self) -> NoReturn:
        """Become a fresh process of the same command, which finds `listeners` open. To be called when all else is
        closed: nothing of this process goes on."""
        _hand_over(self.listeners)
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - it is what was called before


def _has_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _handed_over() -> list[socket.socket]:
    """The sockets meant for this process. The variables are taken away: they mean nothing to what we start."""
    ours = os.environ.pop("LISTEN_PID", "") == str(os.getpid())  # house: ok, because it is the manager's word
    count = os.environ.pop("LISTEN_FDS", "")  # house: ok, because it is the manager's word
    if not ours or not count.isdecimal():
        return []
    descriptors = range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + int(count))
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return [socket.socket(fileno=descriptor) for descriptor in descriptors]


def _hand_over(listeners: list[socket.socket]) -> None:
    past = FIRST_DESCRIPTOR + len(listeners)
    safe: list[int] = []  # copies that lie past the places they go to, so that none is overwritten before it was moved
    while len(safe) < len(listeners):
        copy = os.dup(listeners[len(safe)].fileno())
        while copy < past:
            copy = os.dup(copy)
        safe.append(copy)
    for place, copy in enumerate(safe, FIRST_DESCRIPTOR):
        os.dup2(copy, place, inheritable=True)
    os.environ["LISTEN_PID"] = str(os.getpid())  # house: ok, because it is how sockets are handed over
    os.environ["LISTEN_FDS"] = str(len(safe))  # house: ok, because it is how sockets are handed over
