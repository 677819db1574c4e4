"""Butler's query expressions, parsed without a Butler, so that a mistake in a spec has a place.

The grammar is that of lsst.daf.butler.queries.expressions (a test parses the same texts with both):

    expression  := and-chain ("or" and-chain)*
    and-chain   := negation ("and" negation)*
    negation    := "not" negation | comparison
    comparison  := predicate (("=" | "!=" | "<" | "<=" | ">" | ">=" | "overlaps") predicate)*
    predicate   := sum (["not"] "in" "(" item ("," item)* ")")?
    item        := number | range | string | time | name | :bind
    sum         := operand (("+" | "-" | "*" | "/" | "%") operand)*
    operand     := ("+" | "-") operand | literal | name | :bind | name "(" arguments ")"
                 | "(" expression ["," expression] ")"

What it cannot parse raises `SelectionError` with the offset. The trees are for reading (`selection`), not for
evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from .syntax import And, Apply, Compare, In, Literal, Name, Node, Not, Or

MAX_DEPTH = 50
"""Parentheses and negations inside each other; people need five."""
MAX_DIGITS = 25
MAX_CHAIN = 200
"""Operators in rows like 1 + 1 + 1, and doubled negations, in a whole expression: people need two."""
MAX_LENGTH = 50_000

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<time>[Tt]'[^'\n]*')
    | (?P<string>'[^'\n]*')
    | (?P<range>\d+\s*\.\.\s*\d+(?:\s*:\s*\d+)?)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)
    | (?P<name>[a-zA-Z_][a-zA-Z0-9_]*(?:\.[a-zA-Z_][a-zA-Z0-9_]*){0,2})
    | (?P<bind>:[a-zA-Z_][a-zA-Z0-9_]*)
    | (?P<symbol><=|>=|!=|[=<>+\-*/%(),])
    | (?P<end>\Z)
    )""",
    re.VERBOSE | re.ASCII,
)
_KEYWORDS = {"and", "or", "not", "in", "overlaps"}
_COMPARISONS = {"=", "!=", "<", "<=", ">", ">=", "overlaps"}
_LITERALS = {"number", "range", "string", "time"}
_FOREIGN = {
    "like": "LIKE is no operator of Butler's; expected = or in (…)",
    "between": "BETWEEN is no operator of Butler's; expected in (first..last)",
    "is": "IS is no operator of Butler's; expected = NULL or != NULL",
}


