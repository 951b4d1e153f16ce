"""What names mean: bare words, members behind dots, entries of the catalog."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inferc.compiler.load import CATALOG, library_bindings
from inferc.compiler.provenance import Origin
from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve import diagnostics_values as report_values
from inferc.compiler.resolve.blocks import (
    CallValue,
    FieldValue,
    ListValue,
    Multiple,
    RangeValue,
    RecordValue,
    Ref,
    Value,
    Word,
)
from inferc.compiler.resolve.check import FOLDERS
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.describe import noun
from inferc.compiler.resolve.nodes import (
    NOTHING,
    POISON,
    Call,
    FileSpace,
    Folder,
    Inner,
    Interval,
    Items,
    Layer,
    LetName,
    LinkName,
    Many,
    Name,
    Node,
    ParamName,
    Planned,
    Poison,
    Scope,
    ValueName,
)
from inferc.compiler.resolve.params import param_value
from inferc.compiler.resolve.wording import close_to
from inferc.compiler.schema import FACTS, KINDS, Types
from inferc.compiler.units import Quantity
from inferc.dsl import Span
from inferc.dsl.syntax import Block, Expression, Identifier, Import, Let, NameRef

ALL_WORDS = frozenset(
    word
    for kind in KINDS.values()
    for spec in kind.fields.values()
    for item in spec.types
    for inside in (item, *item.of)
    for word in inside.words
)
"""Every word of every enumeration: what a ``let`` may hold before a field takes it."""
CONSTANTS: dict[str, Inner] = {"true": True, "false": False, "none": NOTHING}
NOT_YET = {"unknown": "as a value", "services": "as a list", "baseline": "as a value"}
"""Names of the language that nothing acts on yet."""
NOUNS = {"cpu": "CPU", "gpu": "GPU", "models": "model"}
"""What people call the entries of a folder of the catalog; the folder's own name otherwise."""


def bare(ctx: Context, name: str, span: Span, scope: Scope, expected: Types) -> Inner:
    """Return what the bare word ``name`` means where values of ``expected`` are wanted.

    A word of the field's enumeration wins over an entry of the catalog that the field takes, and
    both over a name, unless that is the user's own block of the entry's kind.
    """
    if name in CONSTANTS:
        return CONSTANTS[name]
    words = [word for item in expected for word in item.words]
    if name in words:
        return Word(name)
    found = scope.find(name)
    if not _is_own_entry(found, expected):
        entry = _entry_word(ctx, name, expected)
        if entry is not None:
            return entry
    if found is not None:
        return value_of(ctx, found, name, span)
    open_to_words = any(item.form == "word" and not item.words for item in expected)
    if open_to_words or (not expected and name in ALL_WORDS):
        return Word(name)
    report_unknown(ctx, name, span, scope, expected)
    return POISON


def _is_own_entry(name: Name | None, expected: Types) -> bool:
    """Return whether a name is a block of a kind that the field takes entries of."""
    kinds = [kind for item in expected if item.form == "entry" for kind in item.kinds]
    value = name.value if isinstance(name, ValueName) else None
    return isinstance(value, Node) and value.kind.name in kinds


def _entry_word(ctx: Context, name: str, expected: Types) -> Word | None:
    """Return ``name`` if it is an entry of the catalog's folder that the field takes."""
    for item in expected:
        if item.form != "entry":
            continue
        dotted = f"{CATALOG}.{item.kinds[0]}.{name}"
        node = catalog_entry(ctx, dotted)
        if node is not None:
            ctx.facts.setdefault(node.path, node)
            return Word(name)
    return None


def entry_below(ctx: Context, base: Expression, name: Identifier, expected: Types) -> Inner | None:
    """Return the entry that two words name where its folder has folders: ``aws.p5_48xlarge``.

    None where the first word is none of those folders. A block of that name does not hide it.
    """
    if not isinstance(base, NameRef):
        return None
    for item in expected:
        if item.form != "entry":
            continue
        folder = f"{CATALOG}.{item.kinds[0]}"
        below = f"{folder}.{base.name}"
        if base.name in ctx.loaded.library.names(folder) and ctx.loaded.library.names(below):
            return _library_member(ctx, below, name)
    return None


def report_unknown(ctx: Context, name: str, span: Span, scope: Scope, expected: Types = ()) -> None:
    """Say that nothing is called ``name`` where values of ``expected`` are wanted."""
    if name in NOT_YET:
        ctx.report(report.not_yet(span, what=f"`{name}` {NOT_YET[name]}"))
        return
    words = [word for item in expected for word in item.words] + _entries(ctx, expected)
    if words:
        ctx.report(report_values.unknown_word(span, word=name, field=ctx.field, words=words))
        return
    if not ctx.first_miss(span.source.path, name):
        return
    if name in {"cat", CATALOG}:
        ctx.report(report.catalog_not_imported(span, name=name, place=_import_place(span)))
    else:
        known = ["none"] if name == "null" else scope.visible()
        ctx.report(report.unknown_name(span, name=name, known=known, only=name == "null"))


