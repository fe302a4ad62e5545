#!/usr/bin/env python3
"""What if exactly the n-th flush kills the server, or the n-th write to the disk fails? For each n in turn.

The server runs under strace, which kills it in its n-th call, or lets that call fail. One client makes objects until
the server is gone or `--count` are made. Then the server is started as it is, and each object that was acknowledged
must be there, and `--check-cmd` must hold.

  LOST        an acknowledged object is not there
  CHECK       --check-cmd failed on what was left behind
  NOT-BACK    the server did not start again

Exit code: 0 held, 1 violated, 2 inconclusive (no call was reached), 3 no server.
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import _kit

WAYS = {
    "kill-flush": "fsync,fdatasync:signal=KILL",
    "eio-flush": "fsync,fdatasync:error=EIO",
    "eio-write": "pwrite64:error=EIO",
    "enospc-write": "pwrite64:error=ENOSPC",
}


def options() -> argparse.ArgumentParser:
    """Those of the kit, and how it goes wrong."""
    parser = argparse.ArgumentParser(
        prog="nth_call.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    _kit.common_options(parser, need_start=True)
    parser.add_argument("--way", choices=WAYS, required=True, help="what becomes of the n-th call")
    parser.add_argument("--first", type=int, default=1, metavar="N")
    parser.add_argument("--last", type=int, default=200, metavar="N")
    parser.add_argument("--step", type=int, default=1, help="1 for each n, 10 for every tenth (default %(default)s)")
    parser.add_argument("--count", type=int, default=60, help="objects at most (default %(default)s)")
    parser.add_argument("--create", metavar="'POST /path'")
    parser.add_argument("--create-body", default="{}", metavar="TEMPLATE")
    parser.add_argument("--id", default="json:/id", metavar="READER")
    parser.add_argument("--read", metavar="'GET /path/$id'")
    parser.add_argument("--check-cmd", metavar="CMD")
    return parser


@dataclass
class Figures:
    """What was seen by now."""

    acknowledged: int = 0
    hit: int = 0
    failures: list[str] = field(default_factory=list)

    def fail(self, text: str) -> None:
        """Tell it, and go on."""
        self.failures.append(text)
        print(f"  {text}")


def one(args: argparse.Namespace, number: int, figures: Figures) -> None:
    """Run until the n-th call, then look."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder, "trace")
        made, refused = traced(args, number, trace)
        figures.hit += (
            refused or "INJECTED" in trace.read_text(errors="replace") or "SIGKILL" in trace.read_text(errors="replace")
        )
    figures.acknowledged += len(made)
    server = _kit.Server(args)
    try:
        server.start()
    except _kit.NoServer as error:
        return figures.fail(f"NOT-BACK: after call {number}: {error}")
    client = server.client()
    for identity in made:
        reply = client.read(*_kit.request_of(args.read, id=identity))
        if not reply.ok:
            figures.fail(f"LOST: call {number}, object {identity}: {reply.brief()}")
    client.close()
    server.stop(10)
    if args.check_cmd:
        done = subprocess.run(args.check_cmd, shell=True, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            figures.fail(f"CHECK: call {number}: {(done.stdout + done.stderr).strip()[-200:]}")
    return None


def traced(args: argparse.Namespace, number: int, trace: Path) -> tuple[list[str], bool]:
    """What was acknowledged by the server whose n-th call goes wrong, and whether anything was not."""
    inject = f"{WAYS[args.way]}:when={number}"
    calls = inject.partition(":")[0]
    strace = f"strace -f -qq -e trace={calls} -e inject={inject} -o {shlex.quote(str(trace))}"
    under = argparse.Namespace(**{**vars(args), "start": f"{strace} {args.start}"})
    server, made = _kit.Server(under), list[str]()
    read_id = _kit.Reader(args.id)
    try:
        server.start()
    except _kit.NoServer:
        server.kill()
        return made, True  # it met its end while it began
    client = server.client()
    refused = False
    for index in range(args.count):
        method, path = _kit.request_of(args.create)
        body = _kit.fill(args.create_body, tag=f"n{number}-{index}", n=index)
        try:
            reply = client.call(method, path, body, {"Content-Type": "application/json"})
        except _kit.NoReply:
            refused = True
            break
        if reply.ok:
            made.append(str(read_id(reply)))
        else:
            refused = True
    client.close()
    server.kill()
    return made, refused


def main(arguments: list[str]) -> int:
    """The exit status."""
    args = _kit.parse(options(), arguments)
    figures, numbers = Figures(), range(args.first, args.last + 1, args.step)
    for number in numbers:
        one(args, number, figures)
    if not figures.failures and figures.hit < len(numbers) // 2:
        raise _kit.Inconclusive(f"only {figures.hit} of {len(numbers)} calls were reached: raise --count")
    print(
        f"nth_call: {args.way}, {len(numbers)} calls, {figures.hit} reached, {figures.acknowledged} acknowledged, "
        f"{len(figures.failures)} failures -> {'FAIL' if figures.failures else 'PASS'}"
    )
    return int(_kit.EXIT_FAIL if figures.failures else _kit.EXIT_PASS)


if __name__ == "__main__":
    _kit.run("nth_call", lambda _: main(sys.argv[1:]))
