"""Public functions and classes document their promises. Commands need no docstring. Without this rule each caller
guessed what a repeated claim does, and two guessed differently."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Fault, Source, breaks, check

Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def rule(source: Source) -> Iterator[Fault]:
    if "migrations" in source.parts:
        return
    if source.text and ast.get_docstring(source.tree) is None:
        yield 1, "the module has no docstring"
    if source.parts[0] == "dialects" and "kit" not in source.parts:
        return  # handlers and renderers that only their table calls: a docstring there would repeat the name
    for node in source.tree.body:
        if not isinstance(node, Documented) or node.name.startswith("_") or _is_command(node):
            continue
        if ast.get_docstring(node) is None:
            yield node.lineno, f"{node.name} has no docstring"


def _is_command(node: Documented) -> bool:
    """A command has plain fields and `keys`; the function that runs it is documented instead."""
    return isinstance(node, ast.ClassDef) and any(
        isinstance(x, ast.FunctionDef) and x.name == "keys" for x in node.body
    )


def test_public_names_say_what_they_promise() -> None:
    check(rule)


def test_the_rule_finds_what_is_not_said() -> None:
    assert breaks(rule, "usecases/tasks/lifecycle.py", "x = 1")
    assert breaks(rule, "usecases/tasks/lifecycle.py", '"""Tasks."""\n\ndef claim(uow):\n    return 1')
    assert breaks(rule, "usecases/tasks/lifecycle.py", '"""Tasks."""\n\nclass Claim:\n    task: int')
    command = "class Claim:\n    task: int\n    def keys(self):\n        return 1"
    assert not breaks(rule, "usecases/tasks/lifecycle.py", f'"""Tasks."""\n\n{command}')
    assert not breaks(rule, "usecases/tasks/lifecycle.py", '"""Tasks."""\n\ndef _claim(uow):\n    return 1')
    assert not breaks(rule, "dialects/acme/handlers.py", '"""Tasks."""\n\ndef show(uow, command):\n    return 1')
    assert breaks(rule, "dialects/kit/times.py", '"""Times."""\n\ndef parse(text):\n    return 1')
