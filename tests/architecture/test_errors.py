"""No handler takes every error. Without this rule a typing mistake in a handler was answered as a client's mistake, and
nobody saw it for as long as no client complained."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import Fault, Source, breaks, check, dotted

EVERYTHING = {"Exception", "BaseException"}


def rule(source: Source) -> Iterator[Fault]:
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler):
            if node.type is None or caught(node.type) & EVERYTHING:
                yield node.lineno, "takes every error: name those that are expected"
            if all(isinstance(statement, ast.Pass) for statement in node.body):
                yield node.lineno, "an error is passed over in silence: say what follows from it"


def caught(node: ast.expr) -> set[str]:
    kinds = node.elts if isinstance(node, ast.Tuple) else [node]
    return {dotted(kind) for kind in kinds}


def test_errors_are_named_where_they_are_caught() -> None:
    check(rule)


@pytest.mark.parametrize("caught", ["", " Exception", " (KeyError, BaseException)", " Exception as error"])
def test_the_rule_finds_a_handler_for_everything(caught: str) -> None:
    assert breaks(rule, "http/dispatcher.py", f"try:\n    f()\nexcept{caught}:\n    g()")


def test_the_rule_finds_an_empty_handler() -> None:
    assert breaks(rule, "http/dispatcher.py", "try:\n    f()\nexcept KeyError:\n    pass")
    assert not breaks(rule, "http/dispatcher.py", "try:\n    f()\nexcept KeyError:\n    g()")
