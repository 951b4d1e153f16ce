"""Better hardware, a looser SLA, less load and fewer pins never make a plan worse or dearer."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B, MIXTRAL_8X7B
from support.problems import pin, problem, settled

from inferc.compiler.model import Accelerator, Place
from inferc.compiler.plan import Configuration, Verdict, build
from inferc.compiler.plan.search import Search
from inferc.compiler.plan.verdict import alone
from inferc.compiler.problem import Problem
from inferc.compiler.provenance import Sourced

ORDER = (Verdict.INFEASIBLE, Verdict.CONDITIONAL, Verdict.FEASIBLE)

MODELS = (designs.TINYLLAMA_1_1B, LLAMA_3_8B, MIXTRAL_8X7B)

PINS = (
    pin("tensor_parallel", 1),
    pin("tensor_parallel", 2, operator="<="),
    pin("pipeline_parallel", 1),
    pin("replicas", 4, operator="<="),
    pin("replicas", 2, operator=">="),
    pin("max_num_seqs", 64, operator="<="),
    pin("max_num_batched_tokens", 2048, operator="<="),
)


def drawn(chance: random.Random) -> Problem:
    """Return a problem of any kind: model, nodes, prices, load, limits, pins and unknowns."""
    place = designs.a100_node(float(chance.choice([1, 2, 3])), chance.choice([1, 2, 4, 8]))
    gpu = chance.choice([designs.A100_80GB_SXM, H100_SXM])
    price = designs.fact(2.0 / 3600.0) if chance.random() < 0.5 else None
    place = replace(place, accelerator=gpu, price_usd_per_s=price)
    if price is not None and chance.random() < 0.5:
        place = replace(place, least_nodes=1)
    limits = {"ttft": chance.choice([0.05, 0.1, 0.3, 1.0])}
    if chance.random() < 0.5:
        limits["tpot"] = chance.choice([0.008, 0.03, 0.06])
    asked = problem(
        chance.choice(MODELS),
        place,
        rate_per_s=10.0 ** chance.uniform(-0.5, 2.2),
        limits_s=limits,
        decisions=tuple(chance.sample(PINS, chance.choice([0, 0, 1, 2]))),
    )
    known = {"prompt": 200.0, "output": 100.0, "peak": 1.5}
    for name in chance.sample(sorted(known), chance.randint(0, 3)):
        asked = settled(asked, **{name: known[name]})
    return asked


def standing(asked: Problem) -> tuple[int, int, float]:
    """Return how good a problem's answer is: its verdict, whether it holds as planned, and cost.

    A plan that holds over the whole range may cost more than one that does not: cost compares only
    plans that are as good.
    """
    judge = alone(asked)
    verdict = ORDER.index(judge.verdict())
    if not verdict:
        return (0, 0, 0.0)
    search = judge.planned
    best = search.candidates(judge.load(judge.typicals), judge.load(judge.highs))[0]
    return (verdict, int(best.holds), -search.spent(best) if best.holds else 0.0)


def times(number: Sourced[float], factor: float) -> Sourced[float]:
    value = number.value * factor
    return replace(number, value=value, low=value, high=value)


def on(asked: Problem, place: Place) -> Problem:
    return replace(asked, case=replace(asked.case, place=place))


def with_gpu(asked: Problem, gpu: Accelerator) -> Problem:
    return on(asked, replace(asked.case.place, accelerator=gpu))


def more_memory(asked: Problem, factor: float) -> Problem:
    gpu = asked.case.place.accelerator
    return with_gpu(asked, replace(gpu, memory_bytes=times(gpu.memory_bytes, factor)))


def faster_memory(asked: Problem, factor: float) -> Problem:
    gpu = asked.case.place.accelerator
    faster = times(gpu.bandwidth_bytes_per_s, factor)
    return with_gpu(asked, replace(gpu, bandwidth_bytes_per_s=faster))


def faster_links(asked: Problem, factor: float) -> Problem:
    place = asked.case.place
    gpu, network = place.accelerator, place.network
    assert gpu.link is not None
    link = replace(gpu.link, bandwidth_bytes_per_s=times(gpu.link.bandwidth_bytes_per_s, factor))
    network = replace(network, bandwidth_bytes_per_s=times(network.bandwidth_bytes_per_s, factor))
    return on(asked, replace(place, accelerator=replace(gpu, link=link), network=network))


def more_nodes(asked: Problem, factor: float) -> Problem:
    place = asked.case.place
    count = designs.given(place.nodes.value + round(factor))
    return on(asked, replace(place, nodes=count))


def looser(asked: Problem, factor: float) -> Problem:
    lines = tuple(replace(line, limit=times(line.limit, factor)) for line in asked.case.objectives)
    return replace(asked, case=replace(asked.case, objectives=lines))


def lower_rate(asked: Problem, factor: float) -> Problem:
    return replace(asked, case=replace(asked.case, rate_per_s=asked.case.rate_per_s / factor))


def fewer_pins(asked: Problem, factor: float) -> Problem:
    del factor
    pins = [item for item in asked.case.decisions if item.field != "precision"]
    kept = tuple(item for item in asked.case.decisions if item not in pins[-1:])
    return replace(asked, case=replace(asked.case, decisions=kept))


def cheaper(asked: Problem, factor: float) -> Problem:
    place = asked.case.place
    if place.price_usd_per_s is None:
        return asked
    return on(asked, replace(place, price_usd_per_s=times(place.price_usd_per_s, 1.0 / factor)))


BETTER: tuple[Callable[[Problem, float], Problem], ...] = (
    more_memory,
    faster_memory,
    faster_links,
    more_nodes,
    looser,
    lower_rate,
    fewer_pins,
    cheaper,
)


def compared(seed: int, count: int, better: Callable[[Problem, float], Problem]) -> set[Verdict]:
    """Draw problems, make each better, and return the verdicts that came up before."""
    chance = random.Random(f"{better.__name__} {seed}")
    verdicts: set[Verdict] = set()
    for _ in range(count):
        asked = drawn(chance)
        factor = chance.choice([1.001, 1.1, 1.5, 2.0, 4.0])
        before, after = standing(asked), standing(better(asked, factor))
        verdicts.add(ORDER[before[0]])
        assert after[:2] >= before[:2], (better.__name__, asked.case, factor)
        if after[:2] == before[:2]:
            assert after[2] >= before[2] * (1.0 + 1e-9) - 1e-12, (better.__name__, factor)
    return verdicts


@pytest.mark.parametrize("better", BETTER)
def test_better_is_never_worse_nor_dearer(better: Callable[[Problem, float], Problem]) -> None:
    compared(0, 6, better)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("better", BETTER)
def test_better_is_never_worse_nor_dearer_on_a_thousand_problems(
    seed: int, better: Callable[[Problem, float], Problem]
) -> None:
    """Five seeds of twenty-five for each of the eight: a thousand."""
    assert compared(seed, 25, better) >= {Verdict.INFEASIBLE, Verdict.CONDITIONAL}


def forbidding(asked: Problem, found: Configuration) -> list[Problem]:
    """Return the problem with each value of the winner forbidden in turn."""
    values = (
        ("tensor_parallel", found.tensor_parallel),
        ("pipeline_parallel", found.pipeline_parallel),
        ("replicas", found.replicas),
        ("max_num_batched_tokens", found.max_num_batched_tokens),
        ("max_num_seqs", found.max_num_seqs),
    )
    return [
        replace(
            asked,
            case=replace(
                asked.case, decisions=(*asked.case.decisions, pin(field, value, operator="!="))
            ),
        )
        for field, value in values
    ]


@pytest.mark.parametrize(
    ("seed", "count"), [(0, 5), *(pytest.param(n, 20, marks=pytest.mark.slow) for n in range(1, 6))]
)
def test_forbidding_the_winner_never_gives_a_better_or_cheaper_plan(seed: int, count: int) -> None:
    chance = random.Random(seed)
    forbidden = 0
    for _ in range(count):
        asked = drawn(chance)
        before = standing(asked)
        if not before[0]:
            continue
        plan = build("x", (asked,)).plan
        assert plan is not None
        for without in forbidding(asked, plan.services[0].configuration):
            if not Search(without.case).fits_somewhere():
                continue
            after = standing(without)
            forbidden += 1
            assert after[:2] <= before[:2]
            if after[:2] == before[:2]:
                assert after[2] <= before[2] + 1e-12
    assert forbidden
