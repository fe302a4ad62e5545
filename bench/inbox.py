"""The inbox as a person meets it: one request at a time, on a server that has nothing else to do.

The page of 50 rows beside the JSON list of the same 50; the lists of an inbox among few tasks and among a million; and
an act, from its form to the changed row.
"""

import re
import statistics
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote

from bench import inbox_review, inbox_script, world
from bench.plan import Bench
from bench.reader import Reader
from bench.servers import dragoman

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
NEXT = re.compile(r'<a class="btn" href="([^"]+)" rel="next"')
FAR = 1_000
"""A page so far behind the first, by cursor."""
BY_INDEX = {
    "mine": "/ui/inbox/mine?limit=50",
    "all": "/ui/inbox/all?limit=50",
    "category": "/ui/inbox/all?limit=50&q=" + quote("is:open category:1"),
    "assignee": "/ui/inbox/all?limit=50&q=" + quote("is:open assignee:me sort:-number"),
    "due": "/ui/inbox/all?limit=50&q=" + quote("is:open sort:due"),
}
"""Lists that an index leads along."""
OTHERS = {
    "overdue": "/ui/inbox/overdue?limit=50",
    "changed lately": "/ui/inbox/all?limit=50&q=" + quote("changed:>today-1d sort:-changed"),
    "common words": "/ui/inbox/all?limit=50&q=" + quote("is:open call"),
    "by title": "/ui/inbox/all?limit=50&q=" + quote("is:open sort:title"),
    "by priority": "/ui/inbox/all?limit=50&q=" + quote("is:open sort:-priority"),
}
"""Those that have none yet."""


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine."""
    few = world.make(bench.databases, engine, bench.plan.few)
    with dragoman(few, "few") as side:
        inbox_script.run(bench, engine, side, few)
        reader = Reader(side, few)
        _beside_json(bench, engine, reader)
        _acts(bench, engine, reader)
        small = {name: _median(reader, target, bench) for name, target in (BY_INDEX | OTHERS).items()}
        reader.close()
    many = world.make(bench.databases, engine, bench.plan.few, samples=bench.plan.many - bench.plan.few)
    with dragoman(many, "many") as side:
        reader = Reader(side, many)
        large = {name: _median(reader, target, bench) for name, target in (BY_INDEX | OTHERS).items()}
        _far(bench, engine, reader)
        reader.close()
        inbox_review.run(bench, engine, side, many)
    for name in large:
        bench.report(f"{engine:9}inbox, {name}: {small[name]:.1f} ms, of {bench.plan.many:,}: {large[name]:.1f} ms")
    growth = max(large[name] / small[name] for name in BY_INDEX)
    bench.figures[f"inbox_growth_1m_vs_10k_{engine}"] = round(growth, 3)


def _median(reader: Reader, target: str, bench: Bench) -> float:
    times = [reader.page(target)[0] for _ in range(bench.plan.rounds * 3 + 1)]
    return statistics.median(times[1:])


def _far(bench: Bench, engine: str, reader: Reader) -> None:
    """Page 1,000 beside page 1, which is reached page by page."""
    first = target = "/ui/inbox/all?limit=50&q=" + quote("sort:-number")
    for _ in range(FAR - 1):
        found = NEXT.search(reader.page(target)[1])
        if found is None:
            raise SystemExit("the list ended too early")
        target = unescape(found[1])
    near, far = _median(reader, first, bench), _median(reader, target, bench)
    bench.report(f"{engine:9}inbox: page 1 {near:.1f} ms, page {FAR:,} {far:.1f} ms")
    bench.figures[f"inbox_page_1000_vs_1_{engine}"] = round(far / near, 3)


def _beside_json(bench: Bench, engine: str, reader: Reader) -> None:
    """The page and the JSON list of the same 50, in turn."""
    page, listed = [], []
    for _ in range(bench.plan.rounds * 20):
        page.append(reader.page("/ui/inbox/all?limit=50&q=" + quote("is:open sort:-number"))[0])
        listed.append(reader.json("/v1/tasks?is_open=true&sort=-number&limit=50")[0])
    ratio = statistics.median(page) / statistics.median(listed)
    bench.report(
        f"{engine:9}inbox: page {statistics.median(page):.1f} ms, JSON {statistics.median(listed):.1f} ms, {ratio:.2f}"
    )
    bench.figures[f"inbox_page_vs_json_{engine}"] = round(ratio, 3)
    bench.figures[f"inbox_page_vs_json_p95_{engine}"] = round(_p95(page) / _p95(listed), 3)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _acts(bench: Bench, engine: str, reader: Reader) -> None:
    """Releases of tasks that the reader holds."""
    _, page = reader.page("/ui/inbox/mine?limit=50")
    found = CSRF.search(page)
    if found is None:
        raise SystemExit("the inbox has no form")
    csrf, times = unescape(found[1]), []
    for number, revision in list(_rows(page))[: bench.plan.rounds * 10]:
        times.append(reader.act(f"/ui/tasks/{number}/release", csrf=csrf, revision=revision, key=f"bench-{number}"))
    milliseconds = statistics.median(times)
    bench.report(f"{engine:9}inbox: an act {milliseconds:.1f} ms (median of {len(times)}), 95 % {_p95(times):.1f} ms")
    bench.figures[f"inbox_act_ms_{engine}"] = round(milliseconds, 1)
    bench.figures[f"inbox_act_p95_ms_{engine}"] = round(_p95(times), 1)


def _rows(page: str) -> Iterator[tuple[str, str]]:
    return ((found[1], found[2]) for found in re.finditer(r'data-task="(\d+)" data-revision="(\d+)"', page))
