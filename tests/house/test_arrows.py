"""Arrows between packages point one way. Without this rule a dialect reached into the store for one quick look-up, and
then neither could be changed without the other."""

from collections.abc import Iterator

from tests.house.source import Fault, Source, breaks, check

MAY_KNOW: dict[str, set[str]] = {
    "domain": {"domain"},
    "store": {"store", "domain", "metrics"},
    "usecases": {"usecases", "store", "domain"},
    "dialects": {"dialects", "usecases", "domain"},
    "http": {"http", "dialects", "usecases", "domain", "settings", "logs", "metrics", "supervision", "tracing"},
    "web": {"web", "http", "usecases", "domain", "settings", "logs"},
    "webhooks": {"webhooks", "usecases", "domain", "settings", "logs"},
    "jobs": {"jobs", "webhooks", "usecases", "domain", "settings", "logs", "metrics", "supervision", "tracing"},
    "cli": {"cli", "app", "usecases", "domain", "settings", "logs", "supervision"},
    "settings": set(),
    "supervision": set(),
    "metrics": {"metrics"},
    "tracing": {"tracing", "domain", "settings", "logs"},
    "logs": {"domain", "metrics"},
    "__init__": set(),
    "__main__": {"cli"},
}
"""Package -> what it may import. app.py puts all together and stands nowhere."""


def rule(source: Source) -> Iterator[Fault]:
    package = source.parts[0]
    if package == "app":
        return
    for line, module in imported(source):
        if module[0] not in MAY_KNOW.get(package, set()):
            yield line, f"{package} may not know {module[0]}"
        elif package == "dialects" and module[0] == "dialects" and not same_dialect(source.parts[1], module):
            yield line, f"the dialect {source.parts[1]} may not know {'.'.join(module)}"


def imported(source: Source) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The modules of ours that a file imports, without the leading `dragoman`."""
    for line, name in source.imports():
        first, *rest = name.split(".")
        if first == "dragoman" and rest and rest != ["__version__"]:
            yield line, tuple(rest)


def same_dialect(dialect: str, module: tuple[str, ...]) -> bool:
    return len(module) > 1 and module[1] in ("_kit", dialect)


def test_arrows_point_one_way() -> None:
    check(rule)


def test_the_rule_finds_arrows_that_point_back() -> None:
    assert breaks(rule, "domain/task.py", "from dragoman.store.tasks import Tasks")
    assert breaks(rule, "usecases/tasks.py", "import dragoman.http.app")
    assert breaks(rule, "dialects/acme/wire.py", "from dragoman.dialects.genesys import wire")
    assert breaks(rule, "dialects/_kit/xml.py", "from dragoman.dialects.acme import wire")
    assert breaks(rule, "dialects/acme/handlers.py", "from dragoman.store import keys")
    assert breaks(rule, "store/tasks.py", "from dragoman import settings")


def test_the_rule_takes_those_that_point_on() -> None:
    assert not breaks(rule, "dialects/acme/wire.py", "from dragoman.dialects._kit import Reply")
    assert not breaks(rule, "dialects/acme/wire.py", "from dragoman.dialects.acme import ids")
    assert not breaks(rule, "http/app.py", "from dragoman.settings import Settings")
    assert not breaks(rule, "cli/main.py", "from dragoman import __version__")
