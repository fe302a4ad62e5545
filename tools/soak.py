"""What takes hours: everything that the tests try a little of, at its long size; before a release, or every week.

python -m tools.soak                        all stages, one after the other
python -m tools.soak --only kills,fuzz      some of them
python -m tools.soak --small                each for a moment, to see that it runs; its verdicts mean little
python -m tools.soak --list                 what they are

Each command leaves a line in `soak.log`: when, stage, seconds, exit code, and the line of figures. A figure that got
worse by a fifth since the last time is worth a look.
"""

import argparse
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "soak.log"
FUZZ_PYTHON = ROOT / ".venv-fuzz" / "bin" / "python"
FUZZ_LOCK = ROOT / "tests" / "security" / "fuzz" / "requirements.lock"
PARSERS = ROOT / "tests" / "security" / "fuzz" / "parsers.py"
BACKENDS = ("sqlite", "postgresql")
BATCHES = (
    *("batch_changed_since", "batch_counts", "batch_predictions", "batch_results", "batch_undo_model"),
    "batches_lose_nothing",
)
VERDICTS = ("-> PASS", "-> FAIL", "INCONCLUSIVE:", "NO SERVER:", " runs in ")


@dataclass(frozen=True)
class Stage:
    """A command under a name, as it is at its full size and for a moment."""

    name: str
    command: tuple[str, ...]
    small: tuple[str, ...]


def tests(name: str, *arguments: str) -> Stage:
    """Tests at their long size."""
    command = (sys.executable, "-m", "pytest", "-q", "-rP", "-n", "0", *arguments)
    return Stage(name, command, command)


def load(name: str, backend: str, long: tuple[str, str], small: tuple[str, str]) -> Stage:
    """One of our loads, on one engine."""
    command = (sys.executable, "-m", f"tests.resilience.load.{name}", "--backend", backend)
    return Stage(name, (*command, *long), (*command, *small))


def stages() -> list[Stage]:
    """All of them, in their order."""
    found = [
        tests("kills", "tests/resilience/kit/test_crash.py"),
        tests("claims", "tests/resilience/kit/test_claims.py", "tests/resilience/kit/test_lost_update.py"),
        tests("jobs", "tests/resilience/kit/test_batches.py", "tests/resilience/kit/test_timers.py"),
        tests("reviewed", *(f"tests/resilience/kit/test_{name}.py" for name in ("uploads", "previews", "undo"))),
        tests("flushes", "tests/resilience/kit/test_durable.py", "tests/resilience/faults/test_disk_errors.py"),
        tests("faults", "tests/resilience/faults", "--ignore", "tests/resilience/faults/test_disk_errors.py"),
        tests("inputs", "tests/resilience/kit/test_bad_inputs.py"),
        tests("broken", "tests/resilience/kit/test_faulty.py"),
        tests("contract", "tests/dialects/test_openapi.py"),
        tests("hand-over", "tests/resilience/kit/test_hand_over.py"),
        tests("one-file", "tests/resilience/kit/test_workers_on_one_file.py"),
        tests("statements", "tests/resilience/kit/test_batch_statements.py"),
        tests("scopes", "tests/security/authorization/test_scopes.py"),
        tests("planted", "tests/security/authorization/test_mass_assignment.py"),
        tests("models", "tests/dialects/test_native_model.py", "tests/dialects/test_htm_hierarchy.py"),
        tests("seeds", "tests/cross_dialect", "tests/integration/store/test_verification.py"),
        tests("looks", "tests/integration/store/test_task_looks.py"),
        tests("batches", *(f"tests/integration/usecases/test_{name}.py" for name in BATCHES)),
        tests("pages", "tests/web/test_accessibility.py"),
        tests("administrators", "tests/integration/usecases/test_last_administrator.py"),
        tests("nodes", "tests/resilience/nodes", "--ignore", "tests/resilience/nodes/test_mixed_operations.py"),
        tests("mixed", "tests/resilience/nodes/test_mixed_operations.py"),
    ]
    for backend in BACKENDS:
        found.append(load("overload", backend, ("--seconds", "30"), ("--seconds", "3")))
        found.append(load("crowd", backend, ("--seconds", "20"), ("--seconds", "3")))
        found.append(load("greedy", backend, ("--entries", "100000"), ("--entries", "3000")))
        found.append(load("steady", backend, ("--minutes", "30"), ("--minutes", "0.2")))
    return found


def fuzzing() -> Iterator[Stage]:
    """One for each parser; atheris is installed first, into an environment of its own."""
    if not FUZZ_PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", str(FUZZ_PYTHON.parents[1])], check=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r")
        subprocess.run([str(FUZZ_PYTHON), *install, str(FUZZ_LOCK)], check=True)
    run = (str(FUZZ_PYTHON), str(PARSERS))
    for parser in subprocess.run(run, env=variables(), capture_output=True, text=True, check=True).stdout.split():
        yield Stage(f"fuzz-{parser}", (*run, parser, "--seconds", "1800"), (*run, parser, "--seconds", "5"))


def variables(*, small: bool = False) -> dict[str, str]:
    """The environment of every command."""
    sizes = {} if small else {"DRAGOMAN_TEST_LONG": "1", "DRAGOMAN_TEST_EXAMPLES": "1000"}
    libraries = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"), sysconfig.get_path("purelib")))}
    return {**os.environ, **libraries, **sizes}


def run(stage: Stage, *, small: bool) -> bool:
    """Run it and leave its lines in the report; whether all held."""
    command = stage.small if small else stage.command
    began = time.monotonic()
    done = subprocess.run(command, env=variables(small=small), cwd=ROOT, capture_output=True, text=True)
    seconds = time.monotonic() - began
    for line in figures(done.stdout + done.stderr) or ["no output"]:
        write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {stage.name} {seconds:.0f}s {done.returncode} {line}")
    if done.returncode != 0:
        sys.stdout.write((done.stdout + done.stderr)[-8_000:])
    return done.returncode == 0


def figures(output: str) -> list[str]:
    """The lines with figures and pytest's summary; without them the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    found = [line for line in lines if any(word in line for word in VERDICTS)]
    return found + [line for line in lines[-1:] if not found or " passed" in line or " failed" in line]


def write(line: str) -> None:
    """Onto the screen, and to the end of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    with REPORT.open("a") as report:
        report.write(line + "\n")


def main() -> int:
    """The exit status: 0 when everything held."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="names of stages, with commas")
    options.add_argument("--small", action="store_true", help="each for a moment")
    options.add_argument("--list", action="store_true", help="list the stages and exit")
    given = options.parse_args()
    wanted = {name for name in given.only.split(",") if name}
    chosen = [stage for stage in stages() if not wanted or stage.name in wanted]
    if given.list:
        sys.stdout.write("".join(f"{stage.name}: {' '.join(stage.command[1:])}\n" for stage in chosen) + "fuzz\n")
        return 0
    if not wanted or "fuzz" in wanted:
        chosen += fuzzing()
    results = [run(stage, small=given.small) for stage in chosen]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
