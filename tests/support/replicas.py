"""Replicas under load for tests: built briefly, and simulated step by step."""

import random
from dataclasses import dataclass, replace

from support import designs
from support.step_by_step import Reference

from inferc.compiler.model import Accelerator, Engine, LanguageModel
from inferc.compiler.model.calibrated import calibrated_engine, calibrated_place, published
from inferc.compiler.perf import closed_loop as perf
from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.estimate import ttft_s
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.operation import operate
from inferc.compiler.perf.queueing import length_variation
from inferc.compiler.perf.steps import Layout, Stage
from inferc.compiler.simulation import ReplicaSetup, Request

FRONTEND_S = 0.015
BUDGET_TOK = 8192


def stage(
    model: LanguageModel,
    gpu: Accelerator = designs.A100_80GB_SXM,
    *,
    tensor: int = 1,
    pipeline: int = 1,
    precision: str = "fp16",
    engine: Engine | None = None,
) -> Stage:
    """Return a stage of a replica on one node of eight, with the figures of the shipped fit."""
    fit = published()
    place = calibrated_place(replace(designs.a100_node(), accelerator=gpu), fit)
    return Stage(
        model,
        place,
        calibrated_engine(engine or designs.vllm(), fit),
        Layout(precision=precision, tensor_parallel=tensor, pipeline_parallel=pipeline),
    )


def highest_rate(unit: Stage, demand: Demand, ttft_limit_s: float) -> tuple[float, Operation]:
    """Return the highest rate of one replica at which p95 TTFT holds, and how it runs there."""
    low, high = 0.0, 1000.0
    for _ in range(50):
        middle = (low + high) / 2
        found = operate(unit, demand, middle, BUDGET_TOK, FRONTEND_S)
        if found.stable and ttft_s(found, 0.95) <= ttft_limit_s:
            low = middle
        else:
            high = middle
    return low, operate(unit, demand, low, BUDGET_TOK, FRONTEND_S)


def closed_loop(unit: Stage, demand: Demand, concurrency: float) -> Operation:
    """Return how a replica runs when so many clients each wait for their answer (Little's law)."""
    return perf.closed_loop(unit, demand, concurrency, BUDGET_TOK, FRONTEND_S)[1]


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Poisson arrivals with gamma distributed lengths."""

    prompt_tok: float
    prompt_tail: float
    output_tok: float
    output_tail: float
    rate_per_s: float


def simulate(
    unit: Stage, traffic: Traffic, requests: int, seed: int
) -> tuple[list[float], list[float]]:
    """Return TTFT and TPOT of every request, each engine step played out.

    Prompts ride on decode steps first come, first served, in chunks of what the budget leaves.
    """
    setup = ReplicaSetup(
        clock=unit,
        max_num_seqs=requests,
        max_num_batched_tokens=BUDGET_TOK,
        frontend_s=FRONTEND_S,
    )
    played = Reference(setup).open_loop(_arrivals(traffic, requests, seed))
    return played.ttft, played.tpot


def _arrivals(traffic: Traffic, requests: int, seed: int) -> list[Request]:
    rng = random.Random(seed)  # the same requests every time

    def length(mean: float, tail: float) -> int:
        variation = length_variation(tail)
        factor = rng.gammavariate(1 / variation, variation) if variation > 1e-9 else 1.0
        return max(1, round(mean * factor))

    at_s = 0.0
    arrivals: list[Request] = []
    for _ in range(requests):
        at_s += rng.expovariate(traffic.rate_per_s)
        prompt_tok = length(traffic.prompt_tok, traffic.prompt_tail)
        output_tok = length(traffic.output_tok, traffic.output_tail)
        arrivals.append(Request(at_s, prompt_tok, output_tok))
    return arrivals