class SelectionError(ValueError):
    """The text is no query expression; `offset` says where it stops being one."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def parse(text: str) -> Node:
    """Return the tree of a query expression; raise `SelectionError` if it is none."""
    parser = _Parser(_tokens(text))
    tree = parser.expression()
    if parser.token.kind != "end":
        parser.fail_after_operand()
    return tree


def _tokens(text: str) -> list[_Token]:
    if len(text) > MAX_LENGTH:
        raise SelectionError(f"more than {MAX_LENGTH:,} characters; expected ranges instead of lists", MAX_LENGTH)
    tokens: list[_Token] = []
    index = 0
    while not tokens or tokens[-1].kind != "end":
        match = _TOKEN.match(text, index)
        if match is None:
            _fail_on_character(text, index)
        kind = match.lastgroup or ""
        word = match[kind]
        if kind == "name" and word.lower() in _KEYWORDS:
            kind = word = word.lower()
        tokens.append(_Token(kind, word, match.start(match.lastgroup or 0)))
        index = match.end()
    return tokens


def _fail_on_character(text: str, index: int) -> NoReturn:
    at = index + len(text[index:]) - len(text[index:].lstrip(" \t\n\r\f\v"))
    if text[at] == '"':
        raise SelectionError("double quotes; expected single quotes around a text", at)
    if text[at] == "'":
        raise SelectionError("a text that never ends; expected another single quote", at)
    raise SelectionError(f"the character {text[at]!r} means nothing in a query expression", at)


class _Parser:
    """Recursive descent, one method per rule; `token` is the one to be read next."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0
        self.chained = 0
        self.token = tokens[0]

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SelectionError(f"parentheses nested more than {MAX_DEPTH} deep", self.token.at)
        terms = [self.conjunction()]
        while self.accept("or"):
            terms.append(self.conjunction())
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def conjunction(self) -> Node:
        terms = [self.negation()]
        while self.accept("and"):
            terms.append(self.negation())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def negation(self) -> Node:
        negations = 0
        while self.accept("not"):
            negations += 1
        term = self.comparison()
        for depth in range(1, negations + 1):
            term = Not(term)
            self.bound(depth)
        return term

    def comparison(self) -> Node:
        left = self.predicate()
        operators = 0
        while self.token.text in _COMPARISONS and self.token.kind in ("symbol", "overlaps"):
            operator = self.advance().text
            left = Compare(operator, left, self.predicate())
            operators += 1
            self.bound(operators)
        return left

    def predicate(self) -> Node:
        value = self.sum()
        if self.token.kind == "not" and self.tokens[self.index + 1].kind == "in":
            self.advance()
            self.advance()
            return In(value, self.items(), negated=True)
        return In(value, self.items(), negated=False) if self.accept("in") else value

    def items(self) -> tuple[Node, ...]:
        opening = self.token
        if not self.accept_symbol("("):
            self.fail("a list in parentheses")
        items = [self.item()]
        while self.accept_symbol(","):
            items.append(self.item())
        self.close(opening)
        return tuple(items)

    def item(self) -> Node:
        if self.token.kind in _LITERALS:
            return _literal(self.advance())
        if self.token.kind in ("name", "bind"):
            return self.named()
        if self.token.text in ("+", "-"):
            return self.signed(self.item)
        return self.fail("a number, a range like 44..63 or a text in single quotes")

    def sum(self) -> Node:
        left = self.operand()
        operators = 0
        while self.token.kind == "symbol" and self.token.text in "+-*/%":
            sign = self.advance()
            left = Apply(sign.text, (left, self.operand()), sign.at)
            operators += 1
            self.bound(operators)
        return left

    def operand(self) -> Node:
        if self.token.kind in _LITERALS:
            return _literal(self.advance())
        if self.token.kind in ("name", "bind"):
            return self.named()
        if self.token.kind == "symbol" and self.token.text in ("+", "-"):
            return self.signed(self.operand)
        if self.token.text == "(":
            return self.parenthesis()
        return self.fail("a condition")

    def signed(self, rule: Callable[[], Node]) -> Node:
        sign = self.advance()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SelectionError(f"more than {MAX_DEPTH} signs", sign.at)
        value = rule()
        self.depth -= 1
        return Apply(sign.text, (value,), sign.at)

    def parenthesis(self) -> Node:
        opening = self.advance()
        first = self.expression()
        if self.accept_symbol(","):
            first = Apply("pair", (first, self.expression()), opening.at)
        self.close(opening)
        return first

    def named(self) -> Node:
        name = self.advance()
        if name.kind == "bind" or self.token.text != "(" or self.token.kind != "symbol":
            return Name(name.text, name.at)
        opening = self.advance()
        arguments: list[Node] = []
        if not (self.token.kind == "symbol" and self.token.text == ")"):
            arguments.append(self.expression())
            while self.accept_symbol(","):
                arguments.append(self.expression())
        self.close(opening)
        return Apply(name.text, tuple(arguments), name.at)

    def bound(self, operators: int) -> None:
        """Refuse operators in a row, all rows together, that would make the tree deeper than a reader can recurse."""
        self.chained += operators > 1
        if self.chained > MAX_CHAIN:
            raise SelectionError(f"more than {MAX_CHAIN} operators in rows", self.token.at)

    def advance(self) -> _Token:
        token = self.token
        self.index += 1
        self.token = self.tokens[self.index]
        return token

    def accept(self, keyword: str) -> bool:
        return self.token.kind == keyword and bool(self.advance())

    def accept_symbol(self, symbol: str) -> bool:
        return self.token.kind == "symbol" and self.token.text == symbol and bool(self.advance())

    def close(self, opening: _Token) -> None:
        if self.accept_symbol(")"):
            return
        if self.token.kind == "end":
            raise SelectionError("this parenthesis is never closed", opening.at)
        self.fail_after_operand()

    def fail(self, expected: str) -> NoReturn:
        before = self.tokens[self.index - 1].text if self.index else ""
        if self.token.kind in ("and", "or") and before == self.token.text:
            raise SelectionError(f"doubled {self.token.text!r}; expected {expected}", self.token.at)
        after = f" after {before!r}" if before else ""
        raise SelectionError(f"found {self.found()}{after}; expected {expected}", self.token.at)

    def fail_after_operand(self) -> NoReturn:
        foreign = _FOREIGN.get(self.token.text.lower())
        if foreign:
            raise SelectionError(foreign, self.token.at)
        if self.token.text == ")":
            raise SelectionError("this parenthesis was never opened", self.token.at)
        raise SelectionError(f"found {self.found()}; expected a comparison, and, or", self.token.at)

    def found(self) -> str:
        return "the end" if self.token.kind == "end" else repr(self.token.text)


def _literal(token: _Token) -> Literal:
    match token.kind:
        case "number":
            return Literal("number", _number(token), token.at)
        case "range":
            return Literal("range", _range(token), token.at)
        case "time":
            return Literal("time", token.text[2:-1], token.at)
        case _:
            return Literal("string", token.text[1:-1], token.at)


def _number(token: _Token) -> int | float:
    if len(token.text) > MAX_DIGITS:
        raise SelectionError(f"a number of more than {MAX_DIGITS} digits", token.at)
    return int(token.text) if token.text.isdigit() else float(token.text)


def _range(token: _Token) -> tuple[int, int, int]:
    if len(token.text) > 3 * MAX_DIGITS:
        raise SelectionError(f"numbers of more than {MAX_DIGITS} digits", token.at)
    first, last, *stride = (int(part) for part in re.split(r"\.\.|:", token.text))
    if first > last:
        raise SelectionError(f"the range {token.text} ends before it begins", token.at)
    if stride == [0]:
        raise SelectionError(f"the range {token.text} has a stride of 0", token.at)
    return first, last, stride[0] if stride else 1
