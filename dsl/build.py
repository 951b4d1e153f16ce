"""Parse tree to syntax tree: statements and whole files."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

from inferc.dsl import syntax
from inferc.dsl.build_expressions import (
    Context,
    arguments,
    build_part,
    expression,
    expressions,
    number,
    text,
)
from inferc.dsl.cst import Branch, Child, from_the_leaves_up
from inferc.dsl.source import Span
from inferc.dsl.syntax import AnyStatement, Expression, Identifier
from inferc.dsl.syntax_diagnostics import (
    misplaced_header,
    misplaced_percentile,
    too_deep,
    unknown_edition,
)

MAX_DEPTH: Final = 200
_PERCENTILE: Final = re.compile(r"p[0-9]{1,2}")

NodeT = TypeVar("NodeT", bound=syntax.Node)


def build(
    context: Context, tree: Branch, comments: Sequence[syntax.Comment]
) -> tuple[AnyStatement, ...]:
    """Return the statements of ``tree``; what is wrong with them is left in ``context``."""
    docs = Docs(context.source.text, comments)
    for branch in from_the_leaves_up(tree):
        build_part(context, branch)
        if branch.rule in PARTS:
            branch.part = PARTS[branch.rule](context, branch)
        elif branch.rule in STATEMENTS:
            statement = STATEMENTS[branch.rule](context, branch)
            doc = docs.before(branch.start)
            branch.statement = replace(statement, doc=doc) if doc else statement
        if branch.depth > MAX_DEPTH:
            context.report(too_deep(span=_start_of(context, branch), limit=MAX_DEPTH))
            return ()
    found = statements(tree)
    _check_headers(context, found)
    return found


def _start_of(context: Context, branch: Branch) -> Span:
    return Span(context.source, branch.start, min(branch.start + 1, branch.end))


def _check_headers(context: Context, found: Sequence[AnyStatement]) -> None:
    """Report an edition that is not known, and an ``infer`` line in the wrong place."""
    for index, statement in enumerate(found):
        if isinstance(statement, syntax.Header):
            if index > 0:
                context.report(misplaced_header(span=statement.span))
            elif statement.edition.value != 1:
                context.report(unknown_edition(span=statement.edition.span))


def statements(branch: Branch) -> tuple[AnyStatement, ...]:
    """Return the finished statements among the children of ``branch``."""
    found = (child.statement for child in branch.branches())
    return tuple(statement for statement in found if statement is not None)


class Docs:
    """Finds the ``///`` comments in front of a statement."""

    def __init__(self, source_text: str, comments: Sequence[syntax.Comment]) -> None:
        """Index the comments by the offset of the text that follows them."""
        self._before: dict[int, str] = {}
        lines: list[str] = []
        end = 0
        for comment in comments:
            if source_text[end : comment.span.start].strip():
                lines = []
            if comment.own_line and comment.text.startswith("///"):
                lines.append(comment.text[3:].removeprefix(" ").rstrip())
            end = comment.span.end
            if lines:
                self._before[comment.span.start + len(comment.text.rstrip())] = "\n".join(lines)
        self._text = source_text

    def before(self, offset: int) -> str:
        """Return the documentation in front of ``offset``, where a statement starts."""
        if not self._before:
            return ""
        while offset > 0 and self._text[offset - 1].isspace():
            offset -= 1
        return self._before.get(offset, "")


def parts(branch: Branch, kind: type[NodeT]) -> tuple[NodeT, ...]:
    """Return the finished parts of one kind among the children of ``branch``."""
    found = (child.part for child in branch.branches())
    return tuple(part for part in found if isinstance(part, kind))


def only(branch: Branch, rule: str) -> Branch | None:
    """Return the first child of ``branch`` that is a use of ``rule``."""
    return next((child for child in branch.branches() if child.rule == rule), None)


# ---- parts of statements ---------------------------------------------------------------------


def _path(context: Context, branch: Branch) -> syntax.Path:
    steps = (child.part for child in branch.branches())
    return syntax.Path(
        span=context.span(branch),
        steps=tuple(step for step in steps if isinstance(step, syntax.PathStep)),
    )


def _step(context: Context, branch: Branch) -> syntax.PathStep:
    return syntax.PathStep(
        span=context.span(branch),
        name=context.identifier(next(branch.leaves("NAME"))),
        indexes=tuple(expressions(branch)),
    )


def _dotted(context: Context, branch: Branch) -> Identifier:
    words = ".".join(str(leaf) for leaf in branch.leaves("NAME"))
    return Identifier(span=context.span(branch), text=words)


def _label(context: Context, branch: Branch) -> Identifier | syntax.Text:
    (leaf,) = branch.leaves()
    return context.identifier(leaf) if leaf.type == "NAME" else text(context, leaf)


