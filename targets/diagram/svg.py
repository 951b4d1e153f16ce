"""What Graphviz wrote, made fit to publish: names on hovering, a label for readers, plain fonts."""

import re
from collections.abc import Mapping

from inferc.targets.diagram.markup import xml
from inferc.targets.diagram.themes import DARK, LIGHT

FONTS = "Arial,Helvetica,'Liberation Sans',sans-serif"
"""All with the widths that the boxes were made for, before whatever there is."""

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_GROUP = re.compile(r'(<g id="([^"]*)" class="[^"]*"[^>]*>\n)<title>[^<]*</title>')
_TAG = re.compile(r"<[a-z][^>]*>")
_FONT = re.compile(r'font-family="[^"]*"')


def finish(picture: bytes, names: Mapping[str, str], label: str, *, auto: bool = False) -> bytes:
    """Return ``picture`` without what names its maker, with ``names`` for the ids of its parts.

    ``label`` says in a sentence what the picture shows, for people who cannot see it. With
    ``auto`` it turns dark where whoever looks at it prefers that.
    """
    text = picture.decode()
    text = _COMMENT.sub("", text[text.index("<svg") :])
    text = _TAG.sub(lambda found: _tag(found[0]), text)
    text = _GROUP.sub(
        lambda found: f"{found[1]}<title>{_title(found[2], names, label)}</title>", text
    )
    text = text.replace("<svg ", f'<svg role="img" aria-label="{xml(label)}" ', 1)
    if auto:
        text = text.replace(">\n", f">\n<style>{dark_style()}</style>\n", 1)
    return f"{HEAD}{text.rstrip()}\n".encode()


def dark_style() -> str:
    """Return the style sheet that gives every colour of the light theme its dark one."""
    pairs = {LIGHT.of(name).lower(): DARK.of(name).lower() for name in LIGHT.colors}
    rules = "".join(
        f'[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in pairs.items()
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"


def _tag(tag: str) -> str:
    """Return a tag with our fonts, and without a colour that is not one of SVG."""
    tag = tag.replace('="transparent"', '="none"')
    return _FONT.sub(lambda _: f'font-family="{FONTS}"', tag)


def _title(name: str, names: Mapping[str, str], label: str) -> str:
    """Return what to show on hovering over a part of the picture."""
    return xml(names.get(name, label))
