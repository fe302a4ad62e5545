#!/usr/bin/env bash
# A due time with an offset, as any JSON API has it, leaves PyPI icalendar as a local time of a time zone that isn't in the
# file: due at 09:00-07:00 becomes 09:00 wherever the calendar is opened. icalendar itself reads back a time without a zone.
# Needs: Node.js 20 or later, with npm.
#
# Expected: the same moment, in UTC or with its time zone in the file. "An individual VTIMEZONE calendar component MUST be
# specified for each unique TZID parameter value" (RFC 5545, 3.2.19), and Calendar.add_missing_timezones() is there to add
# them. RFC 5545 has no times with an offset (3.3.5), so one would also expect an error.
# Seen: DUE;TZID="UTC-07:00", and no VTIMEZONE, also after add_missing_timezones(). Readers that don't know such a zone
# take the time as floating, without an error: vobject, ical.js (the reader of Thunderbird), and icalendar. A moment with
# the offset zero is written with Z, so a test with UTC passes. due.astimezone(UTC) before it is added helps.
# Source: icalendar/timezone/tzid.py, tzid_from_tzinfo: the name that Python gives to a fixed offset becomes the TZID
set -euo pipefail
for need in node npm; do command -v "$need" >/dev/null || { echo "$need is needed" >&2; exit 2; }; done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund ical.js@2.2.1 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check icalendar==7.3.2 vobject==0.9.9

cat >read.mjs <<'END'
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync("tasks.ics", "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
const due = calendar.getFirstSubcomponent("vtodo").getFirstPropertyValue("due");
console.log(due.zone.tzid === "floating" ? "floating" : due.toJSDate().toISOString());
END
cat >export.py <<'END'
import logging
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import icalendar
import vobject

logging.disable()  # vobject names the zone in the log, and goes on
print(f"icalendar {version('icalendar')}, vobject {version('vobject')}, ical.js 2.2.1")


def written(due):
    """A calendar with one task, as the documentation of icalendar makes one."""
    calendar, task = icalendar.Calendar(), icalendar.Todo()
    calendar.add("prodid", "-//example//EN")
    calendar.add("version", "2.0")
    task.add("uid", "1")
    task.add("dtstamp", datetime(2026, 12, 1, tzinfo=UTC))
    task.add("due", due)
    calendar.add_component(task)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def shown(moment):
    return "floating" if moment.utcoffset() is None else moment.astimezone(UTC).isoformat()


def read(text):
    Path("tasks.ics").write_bytes(text)
    yield "icalendar", shown(icalendar.Calendar.from_ical(text).todos[0].DUE)
    yield "vobject", shown(vobject.readOne(text.decode()).vtodo.due.value)
    ical_js = subprocess.run(["node", "read.mjs"], check=True, capture_output=True, text=True)
    yield "ical.js", ical_js.stdout.strip().replace(".000Z", "+00:00")


seen = {}
for text in ("2026-12-15T09:00:00+00:00", "2026-12-15T09:00:00-07:00"):
    due = datetime.fromisoformat(text)
    calendar = written(due)
    line = next(line for line in calendar.decode().splitlines() if line.startswith("DUE"))
    readers = seen[text] = dict(read(calendar))
    print(f"  {text}: written as {line}, zones in the file: {calendar.count(b'BEGIN:VTIMEZONE')}")
    for name, moment in readers.items():
        print(f"    {name:10} expected {shown(due)}; seen {moment}")
utc, offset = seen.values()
assert set(utc.values()) == {"2026-12-15T09:00:00+00:00"}
assert set(offset.values()) == {"floating"}, "changed: the offset is kept, or a reader knows the zone"
END
venv/bin/python export.py
