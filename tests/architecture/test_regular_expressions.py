"""Regular expressions take linear time. One that took quadratic time once held a worker for a minute over a megabyte of
blanks that a client had sent."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.patterns import troubles
from tests.architecture.source import Fault, Source, breaks, check, dotted

USES = frozenset({"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
TO_THE_END = "fullmatch"
WHERE_IT_BEGINS = frozenset({"match", TO_THE_END})


def rule(source: Source) -> Iterator[Fault]:
    names = {id(node.value): node for node in source.nodes if isinstance(node, ast.Assign | ast.AnnAssign)}
    for call, name in source.calls():
        module, _, use = name.rpartition(".")
        pattern = call.args[0] if call.args else None
        text = pattern.value if isinstance(pattern, ast.Constant) else None
        if module != "re" or use not in USES | {"compile"} or not isinstance(text, str | bytes):
            continue
        uses = {use} if use in USES else _uses(source, names.get(id(call)))
        flags = _flags([*call.args[1:], *(word.value for word in call.keywords if word.arg == "flags")])
        found = troubles(text, flags, searches=bool(uses - WHERE_IT_BEGINS), to_the_end=TO_THE_END in uses)
        yield from ((call.lineno, each) for each in found)


def _uses(source: Source, assigned: ast.Assign | ast.AnnAssign | None) -> set[str]:
    """What is called of a compiled expression in its module; where it is handed on, whatever is called there of what
    has no name of its own, and if there is no such thing, a search."""
    target = (
        None if assigned is None else (assigned.targets[0] if isinstance(assigned, ast.Assign) else assigned.target)
    )
    called = [(node.attr, node.value) for node in source.nodes if isinstance(node, ast.Attribute) and node.attr in USES]
    if isinstance(target, ast.Name):
        own = {use for use, base in called if dotted(base) == target.id}
        asked = {id(base) for _, base in called}
        if own and not [node for node in _readings(source, target) if id(node) not in asked]:
            return own
        others = {use for use, base in called if dotted(base).islower() and dotted(base) != "re"}
        if others:
            return own | others
    return {"search", TO_THE_END}


def _readings(source: Source, target: ast.Name) -> Iterator[ast.Name]:
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id == target.id and node is not target:
            yield node


def _flags(given: list[ast.expr]) -> int:
    flags = 0
    for value in given:
        for node in ast.walk(value):
            if isinstance(node, ast.Attribute) and dotted(node).startswith("re."):
                flags |= int(getattr(re, node.attr))
    return flags


def test_regular_expressions_take_linear_time() -> None:
    check(rule)


@pytest.mark.parametrize(
    "text",
    [
        r"re.sub(r'\s+$', '', text)",
        r"re.search(r'[0-9]*-', text)",
        r"re.search(rb'(?:;|, *)? *$', text)",
        r"re.fullmatch(r'\s*(.*?)\s*', text)",
        r"re.fullmatch(r'[a-z]+x?[a-z]*;', text)",
        r"re.fullmatch(r'.*a.*b', text)",
        r"re.fullmatch(r'(?:[a-z]+)*;', text)",
        r"re.fullmatch(r'(?:[a-z]+|[0-9])*;', text)",
        r"re.match(r'a*?a*b', text)",
        "P = re.compile(r'\\s*,')\nP.split(text)",
        "P = re.compile(r' +\\Z')\nuse(P)",
    ],
)
def test_the_rule_finds_what_takes_quadratic_time(text: str) -> None:
    assert breaks(rule, "http/bodies.py", text)


@pytest.mark.parametrize(
    "text",
    [
        r"re.sub(r'\s+', ' ', text)",
        r"re.fullmatch(r'[a-z]+(?:-[a-z]+)*', text)",
        r"re.fullmatch(r'(?:[^a]|aa)*+a', text)",
        r"re.fullmatch(r'[a-z]++[a-z0-9]*', text)",
        r"re.search(r'^\s*[0-9]+', text)",
        r"re.fullmatch(r'(?:[0-9]{3},)*[0-9]*', text)",
        "P = re.compile(r'\\s*,')\nP.match(text)",
    ],
)
def test_the_rule_lets_linear_time_be(text: str) -> None:
    assert not breaks(rule, "http/bodies.py", text)
