"""Traffic between blocks: ``edge -> chat { match = "/v1/chat/*" }`` is a route of the gateway."""

from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.describe import noun
from inferc.compiler.resolve.nodes import Layer, Node, Poison, Scope
from inferc.compiler.schema import KINDS
from inferc.dsl import syntax as ast

SOURCE, ROUTE, TARGET = "gateway", "route", "to"


def add_route(
    ctx: Context, statement: ast.Flow, scope: Scope, defined: dict[str, tuple[ast.Node, Scope]]
) -> None:
    """Add the route that a flow stands for to its gateway.

    ``defined`` holds what the layer that the flow stands in has defined: a second flow between the
    same two is an error there, and changes the first one in a layer above.
    """
    if len(statement.stops) != len((SOURCE, TARGET)):
        ctx.report(report.not_yet(statement.span, what="traffic over several stops"))
        return
    start, end = statement.stops
    gateway = ctx.evaluate(expression_of(start), scope)
    service = ctx.evaluate(expression_of(end), scope)
    if isinstance(gateway, Poison) or isinstance(service, Poison):
        return
    if not isinstance(gateway, Node) or gateway.kind.name != SOURCE:
        what = f"traffic from {noun(gateway)}"
        advice = "traffic starts at a `gateway`: `edge -> chat`"
        ctx.report(report.not_yet(start.span, what=what, advice=advice))
        return
    # A loop writes one flow for many services: their names tell them apart, not what is written.
    name = service.name if isinstance(service, Node) and service.name else end.text
    both = f"{gateway.name} -> {name}"
    first, round_ = defined.setdefault(both, (statement, scope))
    if first is not statement or round_ is not scope:
        step = 'list the paths in one: `match = ["/v1/chat/*", "/v1/completions"]`'
        ctx.report(report.duplicate_name(statement.span, name=both, first=first.span, step=step))
        return
    _child(gateway, name, end).add(Layer(_block(statement, end), scope))


def expression_of(path: ast.Path) -> ast.Expression:
    """Return the expression that a path of names reads as."""
    first, *rest = path.steps
    found: ast.Expression = ast.NameRef(span=first.name.span, name=first.name.text)
    for step in rest:
        found = ast.Attribute(span=path.span, base=found, name=step.name)
    return found


def _child(gateway: Node, name: str, end: ast.Path) -> Node:
    """Return the route of ``gateway`` that is called ``name``, a new one if there is none."""
    found = gateway.named(name)
    if found is None or found.kind.name != ROUTE:
        found = Node(KINDS[ROUTE], name, end.span, gateway)
        found.origin = gateway.origin
        gateway.children.append(found)
    return found


def _block(statement: ast.Flow, end: ast.Path) -> ast.Block:
    """Return the block that a flow reads as."""
    step = ast.PathStep(span=end.span, name=ast.Identifier(span=end.span, text=TARGET))
    target = ast.Assign(
        span=end.span,
        target=ast.Path(span=end.span, steps=(step,)),
        operator="=",
        value=expression_of(end),
        clauses=(),
    )
    return ast.Block(
        span=statement.span,
        kind=ast.Identifier(span=statement.stops[0].span, text=ROUTE),
        labels=(),
        extends=None,
        body=(target, *(statement.body or ())),
        body_span=statement.span,
        decorators=statement.decorators,
        doc=statement.doc,
    )
