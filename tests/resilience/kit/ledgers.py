"""crash_ledger.py for several dialects at once: one server, one kill a round, and for each dialect a ledger of its own.

`--adapter` is given once for each dialect; all other options are those of crash_ledger.py and count for all. An adapter
with `"_told": "update"` is of a dialect whose create takes nothing of what its update sets, since it makes tasks of a
template: there an object stands on the ledger once a first update of it was acknowledged.
"""

import argparse
import json
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import _kit
import crash_ledger


class LaterLedger(crash_ledger.Ledger):  # type: ignore[misc]  # the kit ships no types
    """The ledger of a dialect whose objects are told of by their first update."""

    def create(self, client: _kit.Client, name: str) -> crash_ledger.Thing | None:
        """The object with the tag of its creation, or None when the server refused."""
        thing = super().create(client, name)
        if thing is None:
            return None
        is_told = False
        try:
            is_told = self.send(client, thing, 0, str(uuid.uuid4())).ok
        finally:
            if not is_told:
                with self.lock:
                    self.things.remove(thing)
                    self.creates -= 1
        return thing if is_told else None


class Kills:
    """Rounds of load, kill, restart and comparison."""

    def __init__(self, each: list[argparse.Namespace]) -> None:
        self.args = each[0]
        self.server = _kit.Server(self.args)
        self.ledgers = [open_ledger(args, self.server) for args in each]
        self.chance = random.Random(self.args.seed)
        self.troubles: Counter[str] = Counter()
        self.entries = 0

    def run(self) -> None:
        """All rounds, and the histories at the end."""
        self.server.start()
        try:
            for ledger in self.ledgers:
                self.begin(ledger)
            for _ in range(self.args.rounds):
                self.round()
            self.entries = sum(ledger.verify_history() for ledger in self.ledgers)
        finally:
            self.end()
        if self.args.check_cmd:
            self.check()

    def begin(self, ledger: crash_ledger.Ledger) -> None:
        """The first objects; Inconclusive unless they read back as they were made."""
        client = self.server.client()
        for worker in range(self.args.workers):
            for number in range(self.args.objects):
                if ledger.create(client, f"w{worker}o{number}") is None:
                    raise _kit.Inconclusive(f"the create is not accepted: {dict(ledger.statuses)}")
        client.close()
        ledger.verify_values()
        if ledger.failures:
            raise _kit.Inconclusive("objects do not read back as created, before any crash")

    def round(self) -> None:
        """Everybody writes until the server is gone; then it must hold what it told."""
        stop = threading.Event()
        writers = [writer for ledger in self.ledgers for writer in self.writers(ledger, stop)]
        for writer in writers:
            writer.start()
        time.sleep(self.chance.uniform(self.args.kill_min, self.args.kill_max))
        if not self.server.running():
            self.trouble("RECOVERY", "the server ended by itself under load")
        self.kill()
        stop.set()
        for writer in writers:
            writer.join(self.args.timeout + 5)
        self.come_back()

    def writers(self, ledger: crash_ledger.Ledger, stop: threading.Event) -> list[threading.Thread]:
        """Threads that write, each its own objects."""
        ledger.stopping.clear()
        each = ((worker, stop, random.Random(self.chance.random())) for worker in range(self.args.workers))
        return [threading.Thread(target=ledger.worker, args=one, daemon=True) for one in each]

    def kill(self) -> None:
        """By the signal that was asked for."""
        if self.args.signal == "KILL":
            self.server.kill()
            return
        for ledger in self.ledgers:
            ledger.stopping.set()
        _, is_clean = self.server.stop(self.args.stop_timeout)
        if not is_clean:
            self.trouble("SLOW-STOP", f"still there {self.args.stop_timeout:g} s after SIGTERM")

    def come_back(self) -> None:
        """Start again, and look at every object."""
        recovery = self.server.start()
        if recovery > self.args.max_recovery:
            self.trouble("RECOVERY", f"ready only after {recovery:.1f} s")
        time.sleep(self.args.settle)
        for ledger in self.ledgers:
            ledger.recoveries.append(recovery)
            if self.args.idempotency_header and self.args.signal == "KILL":
                ledger.repeat_unanswered()
            ledger.verify_values()

    def end(self) -> None:
        """The last stop."""
        if self.args.signal == "KILL":
            self.server.kill()
        else:
            self.server.stop(self.args.stop_timeout)

    def check(self) -> None:
        """The command that looks at what was left behind."""
        done = subprocess.run(self.args.check_cmd, shell=True, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            self.trouble("CHECK", (done.stdout + done.stderr).strip()[-200:])

    def trouble(self, kind: str, text: str) -> None:
        """Something that is no dialect's own."""
        self.troubles[kind] += 1
        print(f"  {kind}: {text}")

    def verdict(self) -> int:
        """The line of figures; the exit status. Inconclusive when a dialect wrote too little."""
        failures = self.troubles.copy()
        for ledger in self.ledgers:
            failures.update(ledger.failures)
            if self.args.signal == "TERM" and ledger.dropped:
                failures["DROPPED"] += ledger.dropped
        fewest = min(ledger.acks for ledger in self.ledgers)
        if not failures and fewest < self.args.min_acks:
            raise _kit.Inconclusive(f"only {fewest} acknowledged writes in one of the dialects")
        told = ", ".join(f"{kind} {count}" for kind, count in sorted(failures.items())) or "none"
        print(
            f"ledgers: {self.args.rounds} of SIG{self.args.signal}, acknowledged writes by dialect "
            f"{[ledger.acks for ledger in self.ledgers]}, {self.entries} history entries, slowest recovery "
            f"{max(self.ledgers[0].recoveries):.2f} s, failures: {told} -> {'FAIL' if failures else 'PASS'}"
        )
        return int(_kit.EXIT_FAIL if failures else _kit.EXIT_PASS)


def open_ledger(args: argparse.Namespace, server: _kit.Server) -> crash_ledger.Ledger:
    """The ledger of one adapter."""
    is_later = json.loads(Path(args.adapter).read_text()).get("_told") == "update"
    return (LaterLedger if is_later else crash_ledger.Ledger)(args, server)


def main(arguments: list[str]) -> int:
    """The exit status, as those of crash_ledger.py."""
    adapters = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    adapters.add_argument("--adapter", action="append", required=True)
    given, rest = adapters.parse_known_args(arguments)
    seeded = [] if "--seed" in rest else ["--seed", str(int(time.time() * 1_000) % 1_000_000_007)]
    each = [_kit.parse(crash_ledger.options(), ["--adapter", adapter, *rest, *seeded]) for adapter in given.adapter]
    print(f"ledgers: seed {each[0].seed}")
    kills = Kills(each)
    try:
        kills.run()
    except _kit.NoReply as error:
        raise _kit.NoServer(f"no answer: {error}") from None
    return kills.verdict()


if __name__ == "__main__":
    _kit.run("ledgers", lambda _: main(sys.argv[1:]))
