"""The code as the architecture rules read it: each file's text and tree, parsed once for all rules, and the mark that
exempts a line."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "src" / "dragoman"
TESTS = ROOT / "tests"
WAY_OUT = re.compile(r"#.*\bhouse: ok, because \w+")


@dataclass(frozen=True)
class Source:
    """One file: where it stands below src/dragoman, and what it says."""

    path: str
    text: str = field(repr=False)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree."""
        return tuple(ast.walk(self.tree))

    @property
    def parts(self) -> tuple[str, ...]:
        return Path(self.path).with_suffix("").parts

    def is_let_out(self, line: int) -> bool:
        """Whether the line says why the rule doesn't hold there."""
        return WAY_OUT.search(self.text.splitlines()[line - 1]) is not None

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Each call with the dotted name of what is called; empty where that is no name."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield node, dotted(node.func)

    def names(self) -> Iterator[tuple[int, str]]:
        """Each dotted name that is read, with its line."""
        for node in self.nodes:
            if isinstance(node, ast.Name | ast.Attribute):
                yield node.lineno, dotted(node)

    def imports(self) -> Iterator[tuple[int, str]]:
        """Each imported module, or name of a module, with its line."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, name.name) for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)

    def strings(self) -> Iterator[tuple[int, str]]:
        """Each text of the code, docstrings aside; of an f-string the parts that stand in it."""
        docstrings = {id(text) for text in self._docstrings()}
        for node in self.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield node.lineno, node.value

    def _docstrings(self) -> Iterator[ast.expr]:
        # Also the text below a constant, which explains it.
        for node in self.nodes:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                yield node.value


Fault = tuple[int, str]
Rule = Callable[[Source], Iterable[Fault]]
"""Gives the line and what is wrong there."""


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a name or attribute; what stands before an attribute that is no name is left out."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return ""


@cache
def sources() -> tuple[Source, ...]:
    """The shipped code; tests that stand beside it aside."""
    return tuple(source for source in _sources(CODE) if not Path(source.path).name.startswith("test_"))


@cache
def sources_of_tests() -> tuple[Source, ...]:
    """The tests, by their path below tests/."""
    return tuple(_sources(TESTS))


def _sources(folder: Path) -> Iterator[Source]:
    for file in sorted(folder.rglob("*.py")):
        yield Source(str(file.relative_to(folder)), file.read_text())


def faults(rule: Rule, among: Iterable[Source]) -> list[str]:
    """What breaks the rule, ready to be read; lines with a way out aside."""
    found = [
        f"src/dragoman/{source.path}:{line}: {what}"
        for source in among
        for line, what in rule(source)
        if not source.is_let_out(line)
    ]
    return list(dict.fromkeys(found))


def check(rule: Rule) -> None:
    """Fail, naming every place, when the code breaks the rule."""
    found = faults(rule, sources())
    assert not found, "\n" + "\n".join(found)


def breaks(rule: Rule, path: str, text: str) -> bool:
    """Whether this code at this place would break the rule: each rule shows with it that it can fail."""
    return bool(faults(rule, [Source(path, text)]))
