"""Statements with paths: assumptions, pins, overlays, and lines that reach into other blocks."""

from collections.abc import Mapping

from inferc.compiler.provenance import Origin
from inferc.compiler.resolve import decorators
from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.nodes import Node, Patch, Poison, Rule, ValueName
from inferc.compiler.resolve.rules import add_choice, add_sla_line, choice_rule
from inferc.compiler.resolve.setting import add_reason, clauses_of, new_entry, set_field
from inferc.compiler.schema import KINDS, METRICS_BY_NAME
from inferc.dsl import Diagnostic
from inferc.dsl import syntax as ast

_ORDER = {"assume": 1, "pin": 3}
"""Overlays (2) come behind assumptions, and pins look at what is left."""


def apply_patches(ctx: Context, root: Node) -> None:
    """Apply the statements with paths that were found below ``root``."""
    waiting = sorted(root.waiting, key=lambda patch: _ORDER.get(patch.block, 2))
    root.waiting = []
    for patch in waiting:
        if _is_plain(ctx, patch.statement):
            _apply(ctx, root, patch)
    if waiting:
        ctx.forget()


def _is_plain(ctx: Context, statement: ast.Assign | ast.Constraint | ast.Remove) -> bool:
    """Return whether the path is one of names, and the statement a plain one."""
    for step in statement.target.steps:
        if step.indexes:
            ctx.report(report.not_yet(step.span, what="an index in a path"))
            return False
    if isinstance(statement, ast.Assign) and statement.operator != "=":
        ctx.report(report.not_yet(statement.span, what=f"`{statement.operator}`"))
        return False
    return True


def _apply(ctx: Context, root: Node, patch: Patch) -> None:
    node = _walk(ctx, patch)
    if node is None:
        return
    match patch.block, patch.statement:
        case "assume", ast.Assign() as statement:
            _assume(ctx, node, patch, statement)
        case "pin", (ast.Assign() | ast.Constraint()) as statement:
            _pin(ctx, root, node, patch, statement)
        case "assume", statement:
            ctx.report(
                report.misplaced_statement(
                    statement.span,
                    what="a limit",
                    owner="`assume`",
                    advice="an assumption gives a value: `chat.load.peak = 3x`",
                )
            )
        case _, ast.Assign() as statement:
            _overlay(ctx, node, patch, statement)
        case _, ast.Constraint() as statement:
            _narrow(ctx, node, patch, statement)
        case _, statement:
            _remove(ctx, node, statement)


# ---- the way to the field ----------------------------------------------------------------------


def _walk(ctx: Context, patch: Patch) -> Node | None:
    """Return the block that the path but its last step leads to."""
    target = patch.statement.target
    node = patch.node
    for step in target.steps[:-1]:
        ctx.ensure(node)
        name = step.name.text
        found = node.named(name)
        if found is None:
            if not _is_broken(node, name):
                _report_step(ctx, patch, node, step.name)
            return None
        node = found
        ctx.fitting.add(id(patch.statement))
        ctx.elsewhere.pop(id(patch.statement), None)
    ctx.ensure(node)
    return node


def _report_step(ctx: Context, patch: Patch, node: Node, name: ast.Identifier) -> None:
    """Report a step that leads nowhere; of an overlay, only if no topology has the first one."""
    key = id(patch.statement)
    problem = _wrong_path(node, name, patch.statement.target)
    if patch.block != "env" or node is not patch.node:
        ctx.report(problem)
    elif key not in ctx.fitting:
        ctx.elsewhere[key] = problem


def _is_broken(node: Node, name: str) -> bool:
    known = node.names.get(name)
    if isinstance(known, ValueName) and isinstance(known.value, Poison):
        return True
    return name in node.broken


def _wrong_path(node: Node, name: ast.Identifier, path: ast.Path) -> Diagnostic:
    children = [child.name or child.kind.name for child in node.children]
    fields = [item.name for item in node.kind.fields.values() if item.status == "supported"]
    later = KINDS.get(name.text)
    if later is not None and later.status == "later" and name.text in node.kind.parts:
        return report.not_yet(name.span, what=f"the block `{name.text}`")
    return report.unknown_path(
        name.span,
        step=name.text,
        path=path.text,
        owner=node.title,
        known=[*children, *fields],
    )


def _known_field(ctx: Context, node: Node, path: ast.Path) -> bool:
    """Return whether the last step is a field; report it if not."""
    name = path.steps[-1].name
    if name.text in node.kind.fields or node.kind.free:
        return True
    if not _is_broken(node, name.text):
        ctx.report(_wrong_path(node, name, path))
    return False


# ---- assumptions -------------------------------------------------------------------------------


def _assume(ctx: Context, node: Node, patch: Patch, statement: ast.Assign) -> None:
    name = statement.target.steps[-1].name
    clauses = clauses_of(ctx, statement.clauses, "assume")
    if clauses is None or not _known_field(ctx, node, statement.target):
        return
    spec = node.kind.fields.get(name.text)
    if spec is not None and spec.owner == "planner":
        ctx.report(
            report.misplaced_statement(
                statement.span,
                what=f"an assumption about `{name.text}`, which the planner decides,",
                owner="`assume`",
                advice=f"write it in a `pin` block: `pin {{ {statement.target.text} = … }}`",
            )
        )
        return
    stated = node.fields.get(name.text)
    if stated is not None and stated.origin is Origin.GIVEN:
        ctx.report(
            report.stated_and_assumed(
                name.span, path=statement.target.text, first=stated.target_span
            )
        )
        return
    marks = decorators.read(ctx, statement.decorators, patch.scope)
    entry = new_entry(statement, patch.scope, node, patch.layer, marks)
    add_reason(ctx, entry, clauses, Origin.ASSUMED)
    set_field(ctx, node, name, entry)


