"""What others may call says what it promises. Without this rule each caller guessed what a repeated claim does, and two
guessed differently."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Fault, Source, breaks, check

Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def rule(source: Source) -> Iterator[Fault]:
    if "migrations" in source.parts:
        return
    if source.text and ast.get_docstring(source.tree) is None:
        yield 1, "the module does not say what it is about"
    if source.parts[0] == "dialects" and "kit" not in source.parts:
        return  # handlers and renderers that only their table calls: a docstring there would repeat the name
    for node in source.tree.body:
        if isinstance(node, Documented) and not node.name.startswith("_") and ast.get_docstring(node) is None:
            yield node.lineno, f"{node.name} does not say what it promises"


def test_public_names_say_what_they_promise() -> None:
    check(rule)


def test_the_rule_finds_what_is_not_said() -> None:
    assert breaks(rule, "usecases/tasks/lifecycle.py", "x = 1")
    assert breaks(rule, "usecases/tasks/lifecycle.py", '"""Tasks."""\n\ndef claim(uow):\n    return 1')
    assert breaks(rule, "usecases/tasks/lifecycle.py", '"""Tasks."""\n\nclass Claim:\n    task: int')
    assert not breaks(rule, "usecases/tasks/lifecycle.py", '"""Tasks."""\n\ndef _claim(uow):\n    return 1')
    assert not breaks(rule, "dialects/acme/handlers.py", '"""Tasks."""\n\ndef show(uow, command):\n    return 1')
    assert breaks(rule, "dialects/kit/times.py", '"""Times."""\n\ndef parse(text):\n    return 1')
