#!/usr/bin/env bash
# An upload from a generator that is redirected with 307 or 308, as from http to https or to the canonical host, arrives
# empty: requests sends the second request with an empty body, and the caller sees the 200 of that request. httpx does
# the same with other iterators, such as map().
# Needs: nothing else.
#
# Expected: the same content at the new address, or an error. 307 and 308 exist so that the request is repeated as it was
# (RFC 9110, 15.4.8 and 15.4.9); a body that can't be sent again can't be repeated. requests has an error for that,
# UnrewindableBodyError, httpx has StreamConsumed, and the Fetch standard asks for a network error ("HTTP-redirect
# fetch": a body whose source is null).
# Seen: two requests of which the second is complete and has a body of 0 bytes. Files are sent again from their start.
# Source: requests/sessions.py, resolve_redirects: only a body that has tell() is rewound, or refused; httpx/_content.py,
# IteratorByteStream: only generators are marked as streams that can be read once.
# Reported: github.com/encode/httpx/discussions/3816 (httpx)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5

cat >uploads.py <<'END'
import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import aiohttp
import httpx
import requests

ROWS = [f"{number},done\n".encode() for number in range(1_000)]
Path("rows.csv").write_bytes(b"".join(ROWS))


class Moved(BaseHTTPRequestHandler):
    """Reads each body to its end; /old answers with a redirect, /new with the length of the body."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length, moved = self.read_body(), self.path == "/old"
        body = b"" if moved else b"%d" % length
        self.send_response(308 if moved else 200)
        if moved:
            self.send_header("Location", "/new")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def read_body(self):
        if "Content-Length" in self.headers:
            return len(self.rfile.read(int(self.headers["Content-Length"])))
        length = 0
        while chunk := int(self.rfile.readline() or b"0", 16):
            length += len(self.rfile.read(chunk))
            self.rfile.readline()
        self.rfile.readline()
        return length

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Moved)
server.handle_error = lambda *_: None  # a client that refuses to go on closes its connection
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/old"


def rows():
    yield from ROWS


async def async_rows():
    for row in ROWS:
        yield row


async def with_aiohttp():
    async with aiohttp.ClientSession() as session, session.post(URL, data=async_rows()) as response:
        return await response.text()


UPLOADS = {
    "requests, file": lambda: requests.post(URL, data=open("rows.csv", "rb"), timeout=10).text,
    "requests, generator": lambda: requests.post(URL, data=rows(), timeout=10).text,
    "httpx, generator": lambda: httpx.post(URL, content=rows(), follow_redirects=True).text,
    "httpx, map()": lambda: httpx.post(URL, content=map(bytes, ROWS), follow_redirects=True).text,
    "aiohttp, generator": lambda: asyncio.run(with_aiohttp()),
}
print(*(f"{name} {version(name)}" for name in ("requests", "urllib3", "httpx", "aiohttp")), sep=", ")
whole, seen = str(sum(map(len, ROWS))), {}
for name, upload in UPLOADS.items():
    try:
        seen[name] = upload()
    except (httpx.StreamError, aiohttp.ClientError) as error:
        seen[name] = type(error).__name__
    print(f"  {name:20} expected {whole} bytes or an error; seen {seen[name]}")
assert seen["requests, file"] == whole
assert seen["requests, generator"] == "0", "changed: requests sends the body again, or refuses to"
assert seen["httpx, map()"] == "0", "changed: httpx sends the body again, or refuses to"
assert seen["httpx, generator"] == "StreamConsumed" and seen["aiohttp, generator"] == "ClientPayloadError"
END
venv/bin/python uploads.py
