"""From descriptions to readings: every rule over every clause, the plainest ones first."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from inferc.compiler.words.clouds import read_clouds
from inferc.compiler.words.fillers import means_something
from inferc.compiler.words.formats import read_formats
from inferc.compiler.words.hardware import read_counts, read_details, read_hardware
from inferc.compiler.words.latency import read_latencies
from inferc.compiler.words.lengths import (
    EACH,
    read_context,
    read_lengths,
    read_vague_lengths,
    side_before,
)
from inferc.compiler.words.models import read_models
from inferc.compiler.words.negation import denied
from inferc.compiler.words.phrases import (
    TAKEN,
    Clause,
    Found,
    Reading,
    clauses,
    masked,
)
from inferc.compiler.words.surroundings import (
    read_money,
    read_networks,
    read_notes,
    read_surroundings,
)
from inferc.compiler.words.traffic import read_traffic
from inferc.compiler.words.uses import read_uses
from inferc.dsl import SourceFile, Span

Rule: TypeAlias = Callable[[str], Iterator[Found]]

RULES: Final[tuple[Rule, ...]] = (
    read_money,
    read_clouds,
    read_models,
    read_networks,
    read_hardware,
    read_latencies,
    read_traffic,
    read_context,
    read_lengths,
    read_formats,
    read_surroundings,
    read_uses,
    read_counts,
    read_details,
    read_vague_lengths,
    read_notes,
)
"""What one rule has read, a later one does not see."""

_ALTERNATIVE: Final = {"model", "hardware", "precision", "engine", "market", "instance", "cloud"}
"""Topics of which several may be given to choose from."""
_AT_LEAST_ONE: Final = frozenset(
    {"rate", "peak", "concurrency", "people", "prompt", "output", "context", "sla", "token_rate"}
    | {"hardware", "count", "nodes", "replicas", "instance", "memory"}
)
"""Topics of which none is as good as nothing said."""
_NEGATIVE = re.compile(r"(?<!\S)(?<![\dkm]\s)-\d")
_OR = re.compile(r"(?:\s|,|/|or|either|\(|\))*", re.IGNORECASE)


class Read(NamedTuple):
    """Everything that was read, and what was not understood."""

    readings: tuple[Reading, ...]
    left: tuple[Span, ...]
    """Stretches of words that mean something, and no rule knows what."""


def read_all(sources: Sequence[SourceFile]) -> Read:
    """Return what the descriptions say, in their order."""
    readings: list[Reading] = []
    left: list[Span] = []
    sentence = 0
    for source in sources:
        for clause in clauses(source, sentence):
            found = _found_in(clause)
            sound = [item for item in found if not _is_impossible(clause.text, item)]
            readings += [_reading(clause, item) for item in sound]
            left += _left(clause, sound)
            sentence = clause.sentence + 1
    return Read(_with_alternatives(readings), tuple(left))


def _found_in(clause: Clause) -> list[Found]:
    """Return what the rules find in a clause, in the order of the text."""
    text = clause.text
    found: list[Found] = []
    for rule in RULES:
        new = [item for item in rule(text) if item.end > item.start]
        text = masked(text, new)
        found += new
    found = [_with_side(clause, item) for item in found]
    return sorted(found, key=lambda item: (item.start, item.end, item.topic))


def _with_side(clause: Clause, found: Found) -> Found:
    """Return a length "each" as that of what the sentence named before."""
    if found.topic != EACH:
        return found
    before = clause.source.text[: clause.start].lower()
    return found._replace(topic=side_before(re.split(r"[.!?;\n](?:\s|$)", before)[-1]))


def _is_impossible(text: str, found: Found) -> bool:
    """Return whether a number is below zero, or none of what there must be some of."""
    if found.low == 0 and found.topic in _AT_LEAST_ONE:
        return True
    around = text[max(0, found.start - 2) : found.end]
    return found.low is not None and _NEGATIVE.search(around) is not None


def _reading(clause: Clause, found: Found) -> Reading:
    denial = denied(clause.text, found.start, found.end)
    first, last = denial or (found.start, found.end)
    start, end = clause.start + first, clause.start + last
    text = clause.source.text
    while start < end and text[start].isspace():
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ":,"):
        end -= 1
    return Reading(
        topic=found.topic,
        word=found.word,
        low=found.low,
        high=found.high,
        how=found.how,
        more=found.more,
        negated=denial is not None,
        group=0,
        span=Span(clause.source, start, end),
    )


def _left(clause: Clause, found: Sequence[Found]) -> Iterator[Span]:
    """Yield the stretches of a clause that nothing was read in and that mean something."""
    text = masked(clause.text, found)
    for match in re.finditer(rf"[^{TAKEN}]+", text):
        if not means_something(match.group()):
            continue
        start = match.start() + len(match.group()) - len(match.group().lstrip(" -,:()"))
        start -= start > 0 and _NEGATIVE.match(text, start - 1) is not None
        end = match.end() - (len(match.group()) - len(match.group().rstrip(" -,:()")))
        yield Span(clause.source, clause.start + start, clause.start + end)


def _with_alternatives(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Return the readings with a number on those that are alternatives: ``A100 or H100``."""
    marked = list(readings)
    group = 0
    for place in range(1, len(marked)):
        before, now = marked[place - 1], marked[place]
        if not _are_alternatives(before, now):
            continue
        if not before.group:
            group += 1
            marked[place - 1] = before._replace(group=group)
        marked[place] = now._replace(group=marked[place - 1].group)
    return tuple(marked)


def _are_alternatives(before: Reading, now: Reading) -> bool:
    """Return whether nothing but "or", a comma or a slash stands between two of one kind."""
    same = before.topic == now.topic and now.topic in _ALTERNATIVE
    if not same or before.span.source is not now.span.source:
        return False
    source = now.span.source.text
    between = source[before.span.end : now.span.start]
    rest = source[now.span.end : now.span.end + len(" or either")]
    joined = "or" in between.lower() or "/" in between
    listed = "," in between and re.match(r"\s*,?\s*(?:or\b|\w+\s+or\b)", rest.lower()) is not None
    return (joined or listed) and _OR.fullmatch(between) is not None
