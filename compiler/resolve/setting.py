"""Writing fields: ``name = value`` in a block, an assumption, an overlay."""

from collections.abc import Iterable, Mapping

from inferc.compiler.provenance import Confidence, Origin
from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.decorators import Marks
from inferc.compiler.resolve.nodes import Entry, Node, Scope
from inferc.compiler.resolve.wording import close_to
from inferc.compiler.schema import METRICS_BY_NAME
from inferc.dsl import Span
from inferc.dsl import syntax as ast

CLAUSES = {
    "assume": ("because", "confidence"),
    "pin": ("because", "until"),
    "sla": ("over", "at", "per", "because"),
}
"""Which clauses may stand behind a statement of a block; ``because`` behind any."""


def clauses_of(
    ctx: Context, clauses: Iterable[ast.Clause], block: str
) -> Mapping[str, ast.Clause] | None:
    """Return the clauses by keyword, or None after saying what is wrong with them."""
    allowed = CLAUSES.get(block, ("because",))
    found: dict[str, ast.Clause] = {}
    for clause in clauses:
        if clause.keyword in found:
            ctx.report(
                report.duplicate_field(
                    clause.span,
                    name=clause.keyword,
                    owner="this line",
                    first=found[clause.keyword].span,
                )
            )
            return None
        if clause.keyword not in allowed:
            where = f"a line of `{block}`"
            ctx.report(
                report.wrong_clause(
                    clause.span, keyword=clause.keyword, where=where, allowed=allowed
                )
            )
            return None
        found[clause.keyword] = clause
    return found


def set_field(
    ctx: Context, node: Node, name: ast.Identifier, entry: Entry, *, replaces: bool = False
) -> None:
    """Write ``entry`` into the field ``name`` of ``node``.

    A second writer in the same layer is an error unless it ``replaces`` on purpose.
    """
    if not _may_be_set(ctx, node, name):
        node.broken.add(name.text)
        return
    before = node.fields.get(name.text)
    narrowed = [rule for rule in node.rules if rule.target == name.text]
    for other in (before, *narrowed):
        if other is not None and other.layer == entry.layer and not replaces:
            ctx.report(
                report.duplicate_field(
                    name.span, name=name.text, owner=node.title, first=other.target_span
                )
            )
            return
    if before is not None:
        entry.writers = (*before.writers, before.span)
    node.rules = [rule for rule in node.rules if rule not in narrowed]
    node.fields[name.text] = entry


def _may_be_set(ctx: Context, node: Node, name: ast.Identifier) -> bool:
    """Return whether the block has such a field and it is the user's to write."""
    spec = node.kind.fields.get(name.text)
    if spec is None:
        if node.kind.free:
            return True
        _report_unknown(ctx, node, name)
        return False
    if spec.status == "later":
        ctx.report(report.not_yet(name.span, what=f"`{name.text}` of {node.title}"))
        node.partial = True
        return False
    return True


def _report_unknown(ctx: Context, node: Node, name: ast.Identifier) -> None:
    note = ""
    if name.text in node.kind.parts:
        note = f"`{name.text}` is a block: `{name.text} {{ … }}`"
    elif node.kind.metrics and name.text in METRICS_BY_NAME:
        note = f"`{name.text}` is limited, not set: `p95 {name.text} <= …`"
    known = [f.name for f in node.kind.fields.values() if f.status == "supported"]
    node.broken.update(close_to(name.text, known))
    ctx.report(
        report.unknown_field(
            name.span,
            name=name.text,
            owner=node.title,
            known=[*known, *node.kind.parts] if not note else (),
            note=note,
        )
    )


def new_entry(
    statement: ast.Assign,
    scope: Scope,
    node: Node,
    layer: int,
    marks: Marks,
) -> Entry:
    """Return what ``statement`` writes into a field of ``node``."""
    return Entry(
        expression=statement.value,
        scope=scope,
        span=statement.span,
        target_span=statement.target.span,
        layer=layer,
        origin=node.origin,
        source=marks.source or node.source,
        as_of=marks.as_of or node.as_of,
    )


def add_reason(
    ctx: Context, entry: Entry, clauses: Mapping[str, ast.Clause], origin: Origin
) -> None:
    """Write reason and confidence of an assumption into ``entry``."""
    entry.origin = origin
    because = clauses.get("because")
    if because is not None:
        text = ctx.evaluate(because.value, entry.scope)
        entry.because = text if isinstance(text, str) else ""
    confidence = clauses.get("confidence")
    if confidence is not None:
        entry.confidence = _confidence(ctx, confidence)
    elif origin is Origin.ASSUMED:
        entry.confidence = Confidence.MEDIUM


def _confidence(ctx: Context, clause: ast.Clause) -> Confidence:
    word = clause.value.name if isinstance(clause.value, ast.NameRef) else clause.value.span.text
    if word in {item.value for item in Confidence}:
        return Confidence(word)
    _report_confidence(ctx, clause.value.span, word)
    return Confidence.LOW


def _report_confidence(ctx: Context, span: Span, word: str) -> None:
    from inferc.compiler.resolve import diagnostics_values as report_values

    words = [item.value for item in Confidence]
    ctx.report(report_values.unknown_word(span, word=word, field="confidence", words=words))
