"""From loaded modules to resolved topologies."""

from collections.abc import Mapping
from dataclasses import dataclass

from inferc.compiler.load import CATALOG, Loaded, LoadedModule
from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.asserts import check_asserts
from inferc.compiler.resolve.blocks import Resolved, ResolvedBlock
from inferc.compiler.resolve.context import Context, Steps
from inferc.compiler.resolve.elaborate import ensure, model_node
from inferc.compiler.resolve.evaluate import evaluate
from inferc.compiler.resolve.fields import read_field
from inferc.compiler.resolve.freeze import freeze, freeze_facts
from inferc.compiler.resolve.labels import label_of
from inferc.compiler.resolve.lookup import catalog_entry, value_of
from inferc.compiler.resolve.nodes import (
    POISON,
    FileSpace,
    Folder,
    Layer,
    LetName,
    LinkName,
    Name,
    Node,
    ParamName,
    Scope,
    ValueName,
)
from inferc.compiler.resolve.offers import price_paths
from inferc.compiler.resolve.wording import first_words
from inferc.compiler.schema import FACTS, FILE_PARTS, KINDS
from inferc.dsl import Diagnostic
from inferc.dsl import syntax as ast

ENGINES = ("engine.llama_cpp", "engine.vllm", "engine.vllm_rocm")
"""Those that the planner may take unasked; the others are there once a line names them."""

ALWAYS = ("link.unstated", "shape.spiky", "shape.steady", "shape.unstated", "workload.unstated")
"""Entries that stand in for what a design does not say; ``ENGINES`` are always there as well."""

