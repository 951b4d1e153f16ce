"""Small words of messages: lists of names, suggestions, fixes."""

from collections.abc import Iterable, Sequence

from inferc.dsl import Edit, Fix, Span
from inferc.dsl.syntax import Node

SHOWN = 12
"""How many names a message lists before it stops."""
SHORT = 8
"""How many names are listed although one of them is suggested."""
LONGEST = 40
"""How much of a statement a message repeats."""


def close_to(word: str, known: Iterable[str], *, most: int = 1) -> tuple[str, ...]:
    """Return the names of ``known`` that were probably meant by ``word``, the likeliest first."""
    names = list(dict.fromkeys(known))
    folded = [name for name in names if name.casefold() == word.casefold()]
    if folded:
        return tuple(folded[:most])
    from difflib import get_close_matches

    return tuple(get_close_matches(word, names, n=most, cutoff=0.6))


def quoted(names: Sequence[str], joint: str = ", ") -> str:
    """Return the names in backticks, cut where there are many."""
    shown = joint.join(f"`{name}`" for name in names[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown


def listing(start: str, names: Sequence[str], close: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the note that lists the names, unless a suggestion says enough."""
    if not names or (close and len(names) > SHORT):
        return ()
    return (f"{start} {quoted(names)}",)


def did_you_mean(close: Sequence[str], otherwise: str = "") -> str:
    """Return the question, or ``otherwise`` where nothing is near."""
    return f"did you mean {quoted(close, ' or ')}?" if close else otherwise


def replace(span: Span, text: str, *, safe: bool = False) -> tuple[Fix, ...]:
    """Return the fix that writes ``text`` over ``span``."""
    return (Fix(title=f"write `{text}`", edits=(Edit(span, text),), safe=safe),)


def replace_by_first(span: Span, close: Sequence[str]) -> tuple[Fix, ...]:
    """Return the fix that writes the one name that is near."""
    return replace(span, close[0]) if len(close) == 1 else ()


def first_words(node: Node) -> str:
    """Return the beginning of a statement in backticks, to name it by."""
    line = node.span.text.partition("\n")[0].rstrip(" {")
    return f"`{line}`" if len(line) <= LONGEST else f"`{line[:LONGEST].rstrip()}…`"


def article(noun: str) -> str:
    """Return ``a`` or ``an`` in front of ``noun``."""
    spelled = noun[:1] in "aeiou" or noun in {"llm", "sla"}
    return f"an {noun}" if spelled else f"a {noun}"
