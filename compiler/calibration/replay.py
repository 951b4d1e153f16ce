"""Play a measurement again: its protocol, on the performance model.

What comes out is the prediction, and the steps that led to it: a fit changes what steps take, not
which steps there are, so one simulation serves many rounds of it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log2

from inferc.compiler.calibration.protocols import Protocol
from inferc.compiler.calibration.subject import Subject, flag, number
from inferc.compiler.model.calibration import (
    Calibration,
    calibrated_accelerator,
    calibrated_engine,
)
from inferc.compiler.model.catalog import place_of
from inferc.compiler.perf.coefficients import coefficient
from inferc.compiler.perf.ideal import StepWork
from inferc.compiler.perf.memory import (
    activation_bytes,
    kv_bytes_per_tok_and_shard,
    memory_of,
    shard_weights_bytes,
)
from inferc.compiler.perf.steps import Seen, Stage
from inferc.compiler.simulation.replica import burst, closed_loop, open_loop, static_batch
from inferc.compiler.simulation.values import Outcome, ReplicaSetup, Request, Run

MOST_REQUESTS = 6000
"""Longer runs are cut: their means have settled."""

PER_NODE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Steps of a replay that are alike."""

    work: StepWork[float]
    ttft_weight: float
    """What one second more of each such step adds to the mean TTFT."""
    tpot_weight: float
    time_weight: float
    """And to the time of the whole run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A measurement played again."""

    outcome: Outcome
    bins: tuple[Bin, ...]
    prompt_tok: float
    """Mean, with the chat template."""
    requests: int
    frontend: float
    """Share of the front end's time that this client's requests take: 1 over HTTP."""
    front_s: float
    """What the front end took of each request, at the coefficients of the replay."""
    kv_cache_tok: float


def replay(subject: Subject, calibration: Calibration, *, steps: bool = False) -> Replay:
    """Play ``subject`` again on the model with ``calibration``; with its ``steps`` for a fit."""
    accelerator = calibrated_accelerator(subject.accelerator, calibration)
    engine = calibrated_engine(subject.engine, calibration, subject.cell.engine)
    subject = replace(subject, accelerator=accelerator, engine=engine)
    place = place_of(accelerator, per_node=PER_NODE, nodes=8)
    stage = Stage(subject.model, place, engine, subject.layout)
    setup = _setup(subject, stage)
    lengths = _lengths(subject.protocol, subject.replicas)
    recorder = _Recorder(stage) if steps else None
    outcome = _run(subject, setup, lengths, recorder)
    return Replay(
        outcome=outcome,
        bins=recorder.bins(outcome, subject.layout.pipeline_parallel) if recorder else (),
        prompt_tok=subject.protocol.prompt.mean_tok + subject.protocol.template_tok,
        requests=len(lengths),
        frontend=FRONTEND.get(subject.protocol.client, 1.0),
        front_s=setup.frontend_s + setup.frontend_tok_s * subject.protocol.prompt.mean_tok,
        kv_cache_tok=setup.kv_cache_tok,
    )


FRONTEND = {"http": 1.0, "in_process": 0.0, "native": 0.0}
"""Share of the front end that a client's requests pass."""


def _setup(subject: Subject, stage: Stage) -> ReplicaSetup:
    """Return how the engine of ``subject`` schedules."""
    engine, protocol = subject.engine, subject.protocol
    front = FRONTEND.get(protocol.client, 1.0)
    mixed = flag(subject, "mixed_chunk", default=engine.scheduling == "mixed")
    budget_tok = int(number(subject, "max_num_batched_tokens", default=8192.0))
    sequences = int(number(subject, "max_num_seqs", default=1024.0))
    block_tok = int(coefficient("kv_block_tok", engine, subject.accelerator))
    return ReplicaSetup(
        clock=stage,
        scheduling="mixed" if mixed else "prefill_first",
        max_num_seqs=max(1, sequences),
        max_num_batched_tokens=max(budget_tok, 1),
        chunked_prefill=flag(subject, "chunked_prefill", default=engine.chunked_prefill),
        kv_cache_tok=_kv_cache_tok(subject, budget_tok, sequences),
        kv_block_tok=block_tok,
        kv_admission="full_length" if engine.kv_admission == "full_length" else "as_needed",
        batch_wait_steps=_held_back_steps(subject),
        batch_wait_ratio=number(subject, "batch_wait_ratio", default=0.0),
        pipeline=stage.pipeline,
        frontend_s=front * coefficient("frontend_s", engine, subject.accelerator),
        frontend_tok_s=front * coefficient("frontend_tok_s", engine, subject.accelerator),
        frontend_serial_s=front * SERIAL_S,
    )


def _held_back_steps(subject: Subject) -> int:
    """Return for how many steps of answers a new request is not looked at, on average."""
    waits = number(subject, "batch_wait_iterations", default=0.0)
    polls = number(subject, "receive_interval_steps", default=1.0)
    return int(max(waits, (polls - 1.0) / 2.0))


SERIAL_S = 1.0e-3
"""Between two requests that pass the same front end: one process parses and tokenizes them."""


