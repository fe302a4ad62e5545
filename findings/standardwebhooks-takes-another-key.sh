#!/usr/bin/env bash
# A secret of Standard Webhooks in the URL-safe alphabet of base64, as `secrets.token_urlsafe` makes them, is another key
# in PyPI standardwebhooks than the one that was encoded, without an error; npm standardwebhooks refuses it. Sender and
# receiver that both use the PyPI package agree, and any other receiver sees wrong signatures.
# Needs: Node.js 18 or later, with npm.
#
# Expected: the key, or an error in both. "base64 encoded, prefixed with whsec_" (Standard Webhooks 1.0, signature
# scheme); a decoder must refuse other characters than those of its alphabet (RFC 4648, 3.3).
# Seen: in Python the signs "-" and "_" are left out before decoding. A quarter of random keys of 32 bytes have neither,
# so that a trial may succeed.
# Source: standardwebhooks/webhooks.py, Webhook.__init__: base64.b64decode without validate=True
set -euo pipefail
command -v npm >/dev/null || { echo "npm is needed" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0
npm install --silent --no-audit --no-fund standardwebhooks@1.1.1

cat >sign.mjs <<'END'
import { Webhook } from "standardwebhooks";
const at = new Date(1e12);
const [secret] = process.argv.slice(2);
try {
  console.log(new Webhook(secret).sign("msg_1", at, "{}"));
} catch (error) {
  console.log(error.message);
}
END

cat >keys.py <<'END'
import base64
import hashlib
import hmac
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version

from standardwebhooks import Webhook

print(f"PyPI standardwebhooks {version('standardwebhooks')}, npm standardwebhooks 1.1.1")


def signed(key):
    return "v1," + base64.b64encode(hmac.digest(key, b"msg_1.1000000000.{}", hashlib.sha256)).decode()


def in_python(secret):
    try:
        return Webhook(secret).sign("msg_1", datetime.fromtimestamp(1_000_000_000, UTC), "{}")
    except ValueError as error:
        return str(error)


def in_node(secret):
    return subprocess.run(["node", "sign.mjs", secret], capture_output=True, text=True, check=True).stdout.strip()


key = bytes(range(0xEC, 0xFF)) + bytes(range(13))
right = signed(key)
seen = {}
for name, text in (("standard", base64.b64encode(key)), ("URL-safe", base64.urlsafe_b64encode(key))):
    secret = "whsec_" + text.decode()
    seen[name] = in_python(secret), in_node(secret)
    print(f"{name}: {secret}\n  expected {right}\n  Python   {seen[name][0]}\n  Node.js  {seen[name][1]}")
assert seen["standard"] == (right, right)
assert seen["URL-safe"][0].startswith("v1,") and seen["URL-safe"][0] != right, "changed: Python reads it, or refuses it"
assert not seen["URL-safe"][1].startswith("v1,"), "changed: Node.js reads it"
END
venv/bin/python keys.py