def _clause(context: Context, branch: Branch) -> syntax.Clause:
    keyword, value = branch.children
    return syntax.Clause(
        span=context.span(branch), keyword=str(keyword), value=_clause_value(context, value)
    )


def _clause_value(context: Context, value: Child) -> Expression:
    if isinstance(value, Branch):
        return _chain(context, value) if value.rule == "dotted" else expression(value)
    if value.type == "DATE":
        return syntax.DateLiteral(span=context.span(value), text=str(value))
    return syntax.NameRef(span=context.span(value), name=str(value))


def _chain(context: Context, branch: Branch) -> Expression:
    """Return the dotted name ``branch`` as an expression of names and attributes."""
    first, *rest = (context.identifier(leaf) for leaf in branch.leaves("NAME"))
    chain: Expression = syntax.NameRef(span=first.span, name=first.text)
    for name in rest:
        span = Span(context.source, first.span.start, name.span.end)
        chain = syntax.Attribute(span=span, base=chain, name=name)
    return chain


def _decorator(context: Context, branch: Branch) -> syntax.Decorator:
    (name,) = parts(branch, Identifier)
    return syntax.Decorator(span=context.span(branch), name=name.text, arguments=arguments(branch))


def _type(context: Context, branch: Branch) -> syntax.TypeExpr:
    alternatives: list[Identifier | syntax.Text | syntax.Number | syntax.TypeExpr] = []
    for child in branch.children:
        if not isinstance(child, Branch):
            if child.type == "NUMBER":
                alternatives.append(number(context, child))
        elif isinstance(child.part, Identifier | syntax.TypeExpr):
            alternatives.append(child.part)
        elif isinstance(child.expression, syntax.Text):
            alternatives.append(child.expression)
    return syntax.TypeExpr(
        span=context.span(branch),
        alternatives=tuple(alternatives),
        optional=any(branch.leaves("QMARK")),
    )


def _list_type(_context: Context, branch: Branch) -> syntax.TypeExpr:
    (element,) = parts(branch, syntax.TypeExpr)
    return element


PartRule: TypeAlias = Callable[[Context, Branch], syntax.Node]

PARTS: Final[Mapping[str, PartRule]] = {
    "clause": _clause,
    "decorator": _decorator,
    "dotted": _dotted,
    "label": _label,
    "list_type": _list_type,
    "path": _path,
    "step": _step,
    "type": _type,
}


# ---- statements ------------------------------------------------------------------------------


def _decorated(context: Context, branch: Branch) -> AnyStatement:
    (bare,) = statements(branch)
    return replace(bare, span=context.span(branch), decorators=parts(branch, syntax.Decorator))


def _header(context: Context, branch: Branch) -> AnyStatement:
    return syntax.Header(span=context.span(branch), edition=number(context, branch.children[-1]))


def _import(context: Context, branch: Branch) -> AnyStatement:
    module = branch.children[1]
    quoted = not isinstance(module, Branch)
    if quoted:
        name = "".join(part for part in text(context, module).parts if isinstance(part, str))
    else:
        name = parts(branch, Identifier)[0].text
    listed = only(branch, "imported_names")
    names = listed.leaves("NAME") if listed is not None else ()
    alias = next(branch.leaves("NAME"), None)
    return syntax.Import(
        span=context.span(branch),
        module=name,
        module_span=context.span(module),
        quoted=quoted,
        names=tuple(context.identifier(leaf) for leaf in names),
        alias=context.identifier(alias) if alias is not None else None,
    )


def _param(context: Context, branch: Branch) -> AnyStatement:
    types = parts(branch, syntax.TypeExpr)
    defaults = expressions(branch)
    return syntax.Param(
        span=context.span(branch),
        name=context.identifier(next(branch.leaves("NAME"))),
        type=types[0] if types else None,
        default=defaults[0] if defaults else None,
        clauses=parts(branch, syntax.Clause),
    )


def _let(context: Context, branch: Branch) -> AnyStatement:
    return syntax.Let(
        span=context.span(branch),
        name=context.identifier(next(branch.leaves("NAME"))),
        value=expression(branch.children[-1]),
    )


def _for(context: Context, branch: Branch) -> AnyStatement:
    _, variable, _, iterable, body = branch.children
    return syntax.For(
        span=context.span(branch),
        variable=Identifier(span=context.span(variable), text=str(variable)),
        iterable=expression(iterable),
        body=_body(body),
    )


def _if(context: Context, branch: Branch) -> AnyStatement:
    _, condition, body, *otherwise = branch.children
    return syntax.If(
        span=context.span(branch),
        condition=expression(condition),
        body=_body(body),
        otherwise=_otherwise(otherwise[-1]) if otherwise else None,
    )


