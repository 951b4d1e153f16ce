"""Blocks to nodes: layers of text laid over each other, statements sorted by what they do."""

from collections.abc import Mapping

from inferc.compiler.resolve import decorators, model_files
from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.describe import noun
from inferc.compiler.resolve.flow import unrolled
from inferc.compiler.resolve.labels import label_of
from inferc.compiler.resolve.nodes import (
    POISON,
    Layer,
    LetName,
    Node,
    Patch,
    Poison,
    Scope,
    ValueName,
)
from inferc.compiler.resolve.patches import apply_patches
from inferc.compiler.resolve.rules import add_choice, add_sla_line
from inferc.compiler.resolve.setting import clauses_of, new_entry, set_field
from inferc.compiler.resolve.traffic import add_route, expression_of
from inferc.compiler.resolve.wording import first_words
from inferc.compiler.schema import KINDS, METRICS_BY_NAME, Kind
from inferc.dsl import Label, Span
from inferc.dsl import syntax as ast

MAX_PARENTS = 50
"""How long a chain of ``extends`` may be."""


def ensure(ctx: Context, node: Node) -> None:
    """Read the layers of ``node`` and of everything below it, unless that was begun."""
    if node.state != "new":
        return
    node.state = "building"
    layers = [found for layer in node.layers for found in _with_parents(ctx, node, layer)]
    node.layers = [*layers, *_overlays(ctx, node)]
    for number, layer in enumerate(node.layers):
        _Reading(ctx, node, layer, number).run()
    for child in tuple(node.children):
        ensure(ctx, child)
    if node.parent is None:
        apply_patches(ctx, node)
    node.state = "built"


# ---- layers ------------------------------------------------------------------------------------


def _with_parents(ctx: Context, node: Node, layer: Layer) -> list[Layer]:
    """Return the layers that ``layer`` extends, the farthest first, and itself."""
    found = [layer]
    pending = [layer]
    while pending:
        current = pending.pop()
        base = _parent(ctx, node, current)
        if base is None:
            continue
        seen = [item.statement for item in found]
        if any(item.statement in seen for item in base.written):
            _report_circle(ctx, node, layer, found)
            return [layer]
        if len(found) > MAX_PARENTS:
            ctx.report(
                report.too_much(
                    layer.statement.span,
                    what="a chain of parents",
                    limit=f"{MAX_PARENTS} parents",
                )
            )
            return [layer]
        found = [*base.written, *found]
        pending.extend(base.written)
    return found


def _report_circle(ctx: Context, node: Node, layer: Layer, found: list[Layer]) -> None:
    node.partial = True
    members = {id(item.statement) for item in found}
    if ctx.circular & members:
        return
    ctx.circular |= members
    chain = [
        Label(item.statement.extends.span, "extended here")
        for item in found[:3]
        if item.statement.extends and item is not layer
    ]
    place = layer.statement.extends.span if layer.statement.extends else layer.statement.span
    ctx.report(report.circular(place, what=node.title, chain=chain))


def _parent(ctx: Context, node: Node, layer: Layer) -> Node | None:
    """Return the block that a layer extends."""
    path = layer.statement.extends
    if path is None:
        return None
    value = ctx.evaluate(expression_of(path), layer.scope)
    if isinstance(value, Node) and value.kind is node.kind:
        value.extended = True
        return value
    node.partial = True
    if isinstance(value, Poison):
        return None
    ctx.report(
        report.wrong_parent(
            path.span,
            child=node.title,
            parent=noun(value),
            expected=node.kind.name,
            first=value.name_span if isinstance(value, Node) else None,
        )
    )
    return None


def _overlays(ctx: Context, node: Node) -> list[Layer]:
    """Return the layers of the chosen environment, its parents first."""
    if node.kind.name != "topology" or ctx.env is None:
        return []
    known = _environments(ctx, node)
    found: list[Layer] = []
    layer = known.get(ctx.env)
    while layer is not None:
        found.insert(0, layer)
        parent = layer.statement.extends
        if parent is None:
            break
        layer = known.get(parent.text)
        if layer is None:
            ctx.report(report.unknown_env(parent.span, name=parent.text, known=list(known)))
        elif layer in found:
            ctx.report(report.circular(parent.span, what=f"env `{parent.text}`", chain=()))
            break
    return found


