"""Constraints: SLA lines, and fields that the planner is told to narrow."""

from collections.abc import Mapping
from fractions import Fraction

from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.nodes import POISON, Node, Poison, Rule, Scope
from inferc.compiler.resolve.setting import clauses_of
from inferc.compiler.schema import METRICS_BY_NAME, Field, Metric
from inferc.dsl import syntax as ast

WINDOWS = ("over", "at", "per")
"""Clauses that are part of what an SLA line says."""

SHARES = ("cold_share",)
"""Metrics that are counted over a window of time."""


def add_sla_line(
    ctx: Context, node: Node, statement: ast.Constraint, scope: Scope, layer: int
) -> None:
    """Add ``p95 ttft <= 500ms`` to an ``sla`` block.

    The same line again, with the same metric, percentile, condition and grouping, takes the place
    of one from a parent or an overlay; twice in one block it is an error.
    """
    name = statement.target.steps[-1].name
    metric = METRICS_BY_NAME.get(name.text)
    if metric is None:
        ctx.report(report.unknown_metric(name.span, name=name.text, known=list(METRICS_BY_NAME)))
        return
    if metric.status == "later":
        ctx.report(report.not_yet(name.span, what=f"the metric `{name.text}`"))
        return
    clauses = clauses_of(ctx, statement.clauses, "sla")
    percentile = _percentile(ctx, statement, metric)
    if (
        clauses is None
        or isinstance(percentile, Poison)
        or not _direction_fits(ctx, statement, metric)
    ):
        return
    _report_windows(ctx, clauses, metric.name)
    rule = _rule(statement, scope, layer, clauses)
    rule.target = name.text
    rule.percentile = percentile
    _replace_or_add(ctx, node, rule)


def _percentile(
    ctx: Context, statement: ast.Constraint, metric: Metric
) -> Fraction | Poison | None:
    """Return the percentile as a share, or the poison after saying why there can be none."""
    written = statement.percentile
    if written is None:
        return None
    if not metric.percentile:
        reason = "it is one number over a window, not one for each request"
        fix = written.span
    else:
        share = Fraction(written.text[1:]) / 100 if written.text[1:] else Fraction(0)
        if 0 < share < 1:
            return share
        reason, fix = "percentiles lie between 0 and 100", None
    ctx.report(
        report.percentile_impossible(
            written.span,
            metric=metric.name,
            percentile=written.text,
            reason=reason,
            fix_span=fix,
        )
    )
    return POISON


def _direction_fits(ctx: Context, statement: ast.Constraint, metric: Metric) -> bool:
    good = ("<=", "<") if metric.better == "lower" else (">=", ">")
    if statement.operator in good:
        return True
    ctx.report(
        report.wrong_direction(
            statement.target.span,
            metric=metric.name,
            operator=statement.operator or statement.modifier,
            better=metric.better,
        )
    )
    return False


def _report_windows(ctx: Context, clauses: Mapping[str, ast.Clause], metric: str) -> None:
    """Report what is not acted on yet: groups, and windows of what is no share."""
    for keyword in ("per",) if metric in SHARES else ("over", "per"):
        if keyword in clauses:
            ctx.report(
                report.not_yet(clauses[keyword].span, what=f"`{keyword}` behind an SLA line")
            )


def _rule(
    statement: ast.Constraint,
    scope: Scope,
    layer: int,
    clauses: Mapping[str, ast.Clause],
) -> Rule:
    return Rule(
        modifier="" if statement.modifier == "require" else statement.modifier,
        percentile=None,
        target=statement.target.text,
        operator=statement.operator,
        expression=statement.value,
        scope=scope,
        span=statement.span,
        target_span=statement.target.span,
        layer=layer,
        clauses=clauses,
    )


def _replace_or_add(ctx: Context, node: Node, rule: Rule) -> None:
    key = _key(rule)
    before = next((item for item in node.rules if _key(item) == key), None)
    if before is None:
        node.rules.append(rule)
    elif before.layer == rule.layer:
        ctx.report(
            report.duplicate_field(
                rule.target_span, name=_spelled(rule), owner=node.title, first=before.target_span
            )
        )
    else:
        rule.replaced = (*before.replaced, before.span)
        node.rules[node.rules.index(before)] = rule


