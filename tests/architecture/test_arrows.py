"""Arrows between packages point one way. Without this rule a dialect reached into the store for one quick look-up, and
then neither could be changed without the other."""

from collections.abc import Iterator

from tests.architecture.source import Fault, Source, breaks, check

MAY_KNOW: dict[str, set[str]] = {
    "domain": {"domain"},
    "command": {"domain"},
    "store": {"store", "domain", "command", "metrics"},
    "usecases": {"usecases", "store", "domain", "command"},
    "dialects": {"dialects", "usecases", "domain", "command"},
    "http": {"http", "runtime", "dialects", "usecases", "domain", "settings", "logs", "metrics", "tracing"},
    "web": {"web", "runtime", "usecases", "domain", "settings", "logs"},
    "jobs": {"jobs", "runtime", "usecases", "domain", "settings", "logs", "metrics", "tracing"},
    "cli": {"cli", "app", "runtime", "dialects", "usecases", "domain", "settings", "logs", "command"},
    "settings": set(),
    "metrics": {"metrics"},
    "tracing": {"tracing", "domain", "settings", "logs"},
    "logs": {"domain", "metrics"},
    "__init__": set(),
    "__main__": {"cli"},
}
"""Package -> what it may import. app.py and runtime/ put all together and stand nowhere."""


def rule(source: Source) -> Iterator[Fault]:
    package = source.parts[0]
    if package in ("app", "runtime"):
        return
    for line, module in imported(source):
        if module[0] not in MAY_KNOW.get(package, set()):
            yield line, f"{package} may not know {module[0]}"
        elif (
            package == "dialects"
            and module[0] == "dialects"
            and len(source.parts) > 2
            and not same_dialect(source.parts[1], module)
        ):
            yield line, f"the dialect {source.parts[1]} may not know {'.'.join(module)}"


def imported(source: Source) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The modules of ours that a file imports, without the leading `dragoman`."""
    for line, name in source.imports():
        first, *rest = name.split(".")
        if first == "dragoman" and rest and rest != ["__version__"]:
            yield line, tuple(rest)


def same_dialect(dialect: str, module: tuple[str, ...]) -> bool:
    return len(module) > 1 and module[1] in ("kit", dialect)


def test_arrows_point_one_way() -> None:
    check(rule)


def test_the_rule_finds_arrows_that_point_back() -> None:
    assert breaks(rule, "domain/task.py", "from dragoman.store.tasks import Tasks")
    assert breaks(rule, "usecases/tasks/lifecycle.py", "import dragoman.http.app")
    assert breaks(rule, "dialects/acme/wire.py", "from dragoman.dialects.genesys import wire")
    assert breaks(rule, "dialects/kit/xml.py", "from dragoman.dialects.acme import wire")
    assert breaks(rule, "dialects/acme/handlers.py", "from dragoman.store import tables")
    assert breaks(rule, "store/repositories/tasks.py", "from dragoman import settings")


def test_the_rule_takes_those_that_point_on() -> None:
    assert not breaks(rule, "dialects/acme/wire.py", "from dragoman.dialects.kit import Reply")
    assert not breaks(rule, "dialects/acme/wire.py", "from dragoman.dialects.acme import ids")
    assert not breaks(rule, "http/dispatcher.py", "from dragoman.settings import Settings")
    assert not breaks(rule, "cli/main.py", "from dragoman import __version__")
