"""Pairs of layouts that work hand in hand: one for prompts, one for answers."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple

from inferc.compiler.perf.found import Operation
from inferc.compiler.plan.space import Shape


class Pair(NamedTuple):
    """The layouts of both kinds, each with its token budget."""

    prompts: Shape
    prompts_tok: int
    answers: Shape
    answers_tok: int


class Able(NamedTuple):
    """A layout for prompts, with the token budgets of its steps and all that go with it."""

    prompts: Shape
    budgets: tuple[int, ...]
    answers: list[tuple[Shape, int]]
    """Layouts for answers with their token budgets: one list for all that go together."""


def fewest(counts: Sequence[int], enough: Callable[[int], bool]) -> int | None:
    """Return the smallest of ``counts`` that is enough, or None; more are never too many."""
    if not counts or not enough(counts[-1]):
        return None
    return counts[bisect_left(range(len(counts)), 1, key=lambda at: enough(counts[at]))]


def together(prompts: Shape, answers: Shape) -> bool:
    """Return whether two layouts may work hand in hand."""
    return (
        prompts.engine is answers.engine
        and prompts.place is answers.place
        and prompts.precision == answers.precision
        and prompts.kv_precision == answers.kv_precision
        and prompts.drafter == answers.drafter
    )


def ready() -> Operation:
    """Return replicas for answers that keep nobody waiting."""
    found = Operation()
    found.stable, found.load = True, 0.0
    found.decode_s = found.tpot_s = found.sequences = 0.0
    return found
