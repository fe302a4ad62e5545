"""Listening sockets: one for each worker at the same address, and their shares of inherited ones."""

import socket
from collections.abc import Sequence


def open_listeners(host: str, port: int, workers: int) -> list[socket.socket]:
    """A socket for each worker at the same address. OSError when the address is in use or unavailable."""
    first = bind(host, port)
    if workers == 1:
        return [first]
    # The first bind found the port free; only these let several processes share it.
    port = first.getsockname()[1]
    first.close()
    return [bind(host, port, is_shared=True) for _ in range(workers)]


def share_of(listeners: Sequence[socket.socket], workers: int, number: int) -> Sequence[socket.socket]:
    """The sockets of one worker: every socket has a worker, and every worker at least one socket."""
    return listeners[number::workers] or [listeners[number % len(listeners)]]


def bind(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """A socket at an address, not listening yet. OSError when the address is in use or unavailable."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    bound = socket.socket(family, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def url_of(listener: socket.socket) -> str:
    """The address at which a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
