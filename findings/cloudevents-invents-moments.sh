#!/usr/bin/env bash
# An event that came without a time has one after the CloudEvents libraries of PyPI and npm have read it: the moment at
# which it was read. npm's also cuts the microseconds off the time of an event that has one, when it writes the event.
# Needs: node and npm.
#
# Expected: an event that is only read and sent on keeps its attributes. `time` is optional, and may have any number of
# digits behind the second (CloudEvents 1.0.2, "time"; RFC 3339, 5.6).
# Seen: the same event without a time, delivered twice, becomes two events that differ; two changes within a millisecond
# have the same time behind a service in Node.js.
# Source: PyPI cloudevents, core/v1/event.py: the constructor sets `time` where there is none; npm cloudevents,
# src/event/cloudevent.ts: so does its constructor, and validate(), which writing an event calls, replaces `time` by
# toISOString() of a Date, which has milliseconds.
set -euo pipefail
for need in node npm python3; do command -v "$need" >/dev/null || { echo "$need is needed" >&2; exit 2; }; done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund cloudevents@10.0.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cloudevents==2.2.0

cat >events.json <<'END'
[
  {"specversion": "1.0", "id": "1", "source": "/desk", "type": "task.changed", "time": "2026-11-30T10:00:00.123456Z"},
  {"specversion": "1.0", "id": "2", "source": "/desk", "type": "task.changed"}
]
END
cat >forward.js <<'END'
const { HTTP } = require("cloudevents");
console.log("npm cloudevents", require("cloudevents/package.json").version);
const headers = { "content-type": "application/cloudevents+json" };
const forward = (event) => JSON.parse(HTTP.structured(HTTP.toEvent({ headers, body: JSON.stringify(event) })).body).time;
const [withTime, without] = require("./events.json");
const cut = forward(withTime);
console.log("  expected", withTime.time, " seen", cut);
const before = Date.now();
const made = forward(without);
console.log("  expected no time  seen", made ? "the moment of reading" : made);
const isCut = cut === "2026-11-30T10:00:00.123Z";
const isMade = made !== undefined && Date.parse(made) >= before - 1000;
if (!isCut || !isMade) throw new Error("changed: moments stay as they are");
END
cat >forward.py <<'END'
import json
from importlib.metadata import version

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event, to_structured_event

print("PyPI cloudevents", version("cloudevents"))


def forward(event):
    headers = {"content-type": "application/cloudevents+json"}
    read = from_structured_event(HTTPMessage(headers, json.dumps(event).encode()))
    return json.loads(to_structured_event(read).body).get("time")


with_time, without = json.load(open("events.json"))
kept, made = forward(with_time), forward(without)
print("  expected", with_time["time"], " seen", kept)
print("  expected no time  seen", "the moment of reading" if made else made)
assert kept == with_time["time"], "changed: it cuts moments, too"
assert made is not None, "changed: no moment is made"
END
node forward.js
venv/bin/python forward.py
