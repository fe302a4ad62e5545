"""What one file does and no other: commit, ask the time, read the environment, make ids.

Without these rules a use case committed half of a request, a reminder could not be tested without waiting for it, a
setting worked in one place and not in the next, and ids of two kinds stood in one table.
"""

import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import Fault, Rule, Source, breaks, check

WITH_A_COLUMN_COMMIT = {"store/tables.py", "store/migrations/versions/0008_people_and_rights.py"}
COMMITTERS = {"store/unit/transaction.py", "store/migrations/env.py"}  # the latter before anything is served
COMMITS = re.compile(r"(^|\.)commit$")
COMMIT_IN_SQL = re.compile(r"\s*COMMIT(\s|;|\Z)", re.IGNORECASE)
TIME = re.compile(
    r"^time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|sleep|gmtime|localtime|strftime|ctime)$"
    r"|(^|\.)(datetime|date)\.(now|utcnow|today)$"
    r"|^(monotonic|time_ns|perf_counter|sleep)$"
)
ENVIRONMENT = re.compile(r"^os\.(environ|environb|getenv|getenvb|putenv)\b")
CALLS_OUT = re.compile(r"^(httpcore2?|httpx2?|aiohttp|requests|urllib3|urllib\.request|http\.client|smtplib|ftplib)\b")
CHANCE = re.compile(r"(^|\.)uuid[1-8]$|^uuid_utils\.|^random\.|^(os\.)?urandom$")


def only_the_transaction_commits(source: Source) -> Iterator[Fault]:
    if source.path in COMMITTERS:
        return
    lines = [call.lineno for call, name in source.calls() if COMMITS.search(name)]
    if source.path not in WITH_A_COLUMN_COMMIT:
        lines += [line for line, text in source.strings() if COMMIT_IN_SQL.match(text)]
    for line in lines:
        yield line, "only store/unit/transaction.py commits"


def only_the_clock_asks_the_time(source: Source) -> Iterator[Fault]:
    if source.path == "domain/clock.py":
        return
    for call, name in source.calls():
        if TIME.search(name):
            yield call.lineno, f"{name}: only domain/clock.py asks the time"


def only_the_settings_read_the_environment(source: Source) -> Iterator[Fault]:
    if source.path == "settings.py":
        return
    for line, name in source.names():
        if ENVIRONMENT.search(name):
            yield line, f"{name}: only settings.py reads the environment"
    for call, _ in source.calls():
        if any(keyword.arg in ("envvar", "auto_envvar_prefix") for keyword in call.keywords):
            yield call.lineno, "envvar: only settings.py reads the environment"


def only_ids_are_drawn(source: Source) -> Iterator[Fault]:
    if source.path == "domain/ids.py":
        return
    for call, name in source.calls():
        if CHANCE.search(name):
            yield call.lineno, f"{name}: only domain/ids.py makes ids; secrets come from `secrets`"


def only_deliveries_call_out(source: Source) -> Iterator[Fault]:
    # A request that doesn't pass the guard reaches whatever a name resolves to, also this machine.
    if source.parts[0] == "delivery":
        return
    for line, module in source.imports():
        if CALLS_OUT.search(module):
            yield line, f"{module}: only delivery/ calls out"


def only_one_file_reads_time_zones(source: Source) -> Iterator[Fault]:
    # The machine's rules were taken where it had some: a task was due an hour late on one node and not on the next.
    if source.path == "domain/zones.py":
        return
    for line, module in source.imports():
        if module.split(".")[0] == "zoneinfo":
            yield line, "only domain/zones.py reads time zones: its rules are the pinned ones"


@pytest.mark.parametrize(
    "rule",
    [
        only_the_transaction_commits,
        only_the_clock_asks_the_time,
        only_the_settings_read_the_environment,
        only_ids_are_drawn,
        only_deliveries_call_out,
        only_one_file_reads_time_zones,
    ],
)
def test_only_one_file_does_it(rule: Rule) -> None:
    check(rule)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (only_the_transaction_commits, "connection.commit()"),
        (only_the_transaction_commits, "connection.exec_driver_sql('commit')"),
        (only_the_clock_asks_the_time, "at = time.time()"),
        (only_the_clock_asks_the_time, "at = datetime.datetime.now(UTC)"),
        (only_the_clock_asks_the_time, "time.sleep(1)"),
        (only_the_settings_read_the_environment, "home = os.environ['HOME']"),
        (only_the_settings_read_the_environment, "home = os.getenv('HOME')"),
        (only_the_settings_read_the_environment, "click.option('--database', envvar='DRAGOMAN_DATABASE')"),
        (only_ids_are_drawn, "uid = uuid.uuid4()"),
        (only_ids_are_drawn, "uid = uuid_utils.uuid7()"),
        (only_ids_are_drawn, "random.shuffle(rows)"),
        (only_ids_are_drawn, "secret = os.urandom(16)"),
        (only_deliveries_call_out, "import httpcore2"),
        (only_deliveries_call_out, "from urllib.request import urlopen"),
        (only_deliveries_call_out, "from http.client import HTTPConnection"),
        (only_one_file_reads_time_zones, "from zoneinfo import ZoneInfo"),
    ],
)
def test_another_file_may_not(rule: Rule, text: str) -> None:
    assert breaks(rule, "usecases/tasks/lifecycle.py", text)


def test_a_line_that_says_why_is_let_out() -> None:
    line = "time.sleep(1)  # house: ok, because nobody waits"
    assert not breaks(only_the_clock_asks_the_time, "store/unit/lane.py", line)
    assert breaks(only_the_clock_asks_the_time, "store/unit/lane.py", "time.sleep(1)  # house: ok")


REPOSITORIES = (
    "tasks|cases|stages|contacts|categories|schemas|removals|users|tokens|groups|aliases|"
    "login_names|tenants|answers|settings|numbers|history|digests|leases|templates|messages|"
    "batches|payloads|resources|jobs|timers|webhooks|deliveries"
)
REPOSITORY = re.compile(rf"(^|\.)_?uow\.({REPOSITORIES})\b")


def only_use_cases_call_repositories(source: Source) -> Iterator[Fault]:
    """A rule about stored things stood in one dialect's handler, and the others went past it."""
    if source.parts[0] != "dialects":
        return
    for line, name in source.names():
        if REPOSITORY.search(name):
            yield line, f"{name}: a dialect calls use cases, which call the repositories"


def test_only_use_cases_call_repositories() -> None:
    check(only_use_cases_call_repositories)
    assert breaks(only_use_cases_call_repositories, "dialects/acme/handlers.py", "uow.tasks.find(1)")
    assert breaks(only_use_cases_call_repositories, "dialects/acme/views.py", "self._uow.users.find(uid)")
    assert not breaks(only_use_cases_call_repositories, "dialects/acme/handlers.py", "tasks.get(uow, uow.home.number)")
