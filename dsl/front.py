"""Text to syntax tree: the whole front door, in order."""

from dataclasses import dataclass

from inferc.dsl.build import build
from inferc.dsl.build_expressions import Context
from inferc.dsl.cst import Branch
from inferc.dsl.diagnostics import Diagnostic
from inferc.dsl.parser import Unparsable, parse_tree
from inferc.dsl.scanner import find_comments
from inferc.dsl.source import SourceFile, Span
from inferc.dsl.syntax import Module
from inferc.dsl.syntax_diagnostics import unexpected


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What came of a file: the statements that could be read, and what is wrong with the rest."""

    module: Module
    diagnostics: tuple[Diagnostic, ...]


def parse(source: SourceFile) -> Parsed:
    """Return the syntax tree of ``source`` and everything wrong with its text."""
    comments = find_comments(source)

    def inserted(span: Span) -> Branch | None:
        try:
            return parse_tree(span.text, start="interpolation")
        except Unparsable:
            return None

    context = Context(source, inserted)
    text = source.text
    if text.startswith("\ufeff"):
        text = " " + text[1:]
    try:
        tree = parse_tree(text)
    except Unparsable as stop:
        span = Span(source, stop.start, stop.start)
        diagnostics = (unexpected(span=span, found=stop.token),)
        return Parsed(
            module=Module(source=source, statements=(), comments=comments),
            diagnostics=diagnostics,
        )
    statements = build(context, tree, comments)
    module = Module(source=source, statements=statements, comments=comments)
    return Parsed(module=module, diagnostics=tuple(context.diagnostics))