def _key(rule: Rule) -> tuple[object, ...]:
    conditions = tuple(
        rule.clauses[word].value.span.text if word in rule.clauses else "" for word in WINDOWS
    )
    return rule.modifier, rule.percentile, rule.target, _counted(rule), conditions


def _counted(rule: Rule) -> str:
    """Return what the last word of the limit counts, where a metric has limits of several kinds.

    A cost in a month and one of a token are two limits, not one that is said twice.
    """
    if rule.target != "cost" or rule.expression is None:
        return ""
    return "tok" if rule.expression.span.text.strip().endswith("tok") else ""


def _spelled(rule: Rule) -> str:
    if rule.percentile is None:
        return rule.target
    return f"p{float(rule.percentile * 100):g} {rule.target}"


# ---- fields of the planner ---------------------------------------------------------------------


def add_choice(
    ctx: Context,
    node: Node,
    spec: Field,
    statement: ast.Constraint,
    rule_scope: tuple[Scope, int],
) -> None:
    """Add ``precision in [fp8, int4]`` to a block."""
    scope, layer = rule_scope
    name = statement.target.steps[-1].name
    clauses = clauses_of(ctx, statement.clauses, node.kind.name)
    if clauses is None or not _may_be_narrowed(ctx, node, spec, statement):
        return
    rule = as_choice(_rule(statement, scope, layer, clauses))
    rule.target = name.text
    same = [item for item in node.rules if item.target == rule.target]
    clash = next((item for item in same if item.layer == layer), None)
    field = node.fields.get(name.text)
    if field is not None and field.layer == layer:
        first = field.target_span
    elif clash is not None and clash.operator == rule.operator:
        first = clash.target_span
    else:
        node.rules = [item for item in node.rules if item not in same or item.layer == layer]
        node.fields.pop(name.text, None)
        node.rules.append(rule)
        return
    ctx.report(report.duplicate_field(name.span, name=name.text, owner=node.title, first=first))


def _may_be_narrowed(ctx: Context, node: Node, spec: Field, statement: ast.Constraint) -> bool:
    name = statement.target.steps[-1].name
    if statement.percentile is not None:
        ctx.report(
            report.percentile_impossible(
                statement.percentile.span,
                metric=name.text,
                percentile=statement.percentile.text,
                reason="it is chosen once, not measured",
                fix_span=statement.percentile.span,
            )
        )
        return False
    if statement.modifier == "prefer":
        ctx.report(report.not_yet(statement.span, what=f"`prefer` of the field `{name.text}`"))
        return False
    if spec.status == "later":
        ctx.report(report.not_yet(name.span, what=f"`{name.text}` of {node.title}"))
        node.partial = True
        return False
    if spec.owner == "planner" and statement.operator:
        return True
    ctx.report(
        report.not_restricted(
            name.span,
            name=name.text,
            operator=statement.operator or statement.modifier,
            owner=node.title,
        )
    )
    node.broken.add(name.text)
    return False


_OPPOSITES = {"in": "not in", "not in": "in", "<=": ">", ">=": "<", "<": ">=", ">": "<="}


def as_choice(rule: Rule) -> Rule:
    """Return ``rule`` without ``forbid``: what is forbidden is the opposite of what is asked."""
    if rule.modifier == "forbid":
        rule.modifier = ""
        rule.single = rule.operator == "="
        rule.operator = "not in" if rule.single else _OPPOSITES.get(rule.operator, rule.operator)
    return rule


def choice_rule(
    statement: ast.Constraint,
    scope: Scope,
    layer: int,
    clauses: Mapping[str, ast.Clause],
    target: str,
) -> Rule:
    """Return the rule of a line of a ``pin`` block, whose target is the full path."""
    rule = as_choice(_rule(statement, scope, layer, clauses))
    rule.target = target
    return rule
