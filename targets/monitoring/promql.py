"""PromQL as text: whatever a name holds, it stays inside its quotes."""

from collections.abc import Mapping, Sequence


def quoted(text: str) -> str:
    """Return ``text`` as a string of PromQL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def selector(
    series: str, labels: Mapping[str, str], patterns: Mapping[str, str] | None = None
) -> str:
    """Return a selector by equal labels, and by regular expressions of the compiler's own."""
    parts = [f"{name}={quoted(value)}" for name, value in labels.items()]
    parts += [f"{name}=~{quoted(value)}" for name, value in (patterns or {}).items()]
    return f"{series}{{{','.join(parts)}}}"


def number(value: float) -> str:
    """Return a number as PromQL reads it, short where that loses nothing."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def bound(value: float) -> str:
    """Return the label ``le`` of a bucket, as the engines' client library writes it: ``1.0``."""
    return repr(float(value))


def all_of(conditions: Sequence[str]) -> str:
    """Return the conjunction of ``conditions``, one a line."""
    return "\nand\n".join(conditions)
