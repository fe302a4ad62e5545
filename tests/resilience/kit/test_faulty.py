"""Each command of the kit has been seen to fail: against a server that breaks the rule which it guards (`faults.py`).

A few with each submission, all of them where there is time.
"""

import shlex
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.resilience.kit.conftest import HERE, CallKit
from tests.resilience.kit.faults import FAULTS
from tests.resilience.kit.load import COUNTING, FIELDS, claiming
from tests.support.sizes import sized


class Proof(NamedTuple):
    """A run of the kit that a fault must spoil, and the words of which it says one at least."""

    words: tuple[str, ...]
    command: str
    dialect: str
    options: str = ""


CRASH = "--rounds 8 --kill-max 0.8"
TERM = "--rounds 3 --signal TERM --stop-timeout 3 --kill-max 0.8"
RETRIES = "--rounds 10 --idempotency-header Idempotency-Key"
FLUSHED = "--count 20"
BAD = "bad_paths.py"

PROOFS = {
    "answers-before-the-commit": Proof(("LOST",), "ledgers.py", "native", CRASH),
    "writes-in-two-transactions": Proof(("HALF",), "ledgers.py", "native", CRASH),
    "history-skips-a-number": Proof(("GAP",), "crash_ledger.py", "native", "--rounds 1"),
    "history-comes-later": Proof(("HISTORY-LOST", "SPLIT"), "crash_ledger.py", "native", "--rounds 2"),
    "keys-of-retries-are-ignored": Proof(("HISTORY-TWICE",), "ledgers.py", "native_parts", RETRIES),
    "stops-at-once": Proof(("DROPPED",), "ledgers.py", "native", TERM),
    "never-stops": Proof(("SLOW-STOP",), "ledgers.py", "native", TERM),
    "nothing-is-flushed": Proof(("UNFLUSHED",), "durable_ack.py", "native", FLUSHED),
    "nothing-is-written": Proof(("UNWRITTEN",), "durable_ack.py", "native", FLUSHED),
    "failed-flushes-are-ignored": Proof(("UNFLUSHED",), "durable_ack.py", "native", f"{FLUSHED} --fail-sync 20"),
    "if-match-is-ignored": Proof(("LOST", "TWICE", "STALE-ACCEPTED"), "lost_update.py", "native", shlex.join(COUNTING)),
    "whole-rows-are-written-back": Proof(("LOST",), "lost_update.py", "native", shlex.join(FIELDS)),
    "claims-overwrite-each-other": Proof(("DOUBLE-CLAIM",), "claim.py", "native", "--rounds 20"),
    "nan-is-taken": Proof(("json/nan",), BAD, "genesys", "--no-slow --only ^json/nan"),
    "some-text-hangs": Proof(("json/string-lone",), BAD, "genesys", "--no-slow --only ^json/string-lone"),
    "traces-are-told": Proof(("leaks",), BAD, "native", "--no-slow --only ^json/open"),
    "document-types-are-read": Proof(("xml/",), BAD, "ibm_htm", "--no-slow --only ^xml/"),
    "bodies-have-no-limit": Proof(("json/body-24mb",), BAD, "native", "--no-slow --only ^json/body"),
    "any-host-will-do": Proof(("http/two-hosts",), BAD, "native", "--no-slow --only ^http/"),
    "silence-is-borne": Proof(("slow/",), BAD, "native", "--only ^slow/"),
    "memory-is-kept": Proof(("memory went",), BAD, "native", "--no-slow --only ^json/"),
}
QUICK = ("nothing-is-flushed", "if-match-is-ignored", "nan-is-taken")


def test_every_fault_has_a_proof() -> None:
    assert set(PROOFS) == set(FAULTS)


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("fault", sized(QUICK, tuple(PROOFS)))
def test_the_kit_sees_a_broken_rule(fault: str, call_kit: CallKit, database_url: str, tmp_path: Path) -> None:
    proof = PROOFS[fault]
    options = shlex.split(proof.options)
    if proof.command == "claim.py":
        options += claiming(database_url, proof.dialect, tmp_path)
    serve = shlex.join([sys.executable, str(HERE / "faulty.py"), fault, "serve", "--port"]) + " $PORT"

    ran = call_kit(proof.command, proof.dialect, *options, serve=serve)

    assert ran.done.returncode == 1, f"{ran.done.returncode}: {ran.said}\n{ran.log}"
    assert any(word in ran.done.stdout for word in proof.words), ran.said
