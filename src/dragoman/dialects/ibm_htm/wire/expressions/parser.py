"""The parser: recursive descent over the grammar of ibm-htm-2.md, B.1, a step a token, the first fault alone.

    expr := and { OR and }
    and  := not { AND not }
    not  := { NOT } prim                                     NOT in whereClause alone
    prim := "(" expr ")" | column condition
    condition := op value | [NOT] LIKE text | [NOT] IN "(" value { "," value } ")" | IS [NOT] NULL
    op   := "=" | "<>" | "<" | ">" | "<=" | ">="

NOT is carried down to the conditions, each of which has an opposite: what has no value holds neither.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from dragoman.dialects.ibm_htm.wire.expressions import faults, operands, tokens
from dragoman.dialects.ibm_htm.wire.expressions.columns import Ref, Type, View
from dragoman.dialects.ibm_htm.wire.expressions.operands import Operand
from dragoman.dialects.ibm_htm.wire.expressions.tokens import Token
from dragoman.dialects.ibm_htm.wire.expressions.tree import OPPOSITE, Every, Op, Some, Term, Tree
from dragoman.domain.clock import Moment

MOST_BRACKETS = 100
MOST_TERMS = 1_000

Language = Literal["queryFilter", "whereClause"]

COMPARED = (Op.EQ, Op.NE, Op.LT, Op.GT, Op.LE, Op.GE)
OPERATORS: dict[Type, tuple[Op, ...]] = {
    Type.STRING: (*COMPARED, Op.LIKE, Op.IN),
    Type.NUMBER: (*COMPARED, Op.IN),
    Type.SYMBOL: (*COMPARED, Op.IN),
    Type.TIMESTAMP: (*COMPARED, Op.IN),
    Type.ID: (Op.EQ, Op.NE, Op.IN),
    Type.BOOLEAN: (Op.EQ, Op.NE),
}
"""By type of the column; IS NULL is for all, and what can be asked can be denied."""
KEYWORDS = frozenset({"AND", "OR", "NOT", "LIKE", "IN", "IS"})


class Scope(msgspec.Struct, frozen=True):
    """What an expression may speak of: the views by each of their names, the one of columns without a view, and the
    present moment."""

    language: Language
    views: Mapping[str, View]
    usual: View
    now: Moment


def parse(text: str | None, scope: Scope) -> Tree | None:
    """The expression; None when there is none. Invalid, with word and position, for the first fault."""
    return _Parser(text, scope).whole() if text is not None and text.strip() else None


class _Parser:
    def __init__(self, text: str, scope: Scope) -> None:
        self._scope = scope
        self._tokens = tokens.split(text)
        self._at = next(self._tokens)
        self._open = 0
        self._terms = 0

    def whole(self) -> Tree:
        found = self._expr(negated=False)
        if self._at.kind != "end":
            raise self._syntax("the expression has ended; AND or OR is expected")
        return found

    def _expr(self, *, negated: bool) -> Tree:
        parts = [self._and(negated=negated)]
        while self._takes_word("OR"):
            parts.append(self._and(negated=negated))
        return _joined(parts, is_or=not negated)

    def _and(self, *, negated: bool) -> Tree:
        parts = [self._not(negated=negated)]
        while self._takes_word("AND"):
            parts.append(self._not(negated=negated))
        return _joined(parts, is_or=negated)

    def _not(self, *, negated: bool) -> Tree:
        while self._at.word == "NOT" and self._scope.language == "whereClause":
            self._next()
            negated = not negated
        return self._prim(negated=negated)

    def _prim(self, *, negated: bool) -> Tree:
        if self._at.text == "(" and self._at.kind == "sign":
            self._open += 1
            if self._open > MOST_BRACKETS:
                raise self._syntax(f"there are at most {MOST_BRACKETS} brackets within each other")
            self._next()
            found = self._expr(negated=negated)
            self._close()
            self._open -= 1
            return found
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise self._syntax(f"there are at most {MOST_TERMS} conditions")
        return self._condition(self._column(), negated=negated)

    def _condition(self, ref: Ref, *, negated: bool) -> Tree:
        op = self._operator(ref)
        if op in (Op.NULL, Op.NOT_NULL):
            return Term(ref, OPPOSITE[op] if negated else op)
        found = self._operands(ref, op)
        return operands.test(ref, OPPOSITE[op] if negated else op, found)

    # Columns

    def _column(self) -> Ref:
        token = self._at
        if token.kind in ("text", "number"):
            raise faults.operand(token.text, token.position, "a column is expected here, and the value behind it")
        if token.kind != "word" or token.word in KEYWORDS:
            raise self._syntax("a column or a bracket is expected")
        self._next()
        *names, column = token.word.split(".")
        if len(names) > 1 or (not names and operands.is_value(column)):
            raise faults.operand(token.text, token.position, "a column is expected here, and the value behind it")
        if not names:
            return self._of(self._scope.usual, self._scope.usual.name, column, token)
        row = names[0]
        found = self._view(row)
        if found is None:
            raise faults.view(token.text.partition(".")[0], token.position, self._known())
        return self._of(found, f"{found.name}{_digit(row) if found.is_many else ''}", column, token)

    def _view(self, name: str) -> View | None:
        views = self._scope.views
        return views.get(name) or (views.get(name[:-1]) if _digit(name) else None)

    def _known(self) -> str:
        return ", ".join(self._scope.views)

    @staticmethod
    def _of(view: View, row: str, name: str, token: Token) -> Ref:
        column = view.columns.get(name)
        if column is None:
            raise faults.column(token.text, token.position, view.name)
        return Ref(row, view, column)

    # Operators

    def _operator(self, ref: Ref) -> Op:
        token = self._at
        is_denied = self._takes_word("NOT")
        op = _operator(self._at)
        known = OPERATORS[ref.column.type]
        if op is Op.NULL and not is_denied:
            return self._null()
        if op not in known or (is_denied and op in COMPARED):
            wrong = self._at if is_denied else token
            raise faults.operator(wrong.text, wrong.position, ", ".join((*known, "IS NULL")))
        self._next()
        return OPPOSITE[op] if is_denied else op

    def _null(self) -> Op:
        self._next()
        op = Op.NOT_NULL if self._takes_word("NOT") else Op.NULL
        if self._at.word != "NULL" or self._at.kind != "word":
            raise faults.operator(self._at.text, self._at.position, "IS NULL or IS NOT NULL")
        self._next()
        return op

    # Values

    def _operands(self, ref: Ref, op: Op) -> list[Operand]:
        if op not in (Op.IN, Op.NOT_IN):
            return [self._operand(ref, only_text=op in (Op.LIKE, Op.NOT_LIKE))]
        if self._at.text != "(" or self._at.kind != "sign":
            raise self._syntax("a bracket is expected behind IN")
        self._next()
        found = [self._operand(ref)]
        while self._takes_sign(","):
            found.append(self._operand(ref))
        self._close()
        return found

    def _operand(self, ref: Ref, *, only_text: bool = False) -> Operand:
        token = self._at
        if token.kind not in ("text", "number", "word") or (only_text and token.kind != "text"):
            raise operands.wrong(token, ref.column)
        if only_text:
            operands.check_pattern(token)
        self._next()
        if token.kind == "word" and token.word in operands.FUNCTIONS and self._takes_sign("("):
            inner = self._at
            self._next()
            found = operands.of_function(token, inner, ref.column, self._scope.language, self._scope.now)
            self._close()
            return found
        return operands.of_token(token, ref, self._scope.language, self._scope.now)

    # Tokens

    def _next(self) -> None:
        if self._at.kind != "end":
            self._at = next(self._tokens)

    def _takes_word(self, word: str) -> bool:
        if self._at.kind != "word" or self._at.word != word:
            return False
        self._next()
        return True

    def _takes_sign(self, sign: str) -> bool:
        if self._at.kind != "sign" or self._at.text != sign:
            return False
        self._next()
        return True

    def _close(self) -> None:
        if not self._takes_sign(")"):
            raise self._syntax("a closing bracket is expected")

    def _syntax(self, why: str) -> Exception:
        return faults.syntax(self._at.text, self._at.position, why)


def _joined(parts: list[Tree], *, is_or: bool) -> Tree:
    if len(parts) == 1:
        return parts[0]
    kind = Some if is_or else Every
    flat = tuple(each for part in parts for each in (part.parts if isinstance(part, kind) else (part,)))
    return kind(flat)


def _operator(token: Token) -> Op | None:
    if token.kind == "operator":
        return Op(token.text)
    words = {"LIKE": Op.LIKE, "IN": Op.IN, "IS": Op.NULL}
    return words.get(token.word) if token.kind == "word" else None


def _digit(name: str) -> str:
    """The digit behind a view's name."""
    return name[-1] if name[-1:] in "123456789" and name[-1:] else ""
