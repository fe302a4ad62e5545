// Opens an event stream with the EventSource of npm, and writes each thing that it sees as a line of JSON.
//
// Arguments: URL, token, the types of events to listen to with commas, and a file of JavaScript that defines
// `follow(types, seen, lost)`, or nothing for a plain EventSource. A request of anything but a stream is "asked".
import { readFileSync } from "node:fs";
import { EventSource } from "eventsource";

const [url, token, types, file] = process.argv.slice(2);
const write = (seen) => process.stdout.write(JSON.stringify(seen) + "\n");
const listened = types.split(",");

// In a browser a proxy or a page of the same origin brings the credentials, here a header of `fetch` does.
async function authorized(target, init) {
  const headers = { ...init?.headers, Authorization: `Bearer ${token}` };
  const seen = String(target).includes("/stream") ? "request" : "asked";
  write({ seen, last: headers["Last-Event-ID"] ?? null });
  return fetch(new URL(target, url), { ...init, headers });
}

class Source extends EventSource {
  constructor(target) {
    super(new URL(target, url), { fetch: authorized });
  }
}

if (file === undefined) {
  const source = new Source(url);
  for (const type of listened)
    source.addEventListener(type, (event) => write({ seen: type, id: event.lastEventId, data: JSON.parse(event.data) }));
  source.onerror = (event) => write({ seen: "error", code: event.code ?? null, state: source.readyState });
} else {
  const follow = new Function("EventSource", "fetch", `${readFileSync(file, "utf8")}\nreturn follow;`);
  class Told extends Source {
    constructor(target) {
      super(target);
      this.addEventListener("stream.ready", () => write({ seen: "stream.ready" }));
    }
  }
  follow(Told, authorized)(
    listened.filter((type) => !type.startsWith("stream.")),
    (event) => write({ seen: event.type, data: event }),
    (status) => write({ seen: "lost", code: status }),
  );
}
