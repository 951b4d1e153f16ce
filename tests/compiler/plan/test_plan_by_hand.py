"""The planner against a planner by hand: every configuration, with arithmetic of its own."""

import random
from dataclasses import replace

import pytest
from support import by_hand, designs
from support.by_hand import BUDGETS, LIMITS, PIPELINES, Tried
from support.machines import LLAMA_3_8B, MIXTRAL_8X7B
from support.problems import pin, problem, settled

from inferc.compiler.perf import Configuration
from inferc.compiler.plan import Verdict, build
from inferc.compiler.problem import Problem

MODELS = (designs.TINYLLAMA_1_1B, LLAMA_3_8B, MIXTRAL_8X7B, designs.LLAMA_3_70B)

SPACE = (
    pin("max_num_batched_tokens", *BUDGETS, operator="in"),
    pin("max_num_seqs", *LIMITS, operator="in"),
    pin("pipeline_parallel", *PIPELINES, operator="in"),
)

CLOSE = 2e-3
"""By how much two computations of the room may differ, where it is rounded to a thousandth."""


def drawn(chance: random.Random) -> Problem:
    """Return a problem with a small space."""
    place = designs.a100_node(float(chance.choice([1, 2])), chance.choice([1, 2, 4]))
    limits = {"ttft": chance.choice([0.05, 0.1, 0.3, 1.0])}
    if chance.random() < 0.4:
        limits["tpot"] = chance.choice([0.01, 0.03, 0.06])
    if chance.random() < 0.2:
        limits["e2e"] = chance.choice([2.0, 8.0])
    asked = problem(
        chance.choice(MODELS),
        place,
        rate_per_s=10.0 ** chance.uniform(-0.5, 1.8),
        limits_s=limits,
        decisions=SPACE,
    )
    if chance.random() < 0.4:
        wish = designs.objective(
            "itl", chance.choice([0.01, 0.03]), "prefer p95 itl <= 60ms", hard=False
        )
        asked = replace(asked, case=replace(asked.case, objectives=(*asked.case.objectives, wish)))
    known = {"prompt": 200.0, "output": 100.0, "peak": 1.5}
    for name in chance.sample(sorted(known), chance.randint(0, 3)):
        asked = settled(asked, **{name: known[name]})
    return asked


def tried_of(found: Configuration) -> Tried:
    return Tried(
        tensor=found.tensor_parallel,
        pipeline=found.pipeline_parallel,
        replicas=found.replicas,
        budget=found.max_num_batched_tokens,
        sequences=found.max_num_seqs,
    )


def check(asked: Problem) -> str:
    """Hold the planner's verdict and plan against those by hand."""
    plan = build("x", (asked,)).plan
    assert plan is not None
    expected = by_hand.verdict(asked)
    assert plan.verdict.value == expected
    best = by_hand.best(asked)
    if plan.verdict is Verdict.INFEASIBLE or best is None:
        return expected
    ours = tried_of(plan.services[0].configuration)
    if ours != best[1]:
        # Only the width of rounding may part them: then all that comes before it is the same.
        own = by_hand.key(asked, ours)
        assert own is not None
        at = by_hand.ROOM
        assert own[:at] == best[0][:at]
        assert own[at] == pytest.approx(best[0][at], abs=CLOSE)
    return expected


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 10))]
)
def test_the_plan_is_the_best_of_all(seed: int) -> None:
    """Twenty small spaces of each seed, two hundred in all; each verdict comes up."""
    chance = random.Random(seed)
    verdicts = {check(drawn(chance)) for _ in range(20)}
    assert verdicts == {"feasible", "conditional", "infeasible"}
