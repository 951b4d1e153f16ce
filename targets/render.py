"""Named values to text documents: the only door to jinja2.

A template belongs to a target, stands in its folder ``templates/`` and is the document as its
reader sees it. It interpolates values that the emitter computed and named; it calculates nothing,
nests no conditions, and a name that the emitter did not give is an error. YAML and JSON never come
from a template: they are built as data and dumped.

What a user wrote is a value, never a template, and goes through one of the filters here wherever
the document around it has a syntax of its own.
"""

import re
import shlex
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import jinja2  # noqa: TID253 - this file is the library's door, and itself imported late

_MARKUP = re.compile(r"[\\`*\[\]<>|&]")
"""What Markdown takes for markup inside a line; ``_`` is none inside a word."""


def render(template: str, values: Mapping[str, object]) -> str:
    """Return the text of a template, called ``<target>/<file>`` without its ``.j2``."""
    return _environment().get_template(f"{template}.j2").render(values)


@cache
def _environment() -> jinja2.Environment:
    """Return the one environment; a tag on a line of its own leaves no trace in the text."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # escapes for HTML, and no document here is HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update({"code": code_cell, "shell": shlex.quote, "text": text})
    return environment


def _source(name: str) -> str:
    """Return a template of a target; it is package data, also inside a zipped package."""
    target, _, file = name.partition("/")
    return files(f"inferc.targets.{target}").joinpath("templates", file).read_text("utf-8")


def text(value: str) -> str:
    """Return ``value`` for a line of Markdown, or a table's cell, that shows it as it is."""
    return _MARKUP.sub(r"\\\g<0>", _one_line(value))


def code_cell(value: str) -> str:
    """Return ``value`` as code in a cell of a Markdown table.

    The bar ends a cell even inside code. The quotes are one longer than any within.
    """
    line = _one_line(value).replace("|", "\\|")
    quotes = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{quotes}{space}{line}{space}{quotes}"


def _one_line(value: str) -> str:
    """Return ``value`` without line breaks, and without anything that cannot be seen."""
    return " ".join("".join(char if char.isprintable() else " " for char in value).split())
