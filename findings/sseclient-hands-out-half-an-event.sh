#!/usr/bin/env bash
# A stream of events that ends in the middle of one: sseclient-py hands out the half that came, with the id of the whole. A
# client that goes on after that id never sees the other half.
# Needs: nothing else.
#
# Expected: nothing of it. "Once the end of the file is reached, any pending data must be discarded. (If the file ends in
# the middle of an event, before the final empty line, the incomplete event is not dispatched.)" (WHATWG HTML, 9.2.6)
# Seen: the lines of the data that came, as a complete event. It happens where the end of the connection is the end of the
# stream: behind a server or proxy that speaks HTTP/1.0, or that completes the chunks (proxies-complete-cut-downloads.sh).
# requests-sse and httpx-sse leave the half away.
# Source: sseclient/__init__.py, SSEClient._read: what is left when the source ends is an event, too
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check sseclient-py==1.9.0 requests-sse==0.5.3 httpx-sse==0.4.3 \
  httpx==0.28.1 requests==2.34.2

cat >resume.py <<'END'
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import httpx
import requests
from httpx_sse import connect_sse
from requests_sse import EventSource
from sseclient import SSEClient

FIRST = b'id: 1\ndata: {"task": 1,\ndata: "state": "done"}\n\n'
SECOND = b'id: 2\ndata: {"task": 2,\n', b'data: "state": "done"}\n\n'
THIRD = b'id: 3\ndata: {"task": 3}\n\n'


class Stream(BaseHTTPRequestHandler):
    """The first connection ends in the middle of the second event; one that goes on after an event gets the rest."""

    def do_GET(self):
        last = self.headers.get("Last-Event-ID")
        pieces = {None: FIRST + SECOND[0], "1": b"".join(SECOND) + THIRD, "2": THIRD}[last]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(pieces)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Stream)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/"


def with_sseclient(headers):
    with requests.get(URL, headers=headers, stream=True, timeout=10) as response:
        yield from ((event.id, event.data) for event in SSEClient(response).events())


def with_requests_sse(headers):
    with EventSource(URL, headers=headers, max_connect_retry=0, timeout=10) as source:
        for event in source:
            yield event.last_event_id, event.data
            if event.last_event_id in ("1", "3"):  # the last of its connection
                return


def with_httpx_sse(headers):
    with httpx.Client() as client, connect_sse(client, "GET", URL, headers=headers) as source:
        yield from ((event.id, event.data) for event in source.iter_sse())


def followed(connect):
    """The events of two connections, of which the second goes on after the last id of the first."""
    events = list(connect({}))
    return events + list(connect({"Last-Event-ID": events[-1][0]}))


WHOLE = [("1", '{"task": 1,\n"state": "done"}'), ("2", '{"task": 2,\n"state": "done"}'), ("3", '{"task": 3}')]
print(*(f"{name} {version(name)}" for name in ("sseclient-py", "requests-sse", "httpx-sse")), sep=", ")
seen = {}
for name, connect in (("sseclient", with_sseclient), ("requests", with_requests_sse), ("httpx", with_httpx_sse)):
    seen[name] = followed(connect)
    print(f"  {name:10} second event: expected {WHOLE[1][1]!r}; seen {dict(seen[name])['2']!r}")
assert seen["requests"] == seen["httpx"] == WHOLE
assert seen["sseclient"] == [WHOLE[0], ("2", '{"task": 2,'), WHOLE[2]], "changed: the half event is discarded"
END
venv/bin/python resume.py
