"""uvicorn's code that we override or rely on is the code that was read. Without this rule an upgrade changed a callback
that `http/server/protocol.py` replaces, and nothing failed but one client in a hundred.

When this fails: read what changed, adapt `http/server/`, then write the new digest here.
"""

import hashlib
import inspect

import pytest
from uvicorn.protocols.http import flow_control, httptools_impl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import Server

READ = {
    "HttpToolsProtocol.__init__": "4f08999410347141",
    "HttpToolsProtocol.connection_made": "6efb565ff3d36b91",
    "HttpToolsProtocol.connection_lost": "c91a4c9bf2e29c55",
    "HttpToolsProtocol.eof_received": "5652627579a02369",
    "HttpToolsProtocol.data_received": "010a7ae59a5d3b1a",
    "HttpToolsProtocol.on_message_begin": "96d377fdc7c2baef",
    "HttpToolsProtocol.on_url": "37be44e962b04ca8",
    "HttpToolsProtocol.on_header": "65d62c044f61fdbd",
    "HttpToolsProtocol.on_headers_complete": "1ea8589acfad92d8",
    "HttpToolsProtocol.on_body": "dba9c32aeba35b6a",
    "HttpToolsProtocol.on_message_complete": "1fbad42dc31fc01f",
    "HttpToolsProtocol._start_asgi_task": "9c08c2571ae9b038",
    "HttpToolsProtocol.on_response_complete": "64e254f28e389e76",
    "HttpToolsProtocol.shutdown": "d7351fa33f00d430",
    "RequestResponseCycle": "e67d470d435dcc1c",
    "FlowControl": "126debcdaa894c83",
    "Server.startup": "2aa1d70a244bfcf2",
    "Server.shutdown": "9b33c50562992b1e",
    "Server.capture_signals": "e1bbcd4770d1c887",
    "Server.handle_exit": "553276efa26e09ea",
    "status_line": "d7012e110d2d2574",
}


@pytest.mark.parametrize(("name", "digest"), READ.items(), ids=READ)
def test_the_code_that_we_override_is_the_code_that_was_read(name: str, digest: str) -> None:
    assert digest_of(name) == digest


def digest_of(name: str) -> str:
    first, *rest = name.split(".")
    found: object = OWNERS[first]
    for part in rest:
        found = getattr(found, part)
    return hashlib.sha256(inspect.getsource(found).encode()).hexdigest()[:16]  # type: ignore[arg-type]  # a function


OWNERS: dict[str, object] = {
    "HttpToolsProtocol": HttpToolsProtocol,
    "RequestResponseCycle": RequestResponseCycle,
    "Server": Server,
    "FlowControl": flow_control.FlowControl,
    "status_line": httptools_impl._get_status_line,
}
