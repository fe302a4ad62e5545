"""The review of a batch with many entries: a page of a hundred beside the same hundred as JSON, and a search in all."""

import json
import statistics
import time

from bench.contenders import Side
from bench.plan import Bench
from bench.reader import Reader
from bench.servers import answer
from bench.world import World

PAGE = 100
PREVIEW_SECONDS = 600.0


def run(bench: Bench, engine: str, side: Side, place: World) -> None:
    """On a server of at least so many tasks as entries."""
    count = min(bench.plan.entries, place.tasks + bench.plan.many - bench.plan.few)
    number = _previewed(side, place, count)
    reader = Reader(side, place)
    page, listed, found = [], [], []
    target = f"/v1/batches/{number}/preview?limit={PAGE}"
    for turn in range(bench.plan.rounds * 10):
        page.append(reader.page(f"/ui/batches/{number}?after={turn * PAGE}")[0])
        took, text = reader.json(target)
        listed.append(took)
        target = json.loads(text)["next"]
    for _ in range(bench.plan.rounds):
        took, text = reader.page(f"/ui/batches/{number}?find={place.first + count - 1}")
        if 'id="entry-' not in text:
            raise SystemExit("the last entry was not found")
        found.append(took)
    reader.close()
    ratio = statistics.median(page) / statistics.median(listed)
    bench.report(
        f"{engine:9}review of {count:,}: page {statistics.median(page):.1f} ms,"
        f" JSON {statistics.median(listed):.1f} ms, {ratio:.2f}; search {statistics.median(found):.0f} ms"
    )
    bench.figures[f"review_page_vs_json_{engine}"] = round(ratio, 3)
    bench.figures[f"review_find_ms_{engine}"] = round(statistics.median(found), 1)


def _previewed(side: Side, place: World, count: int) -> int:
    """The number of a batch of so many entries that waits for its decision."""
    headers = dict(side.works["read"].headers)
    entries = list(range(place.first, place.first + count))
    body = {"method": "PATCH", "type": "task", "field": "id", "entries": entries, "data": {"priority": 3}}
    made = answer(f"{side.address}/v1/batches", headers, "POST", {**body, "review": True})
    ends_at = time.monotonic() + PREVIEW_SECONDS
    while made["status"] != "pending_review":
        if time.monotonic() > ends_at:
            raise SystemExit(f"the preview of {count} entries was not made in {PREVIEW_SECONDS:g} seconds")
        made = answer(f"{side.address}/v1/batches/{made['number']}?wait=30", headers)
    return int(made["number"])
