#!/usr/bin/env bash
# Once an event had an id, httpx-sse hands out an event without data for each comment that ends with an empty line, such
# as the heartbeat of sse-starlette. A client that parses the data of each event breaks at the first long pause.
# Needs: nothing else.
#
# Expected: nothing. "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty
# string and return" (WHATWG HTML, 9.2.6, "dispatch the event", step 2). Without an id it is so.
# Seen: with an id, events whose data is "" and whose id is that of the event before.
# Source: httpx_sse/_decoders.py, SSEDecoder.decode: an empty line is passed over only while there is no last id
# Reported: github.com/florimondmanca/httpx-sse/issues/35
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check httpx-sse==0.4.3 httpx==0.28.1 sse-starlette==3.7.0 \
  starlette==1.10.0

cat >heartbeats.py <<'END'
import asyncio
from importlib.metadata import version

import httpx
from httpx_sse import aconnect_sse
from sse_starlette import EventSourceResponse

print(*(f"{name} {version(name)}" for name in ("httpx-sse", "httpx", "sse-starlette")), sep=", ")


async def received(**fields):
    """What a client gets of one event, a pause of three heartbeats, and another."""

    async def events():
        yield {"data": "a", **fields}
        await asyncio.sleep(3.5)
        yield {"data": "b", **fields}

    transport = httpx.ASGITransport(app=EventSourceResponse(events(), ping=1))
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
        async with aconnect_sse(client, "GET", "/") as source:
            return [(event.data, event.id) async for event in source.aiter_sse()]


without, with_id = asyncio.run(received()), asyncio.run(received(id="7"))
print("  without ids: expected a, b; seen", without)
print("  with ids:    expected a, b; seen", with_id)
assert without == [("a", ""), ("b", "")], "changed: heartbeats make events without an id, too"
assert len(with_id) > 2 and set(with_id[1:-1]) == {("", "7")}, "changed: heartbeats make no events"
END
venv/bin/python heartbeats.py
