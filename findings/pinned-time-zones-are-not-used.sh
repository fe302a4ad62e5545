#!/usr/bin/env bash
# A project that pins the tzdata package still computes with the rules of the machine it runs on: zoneinfo reads the
# package only for zones that the system's files don't have.
#
# Expected: with tzdata==2026.6 (release 2026f of the IANA database) in the environment, 09:00 in Vancouver on
# 15 December 2026 is 16:00 UTC: British Columbia stays on daylight saving time from 1 November 2026 (file
# "northamerica" of that release).
# Seen: 17:00 UTC wherever the system's files are older, such as Debian 12 with tzdata 2025b; the same program gives
# 16:00 in a container without system files. Five more zones that changed in 2026 are an hour off in winter.
# Source: PEP 615, "Sources for time zone data"; docs.python.org/3/library/zoneinfo.html#data-sources
#
# So that the result doesn't depend on this machine, the older rules are those of the package of 2025, which stand in
# for the system's files by PYTHONTZPATH; what this machine's own files give is printed beside it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
pip=(venv/bin/pip install --quiet --disable-pip-version-check)
"${pip[@]}" tzdata==2026.6
"${pip[@]}" --target system tzdata==2025.2

cat >winter.py <<'END'
import importlib.metadata, sys, zoneinfo
from datetime import UTC, datetime

ZONES = (
    "America/Vancouver", "America/Edmonton", "America/Winnipeg", "America/Inuvik", "Africa/Casablanca", "America/Havana"
)
print(f"{sys.argv[1]}; tzdata {importlib.metadata.version('tzdata')} is installed")
for zone in ZONES:
    at = datetime(2026, 12, 15, 9, 0, tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC)
    print(f"  09:00 {zone:18} = {at:%H:%M} UTC")
END

python3 --version
PYTHONTZPATH="" venv/bin/python winter.py "no system files" | tee package.txt
PYTHONTZPATH="$folder/system/tzdata/zoneinfo" venv/bin/python winter.py "system files of release 2025b" | tee system.txt
venv/bin/python winter.py "the system files of this machine"

grep -q 'Vancouver .* 16:00 UTC' package.txt || { echo "changed: the package has other rules" >&2; exit 1; }
grep -q 'Vancouver .* 17:00 UTC' system.txt || { echo "changed: zoneinfo prefers the package" >&2; exit 1; }
[ "$(diff package.txt system.txt | grep -c '^> .*UTC')" = 6 ] || { echo "changed: other zones differ" >&2; exit 1; }
