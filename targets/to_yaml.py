"""Plain data to YAML text: the only door to the YAML library.

The same data gives the same bytes: keys in the order given, no anchors, and every string that a
YAML 1.1 or 1.2 reader could take for something else is quoted.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

import yaml  # noqa: TID253 - this file is the library's door, and itself imported late

from inferc.targets.base import Data

LINE_LIMIT = 1 << 16
"""Never wrap: a folded line reads badly in a diff."""

YAML_1_2_WORDS = re.compile(
    r"[+-]?(0o[0-7]+|0x[0-9a-fA-F]+|\.inf|\.nan|(\d[\d_]*)?\.?\d[\d_]*([eE][+-]?\d+)?)"
    r"|y|n|yes|no|on|off|true|false|null|~",
    re.IGNORECASE,
)
"""What some reader takes for a number, a truth value or nothing, beyond PyYAML's own list."""


@cache
def _dumper() -> type[yaml.SafeDumper]:
    class Dumper(yaml.SafeDumper):
        """The safe dumper without anchors, with lists indented under their key."""

        def ignore_aliases(self, data: object) -> bool:
            """Write a value in full each time."""
            del data
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
            """Indent a list under its key."""
            del indentless
            super().increase_indent(flow, False)  # noqa: FBT003 - as above

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        del dumper
        return yaml.ScalarNode("tag:yaml.org,2002:str", value, style=_style(value))

    Dumper.add_representer(str, text)
    return Dumper


def _style(value: str) -> str | None:
    """Return the quoting of a string; None leaves it to the library, which quotes its own words.

    A character that cannot be seen is written as an escape: some are line breaks to a reader.
    """
    if YAML_1_2_WORDS.fullmatch(value):
        return '"'
    if value.isprintable():
        return None
    return "|" if _fits_a_block(value) else '"'


def _fits_a_block(value: str) -> bool:
    """Return whether a literal block shows ``value`` as it is."""
    printable = all(line.isprintable() and line == line.rstrip() for line in value.split("\n"))
    return printable and not value.startswith((" ", "\n"))


def dump(document: Mapping[str, Data]) -> str:
    """Return one document as YAML."""
    text: str = yaml.dump(
        _plain(document),
        Dumper=_dumper(),
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=LINE_LIMIT,
    )
    return text


def dump_all(documents: Sequence[Mapping[str, Data]]) -> str:
    """Return several documents as one YAML stream."""
    return "---\n".join(dump(document) for document in documents)


def comment(lines: Sequence[str]) -> str:
    """Return ``lines`` as comments, whatever is in them."""
    words = (" ".join("".join(c if c.isprintable() else " " for c in s).split()) for s in lines)
    return "".join(f"# {line}".rstrip() + "\n" for line in words)


def _plain(value: Data) -> object:
    """Return ``value`` as the dicts and lists that the library knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