def _otherwise(child: Child) -> tuple[AnyStatement, ...]:
    if isinstance(child, Branch) and child.statement is not None:
        return (child.statement,)
    return _body(child)


def _body(child: Child) -> tuple[AnyStatement, ...]:
    return statements(child) if isinstance(child, Branch) else ()


def _assert(context: Context, branch: Branch) -> AnyStatement:
    return syntax.Assert(
        span=context.span(branch),
        condition=expression(branch.children[1]),
        clauses=parts(branch, syntax.Clause),
    )


def _remove(context: Context, branch: Branch) -> AnyStatement:
    (target,) = parts(branch, syntax.Path)
    return syntax.Remove(
        span=context.span(branch), percentile=_percentile(context, branch), target=target
    )


def _percentile(context: Context, branch: Branch) -> Identifier | None:
    leaf = next(branch.leaves("PERCENTILE"), None)
    return context.identifier(leaf) if leaf is not None else None


def _model_from(context: Context, branch: Branch) -> AnyStatement:
    kind, name = (context.identifier(leaf) for leaf in branch.leaves("NAME"))
    (path,) = expressions(branch)
    body = only(branch, "body")
    if not isinstance(path, syntax.Text):
        raise TypeError(path)
    return syntax.ModelFrom(
        span=context.span(branch),
        kind=kind,
        name=name,
        path=path,
        body=statements(body) if body is not None else None,
    )


def _block(context: Context, branch: Branch) -> AnyStatement:
    body = branch.children[-1]
    labels = (child.part for child in branch.branches() if child.rule == "label")
    bases = only(branch, "dotted")
    return syntax.Block(
        span=context.span(branch),
        kind=context.identifier(next(branch.leaves("NAME"))),
        labels=tuple(part for part in labels if isinstance(part, Identifier | syntax.Text)),
        extends=_plain_path(context, bases) if bases is not None else None,
        body=_body(body),
        body_span=context.span(body),
    )


def _plain_path(context: Context, branch: Branch) -> syntax.Path:
    """Return the dotted name ``branch`` as a path."""
    names = (context.identifier(leaf) for leaf in branch.leaves("NAME"))
    steps = tuple(syntax.PathStep(span=name.span, name=name) for name in names)
    return syntax.Path(span=context.span(branch), steps=steps)


def _assign(context: Context, branch: Branch) -> AnyStatement:
    (target,) = parts(branch, syntax.Path)
    return syntax.Assign(
        span=context.span(branch),
        target=target,
        operator=str(branch.children[1]),
        value=expressions(branch)[0],
        clauses=parts(branch, syntax.Clause),
    )


def _constraint(context: Context, branch: Branch) -> AnyStatement:
    """Return a constraint in any of its forms: with a comparison, ``=`` or nothing behind it."""
    (target,) = parts(branch, syntax.Path)
    modifier = only(branch, "modifier")
    values = expressions(branch)
    _check_metric(context, branch, target)
    words = (str(leaf) for leaf in branch.leaves("CMP", "IN", "NOT", "EQUAL"))
    return syntax.Constraint(
        span=context.span(branch),
        modifier=str(modifier.children[0]) if modifier is not None else "",
        percentile=_percentile(context, branch),
        target=target,
        operator=" ".join(words),
        value=values[0] if values else None,
        clauses=parts(branch, syntax.Clause),
    )


def _check_metric(context: Context, branch: Branch, target: syntax.Path) -> None:
    """Report a percentile that stands for a metric: ``p95 <= 500ms``."""
    alone = len(target.steps) == 1 and _PERCENTILE.fullmatch(target.text)
    if alone and not any(branch.leaves("PERCENTILE")):
        help_text = f"write which metric: `{target.text} ttft <= …`"
        context.report(misplaced_percentile(span=target.span, help_text=help_text))


def _flow(context: Context, branch: Branch) -> AnyStatement:
    body = only(branch, "body")
    return syntax.Flow(
        span=context.span(branch),
        stops=parts(branch, syntax.Path),
        body=statements(body) if body is not None else None,
    )


StatementRule: TypeAlias = Callable[[Context, Branch], AnyStatement]

STATEMENTS: Final[Mapping[str, StatementRule]] = {
    "assert_": _assert,
    "assign": _assign,
    "block": _block,
    "constraint": _constraint,
    "decorated": _decorated,
    "flow": _flow,
    "for_": _for,
    "header": _header,
    "if_": _if,
    "import_": _import,
    "let": _let,
    "model_from": _model_from,
    "param": _param,
    "remove": _remove,
    "soft_assign": _constraint,
    "toggle": _constraint,
}
