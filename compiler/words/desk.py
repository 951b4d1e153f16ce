"""Where readings are settled: which of them count, what became of each, and what is wrong."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from inferc.compiler.words import diagnostics as report
from inferc.compiler.words.phrases import Reading

if TYPE_CHECKING:
    from inferc.dsl import Diagnostic

MOST_LETTERS = 160
"""Of the words quoted behind ``because``; the rest is cut off."""


class Line(NamedTuple):
    """One line of the file: a field, its value, and the words that it comes from."""

    field: str
    value: str
    because: str = ""
    operator: str = "="
    confidence: str = ""


class Desk:
    """The readings of all descriptions, in an order of their own: that of the text has no part.

    What is taken from here counts as acted on.
    """

    def __init__(self, readings: Iterable[Reading]) -> None:
        self.readings: tuple[Reading, ...] = tuple(sorted(readings, key=_order))
        self.found: list[Diagnostic] = []
        self._acted: set[int] = set()

    def take(self, topic: str, *, negated: bool = False, word: str = "") -> tuple[Reading, ...]:
        """Return the readings of a topic, and count them as acted on."""
        taken = self.look(topic, negated=negated, word=word)
        self._acted.update(map(id, taken))
        return taken

    def look(self, topic: str, *, negated: bool = False, word: str = "") -> tuple[Reading, ...]:
        """Return the readings of a topic, without acting on them."""
        return tuple(
            item
            for item in self.readings
            if item.topic == topic and item.negated == negated and word in {"", item.word}
        )

    def leave(self, readings: Iterable[Reading]) -> None:
        """Take back that these readings were acted on."""
        self._acted.difference_update(map(id, readings))

    @property
    def acted(self) -> tuple[Reading, ...]:
        """The readings that something came of."""
        return tuple(item for item in self.readings if id(item) in self._acted)

    @property
    def idle(self) -> tuple[Reading, ...]:
        """The readings that nothing came of."""
        return tuple(item for item in self.readings if id(item) not in self._acted)

    def contradiction(self, readings: Sequence[Reading], *, taken: str, why: str) -> None:
        """Report that words exclude each other, and which reading counts."""
        self.found.append(report.words_contradict(readings, taken=taken, why=why))

    def ambiguity(
        self, reading: Reading, *, taken: str, others: Sequence[str] = (), say: str = ""
    ) -> None:
        """Report that words leave several readings open, and which one counts."""
        self.found.append(report.words_ambiguous(reading, taken=taken, others=others, say=say))


def words_of(readings: Iterable[Reading], *, extra: str = "") -> str:
    """Return the phrases behind a line as its reason, each once, in the order of the alphabet."""
    phrases = sorted({item.phrase for item in readings if item.phrase})
    text = "; ".join([*phrases, *([extra] if extra else [])])
    return (
        text
        if len(text) <= MOST_LETTERS
        else text[: MOST_LETTERS - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    )


def distinct(readings: Iterable[Reading], key: Callable[[Reading], object]) -> list[Reading]:
    """Return the first reading for each ``key``."""
    found: dict[object, Reading] = {}
    for item in readings:
        found.setdefault(key(item), item)
    return list(found.values())


def _order(item: Reading) -> tuple[str, str, str, str, str, bool, str]:
    numbers = (str(item.low or ""), str(item.high or ""))
    source = {"--model": "0", "--workload": "1"}.get(item.span.source.path, "2")
    return item.topic, source, item.word, "/".join(numbers), item.how, item.negated, item.phrase
