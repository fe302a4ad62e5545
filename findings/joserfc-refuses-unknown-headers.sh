#!/usr/bin/env bash
# A token with a header that joserfc doesn't know is refused, even though its signature is right: by default only
# registered header parameters are allowed.
# Needs: nothing else.
#
# Expected: the claims. "Unless listed as a critical Header Parameter, all Header Parameters not defined by this
# specification MUST be ignored when not understood" (RFC 7515, 4), and joserfc implements RFC 7515. Some providers of
# identities write headers of their own, such as "pi.atm".
# Seen: UnsupportedHeaderError. With JWSRegistry(strict_check_header=False) the claims are read.
# Source: joserfc/_rfc7515/registry.py, JWSRegistry.check_header
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'joserfc==1.8.0' 'cryptography==50.0.2'

cat >headers.py <<'END'
from importlib.metadata import version

from joserfc import jwt
from joserfc.errors import UnsupportedHeaderError
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

print(f"joserfc {version('joserfc')}")
key = ECKey.generate_key("P-256")
lenient = JWSRegistry(algorithms=["ES256"], strict_check_header=False)
token = jwt.encode({"alg": "ES256", "pi.atm": "1"}, {"sub": "anna"}, key, registry=lenient)
seen = {}
for name, options in (("by default", {"algorithms": ["ES256"]}), ("lenient", {"registry": lenient})):
    try:
        seen[name] = jwt.decode(token, key, **options).claims
    except UnsupportedHeaderError as error:
        seen[name] = str(error)
    print(f"  {name:12} {seen[name]}")
assert "Unsupported {'pi.atm'}" in seen["by default"], "changed: the header is ignored"
assert seen["lenient"] == {"sub": "anna"}
END
venv/bin/python headers.py
