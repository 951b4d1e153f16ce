"""What Graphviz wrote, made fit to publish: names on hovering, a label for readers, plain fonts."""

import re
from collections.abc import Mapping
from html import unescape

from inferc.targets.diagram.markup import xml

FONTS = "Arial,Helvetica,'Liberation Sans',sans-serif"
"""All with the widths that the boxes were made for, before whatever there is."""

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_TITLE = re.compile(r"<title>([^<]*)</title>")
_TAG = re.compile(r"<[a-z][^>]*>")
_FONT = re.compile(r'font-family="[^"]*"')


def finish(picture: bytes, names: Mapping[str, str], label: str) -> bytes:
    """Return ``picture`` without what names its maker, with ``names`` for the ids of DOT.

    ``label`` says in a sentence what the picture shows, for people who cannot see it.
    """
    text = picture.decode()
    text = _COMMENT.sub("", text[text.index("<svg") :])
    text = _TAG.sub(lambda found: _tag(found[0]), text)
    text = _TITLE.sub(lambda found: f"<title>{_title(found[1], names, label)}</title>", text)
    text = text.replace("<svg ", f'<svg role="img" aria-label="{xml(label)}" ', 1)
    return f"{HEAD}{text.rstrip()}\n".encode()


def _tag(tag: str) -> str:
    """Return a tag with our fonts, and without a colour that is not one of SVG."""
    tag = tag.replace('="transparent"', '="none"')
    return _FONT.sub(lambda _: f'font-family="{FONTS}"', tag)


def _title(dot_title: str, names: Mapping[str, str], label: str) -> str:
    """Return what to show on hovering over a node, or over an edge between two."""
    ends = [end.partition(":")[0] for end in unescape(dot_title).split("->")]
    joined = "->".join(ends)
    if joined in names:
        return xml(names[joined])
    return xml(" to ".join(names.get(end, "") for end in ends).strip() or label)
