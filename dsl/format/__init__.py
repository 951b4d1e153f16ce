"""The one style of ``.infer`` files: a syntax tree goes in, its text comes out.

The layout is decided by the tokens of the source, which the tree names (a literal, a name, a
keyword), and by the brackets around them; nothing is ever evaluated or reordered but imports.
"""

from inferc.dsl.format.build import build
from inferc.dsl.format.render import render
from inferc.dsl.format.tokens import read
from inferc.dsl.syntax import Module

__all__ = ["format_module"]


def format_module(module: Module) -> str:
    """Return the text of ``module`` in the one style.

    The module must come from a text without syntax errors: what the parser skipped while it
    recovered has no place in the tree and would be run together. Callers leave such files as they
    are and report the errors instead.
    """
    return render(build(read(module)))