def _entries(ctx: Context, expected: Types) -> list[str]:
    """Return the entries of the catalog that a field takes as words."""
    return [
        entry
        for item in expected
        if item.form == "entry"
        for entry in ctx.loaded.library.names(f"{CATALOG}.{item.kinds[0]}")
    ]


def _import_place(span: Span) -> Span:
    """Return where a file may take one more import: behind ``infer 1`` if it starts so."""
    source = span.source
    behind = source.line_starts[1] if len(source.line_starts) > 1 else 0
    start = behind if source.line(1).startswith("infer ") else 0
    return Span(source, start, start)


# ---- names to values ---------------------------------------------------------------------------


def value_of(ctx: Context, name: Name, text: str, span: Span) -> Inner:
    """Return the value of a name that was found."""
    match name:
        case ValueName(value=value):
            return _opened(ctx, value)
        case LinkName(key=key, member=member):
            target = ctx.scopes[key].names.get(member)
            return POISON if target is None else value_of(ctx, target, member, span)
        case LetName() | ParamName():
            return _guarded(ctx, name, text, span)


def _guarded(ctx: Context, name: LetName | ParamName, text: str, span: Span) -> Inner:
    """Return the value of a ``let`` or ``param``, unless it is asked for while it is computed."""
    kept = ctx.kept(name)
    if kept is not None:
        return kept
    if not ctx.begin(name, span, f"`{text}`", name.span):
        return POISON
    if isinstance(name, ParamName):
        value = param_value(ctx, name)
    else:
        value = ctx.evaluate(name.expression, name.scope)
    ctx.end(name)
    ctx.keep(name, value)
    return value


def _opened(ctx: Context, value: Inner) -> Inner:
    """Return the entry itself where a name leads straight to a file of the library."""
    if isinstance(value, Folder):
        return catalog_entry(ctx, value.dotted) or value
    return value


# ---- members -----------------------------------------------------------------------------------


def member(ctx: Context, base: Inner, name: Identifier) -> Inner:
    """Return ``base.name``."""
    match base:
        case Poison():
            return base
        case Planned(path=path):
            return Planned(f"{path}.{name.text}")
        case Folder(dotted=dotted):
            return _library_member(ctx, dotted, name)
        case FileSpace(key=key):
            return _file_member(ctx, base, key, name)
        case Node():
            return _node_member(ctx, base, name)
        case _:
            return _part_of_value(ctx, base, name)


def _file_member(ctx: Context, base: FileSpace, key: str, name: Identifier) -> Inner:
    names = ctx.scopes[key].names
    found = names.get(name.text)
    if found is not None:
        return value_of(ctx, found, name.text, name.span)
    ctx.report(
        report.unknown_member(name.span, name=name.text, owner=noun(base), known=list(names))
    )
    return POISON


def _part_of_value(ctx: Context, base: Inner, name: Identifier) -> Inner:
    parts: dict[str, Inner] = {}
    match base:
        case Items(items=items, names=names) if names is not None:
            parts = dict(zip(names, items, strict=True))
        case Call(arguments=arguments):
            parts = dict(arguments)
        case Interval(low=low, high=high):
            parts = {"low": low, "high": high}
        case Many(count=count, node=node):
            parts = {"count": count, "of": node}
        case _:
            pass
    if name.text in parts:
        return parts[name.text]
    ctx.report(
        report.unknown_member(name.span, name=name.text, owner=noun(base), known=list(parts))
    )
    return POISON


def _node_member(ctx: Context, node: Node, name: Identifier) -> Inner:
    """Return a child block, a field or a name of the block's own."""
    ctx.ensure(node)
    child = node.named(name.text)
    own = node.names.get(name.text)
    if child is not None or own is not None:
        return child or (value_of(ctx, own, name.text, name.span) if own else POISON)
    if name.text in node.fields or name.text in node.kind.fields:
        return field_of(ctx, node, name.text)
    if name.text in node.kind.parts and name.text not in node.broken:
        return NOTHING
    if name.text not in node.broken:
        _report_member(ctx, node, name)
    return POISON


def _report_member(ctx: Context, node: Node, name: Identifier) -> None:
    children = [child.name or child.kind.name for child in node.children]
    fields = [item.name for item in node.kind.fields.values() if item.status == "supported"]
    known = [*children, *fields]
    ctx.report(report.unknown_member(name.span, name=name.text, owner=node.title, known=known))