def _kv_cache_tok(subject: Subject, budget_tok: int, sequences: int) -> float:
    """Return the tokens of KV cache of a replica.

    What was measured did run: there is room for one request at least, however little is left.
    """
    model, layout, protocol = subject.model, subject.layout, subject.protocol
    mean_tok = protocol.prompt.mean_tok + protocol.output.mean_tok
    groups = layout.attention_data_parallel
    weights = shard_weights_bytes(
        model, layout.precision, layout.tensor_parallel, layout.pipeline_parallel
    )
    share = number(subject, "memory_share", default=0.0)
    if not 0.0 < share <= 1.0:
        share = coefficient("memory_share", subject.engine, subject.accelerator)
    of_free = number(subject, "kv_memory_share", default=0.0)
    if of_free:  # of what the weights leave, not of everything
        taken = weights / subject.accelerator.memory_bytes.value
        share = taken + of_free * (1.0 - taken)
    memory = memory_of(
        subject.accelerator,
        subject.engine,
        share=share,
        weights=weights,
        activation=activation_bytes(model, layout.tensor_parallel, budget_tok, min(sequences, 256)),
        kv_tok_bytes=kv_bytes_per_tok_and_shard(
            model,
            layout.tensor_parallel // groups,
            layout.pipeline_parallel,
            kv_precision=layout.kv_precision,
            context_tok=mean_tok,
        ),
    )
    longest = protocol.prompt.at(0.9999) + protocol.output.at(0.9999) + protocol.template_tok
    longest += SLACK_TOK
    return max(memory.kv_cache_tok * groups, longest)


SLACK_TOK = 64.0
"""Blocks that are not full."""


def _lengths(protocol: Protocol, replicas: int) -> list[tuple[int, int]]:
    """Return prompt and answer of each request of one replica.

    Every length has its share exactly: only their order is drawn.
    """
    count = max(1, min(MOST_REQUESTS, round(protocol.requests / replicas)))
    drawn = random.Random(count)  # noqa: S311  # the same requests every time
    shares = [(place + 0.5) / count for place in range(count)]
    others = shares.copy()
    drawn.shuffle(shares)
    drawn.shuffle(others)
    kept = 1.0 - protocol.reused_share
    return [
        (
            max(1, round(protocol.prompt.at(one) * kept + protocol.template_tok)),
            max(1, round(protocol.output.at(other))),
        )
        for one, other in zip(shares, others, strict=True)
    ]


def _run(
    subject: Subject,
    setup: ReplicaSetup,
    lengths: list[tuple[int, int]],
    record: Callable[[Run], None] | None,
) -> Outcome:
    """Simulate one replica under its share of the load."""
    protocol = subject.protocol
    match protocol.arrivals:
        case "closed":
            in_flight = max(1, round((protocol.in_flight or 1) / subject.replicas))
            return closed_loop(setup, lengths, in_flight, record=record)
        case "at_once" if subject.conditions.load == "static_batch":
            return static_batch(setup, lengths, record=record)
        case "at_once":
            if protocol.in_flight:
                in_flight = max(1, round(protocol.in_flight / subject.replicas))
                return closed_loop(setup, lengths, in_flight, record=record)
            return burst(setup, lengths, record=record)
        case _:
            return open_loop(setup, _arrivals(subject, lengths), record=record)


def _arrivals(subject: Subject, lengths: list[tuple[int, int]]) -> list[Request]:
    """Return requests at the rate of one replica."""
    rate = (subject.protocol.rate_per_s or 1.0) / subject.replicas
    drawn = random.Random(len(lengths))  # noqa: S311  # the same requests every time
    at_s = 0.0
    found: list[Request] = []
    for prompt, output in lengths:
        even = subject.protocol.arrivals == "even"
        at_s += 1.0 / rate if even else drawn.expovariate(rate)
        found.append(Request(at_s, prompt, output))
    return found


class _Recorder:
    """Collects the steps of a simulation, alike ones together."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.found: dict[tuple[int, int], list[float]] = {}

    def __call__(self, run: Run) -> None:
        """Add some steps: those with about as many sequences and prompt tokens are one bin."""
        key = (round(4.0 * log2(run.decoding + 1)), round(3.0 * log2(run.prompt_tok + 1)))
        sums = self.found.get(key)
        if sums is None:
            sums = self.found[key] = [0.0] * 12
        steps = run.steps
        values = (
            steps,
            steps * run.tokens,
            steps * run.decoding,
            steps * (run.decoding + run.ended_prompts),
            steps * run.context_tok,
            steps * run.window_context_tok,
            steps * run.pairs,
            steps * run.window_pairs,
            run.ttft_weight,
            run.tpot_weight,
            float(steps),
        )
        for place, value in enumerate(values):
            sums[place] += value

    def bins(self, outcome: Outcome, pipeline: int) -> tuple[Bin, ...]:
        """Return the steps, with weights for means over the requests of ``outcome``."""
        found: list[Bin] = []
        for key in sorted(self.found):
            sums = self.found[key]
            steps = sums[0]
            tokens, decoding, sampled, context, windowed, pairs, window_pairs = (
                value / steps for value in sums[1:8]
            )
            seen = Seen(context, windowed, pairs, window_pairs)
            found.append(
                Bin(
                    work=self.stage.work(tokens, sampled, decoding, seen),
                    ttft_weight=sums[8] * pipeline / max(1.0, outcome.ttft.count),
                    tpot_weight=sums[9] * pipeline / max(1.0, outcome.tpot.count),
                    time_weight=sums[10] * pipeline,
                )
            )
        return tuple(found)
