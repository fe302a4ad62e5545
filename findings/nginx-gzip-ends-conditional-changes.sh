#!/usr/bin/env bash
# Behind nginx with `gzip on`, a client that accepts gzip gets a weak tag where the server sent a strong one. Reading goes
# on to work (If-None-Match compares weakly), but no change with If-Match passes any more, however often it is read anew.
# Needs: apt-get and dpkg of Debian 12 or later, to fetch nginx; nothing is installed.
#
# Expected: a proxy that only compresses doesn't come between a client and the version that it has read: the client
# sends back the tag that it got, and the change passes.
# Seen: the tag `"1"` arrives as `W/"1"`, and is sent on to the server as it is, so a server that compares as RFC 9110
# asks for (13.1.1: the strong comparison) answers 412. A client that accepts no gzip isn't affected.
# Source: nginx, src/http/modules/ngx_http_gzip_filter_module.c and ngx_http_core_module.c, ngx_http_weak_etag; since
# version 1.7.3. The page of ngx_http_gzip_module doesn't name it.
set -euo pipefail
for need in apt-get dpkg; do command -v "$need" >/dev/null || { echo "$need is needed" >&2; exit 2; }; done
folder=$(mktemp -d)
server=
chmod 755 "$folder"
trap 'kill $server 2>/dev/null || true; [ ! -f "$folder/pid" ] || kill "$(cat "$folder/pid")" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download nginx >/dev/null 2>&1 || { echo "nginx can't be fetched" >&2; exit 2; }
dpkg -x nginx_*.deb nginx
nginx=$folder/nginx/usr/sbin/nginx
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.32.5

cat >server.py <<'END'
"""One record with a strong tag, which a PUT with a tag that compares strongly replaces."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = [1]


class Record(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        same = self.headers.get("If-None-Match", "").removeprefix("W/") == f'"{VERSION[0]}"'
        self.answer(304 if same else 200)

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        passes = self.headers["If-Match"] == f'"{VERSION[0]}"'
        VERSION[0] += passes
        self.answer(200 if passes else 412)

    def answer(self, status):
        body = b"" if status == 304 else b'{"title": "%s"}' % (b"a" * 200)
        self.send_response(status)
        self.send_header("ETag", f'"{VERSION[0]}"')
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


listening = ThreadingHTTPServer(("127.0.0.1", 0), Record)
print(listening.server_port, flush=True)
listening.serve_forever()
END
mkfifo port
python3 server.py >port &
server=$!
read -r behind <port
before=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
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
    gzip on;
    gzip_types application/json;
    server {
        listen 127.0.0.1:$before;
        location / { proxy_pass http://127.0.0.1:$behind; }
    }
}
END
"$nginx" -v 2>&1
"$nginx" -c "$folder/nginx.conf" -e "$folder/error.log"

cat >client.py <<'END'
import sys

import requests

print("requests", requests.__version__)
URL = f"http://127.0.0.1:{sys.argv[1]}/"


def change(headers):
    """Read, read again whether it changed, and change what was read: the tag and both answers."""
    read = requests.get(URL, headers=headers, timeout=10)
    tag = read.headers["ETag"]
    again = requests.get(URL, headers={**headers, "If-None-Match": tag}, timeout=10)
    changed = requests.put(URL, "{}", headers={**headers, "If-Match": tag}, timeout=10)
    return tag, again.status_code, changed.status_code


plain, usual = change({"Accept-Encoding": "identity"}), change({})
print("  without Accept-Encoding:  expected a strong tag, 304, 200; seen", *plain)
print("  as the client comes:      expected a strong tag, 304, 200; seen", *usual)
assert plain == ('"1"', 304, 200), "changed: also without compression"
assert usual == ('W/"2"', 304, 412), "changed: the tag stays strong, or the weak one passes"
END
venv/bin/python client.py "$before"
