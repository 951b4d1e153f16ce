"""HTML-like labels of Graphviz: small functions that escape whatever they are given.

Source: graphviz.org/doc/info/shapes.html, section HTML-Like Labels.
"""

from collections.abc import Iterable
from typing import NewType

Html = NewType("Html", str)
"""Escaped markup: only the functions here make it, so a user's text cannot pass as markup."""

ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}

XML_RANGES = (
    ("\t", "\n"),
    ("\r", "\r"),
    (" ", "~"),
    ("\u00a0", "\ud7ff"),
    ("\ue000", "\ufffd"),
    ("\U00010000", "\U0010ffff"),
)
"""First and last of the characters that XML 1.0 can hold, less the C1 controls.

Source: W3C XML 1.0, fifth edition, production 2. Controls show nothing and confuse viewers.
"""

REPLACEMENT = "\ufffd"
"""Stands for characters that XML cannot hold."""


def escape(text: str) -> Html:
    """Return ``text`` as markup of Graphviz, where a backslash alone begins an escape."""
    return Html(xml(text).replace("\\", "&#92;&#92;"))


def xml(text: str) -> str:
    """Return ``text`` for XML: its own characters as entities, forbidden ones replaced."""
    return "".join(_escape(char) for char in text)


def readable(text: str) -> str:
    """Return ``text`` on one line, without characters that show nothing or turn writing around."""
    return "".join(_readable(char) for char in text)


def _readable(char: str) -> str:
    if char.isspace():
        return " "
    return char if is_readable(char) else REPLACEMENT


def _escape(char: str) -> str:
    shown = _readable(char)
    return ENTITIES.get(shown, shown)


def is_xml(char: str) -> bool:
    """Return whether XML 1.0 can hold ``char``, and it is no control."""
    return any(low <= char <= high for low, high in XML_RANGES)


TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Characters that turn the direction of writing, by which a text can be made to show another.

Source: Unicode Standard Annex 9, section 2, Directional Formatting Characters; CVE-2021-42574.
"""


def is_readable(char: str) -> bool:
    """Return whether ``char`` can stand in any format, and shows what it is."""
    return is_xml(char) and char not in TURNS


def text(content: str, *, size: int = 12, color: str = "", bold: bool = False) -> Html:
    """Return ``content`` in a font. Empty text gives a space: Graphviz refuses empty fonts."""
    inner = escape(content) or " "
    if bold:
        inner = Html(f"<B>{inner}</B>")
    tint = f' COLOR="{color}"' if color else ""
    return Html(f'<FONT POINT-SIZE="{size}"{tint}>{inner}</FONT>')


def lines(*parts: Html, align: str = "LEFT") -> Html:
    """Return ``parts`` one below the other."""
    return Html("".join(f'{part}<BR ALIGN="{align}"/>' for part in parts))


def cell(content: Html, **attributes: str | int) -> Html:
    """Return a table cell; attributes are Graphviz's own, in lower case."""
    return Html(f"<TD{_attributes(attributes)}>{content}</TD>")


def row(*cells: Html) -> Html:
    """Return a table row."""
    return Html(f"<TR>{''.join(cells)}</TR>")


def table(rows: Iterable[Html], **attributes: str | int) -> Html:
    """Return a table without borders, unless ``attributes`` say otherwise."""
    settings: dict[str, str | int] = {"border": 0, "cellborder": 0, "cellspacing": 0, **attributes}
    return Html(f"<TABLE{_attributes(settings)}>{''.join(rows)}</TABLE>")


def label(content: Html) -> str:
    """Return ``content`` as the value of a DOT attribute."""
    return f"<{content}>"


def _attributes(attributes: dict[str, str | int]) -> str:
    return "".join(f' {name.upper()}="{escape(str(v))}"' for name, v in attributes.items())
