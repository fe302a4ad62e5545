"""Integration with the service manager: inherited sockets and readiness notifications.

The protocols are systemd's: listening sockets from descriptor 3 on (sd_listen_fds) and messages about the state of the
process (sd_notify). Containers and terminals use neither.
"""

import os
import socket
from contextlib import suppress

FIRST_DESCRIPTOR = 3


def inherited_sockets() -> list[socket.socket]:
    """The listening sockets that the service manager opened for this process; a second call finds none.

    The variables are removed, since they don't apply to child processes.
    """
    is_for_us = os.environ.pop("LISTEN_PID", "") == str(os.getpid())  # house: ok, because the manager sets it
    count = os.environ.pop("LISTEN_FDS", "")  # house: ok, because the manager sets it
    if not is_for_us or not count.isdecimal():
        return []
    descriptors = range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + int(count))
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return [socket.socket(fileno=descriptor) for descriptor in descriptors]


def notify(state: str) -> None:
    """Report the state of the process, READY=1 for example. Does nothing without a service manager."""
    address = os.environ.get("NOTIFY_SOCKET", "")  # house: ok, because the manager sets it
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
            sender.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
