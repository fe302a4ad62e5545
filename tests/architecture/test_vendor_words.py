"""The domain has no vendor's words. Without this rule a name that one vendor had chosen decided what the core could
store, and a second dialect had to translate from the first. Docstrings and comments may name the source of a rule."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import Fault, Source, breaks, check, faults, sources

VENDORS = r"genesys|ibm|htm|bpm|onlyoffice|teamlab|carrierx"
WORDS = (
    r"tkiid|tktid|taskcard|did_sid|task_sid|partner_sid|phonenumber|crm|deadline|responsibleid|categoryid|alertvalue"
    r"|task_type|service_type|state_type|resource_id|disposition|pending_review|duration_zero|state_ready|whereclause"
)
VENDOR_WORD = re.compile(rf"(?<![a-z])({VENDORS}|{WORDS})(?![a-z])", re.IGNORECASE)
STORED = {
    "domain/bulk.py": "`pending_review`: the value in databases that exist",
    "domain/timing.py": "`DURATION_ZERO`: the value in databases that exist",
}
"""Files whose texts hold such words, with the reason."""


def rule(source: Source) -> Iterator[Fault]:
    if not source.path.startswith("domain/"):
        return
    for node in source.nodes:
        name = getattr(node, "name", None) or getattr(node, "arg", None) or getattr(node, "id", None)
        found = VENDOR_WORD.search(name) if isinstance(name, str) else None
        if found and not isinstance(node, ast.alias):
            yield node.lineno, f"{name}: a vendor's word"  # type: ignore[attr-defined]  # all with a name have a line
    for line, text in source.strings():
        found = VENDOR_WORD.search(text)
        if found and source.path not in STORED:
            yield line, f"{text}: a vendor's word"


def test_the_domain_has_no_vendors_words() -> None:
    check(rule)


def test_no_exception_is_out_of_date() -> None:
    texts = {source.path: [text for _, text in source.strings()] for source in sources()}
    assert [path for path in STORED if not any(map(VENDOR_WORD.search, texts[path]))] == []


@pytest.mark.parametrize("text", ["task_type = 1", "def tkiid(): pass", "KIND = 'genesys'", "def f(resource_id): pass"])
def test_the_rule_finds_a_vendors_word(text: str) -> None:
    assert breaks(rule, "domain/task.py", text)
    assert not breaks(rule, "dialects/genesys/views.py", text)


def test_words_that_contain_one_are_no_vendors_words() -> None:
    assert not faults(rule, [Source("domain/task.py", "algorithm = 'subtasks'")])
