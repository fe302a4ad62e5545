"""Creates and updates of hot rows on PostgreSQL, beside the release that this one is compared with.

Its source is checked out by git in a temporary folder and run with the packages that are installed. Each side has a
database of its own, made by its own commands.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench import gauges
from bench.earlier import NotInThisCloneError, checked_out
from bench.load import Answers, Work, load
from bench.plan import BEFORE, Bench
from bench.processes import ROOT, environment, running
from bench.servers import answer
from bench.world import WORDS
from tests.support.postgres import free_port

ENGINE = "postgres"
WRITERS = 16
HOT = 4  # tasks that all writers update
CREATES, UPDATES = "create", "hot"
FIGURES = {"creates_vs_before_postgres": CREATES, "hot_rows_vs_before": UPDATES}
NOW, THEN = "Dragoman", f"Dragoman {BEFORE}"
TASK = '{"title":"Call @","description":"' + WORDS + '"}'


@dataclass
class Nodes:
    """Servers on one database, under load at the same time."""

    name: str
    addresses: list[str]
    roots: list[int]
    kinds: dict[str, list[Work]]

    @property
    def works(self) -> Mapping[str, list[Work]]:
        """See Contender."""
        return self.kinds

    def ask(self, work: str, connections: int, seconds: float) -> Answers:
        """Share the connections among the nodes that have this kind of work."""
        shares = self.kinds[work]
        with ThreadPoolExecutor(len(shares)) as pool:
            asked = [
                pool.submit(load, address, share, connections // len(shares), seconds)
                for address, share in zip(self.addresses, shares, strict=False)
            ]
        found = [one.result() for one in asked]
        return Answers(
            sum(one.count for one in found),
            sum(one.rate for one in found),
            max(one.p50_ms for one in found),
            max(one.p99_ms for one in found),
        )

    def pids(self) -> list[int]:
        """All nodes and their children."""
        return [pid for root in self.roots for pid in gauges.family(root)]


def run(bench: Bench) -> None:
    """All rounds. The figures are medians of the ratios of the rounds; without that commit they are left out."""
    try:
        with checked_out(BEFORE, bench.folder / "before") as source:
            _rounds(bench, source)
    except NotInThisCloneError as fault:
        for name in FIGURES:
            bench.leave_out(name, str(fault))
        return
    for name, work in FIGURES.items():
        bench.figures[name] = bench.table.ratio(ENGINE, work, WRITERS, NOW, THEN)


def _rounds(bench: Bench, source: Path) -> None:
    with ExitStack() as stack:
        sides = [
            stack.enter_context(nodes(name, path, bench.databases.empty(ENGINE)))
            for name, path in ((NOW, ROOT / "src"), (THEN, source / "src"))
        ]
        works = [(CREATES, WRITERS), (UPDATES, WRITERS)]
        bench.table.rounds(ENGINE, sides, works, bench.plan.rounds, bench.plan.seconds)


@contextmanager
def nodes(name: str, source: Path, url: str) -> Iterator[Nodes]:
    """Two servers of this source on an empty database, with a user, a token and the hot tasks."""
    variables = {"PYTHONPATH": str(source), "DRAGOMAN_DATABASE": url}
    _command(variables, "user", "add", "paul", "--admin")
    token = _command(variables, "token", "create", "--user", "paul", "--scope", "task.read", "--scope", "task.write")
    headers = {"Authorization": f"Bearer {token.strip()}"}
    with ExitStack() as stack:
        addresses, roots = [], []
        for _ in range(2):
            port = free_port()
            address = f"http://127.0.0.1:{port}"
            command = [sys.executable, "-m", "dragoman", "serve", "--port", str(port)]
            roots.append(stack.enter_context(running(command, f"{address}/healthz", variables)).pid)
            addresses.append(address)
        made = [
            answer(f"{addresses[0]}/v1/tasks", headers, "POST", {"title": f"Hot {index}"})["id"] for index in range(HOT)
        ]
        hot = Work(method="PATCH", path="/v1/tasks/%s", names=made, body='{"title":"Call @"}', headers=headers)
        create = Work(method="POST", path="/v1/tasks", body=TASK, headers=headers)
        yield Nodes(name, addresses, roots, {CREATES: [create], UPDATES: [hot, replace(hot, turn=1)]})


def _command(variables: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dragoman", *arguments],
        env=environment() | dict(variables),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"dragoman {' '.join(arguments)} failed: {done.stderr}")
    return done.stdout