# ---- pins --------------------------------------------------------------------------------------


def _pin(
    ctx: Context,
    root: Node,
    node: Node,
    patch: Patch,
    statement: ast.Assign | ast.Constraint,
) -> None:
    name = statement.target.steps[-1].name
    clauses = clauses_of(ctx, statement.clauses, "pin")
    if clauses is None or not _known_field(ctx, node, statement.target):
        return
    spec = node.kind.fields.get(name.text)
    if spec is None or spec.owner != "planner":
        known = [item.name for item in node.kind.fields.values() if item.owner == "planner"]
        ctx.report(report.not_a_planner_field(name.span, name=name.text, known=known))
        return
    if isinstance(statement, ast.Constraint):
        if statement.modifier == "prefer" or not statement.operator:
            ctx.report(report.not_yet(statement.span, what="this form of a pin"))
            return
        rule = choice_rule(statement, patch.scope, patch.layer, clauses, "")
    else:
        rule = _fixed(statement, patch, clauses)
    rule.target = f"{node.path}.{name.text}"
    rule.types = spec.types
    _add_pin(ctx, root, rule, statement)


def _fixed(statement: ast.Assign, patch: Patch, clauses: Mapping[str, ast.Clause]) -> Rule:
    return Rule(
        modifier="",
        percentile=None,
        target="",
        operator="=",
        expression=statement.value,
        scope=patch.scope,
        span=statement.span,
        target_span=statement.target.span,
        layer=patch.layer,
        clauses=clauses,
    )


def _add_pin(ctx: Context, root: Node, rule: Rule, statement: ast.Assign | ast.Constraint) -> None:
    """Keep a pin at the topology; the same field pinned again by the same sign is an error."""
    for before in root.pins:
        if before.target == rule.target and before.operator == rule.operator:
            ctx.report(
                report.duplicate_field(
                    statement.target.span,
                    name=rule.target,
                    owner="the pins",
                    first=before.target_span,
                )
            )
            return
    root.pins.append(rule)


# ---- overlays, and lines that reach into other blocks ------------------------------------------


def _overlay(ctx: Context, node: Node, patch: Patch, statement: ast.Assign) -> None:
    name = statement.target.steps[-1].name
    block = patch.block if patch.block == "env" else node.kind.name
    clauses = clauses_of(ctx, statement.clauses, block)
    if clauses is None or not _known_field(ctx, node, statement.target):
        return
    marks = decorators.read(ctx, statement.decorators, patch.scope)
    entry = new_entry(statement, patch.scope, node, patch.layer, marks)
    set_field(ctx, node, name, entry, replaces=patch.block == "env")


def _narrow(ctx: Context, node: Node, patch: Patch, statement: ast.Constraint) -> None:
    name = statement.target.steps[-1].name
    layer = patch.layer + (1 if patch.block == "env" else 0)
    if name.text in METRICS_BY_NAME and name.text not in node.kind.fields:
        target = node if node.kind.metrics else node.named("sla")
        if target is not None:
            add_sla_line(ctx, target, statement, patch.scope, layer)
            return
    if not statement.operator:
        ctx.report(
            report.misplaced_statement(
                statement.span,
                what="`forbid` of a block or field",
                owner=f"`{patch.block}`",
                advice=f"write `remove {statement.target.text}`",
            )
        )
        return
    spec = node.kind.fields.get(name.text)
    if spec is not None:
        add_choice(ctx, node, spec, statement, (patch.scope, layer))
    elif _known_field(ctx, node, statement.target):
        ctx.report(
            report.not_restricted(
                name.span, name=name.text, operator=statement.operator, owner=node.title
            )
        )


def _remove(ctx: Context, node: Node, statement: ast.Remove) -> None:
    """Take away a block, a field, or the SLA lines about a metric."""
    name = statement.target.steps[-1].name
    child = node.named(name.text)
    sla = node if node.kind.metrics else node.named("sla")
    if child is not None:
        node.remove(child)
        node.names.pop(name.text, None)
        # Pins and other lines about what is gone go with it.
        node.broken.add(name.text)
    elif name.text in node.fields:
        del node.fields[name.text]
    elif sla is not None and any(rule.target == name.text for rule in sla.rules):
        sla.rules = [
            rule
            for rule in sla.rules
            if rule.target != name.text or not _same_percentile(rule, statement)
        ]
    elif not _is_broken(node, name.text):
        ctx.report(_wrong_path(node, name, statement.target))


def _same_percentile(rule: Rule, statement: ast.Remove) -> bool:
    if statement.percentile is None:
        return True
    return rule.percentile is not None and (
        f"p{float(rule.percentile * 100):g}" == statement.percentile.text
    )
