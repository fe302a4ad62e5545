#!/usr/bin/env bash
# A server that receives a POST and is killed before it answers receives it again: libcurl repeats it when the connection
# was used before, java.net.HttpURLConnection even on a new one. The program is told of one success, and two tasks exist.
# Needs: a JDK, 11 or later, for its part.
#
# Expected: an error, as of other clients. "A client SHOULD NOT automatically retry a request with a non-idempotent method
# unless it has some means to know that the request semantics are actually idempotent" or that the request was never
# applied (RFC 9110, 9.2.2).
# Seen: POST and PATCH twice by libcurl, POST twice by the JDK; once by requests, httpx and aiohttp, which raise. (aiohttp
# repeats PUT, which is idempotent.)
# Source: curl, lib/transfer.c, Curl_retry_request asks only whether the connection was reused and nothing came back, not
# for the method. `--retry` has no part in it, and only CURLOPT_FRESH_CONNECT, a new connection for each request, ends
# it. JDK: the property sun.net.http.retryPost, which is true.
# Reported: github.com/curl/curl/pull/18417
set -euo pipefail
command -v java >/dev/null || { echo "a JDK is needed" >&2; exit 2; }
folder=$(mktemp -d)
trap 'kill ${server:-} 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pycurl==7.49.0 requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5

cat >server.py <<'END'
"""Answers GET. Reads each other request whole and ends the connection the first time, as if killed; answers the next."""

from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

received = Counter()


class Killed(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"%d" % received[self.path.removeprefix("/count")])

    def change(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        received[self.path] += 1
        if received[self.path] == 1:
            self.close_connection = True
        else:
            self.answer(b"created")

    do_POST = do_PUT = do_PATCH = change

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


listening = ThreadingHTTPServer(("127.0.0.1", 0), Killed)
print(listening.server_port, flush=True)
listening.serve_forever()
END
mkfifo port
python3 server.py >port &
server=$!
read -r port <port

cat >Post.java <<'END'
import java.net.HttpURLConnection;
import java.net.URL;

public class Post {
    public static void main(String[] arguments) throws Exception {
        var connection = (HttpURLConnection) new URL(arguments[0]).openConnection();
        connection.setDoOutput(true);
        connection.getOutputStream().write("{}".getBytes());
        System.out.print(connection.getResponseCode());
    }
}
END

cat >clients.py <<'END'
import asyncio
import subprocess
import sys
import urllib.request

import aiohttp
import httpx
import pycurl
import requests

SERVER = f"http://127.0.0.1:{sys.argv[1]}"


def with_curl(method, url):
    curl = pycurl.Curl()
    curl.setopt(pycurl.WRITEFUNCTION, lambda _: None)
    curl.setopt(pycurl.URL, SERVER)
    curl.perform()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.POSTFIELDS, "{}")
    curl.setopt(pycurl.CUSTOMREQUEST, method)
    curl.perform()
    return curl.getinfo(pycurl.RESPONSE_CODE)


def with_java(_method, url):
    return subprocess.run(["java", "Post.java", url], check=True, capture_output=True, text=True).stdout


def with_requests(method, url):
    with requests.Session() as session:
        session.get(SERVER, timeout=10)
        return session.request(method, url, data="{}", timeout=10).status_code


def with_httpx(method, url):
    with httpx.Client() as client:
        client.get(SERVER)
        return client.request(method, url, content="{}").status_code


def with_aiohttp(method, url):
    async def call():
        async with aiohttp.ClientSession() as session:
            async with session.get(SERVER) as first:
                await first.read()
            async with session.request(method, url, data="{}") as response:
                return response.status

    return asyncio.run(call())


print(pycurl.version.split()[1], f"requests {requests.__version__}", f"httpx {httpx.__version__}",
      f"aiohttp {aiohttp.__version__}", sep=", ")
EXPECTED = {
    ("libcurl", "POST"): (with_curl, 2),
    ("libcurl", "PATCH"): (with_curl, 2),
    ("JDK", "POST"): (with_java, 2),
    ("requests", "POST"): (with_requests, 1),
    ("httpx", "POST"): (with_httpx, 1),
    ("aiohttp", "POST"): (with_aiohttp, 1),
    ("aiohttp", "PUT"): (with_aiohttp, 2),
}
for (name, method), (call, times) in EXPECTED.items():
    path = f"/{name}/{method}"
    try:
        result = f"status {call(method, SERVER + path)}"
    except (pycurl.error, requests.ConnectionError, httpx.TransportError, aiohttp.ClientError) as error:
        result = type(error).__name__
    received = int(urllib.request.urlopen(f"{SERVER}/count{path}").read())
    print(f"  {name:9}{method:6} the server received it {received} times, the program got: {result}")
    assert received == times, f"changed: {name} sends {method} {received} times"
END
java -version 2>&1 | head -1
venv/bin/python clients.py "$port"
