"""How a replica runs under clients that each wait for their answer before they ask again."""

from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.estimate import e2e_s
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.operation import operate
from inferc.compiler.perf.steps import Stage

CLOSE = 1e-4
"""Share of the clients that may be missing in the balance of a rate that counts as found."""

NARROW = 1e-9
"""Relative width of the bracket at which there is nothing left to look for."""

PATIENCE = 3
"""Steps of false position that may pass before the bracket has halved."""


def closed_loop(
    stage: Stage, demand: Demand, concurrency: float, budget_tok: float, frontend_s: float
) -> tuple[float, Operation]:
    """Return the rate that ``concurrency`` clients come to, and how the replica runs at it.

    Clients without a pause keep ``concurrency = rate * e2e(rate)`` requests in the system. The
    time of a request only grows with the rate, so ``rate - concurrency / e2e(rate)`` rises and has
    one root above 0; where a rate cannot be carried ``e2e`` is infinite and the value still finite.
    False position finds the root from a guess that is mostly near, with bisections where it is
    slow.

    Source: Little (1961); false position with Anderson and Björck's weights (BIT 13, 1973).
    Holds for: the steady state, after the start where all clients ask at once; every request
    admitted when it comes.
    """
    rate = _guess(stage, demand, concurrency)
    answer_s = stage.step_s(0.0, 0.0, 1.0, demand.context_tok) * demand.output_tok
    low, high = 0.0, max(2.0 * rate, concurrency / answer_s)
    low_gap, high_gap = -high, high
    due, patience, found = high, PATIENCE, Operation()
    while high - low > NARROW * high:
        found = operate(stage, demand, rate, budget_tok, frontend_s)
        gap = rate - concurrency / e2e_s(found, demand, None)
        if abs(gap) <= CLOSE * rate:
            break
        if gap > 0.0:
            low_gap *= _weight(gap / high_gap)
            high, high_gap = rate, gap
        else:
            high_gap *= _weight(gap / low_gap)
            low, low_gap = rate, gap
        width = high - low
        if width <= due:
            due, patience = width / 2.0, PATIENCE
        patience -= 1
        share = 0.5 if patience < 0 else high_gap / (high_gap - low_gap)
        rate = high - share * width
    if not found.stable:
        return low, operate(stage, demand, low, budget_tok, frontend_s)
    return rate, found


def _weight(share: float) -> float:
    """Return what the value at the end that stays is worth after one step."""
    return 1.0 - share if share < 1.0 else 0.5


def _guess(stage: Stage, demand: Demand, concurrency: float) -> float:
    """Return about the rate: answers take turns with prompts, and nothing waits.

    ``rate * (output - 1) * period = concurrency`` sequences decode at once, and prompts take a
    share ``rate * prompt`` of the time, so ``period = decode / (1 - rate * prompt)``.
    """
    sequences = concurrency / stage.pipeline
    decode_s = stage.step_s(0.0, 0.0, sequences, demand.context_tok) * stage.pipeline
    prompt_s = demand.prompt_tok * stage.prompt_tok_s(demand.pairs_per_tok)
    return concurrency / (demand.output_tok * decode_s + concurrency * prompt_s)
