"""Tables, numbers and paragraphs of the page."""

import textwrap
from collections.abc import Iterable, Sequence

from inferc.compiler.units import to_unit

NONE = "-"


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1, last: bool = False
) -> str:
    """Return a table whose first ``texts`` columns are text, the ``last`` too, others numbers."""
    marks = ["---" if place < texts else "---:" for place in range(len(head))]
    if last:
        marks[-1] = "---"
    lines = (head, marks, *rows)
    return "\n".join(f"| {' | '.join(escaped(cell) for cell in line)} |" for line in lines)


def escaped(text: str) -> str:
    """Return ``text`` for a cell."""
    return text.replace("|", "\\|")


def prose(text: str) -> str:
    """Return paragraphs, or the items of a list, broken into lines."""
    if "\n\n" in text.strip():
        return "\n\n".join(prose(part) for part in text.strip().split("\n\n"))
    items = text.strip().split("\n- ")
    lines = [item if number == 0 else f"- {item}" for number, item in enumerate(items)]
    return "\n".join(
        textwrap.fill(
            " ".join(line.split()),
            100,
            subsequent_indent="  " if line.startswith("- ") else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    )


def sentence(text: str) -> str:
    """Return ``text`` with a capital, but for names such as vLLM, and a full stop."""
    first = text[0] if text[1:2].isupper() else text[0].upper()
    return f"{first}{text[1:]}."


def percent(share: float | None) -> str:
    """Return a share: ``12.3 %``."""
    return NONE if share is None else f"{to_unit(share, '%'):.1f} %"


def signed(share: float) -> str:
    """Return a share with its sign: ``-12.3 %``."""
    return f"{to_unit(share, '%'):+.1f} %"


def times(factor: float) -> str:
    """Return a factor: ``1.34x``."""
    return f"{factor:.2f}x"


def count(number: int) -> str:
    """Return a number of things: ``1,234``."""
    return f"{number:,}"


def plural(number: int, word: str) -> str:
    """Return a number of things with their name."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def folded(title: str, text: str) -> str:
    """Return a block that opens on a click."""
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"
