"""Text to syntax tree: the whole front door, in order."""

from collections.abc import Iterable
from dataclasses import dataclass

from inferc.dsl.build import MAX_DEPTH, build
from inferc.dsl.build_expressions import Context
from inferc.dsl.cst import Branch
from inferc.dsl.diagnostics import Diagnostic
from inferc.dsl.parser import Unparsable, parse_tree
from inferc.dsl.source import SourceFile, Span
from inferc.dsl.survey import NEVER, survey
from inferc.dsl.syntax import AnyStatement, Comment, Module
from inferc.dsl.syntax_diagnostics import too_deep

# What is needed for broken texts alone is imported when there is one: most texts are not.


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What came of a file: the statements that could be read, and what is wrong with the rest."""

    module: Module
    diagnostics: tuple[Diagnostic, ...]


def parse(source: SourceFile) -> Parsed:
    """Return the syntax tree of ``source`` and everything wrong with its text."""
    seen = survey(source, limit=MAX_DEPTH)
    diagnostics = _forbidden(source)
    statements: tuple[AnyStatement, ...] = ()
    if seen.too_deep is not None:
        span = Span(source, seen.too_deep, seen.too_deep + 1)
        diagnostics.append(too_deep(span=span, limit=MAX_DEPTH))
    else:
        statements = _read(source, seen.comments, diagnostics)
    module = Module(source=source, statements=statements, comments=seen.comments)
    return Parsed(module=module, diagnostics=tuple(_first_of_each_line(diagnostics)))


def _forbidden(source: SourceFile) -> list[Diagnostic]:
    if NEVER.search(source.text) is None:
        return []
    from inferc.dsl.lexical_errors import find_forbidden

    return list(find_forbidden(source))


def _read(
    source: SourceFile, comments: tuple[Comment, ...], diagnostics: list[Diagnostic]
) -> tuple[AnyStatement, ...]:
    """Return the statements of ``source``; add what is wrong to ``diagnostics``."""
    text = " " + source.text[1:] if source.text.startswith("\ufeff") else source.text
    trees: list[Branch] = []
    try:
        trees.append(parse_tree(text))
    except Unparsable:
        from inferc.dsl.recovery import recover

        recovered = recover(source)
        diagnostics.extend(recovered.diagnostics)
        trees.extend((recovered.tree, recovered.orphans))
    built: list[tuple[AnyStatement, ...]] = []
    for tree in trees:
        context = Context(source, lambda span: _insertion(span, diagnostics))
        built.append(build(context, tree, comments))
        diagnostics.extend(context.diagnostics)
    return built[0]


def _insertion(span: Span, diagnostics: list[Diagnostic]) -> Branch | None:
    """Return the parse tree of what stands between ``${`` and ``}``."""
    try:
        return parse_tree(span.text, start="interpolation")
    except Unparsable as stop:
        from inferc.dsl.pieces import Excerpt
        from inferc.dsl.scanner import scan
        from inferc.dsl.syntax_errors import explain

        lexemes = tuple(scan(span.source, span.start, span.end))
        starts = tuple(lexeme.start - span.start for lexeme in lexemes)
        text = Excerpt(text=span.text, starts=starts, lexemes=lexemes)
        diagnostics.append(explain(span, text, stop))
        return None


def _first_of_each_line(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return ``diagnostics`` in the order of the text, the first one for each line."""
    kept: dict[int, Diagnostic] = {}
    for diagnostic in diagnostics:
        kept.setdefault(diagnostic.span.line if diagnostic.span is not None else 0, diagnostic)
    return sorted(kept.values(), key=lambda item: item.span.start if item.span is not None else 0)
