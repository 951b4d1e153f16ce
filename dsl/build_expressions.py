"""Parse tree to syntax tree: expressions."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Final, TypeAlias

from inferc.dsl import syntax
from inferc.dsl.cst import Branch, Child, Leaf, from_the_leaves_up, leaf_end, leaf_start
from inferc.dsl.diagnostics import Diagnostic
from inferc.dsl.literals import Piece, dedent, number_of, split_price, split_text, split_unit
from inferc.dsl.source import SourceFile, Span
from inferc.dsl.syntax import Expression, Identifier
from inferc.dsl.syntax_diagnostics import (
    nested_quotes,
    number_out_of_range,
    spaced_unit,
    unknown_escape,
)

_DECLARED: Final = re.compile(r"\b(?:let|param|for)[ \t]+([A-Za-z_][A-Za-z0-9_]*)")

NESTING: Final = frozenset(
    "body call comprehension if_ index list record ternary unary".split()  # noqa: SIM905
)
"""Rules that put a level into the syntax tree. A chain of operators is as deep as it is long, but
those who walk the tree can walk along its left side."""

# fmt: off
TIMES: Final = frozenset({
    "us", "ms", "s", "sec", "second", "seconds", "min", "minute", "minutes", "h", "hr", "hour",
    "hours", "d", "day", "days", "week", "month", "mo", "y", "year", "req", "request", "requests",
    "tok", "token", "tokens",
})
# fmt: on
"""Words that are more likely a torn unit than a name behind a slash."""


class Context:
    """What building one file needs, and what it finds wrong.

    ``parse_inserted`` turns the text between ``${`` and ``}`` into a parse tree; if it cannot, it
    reports that itself and returns None.
    """

    def __init__(
        self, source: SourceFile, parse_inserted: "Callable[[Span], Branch | None] | None"
    ) -> None:
        """Start at the beginning of ``source``."""
        self.source = source
        self.parse_inserted = parse_inserted
        self.shift = 0
        self.diagnostics: list[Diagnostic] = []

    @cached_property
    def declared(self) -> frozenset[str]:
        """The names that the file gives to values of its own."""
        return frozenset(_DECLARED.findall(self.source.text))

    def place(self, branch: Branch) -> None:
        """Set where ``branch`` lies in the file, from its children, which must be done."""
        if not branch.children:
            return
        first, last = branch.children[0], branch.children[-1]
        if not isinstance(last, Branch) and last.type == "_NL":  # behind a decorator
            last = branch.children[-2] if len(branch.children) > 1 else first
        branch.start = self.start_of(first)
        branch.end = self.end_of(last)
        inner = max((child.depth for child in branch.branches()), default=0)
        branch.depth = inner + (branch.rule in NESTING)

    def start_of(self, child: Child) -> int:
        """Return the offset in the file at which ``child`` starts."""
        return child.start if isinstance(child, Branch) else leaf_start(child) + self.shift

    def end_of(self, child: Child) -> int:
        """Return the offset in the file behind ``child``."""
        return child.end if isinstance(child, Branch) else leaf_end(child) + self.shift

    def span(self, child: Child) -> Span:
        """Return the place of ``child`` in the file."""
        return Span(self.source, self.start_of(child), self.end_of(child))

    def identifier(self, leaf: Leaf) -> Identifier:
        """Return ``leaf`` as a name."""
        return Identifier(span=self.span(leaf), text=str(leaf))

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep ``diagnostic`` for the caller."""
        self.diagnostics.append(diagnostic)


def expression(child: Child) -> Expression:
    """Return the finished expression of ``child``."""
    if isinstance(child, Branch) and child.expression is not None:
        return child.expression
    raise TypeError(child)


def expressions(branch: Branch) -> list[Expression]:
    """Return the finished expressions among the children of ``branch``."""
    return [child.expression for child in branch.branches() if child.expression is not None]


# ---- operators -------------------------------------------------------------------------------


def _binary(context: Context, branch: Branch) -> Expression:
    left, *words, right = branch.children
    _check_unit(context, branch)
    return syntax.Binary(
        span=context.span(branch),
        operator=" ".join(map(str, words)),
        left=expression(left),
        right=expression(right),
    )


