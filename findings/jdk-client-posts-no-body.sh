#!/usr/bin/env bash
# A POST by the HTTP client of the JDK, with default settings, reaches an application under uvicorn without its body
# when uvicorn parses with httptools (its default where httptools is installed, as with `uvicorn[standard]`).
# Needs: a JDK, 11 or later.
#
# The client offers HTTP/2 with each request over plain HTTP ("Upgrade: h2c", RFC 7540 section 3.2).
# Expected: a server may ignore the offer, and then the message is an ordinary one (RFC 9110 section 7.8).
# Seen: llhttp stops at the end of the header section, and httptools reports a complete message before it raises
# HttpParserUpgrade. uvicorn logs "Unsupported upgrade request." and runs the application with an empty body: the
# client gets 200. With h11 in place of httptools the same request arrives whole.
# Reported: github.com/MagicStack/httptools/issues/124, github.com/Kludex/uvicorn/issues/2722
set -euo pipefail
command -v java javac >/dev/null || { echo "a JDK is needed" >&2; exit 2; }
folder=$(mktemp -d)
trap 'kill ${pids:-} 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check httptools==0.9.0 uvicorn==0.54.0 h11==0.16.0

cat >events.py <<'END'
"""The order in which httptools reports one request."""
import httptools


class Events:
    def on_headers_complete(self): print("  on_headers_complete")
    def on_body(self, body): print("  on_body", body)
    def on_message_complete(self): print("  on_message_complete")


REQUEST = (b"POST /tasks HTTP/1.1\r\nHost: localhost\r\n%bContent-Length: 10\r\n\r\n0123456789")
for offer in (b"", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"):
    print("with an offered upgrade:" if offer else "without:")
    try:
        httptools.HttpRequestParser(Events()).feed_data(REQUEST % offer)
    except httptools.HttpParserUpgrade as upgrade:
        print("  HttpParserUpgrade, stopped before the last", len(REQUEST % offer) - upgrade.args[0], "bytes")
END

cat >app.py <<'END'
async def app(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    declared = int(dict(scope["headers"])[b"content-length"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d of %d bytes arrived" % (len(body), declared)})
END

cat >Post.java <<'END'
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Post {
    public static void main(String[] arguments) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(arguments[0]))
            .POST(HttpRequest.BodyPublishers.ofString("0123456789")).build();
        var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(response.statusCode() + ", " + response.body());
    }
}
END

serve() {  # parser -> the URL, once the server listens
  venv/bin/python -u -m uvicorn --http "$1" --lifespan off --port 0 app:app >"$1.log" 2>&1 &
  pids="${pids:-} $!"
  for _ in $(seq 100); do
    url=$(sed -n 's/.*running on \(http:[^ ]*\).*/\1/p' "$1.log")
    [ -z "$url" ] || return 0
    sleep 0.1
  done
  cat "$1.log" >&2
  exit 2
}

java -version 2>&1 | head -1
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -E '^(httptools|uvicorn|h11) '
venv/bin/python events.py | tee events.txt
javac Post.java
serve httptools && java Post "$url" | sed 's/^/uvicorn with httptools: /' | tee httptools.txt
grep -m1 -o 'Unsupported upgrade request.' httptools.log | sed 's/^/  its log: /'
serve h11 && java Post "$url" | sed 's/^/uvicorn with h11:       /' | tee h11.txt

grep -q '200, 10 of 10 bytes' h11.txt
grep -q '200, 0 of 10 bytes' httptools.txt || { echo "changed: the body arrives now" >&2; exit 1; }
[ "$(grep -c on_body events.txt)" = 1 ] || { echo "changed: httptools reports the body now" >&2; exit 1; }
