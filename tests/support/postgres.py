"""A PostgreSQL server of the tests' own, in a temporary folder, from the programs of Debian's package.

It ends with the tests, however they end: the kernel tells the server when pytest dies.
"""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

OWNER = "dragoman"
PATIENCE_SECONDS = 60.0
UNSAFE_BUT_QUICK = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=256MB",
    "autovacuum=off",  # hundreds of databases, each gone in a moment; tests of plans gather statistics themselves
)


class PostgreSQL:
    """One server with as many databases as are asked for. Unless `durable`, it is quicker and forgets a power cut.

    Its folder lies `within` another, or where temporary files do.
    """

    def __init__(self, *, durable: bool = False, within: str | None = None) -> None:
        self._settings = () if durable else UNSAFE_BUT_QUICK
        self._programs = find_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="dragoman-postgresql-", dir=within))
        self._port = free_port()
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "PostgreSQL":
        try:
            self._initialise()
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process that all others of the server descend from; 0 when it does not run."""
        return self._process.pid if self._process is not None else 0

    def url(self, database: str) -> str:
        """The address of a database in SQLAlchemy's form."""
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self._port}/{database}"

    def create_database(self, template: str = "template1") -> str:
        """A database nobody has used, empty or a copy; gives its name."""
        name = f"tests_{next(self._numbers)}"
        # Where checkpoints cost nothing, copying files takes half of what logging each page does.
        how = " STRATEGY FILE_COPY" if self._settings and version(self._programs) >= 15 else ""
        self._administer(f"CREATE DATABASE {{}} TEMPLATE {{}}{how}", name, template)
        return name

    def drop_database(self, name: str) -> None:
        """Throw it away, and the connections to it."""
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def stop(self) -> None:
        """End at once and leave nothing behind. Stopping twice is fine."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(PATIENCE_SECONDS)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _initialise(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        command = ["initdb", "-D", "data", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(self._unprivileged(*command), cwd=self._folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed: {done.stderr}")

    def _start(self) -> None:
        settings = (
            f"port={self._port}",
            f"unix_socket_directories={self._folder}",
            "listen_addresses=127.0.0.1",
            "max_connections=200",
            *self._settings,
        )
        command = ["postgres", "-D", "data", *(part for setting in settings for part in ("-c", setting))]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._unprivileged(*command), cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._administer("SELECT 1")
            except psycopg.OperationalError as error:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()}") from error
                time.sleep(0.02)
            else:
                return

    def _administer(self, statement: str, *names: str) -> None:
        query = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(
            host="127.0.0.1", port=self._port, user=OWNER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(query)

    def _unprivileged(self, program: str, *arguments: str) -> list[str]:
        """PostgreSQL refuses to run as root, so root runs it as the user that Debian's package made."""
        other_user = ["--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
        return ["setpriv", *other_user, "--pdeathsig=QUIT", "--", str(self._programs / program), *arguments]


def version(programs: Path) -> int:
    """The major version that the path names; 0 where it names none."""
    name = programs.parent.name
    return int(name) if name.isdigit() else 0


def find_programs() -> Path:
    """The folder of the newest PostgreSQL here."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if found:
        return found[-1]
    on_path = shutil.which("initdb")
    if on_path is None:
        raise RuntimeError("PostgreSQL's programs are missing; `make test` installs them")
    return Path(on_path).resolve().parent


PORTS_A_WORKER = 2_000
_ports = itertools.count(os.getpid() * 97)  # two runs of the tests at the same time begin elsewhere


def free_port() -> int:
    """A port nobody listens on at this moment, and nobody else of this run will be given.

    Below those that the system hands out for outgoing connections: one of these would be taken, every few hundred
    servers, between being found free and being listened on. Each of pytest's workers has a range of its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = 18_000 + worker % 6 * PORTS_A_WORKER + next(_ports) % PORTS_A_WORKER
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