def _check_unit(context: Context, branch: Branch) -> None:
    """Report a unit torn by blanks: ``16.7 req / s``."""
    left, sign, right = branch.children[0], branch.children[1], branch.children[-1]
    if str(sign) != "/" or not isinstance(left, Branch) or not isinstance(right, Branch):
        return
    value, divisor = left.expression, right.expression
    if left.rule not in {"number", "quantity", "money"} or not isinstance(divisor, syntax.NameRef):
        return
    if divisor.name in TIMES and divisor.name not in context.declared and value is not None:
        joined = f"{value.span.text}/{divisor.name}"
        context.report(spaced_unit(span=context.span(branch), joined=joined))


def _unary(context: Context, branch: Branch) -> Expression:
    word, operand = branch.children
    return syntax.Unary(span=context.span(branch), operator=str(word), operand=expression(operand))


def _ternary(context: Context, branch: Branch) -> Expression:
    condition, then, otherwise = expressions(branch)
    return syntax.Ternary(
        span=context.span(branch), condition=condition, then=then, otherwise=otherwise
    )


def _range(context: Context, branch: Branch) -> Expression:
    low, high = expressions(branch)
    return syntax.Range(span=context.span(branch), low=low, high=high)


def _attribute(context: Context, branch: Branch) -> Expression:
    (name,) = branch.leaves("NAME")
    return syntax.Attribute(
        span=context.span(branch),
        base=expression(branch.children[0]),
        name=context.identifier(name),
    )


def _index(context: Context, branch: Branch) -> Expression:
    base, index = expressions(branch)
    return syntax.Index(span=context.span(branch), base=base, index=index)


def _call(context: Context, branch: Branch) -> Expression:
    return syntax.Call(
        span=context.span(branch),
        function=expression(branch.children[0]),
        arguments=arguments(branch),
    )


def arguments(branch: Branch) -> tuple[syntax.Argument, ...]:
    """Return the arguments among the children of ``branch``."""
    parts = (child.part for child in branch.branches())
    return tuple(part for part in parts if isinstance(part, syntax.Argument))


def _parenthesised(_context: Context, branch: Branch) -> Expression:
    """Return the inner expression: it keeps its own span, what is around it counts the brackets."""
    return expression(branch.children[1])


# ---- literals --------------------------------------------------------------------------------


def _number(context: Context, branch: Branch) -> Expression:
    return number(context, branch.children[0])


def number(context: Context, leaf: Child) -> syntax.Number:
    """Return the number token ``leaf``."""
    value, _ = number_of(str(leaf))
    if value is None:
        context.report(number_out_of_range(span=context.span(leaf)))
    return syntax.Number(span=context.span(leaf), value=value or Decimal(0))


def _quantity(context: Context, branch: Branch) -> Expression:
    text = str(branch.children[0])
    value, length = number_of(text)
    if value is None:
        context.report(number_out_of_range(span=context.span(branch)))
    scale, unit = split_unit(text[length:])
    unit_span = Span(context.source, branch.end - len(unit), branch.end)
    return syntax.QuantityLiteral(
        span=context.span(branch),
        value=value or Decimal(0),
        scale=scale,
        unit=unit,
        unit_span=unit_span,
    )


def _money(context: Context, branch: Branch) -> Expression:
    text = str(branch.children[0])[1:]
    value, length = number_of(text)
    if value is None:
        context.report(number_out_of_range(span=context.span(branch)))
    scale, per = split_price(text[length:])
    return syntax.MoneyLiteral(
        span=context.span(branch), value=value or Decimal(0), scale=scale, per=per
    )


def _date(context: Context, branch: Branch) -> Expression:
    return syntax.DateLiteral(span=context.span(branch), text=str(branch.children[0]))


def _name(context: Context, branch: Branch) -> Expression:
    return syntax.NameRef(span=context.span(branch), name=str(branch.children[0]))


def _text(context: Context, branch: Branch) -> Expression:
    return text(context, branch.children[0])


