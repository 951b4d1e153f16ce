"""Entries of the catalog by path, without a design that names them."""

from collections.abc import Iterable, Mapping

from inferc.compiler.load import CATALOG, Library, Loaded, LoadedModule
from inferc.compiler.resolve.blocks import ResolvedBlock
from inferc.compiler.resolve.build import STEPS
from inferc.compiler.resolve.context import Context
from inferc.compiler.resolve.freeze import freeze_facts
from inferc.compiler.resolve.lookup import catalog_entry
from inferc.dsl import SourceFile, parse


def catalog_blocks(paths: Iterable[str]) -> Mapping[str, ResolvedBlock]:
    """Return the entries at ``paths``, with every entry that they refer to, by path.

    A path is as in ``gpu.nvidia.a100_80gb_sxm``; one that leads nowhere is left out, as is an
    entry with errors: a release has none.
    """
    entry = LoadedModule(key="", module=parse(SourceFile("", "infer 1\n")).module, bindings=())
    library = Library()
    ctx = Context(Loaded(entry=entry, modules={}, library=library, diagnostics=()), STEPS, {}, None)
    for path in paths:
        node = catalog_entry(ctx, f"{CATALOG}.{path}")
        if node is not None:
            ctx.facts.setdefault(node.path, node)
    return freeze_facts(ctx)