def _environments(ctx: Context, node: Node) -> Mapping[str, Layer]:
    """Return the overlays of the file and of the topology itself, by name."""
    inside = [
        Layer(statement, Scope(layer.scope, node.names))
        for layer in node.layers
        for statement in layer.statement.body
        if isinstance(statement, ast.Block) and statement.kind.text == "env"
    ]
    found: dict[str, Layer] = {}
    for layer in (*ctx.overlays, *inside):
        for label in layer.statement.labels:
            first = found.setdefault(label.span.text, layer)
            if first is not layer:
                ctx.report(
                    report.duplicate_name(
                        label.span, name=label.span.text, first=first.statement.labels[0].span
                    )
                )
    return found


# ---- reading one layer -------------------------------------------------------------------------


class _Reading:
    """One layer on its way into a node."""

    def __init__(self, ctx: Context, node: Node, layer: Layer, number: int) -> None:
        self.ctx = ctx
        self.node = node
        self.statement = layer.statement
        self.number = number
        self.scope = Scope(layer.scope, node.names)
        self.defined: dict[str, tuple[ast.Node, Scope]] = {}
        """Where each name is defined, and in which round of a loop."""
        self.overlay = node.kind.name != layer.statement.kind.text

    def run(self) -> None:
        """Sort the statements of the body: names first, so that their order does not matter."""
        if not self.overlay:
            marks = decorators.read(self.ctx, self.statement.decorators, self.scope)
            self.node.doc = marks.doc or self.statement.doc or self.node.doc
            self.node.source = marks.source or self.node.source or _inherited(self.node, "source")
            self.node.as_of = marks.as_of or self.node.as_of or _inherited(self.node, "as_of")
        for statement in self.statement.body:
            if isinstance(statement, ast.Let):
                self._let(statement)
            elif isinstance(statement, ast.Block):
                self._block(statement, self.scope)
        for statement, scope in unrolled(self.ctx, self.statement.body, self.scope):
            if isinstance(statement, ast.Block) and scope is not self.scope:
                self._block(statement, scope)
            elif not isinstance(statement, ast.Let | ast.Block):
                self._statement(statement, scope)

    # ---- names ---------------------------------------------------------------------------------

    def _let(self, statement: ast.Let) -> None:
        name = statement.name
        if self._is_new(name.text, name):
            self.node.names[name.text] = LetName(statement.value, self.scope, name.span)

    def _is_new(self, text: str, place: ast.Node) -> bool:
        first, _ = self.defined.setdefault(text, (place, self.scope))
        if first is place:
            return True
        self.ctx.report(report.duplicate_name(place.span, name=text, first=first.span))
        return False

    # ---- blocks --------------------------------------------------------------------------------

    def _block(self, statement: ast.Block, scope: Scope) -> None:
        kind = KINDS.get(statement.kind.text)
        if kind is None or not self._may_hold(statement, kind):
            self._report_kind(statement, kind)
            self._silence(statement)
            return
        if kind.name == "env":
            return
        label = label_of(self.ctx, statement, kind, scope)
        if kind.name in {"assume", "pin"}:
            self._patches(statement, scope)
            return
        if label is None or not self._is_named_right(statement, kind, label):
            self._silence(statement)
            return
        self._child(statement, kind, label, scope)

    def _is_named_right(self, statement: ast.Block, kind: Kind, label: tuple[str, Span]) -> bool:
        """Return whether a block that may have a name has one here exactly if it needs one."""
        many = self.node.kind.parts[kind.name].many
        if kind.label != "optional" or bool(label[0]) == many:
            return True
        owner = f"`{self.node.kind.name}`"
        problem = f"needs a name inside {owner}" if many else f"has no name inside {owner}"
        example = f"{kind.name} my_{kind.name} {{ … }}" if many else f"{kind.name} {{ … }}"
        place = statement.labels[0].span if statement.labels else statement.kind.span
        self.ctx.report(
            report.wrong_label(place, kind=kind.name, expected=problem, example=example)
        )
        return False

    def _may_hold(self, statement: ast.Block, kind: Kind) -> bool:
        return kind.status == "supported" and statement.kind.text in self.node.kind.parts

    def _report_kind(self, statement: ast.Block, kind: Kind | None) -> None:
        span, owner = statement.kind.span, self.node.title
        if kind is None:
            known = [name for name in self.node.kind.parts if KINDS[name].status == "supported"]
            unknown = report.unknown_kind(span, kind=statement.kind.text, owner=owner, known=known)
            self.ctx.report(unknown)
        elif kind.status == "later":
            self.ctx.report(report.not_yet(span, what=f"the block `{kind.name}`"))
        else:
            places = [item.name for item in KINDS.values() if kind.name in item.parts]
            self.ctx.report(
                report.misplaced_block(span, kind=kind.name, owner=owner, places=places)
            )

    def _silence(self, statement: ast.Block) -> None:
        """Define the names of a block that is not read, so that nobody misses them."""
        self.node.broken.add(statement.kind.text)
        for label in statement.labels:
            if isinstance(label, ast.Identifier):
                self.node.names.setdefault(label.text, ValueName(POISON, label.span))

    def _child(
        self, statement: ast.Block, kind: Kind, label: tuple[str, Span], scope: Scope
    ) -> None:
        name, name_span = label
        found = self.node.named(name or kind.name, kind if kind.label == "target" else None)
        place = statement.labels[0] if statement.labels else statement.kind
        key = f"emit {name}" if kind.label == "target" else name or kind.name
        first, round_ = self.defined.setdefault(key, (place, scope))
        if first is not place or round_ is not scope:
            self._report_twice(kind, name, place, first.span)
            return
        if found is not None and found.kind is not kind:
            self._report_twice(kind, name, place, found.name_span)
            return
        if found is None:
            found = Node(kind, name, name_span, self.node)
            found.origin = self.node.origin
            self.node.children.append(found)
            if name and kind.label != "target":
                self.node.names[name] = ValueName(found, name_span)
        found.add(Layer(statement, scope))

    def _report_twice(self, kind: Kind, name: str, place: ast.Node, first: Span | None) -> None:
        if name or first is None:
            step = "put all options into one block" if kind.label == "target" else report.RENAME
            self.ctx.report(
                report.duplicate_name(place.span, name=name or kind.name, first=first, step=step)
            )
        else:
            self.ctx.report(
                report.duplicate_field(
                    place.span, name=kind.name, owner=self.node.title, first=first
                )
            )

    def _patches(self, statement: ast.Block, scope: Scope) -> None:
        """Keep the lines of an ``assume`` or ``pin`` block until their targets are built."""
        for item, inner in unrolled(self.ctx, statement.body, scope):
            match item:
                case ast.Assign() | ast.Constraint():
                    self._wait(item, inner, statement.kind.text)
                case ast.Let():
                    self.scope.names.setdefault(
                        item.name.text, LetName(item.value, inner, item.name.span)
                    )
                case _:
                    self.ctx.report(
                        report.misplaced_statement(
                            item.span,
                            what=first_words(item),
                            owner=f"`{statement.kind.text}`",
                            advice="write lines such as `chat.load.peak = 3x` here",
                        )
                    )

    def _wait(
        self, item: ast.Assign | ast.Constraint | ast.Remove, scope: Scope, block: str
    ) -> None:
        root = self.node
        while root.parent is not None:
            root = root.parent
        start = root if self.node.kind.name == "budget" else self.node
        root.waiting.append(Patch(item, scope, start, block, self.number))

    # ---- statements ----------------------------------------------------------------------------

    def _statement(self, statement: ast.AnyStatement, scope: Scope) -> None:
        match statement:
            case ast.Assign():
                self._assign(statement, scope)
            case ast.Constraint():
                self._constraint(statement, scope)
            case ast.Remove():
                self._wait(statement, scope, "env" if self.overlay else self.node.kind.name)
            case ast.Assert():
                self.ctx.asserts.append((statement, scope))
            case ast.Flow() if self.node.kind.name == "topology":
                add_route(self.ctx, statement, scope, self.defined)
            case ast.ModelFrom():
                self._model_from(statement, scope)
            case _:
                self.ctx.report(
                    report.misplaced_statement(
                        statement.span,
                        what=first_words(statement),
                        owner=self.node.title,
                        advice="move it to the top of the file",
                    )
                )

    def _model_from(self, statement: ast.ModelFrom, scope: Scope) -> None:
        """Make the two blocks that the statement stands for: the facts, and their use."""
        if self.overlay or self.node.kind.name != "topology":
            self.ctx.report(
                report.misplaced_statement(
                    statement.span,
                    what=first_words(statement),
                    owner=f"env `{self.statement.labels[0].span.text}`"
                    if self.overlay
                    else self.node.title,
                    advice="write it into a `topology` block",
                )
            )
            return
        facts = model_node(self.ctx, statement, scope, self.node)
        name = statement.name
        if facts is None:
            self.node.names.setdefault(name.text, ValueName(POISON, name.span))
            return
        inner = Scope(scope, {model_files.HIDDEN: ValueName(facts, statement.path.span)})
        use = model_files.use_block(statement)
        self._child(use, KINDS["model"], (name.text, name.span), inner)

    def _assign(self, statement: ast.Assign, scope: Scope) -> None:
        first, *rest = statement.target.steps
        if rest or first.indexes or statement.operator != "=" or self.overlay:
            self._wait(statement, scope, "env" if self.overlay else self.node.kind.name)
            return
        if clauses_of(self.ctx, statement.clauses, self.node.kind.name) is None:
            self.node.broken.add(first.name.text)
            return
        marks = decorators.read(self.ctx, statement.decorators, scope)
        entry = new_entry(statement, scope, self.node, self.number, marks)
        set_field(self.ctx, self.node, first.name, entry)

    def _constraint(self, statement: ast.Constraint, scope: Scope) -> None:
        first, *rest = statement.target.steps
        if rest or first.indexes or self.overlay:
            self._wait(statement, scope, "env" if self.overlay else self.node.kind.name)
            return
        name = first.name
        if self.node.kind.metrics:
            add_sla_line(self.ctx, self.node, statement, scope, self.number)
            return
        spec = self.node.kind.fields.get(name.text)
        if spec is not None:
            add_choice(self.ctx, self.node, spec, statement, (scope, self.number))
        elif name.text in METRICS_BY_NAME:
            self._metric_outside(statement, name)
        else:
            known = [f.name for f in self.node.kind.fields.values() if f.owner == "planner"]
            self.ctx.report(
                report.unknown_field(name.span, name=name.text, owner=self.node.title, known=known)
            )

    def _metric_outside(self, statement: ast.Constraint, name: ast.Identifier) -> None:
        if METRICS_BY_NAME[name.text].status == "later":
            self.ctx.report(report.not_yet(statement.span, what=f"a limit on `{name.text}`"))
            return
        self.ctx.report(
            report.misplaced_statement(
                statement.span,
                what=f"a limit on `{name.text}`",
                owner=self.node.title,
                advice="move it into the `sla` block of a service",
            )
        )


def model_node(
    ctx: Context, statement: ast.ModelFrom, scope: Scope, parent: Node | None
) -> Node | None:
    """Return the facts that a configuration states, or None where it is no use."""
    block = model_files.facts_block(ctx, statement)
    if block is None:
        return None
    name = statement.name
    found = Node(KINDS["llm"], f"{name.text}.source" if parent else name.text, name.span, parent)
    found.add(Layer(block, scope))
    found.add(Layer(model_files.own_facts(statement), scope))
    if parent is None:
        found.root_path = name.text
    else:
        parent.children.append(found)
    return found


def _inherited(node: Node, what: str) -> str:
    parent = node.parent
    if parent is None:
        return ""
    return parent.source if what == "source" else parent.as_of