def text(context: Context, leaf: Child) -> syntax.Text:
    """Return the string token ``leaf`` with its escapes resolved and its insertions parsed."""
    written = str(leaf)
    span = context.span(leaf)
    parts: list[str | Expression] = []
    for piece in split_text(written):
        part = _part(context, span, piece)
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part is not None:
            parts.append(part)
    long = written.startswith('"""')
    shown = dedent(parts) if long else tuple(parts)
    return syntax.Text(span=span, parts=shown or ("",), long=long)


def _part(context: Context, text_span: Span, piece: Piece) -> str | Expression | None:
    """Return what ``piece`` stands for; None if that was reported as wrong."""
    place = Span(context.source, text_span.start + piece.start, text_span.start + piece.end)
    match piece.kind:
        case "text":
            return piece.text
        case "open":
            context.report(nested_quotes(span=place, text_span=text_span))
        case "escape":
            context.report(unknown_escape(span=place, written=piece.text))
        case _:
            return _inserted(context, place)
    return None


def _inserted(context: Context, place: Span) -> Expression | None:
    tree = context.parse_inserted(place) if context.parse_inserted is not None else None
    if tree is None:
        return None
    inner = Context(context.source, None)
    inner.shift = place.start
    build_expressions(inner, tree)
    context.diagnostics.extend(inner.diagnostics)
    (value,) = expressions(tree)
    return value


# ---- collections -----------------------------------------------------------------------------


def _list(context: Context, branch: Branch) -> Expression:
    return syntax.ListExpr(span=context.span(branch), items=tuple(expressions(branch)))


def _comprehension(context: Context, branch: Branch) -> Expression:
    (name,) = branch.leaves("NAME")
    iterable, *condition, element = expressions(branch)
    return syntax.Comprehension(
        span=context.span(branch),
        variable=context.identifier(name),
        iterable=iterable,
        condition=condition[0] if condition else None,
        element=element,
    )


def _record(context: Context, branch: Branch) -> Expression:
    parts = (child.part for child in branch.branches())
    pairs = tuple(part for part in parts if isinstance(part, syntax.Pair))
    return syntax.Record(span=context.span(branch), pairs=pairs)


def _pair(context: Context, branch: Branch) -> syntax.Pair:
    key, *_, value = branch.children
    name = str(key)
    if name.startswith('"'):
        name = "".join(part for part in text(context, key).parts if isinstance(part, str))
    return syntax.Pair(
        span=context.span(branch),
        key=Identifier(span=context.span(key), text=name),
        value=expression(value),
    )


def _argument(context: Context, branch: Branch) -> syntax.Argument:
    names = [context.identifier(leaf) for leaf in branch.leaves("NAME", "PERCENTILE_KEY")]
    return syntax.Argument(
        span=context.span(branch),
        name=names[0] if names else None,
        value=expression(branch.children[-1]),
    )


ExpressionRule: TypeAlias = Callable[[Context, Branch], Expression]

EXPRESSIONS: Final[Mapping[str, ExpressionRule]] = {
    "attribute": _attribute,
    "binary": _binary,
    "call": _call,
    "comprehension": _comprehension,
    "date": _date,
    "index": _index,
    "interpolation": lambda _context, branch: expression(branch.children[0]),
    "list": _list,
    "money": _money,
    "name": _name,
    "number": _number,
    "paren": _parenthesised,
    "quantity": _quantity,
    "range": _range,
    "record": _record,
    "ternary": _ternary,
    "text": _text,
    "unary": _unary,
}


def build_part(context: Context, branch: Branch) -> None:
    """Fill in place and meaning of ``branch``, whose children are done, if it is an expression."""
    context.place(branch)
    rule = EXPRESSIONS.get(branch.rule)
    if rule is not None:
        branch.expression = rule(context, branch)
    elif branch.rule == "pair":
        branch.part = _pair(context, branch)
    elif branch.rule == "argument":
        branch.part = _argument(context, branch)


def build_expressions(context: Context, root: Branch) -> None:
    """Fill in every expression at and below ``root``."""
    for branch in from_the_leaves_up(root):
        build_part(context, branch)
