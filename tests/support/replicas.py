"""Replicas under load for tests: built briefly, and simulated step by step."""

import random
from dataclasses import dataclass, replace

from support import designs

from inferc.compiler.model import Accelerator, Engine, LanguageModel
from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.estimate import e2e_s, ttft_s
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.operation import operate
from inferc.compiler.perf.queueing import length_variation
from inferc.compiler.perf.steps import Layout, Stage

FRONTEND_S = designs.VLLM_COEFFICIENTS["frontend_s"]
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
    """Return a stage of a replica on one node of eight."""
    place = replace(designs.a100_node(), accelerator=gpu)
    return Stage(
        model,
        place,
        engine or designs.vllm(),
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
    low, high = 1e-9, 1e5
    for _ in range(80):
        middle = (low * high) ** 0.5
        found = operate(unit, demand, middle, BUDGET_TOK, FRONTEND_S)
        if found.stable and middle * e2e_s(found, demand, None) < concurrency:
            low = middle
        else:
            high = middle
    return operate(unit, demand, low, BUDGET_TOK, FRONTEND_S)


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Poisson arrivals with gamma distributed lengths."""

    prompt_tok: float
    prompt_tail: float
    output_tok: float
    output_tail: float
    rate_per_s: float


@dataclass(kw_only=True)
class _Waiting:
    at: float
    prompt: int
    done: int
    output: int


@dataclass(kw_only=True)
class _Running:
    left: int
    context: int
    since: float
    output: int


def simulate(
    unit: Stage, traffic: Traffic, requests: int, seed: int
) -> tuple[list[float], list[float]]:
    """Return TTFT and TPOT of every request, each engine step played out.

    Prompts ride on decode steps first come, first served, in chunks of what the budget leaves.
    """
    rng = random.Random(seed)  # noqa: S311  # the same requests every time
    queue = _arrivals(traffic, requests, rng)
    now, came = 0.0, 0
    waiting: list[_Waiting] = []
    running: list[_Running] = []
    first: list[float] = []
    between: list[float] = []
    while came < len(queue) or waiting or running:
        while came < len(queue) and queue[came].at <= now:
            waiting.append(queue[came])
            came += 1
        if not waiting and not running:
            now = queue[came].at
            continue
        chunks, prompt_tok, pairs = _chunks(waiting, BUDGET_TOK - len(running))
        context = sum(item.context for item in running) / max(1, len(running))
        now += unit.step_s(prompt_tok, pairs / max(1, prompt_tok), len(running), context)
        for item in running:
            item.left -= 1
            item.context += 1
            if item.left == 0:
                between.append((now - item.since) / (item.output - 1))
        running = [item for item in running if item.left > 0]
        for prompt, tokens in chunks:
            prompt.done += tokens
            if prompt.done == prompt.prompt:
                first.append(now - prompt.at + FRONTEND_S)
                if prompt.output > 1:
                    running.append(_started(prompt, now))
        waiting = [prompt for prompt in waiting if prompt.done < prompt.prompt]
    return first, between


def _started(prompt: _Waiting, now: float) -> _Running:
    return _Running(left=prompt.output - 1, context=prompt.prompt, since=now, output=prompt.output)


def _arrivals(traffic: Traffic, requests: int, rng: random.Random) -> list[_Waiting]:
    def length(mean: float, tail: float) -> int:
        variation = length_variation(tail)
        factor = rng.gammavariate(1 / variation, variation) if variation > 1e-9 else 1.0
        return max(1, round(mean * factor))

    now = 0.0
    queue: list[_Waiting] = []
    for _ in range(requests):
        now += rng.expovariate(traffic.rate_per_s)
        queue.append(
            _Waiting(
                at=now,
                prompt=length(traffic.prompt_tok, traffic.prompt_tail),
                done=0,
                output=length(traffic.output_tok, traffic.output_tail),
            )
        )
    return queue


def _chunks(waiting: list[_Waiting], room: int) -> tuple[list[tuple[_Waiting, int]], int, float]:
    chunks: list[tuple[_Waiting, int]] = []
    total, pairs = 0, 0.0
    for item in waiting:
        tokens = min(room - total, item.prompt - item.done)
        if tokens <= 0:
            break
        chunks.append((item, tokens))
        pairs += tokens * (item.done + tokens / 2)
        total += tokens
    return chunks, total, pairs