STEPS = Steps(evaluate=evaluate, ensure=ensure, read_field=read_field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a file: as much as could be resolved, and what is wrong with the rest."""

    resolved: Resolved
    diagnostics: tuple[Diagnostic, ...]


def resolve(
    loaded: Loaded, *, params: Mapping[str, str] | None = None, env: str | None = None
) -> Outcome:
    """Return the topologies of the entry file with names, units and values worked out.

    ``params`` give values to the file's parameters, as texts of the language; ``env`` names the
    overlay to apply.
    """
    ctx = Context(loaded, STEPS, params or {}, env or None)
    for key in loaded.modules:
        ctx.scopes[key] = Scope()
    for module in loaded.modules.values():
        _define(ctx, module)
    _check_params(ctx)
    _check_env(ctx)
    topologies = tuple(freeze(ctx, node) for node in _topologies(ctx))
    for item in ctx.elsewhere.values():
        ctx.report(item)
    _check_rest(ctx)
    _check_shared_slas(ctx)
    check_asserts(ctx)
    if not topologies and not ctx.facts and not loaded.diagnostics and not ctx.diagnostics:
        ctx.report(report.nothing_to_compile(None, path=loaded.entry.module.source.path))
    resolved = Resolved(topologies=topologies, catalog=_facts(ctx, topologies))
    found = sorted(ctx.diagnostics, key=_place)
    return Outcome(resolved=resolved, diagnostics=(*found, *loaded.library.diagnostics()))


def _place(item: Diagnostic) -> tuple[str, int, str]:
    span = item.span
    return (span.source.path, span.start, item.code) if span else ("", 0, item.code)


# ---- names at the top of files -----------------------------------------------------------------


def _define(ctx: Context, module: LoadedModule) -> None:
    """Fill the scope of a file with its imports and its own names."""
    scope = ctx.scopes[module.key]
    for binding in module.bindings:
        if binding.library:
            name: Name = ValueName(Folder(binding.library), binding.span)
        elif binding.member:
            name = LinkName(binding.module, binding.member, binding.span)
        elif binding.module:
            name = ValueName(FileSpace(binding.module), binding.span)
        else:
            name = ValueName(POISON, binding.span)
        _add(ctx, scope, binding.name, name)
    for statement in module.module.statements:
        _define_statement(ctx, scope, statement)


def _add(ctx: Context, scope: Scope, text: str, name: Name) -> None:
    first = scope.names.setdefault(text, name)
    if first is not name and name.span is not None:
        ctx.report(report.duplicate_name(name.span, name=text, first=first.span))


def _define_statement(ctx: Context, scope: Scope, statement: ast.AnyStatement) -> None:
    match statement:
        case ast.Let(name=name, value=value):
            _add(ctx, scope, name.text, LetName(value, scope, name.span))
        case ast.Param(name=name):
            _add(ctx, scope, name.text, ParamName(statement, scope, name.span))
        case ast.Block():
            _define_block(ctx, scope, statement)
        case ast.Assert():
            ctx.asserts.append((statement, scope))
        case ast.Import() | ast.Header():
            pass
        case ast.ModelFrom():
            _define_model(ctx, scope, statement)
        case ast.For() | ast.If() | ast.Flow():
            what = f"{first_words(statement)} at the top of a file"
            ctx.report(report.not_yet(statement.span, what=what))
        case _:
            ctx.report(
                report.misplaced_statement(
                    statement.span,
                    what=first_words(statement),
                    owner="a file",
                    advice="move it into a `topology` block",
                )
            )


def _define_model(ctx: Context, scope: Scope, statement: ast.ModelFrom) -> None:
    """Define the facts of a model from a file of its own."""
    node = model_node(ctx, statement, scope, None)
    name = statement.name
    _add(ctx, scope, name.text, ValueName(POISON if node is None else node, name.span))


def _define_block(ctx: Context, scope: Scope, statement: ast.Block) -> None:
    kind = KINDS.get(statement.kind.text)
    if kind is None or kind.status == "later" or kind.name not in FILE_PARTS:
        _report_kind(ctx, statement)
        for label in statement.labels:
            if isinstance(label, ast.Identifier):
                scope.names.setdefault(label.text, ValueName(POISON, label.span))
        return
    found = label_of(ctx, statement, kind, scope)
    if found is None:
        return
    text, span = found
    if not text:
        ctx.report(
            report.wrong_label(
                span, kind=kind.name, expected="needs a name", example=f"{kind.name} NAME {{ … }}"
            )
        )
        return
    if kind.name == "env":
        if scope is ctx.scopes[ctx.loaded.entry.key]:
            ctx.overlays.append(Layer(statement, scope))
        return
    node = Node(kind, text, span, None)
    node.root_path = "" if kind.name == "topology" else text
    node.add(Layer(statement, scope))
    _add(ctx, scope, text, ValueName(node, span))


def _report_kind(ctx: Context, statement: ast.Block) -> None:
    kind = KINDS.get(statement.kind.text)
    span = statement.kind.span
    if kind is None:
        ctx.report(
            report.unknown_kind(
                span, kind=statement.kind.text, owner="a file", known=list(FILE_PARTS)
            )
        )
    elif kind.status == "later":
        ctx.report(report.not_yet(span, what=f"the block `{kind.name}`"))
    else:
        places = [item.name for item in KINDS.values() if kind.name in item.parts]
        ctx.report(report.misplaced_block(span, kind=kind.name, owner="a file", places=places))


# ---- what the caller chose ---------------------------------------------------------------------


def _own_names(ctx: Context) -> Mapping[str, Name]:
    return ctx.scopes[ctx.loaded.entry.key].names


def _check_params(ctx: Context) -> None:
    """Evaluate every parameter, and report values for parameters that do not exist."""
    known = [text for text, name in _own_names(ctx).items() if isinstance(name, ParamName)]
    for text in sorted(ctx.params):
        if text not in known:
            ctx.report(report.unknown_param(name=text, known=known))
    for text in known:
        name = _own_names(ctx)[text]
        if isinstance(name, ParamName):
            value_of(ctx, name, text, name.span)


def _check_env(ctx: Context) -> None:
    if ctx.env is None:
        return
    inside = [
        statement
        for node in _topologies(ctx)
        for layer in node.written
        for statement in layer.statement.body
        if isinstance(statement, ast.Block) and statement.kind.text == "env"
    ]
    statements = [*(layer.statement for layer in ctx.overlays), *inside]
    known = [
        label.text
        for item in statements
        for label in item.labels
        if isinstance(label, ast.Identifier)
    ]
    if ctx.env not in known:
        ctx.report(report.unknown_env(None, name=ctx.env, known=known))


# ---- the parts of the result -------------------------------------------------------------------


def _topologies(ctx: Context) -> list[Node]:
    nodes = [name.value for name in _own_names(ctx).values() if isinstance(name, ValueName)]
    return [node for node in nodes if isinstance(node, Node) and node.kind.name == "topology"]


def _check_rest(ctx: Context) -> None:
    """Check the blocks of the entry file that no topology used: they may be facts or parents."""
    for name in tuple(_own_names(ctx).values()):
        if isinstance(name, LetName):
            value_of(ctx, name, name.span.text, name.span)
        node = name.value if isinstance(name, ValueName) else None
        if not isinstance(node, Node):
            continue
        if node.kind.name in FACTS:
            ctx.facts.setdefault(node.path, node)
        elif node.state == "new":
            freeze(ctx, node, complete=False)


def _check_shared_slas(ctx: Context) -> None:
    """Report each `sla` of a topology that holds for no service, since none extends it.

    Where there are overlays, it may be for one that is not applied now.
    """
    for topology in _topologies(ctx):
        overlays = bool(ctx.overlays) or any(
            isinstance(statement, ast.Block) and statement.kind.text == "env"
            for layer in topology.written
            for statement in layer.statement.body
        )
        for node in topology.children:
            if node.kind.name == "sla" and not node.extended and not overlays:
                ctx.report(
                    report.not_yet(
                        node.name_span,
                        what="an `sla` for all services of a topology",
                        advice=f"let services use it: `sla extends {node.name} {{ }}`",
                    )
                )


def _facts(ctx: Context, topologies: tuple[ResolvedBlock, ...]) -> Mapping[str, ResolvedBlock]:
    """Return every fact that was reached, those that stand in for what is unsaid, and prices."""
    if not topologies:
        return freeze_facts(ctx)
    for path in (*ENGINES, *ALWAYS):
        _add_fact(ctx, f"{CATALOG}.{path}")
    reached = freeze_facts(ctx)
    for path in price_paths(ctx.loaded.library, reached, topologies):
        _add_fact(ctx, path)
    return freeze_facts(ctx, reached)


def _add_fact(ctx: Context, dotted: str) -> None:
    node = catalog_entry(ctx, dotted)
    if node is not None:
        ctx.facts.setdefault(node.path, node)