def field_of(ctx: Context, node: Node, name: str) -> Inner:
    """Return the value of a field, for computing with it."""
    found = ctx.read_field(node, name)
    if isinstance(found, FieldValue):
        return inner(ctx, found.value)
    if found is not None or name in node.broken:
        return POISON
    spec = node.kind.fields.get(name)
    if spec is not None and spec.owner == "planner":
        return Planned(f"{node.path}.{name}")
    return NOTHING


def inner(ctx: Context, value: Value) -> Inner:
    """Return a value of the outside as one to compute with."""
    found: Inner = POISON
    match value:
        case Ref(target=target):
            found = ctx.facts.get(target) or ctx.targets.get(target) or POISON
        case Multiple(count=count, of=of):
            node = inner(ctx, of)
            found = Many(count, node) if isinstance(node, Node) else POISON
        case RangeValue(low=low, high=high):
            if isinstance(low, Quantity) and isinstance(high, Quantity):
                found = Interval(low, high)
        case ListValue(items=items):
            found = Items(tuple(inner(ctx, item) for item in items))
        case RecordValue(items=items):
            found = Items(tuple(inner(ctx, item) for item in items.values()), tuple(items))
        case CallValue(name=name, arguments=arguments):
            found = Call(name, {key: inner(ctx, item) for key, item in arguments.items()}, {})
        case _:
            found = value
    return found


# ---- the library -------------------------------------------------------------------------------


def _library_member(ctx: Context, dotted: str, name: Identifier) -> Inner:
    path = f"{dotted}.{name.text}".lstrip(".")
    known = ctx.loaded.library.names(dotted)
    if name.text in known:
        return catalog_entry(ctx, path) or Folder(path)
    _report_unknown_entry(ctx, dotted, name, known)
    return POISON


def _report_unknown_entry(
    ctx: Context, dotted: str, name: Identifier, known: tuple[str, ...]
) -> None:
    """Say which entries are near: in this folder first, then below the same kind of fact."""
    steps = dotted.split(".")
    if len(steps) == 1 or steps[0] != CATALOG:
        owner = noun(Folder(dotted))
        ctx.report(report.unknown_member(name.span, name=name.text, owner=owner, known=known))
        return
    top = steps[1]
    close = close_to(name.text, known)
    leaves = dict(_leaves(ctx, f"{CATALOG}.{top}"))
    far = [leaves[leaf] for leaf in close_to(name.text, leaves, most=3)]
    found = report_values.unknown_catalog_entry(
        name.span,
        what=f"{NOUNS.get(top, top)} `{'.'.join([*steps[1:], name.text])}`",
        kind=FOLDERS.get(top, top) if FOLDERS.get(top, top) in FACTS else "",
        close=close,
        elsewhere=() if close else far,
        known=known,
    )
    ctx.report(found if _leads_on(ctx, dotted, name, close) else replace(found, fixes=()))


def _leads_on(ctx: Context, dotted: str, name: Identifier, close: Sequence[str]) -> bool:
    """Return whether what stands behind ``name`` can stand behind the near name as well."""
    end = name.span.end
    behind = name.span.source.text[end : end + 1] == "."
    return not behind or any(ctx.loaded.library.names(f"{dotted}.{item}") for item in close)


def _leaves(ctx: Context, dotted: str) -> Iterator[tuple[str, str]]:
    """Yield the names of all entries below a folder, with their paths in the catalog."""
    for name in ctx.loaded.library.names(dotted):
        path = f"{dotted}.{name}"
        if ctx.loaded.library.names(path):
            yield from _leaves(ctx, path)
        else:
            yield name, path.partition(".")[2]


def catalog_entry(ctx: Context, dotted: str) -> Node | None:
    """Return the block of the library's file at ``dotted``, or None where there is none."""
    if dotted in ctx.entries:
        return ctx.entries[dotted]
    module = ctx.loaded.library.module(dotted)
    block = next((s for s in module.statements if isinstance(s, Block)), None) if module else None
    kind = KINDS.get(block.kind.text) if block else None
    if module is None or block is None or kind is None:
        return None
    scope = Scope()
    for statement in module.statements:
        if isinstance(statement, Import) and not statement.quoted:
            for binding in library_bindings(statement):
                scope.names[binding.name] = ValueName(Folder(binding.library), binding.span)
        elif isinstance(statement, Let):
            scope.names[statement.name.text] = LetName(statement.value, scope, statement.span)
    name = dotted.rpartition(".")[2]
    node = Node(kind, name, block.labels[0].span if block.labels else block.span, None)
    node.root_path = dotted.removeprefix(f"{CATALOG}.")
    node.origin = Origin.CATALOG
    node.add(Layer(block, scope))
    ctx.entries[dotted] = node
    return node
