"""Updates, reads and lists: our server, the conventional one, our store without HTTP, PocketBase, Kinto, in turn."""

from contextlib import ExitStack
from dataclasses import replace

from bench import world
from bench.contenders import Contender, Side
from bench.in_process import without_http
from bench.kinto import kinto
from bench.plan import Bench
from bench.pocketbase import pocketbase
from bench.servers import conventional, dragoman
from bench.world import World

MANY = 64
SOME = 16
OURS, THEIRS, STORE, RECORDS = "Dragoman", "conventional", "no HTTP", "PocketBase"
TWO = "Dragoman, two processes"
WORKS = (("update", MANY), ("read", MANY), ("list", MANY), ("native", SOME), ("ibm", SOME))
CHANGES = ("update", "native", "ibm")


def run(bench: Bench, engine: str) -> None:
    """All rounds on one engine. SystemExit when the history does not hold what was accepted."""
    plan = bench.plan
    works = [(work, callers) for work, callers in WORKS if not plan.only or work in plan.only]
    first = world.make(bench.databases, engine, plan.few)
    places = [first, *(bench.databases.copy(first) for _ in range(3))]
    with ExitStack() as stack:
        ours, theirs = stack.enter_context(dragoman(places[0])), stack.enter_context(conventional(places[1]))
        store = stack.enter_context(without_http(places[2]))
        contenders: list[Contender] = [ours, theirs, store]
        served = [(ours, places[0]), (theirs, places[1])]
        if not plan.only:
            contenders.append(_records(bench, engine, stack))
            if engine == "sqlite":
                two = stack.enter_context(dragoman(places[3], TWO, {"DRAGOMAN_SERVER_WORKERS": "2"}))
                contenders.append(replace(two, works={"update": two.works["update"]}))
                served.append((two, places[3]))
        bench.table.rounds(engine, contenders, works, plan.rounds, plan.seconds)
        if ("update", MANY) in works:
            bench.table.rounds(engine, [ours, theirs], [("update", 1)], plan.rounds, plan.seconds)
    for side, place in served:
        accepted = sum(side.works[work].turn for work in CHANGES if work in side.works)
        _check(place, side.name, accepted)
    _check(places[2], STORE, store.accepted)
    _report(bench, engine, [work for work, _ in works])


def _records(bench: Bench, engine: str, stack: ExitStack) -> Side:
    """A server of plain records on this engine."""
    if engine == "sqlite":
        return stack.enter_context(pocketbase(bench.folder / "pocketbase", bench.plan.few))
    url = bench.databases.empty(engine)
    return stack.enter_context(kinto(bench.folder, url, bench.plan.kinto_records))


def _check(place: World, name: str, accepted: int) -> None:
    rows = world.changes(place)
    if rows != accepted:
        raise SystemExit(f"{name} on {place.engine}: {rows} history rows for {accepted} accepted updates")


def _report(bench: Bench, engine: str, works: list[str]) -> None:
    ratio, figures = bench.table.ratio, bench.figures
    for work in ("update", "read", "list"):
        if work in works:
            figures[f"{work}_vs_conventional_{engine}"] = ratio(engine, work, MANY, OURS, THEIRS)
    if "update" in works:
        figures[f"update_c1_vs_conventional_{engine}"] = ratio(engine, "update", 1, OURS, THEIRS)
        figures[f"update_vs_floor_{engine}"] = ratio(engine, "update", MANY, OURS, STORE)
    if {"native", "ibm"} <= set(works):
        figures[f"ibm_update_vs_native_patch_{engine}"] = bench.table.between(engine, OURS, SOME, "ibm", "native")
    if engine == "sqlite" and not bench.plan.only:
        figures["update_vs_pocketbase"] = max(ratio(engine, "update", MANY, name, RECORDS) for name in (OURS, TWO))
