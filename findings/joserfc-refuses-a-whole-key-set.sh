#!/usr/bin/env bash
# One key of a curve that joserfc doesn't know makes the whole key set unreadable, with a KeyError.
# Needs: nothing else.
#
# Expected: a set with the other key. "Implementations SHOULD ignore JWKs within a JWK Set that use 'kty' values that are
# not understood by them, that are missing required members, or for which values are out of the supported ranges"
# (RFC 7517, 5). A provider of identities that publishes one key of a new kind would lock everybody out.
# Seen: KeyError: 'BP-256'. It is none of joserfc.errors, so a handler of these doesn't catch it. Keys that are imported
# one by one can be left out.
# Source: joserfc/_keys.py, KeySet.import_key_set; joserfc/_rfc7518/ec_key.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'joserfc==1.8.0' 'cryptography==50.0.2'

cat >keys.py <<'END'
from importlib.metadata import version

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, import_key

print(f"joserfc {version('joserfc')}")
known = ECKey.generate_key("P-256", {"kid": "one"}).as_dict(private=False)
unknown = {"kty": "EC", "crv": "BP-256", "x": known["x"], "y": known["y"], "kid": "two"}
try:
    whole = f"{len(KeySet.import_key_set({'keys': [known, unknown]}).keys)} keys"
except JoseError as error:
    whole = f"JoseError {error}"
except KeyError as error:
    whole = f"KeyError {error}"
print(f"  as a set     {whole}")
print(f"  the known    {import_key(known).kid}")
assert whole == "KeyError 'BP-256'", "changed: the set is read, or another error raised"
END
venv/bin/python keys.py
