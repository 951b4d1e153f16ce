"""Play a measurement again: its protocol, on the performance model.

What comes out is the prediction, and the steps that led to it: a fit changes what steps take, not
which steps there are, so one simulation serves many rounds of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log2

from inferc.compiler.calibration.protocols import Protocol
from inferc.compiler.calibration.subject import Subject
from inferc.compiler.model.calibrated import calibrated_accelerator, calibrated_engine
from inferc.compiler.model.calibration import Calibration
from inferc.compiler.model.catalog import NODE, place_of
from inferc.compiler.perf.coefficients import coefficient
from inferc.compiler.perf.ideal import StepWork, step_s
from inferc.compiler.perf.memory import (
    MOST_SAMPLED,
    activation_bytes,
    kv_bytes_per_tok_and_shard,
    memory_of,
    shard_weights_bytes,
)
from inferc.compiler.perf.steps import Seen, Stage
from inferc.compiler.simulation.chance import Chance
from inferc.compiler.simulation.replica import closed_loop, open_loop
from inferc.compiler.simulation.values import Outcome, ReplicaSetup, Request, Run

MOST_REQUESTS = 6000
"""Longer runs are cut: their means have settled."""

NODES = 8
"""More than a replica takes; what a step takes does not depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Steps of a replay that are alike."""

    work: StepWork[float]
    ttft_weight: float
    """What one second more of each such step adds to the mean TTFT."""
    tpot_weight: float
    time_weight: float
    """And to the time of the whole run."""

    @property
    def weights(self) -> tuple[float, float, float]:
        """The weights in the order of the metrics."""
        return self.ttft_weight, self.tpot_weight, self.time_weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A measurement played again."""

    outcome: Outcome
    bins: tuple[Bin, ...]
    recorded_s: tuple[float, float, float]
    """Mean TTFT without the front end, mean TPOT and the time of the run, added up from ``bins``
    at the coefficients of the replay."""
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
    place = place_of(accelerator, per_node=NODE, nodes=NODES)
    stage = Stage(subject.model, place, engine, subject.layout)
    setup = _setup(subject, stage)
    reused_share = _reused_share(subject.protocol, setup.kv_cache_tok)
    lengths = _lengths(subject.protocol, subject.replicas, reused_share)
    recorder = _Recorder(stage) if steps else None
    outcome = _run(subject, setup, lengths, recorder)
    bins = recorder.bins(outcome, subject.layout.pipeline_parallel) if recorder else ()
    return Replay(
        outcome=outcome,
        bins=bins,
        recorded_s=_recorded_s(bins, stage),
        prompt_tok=subject.protocol.prompt.mean_tok + subject.protocol.template_tok,
        requests=len(lengths),
        frontend=FRONTEND.get(subject.protocol.client, 1.0),
        front_s=setup.frontend_s + setup.frontend_tok_s * subject.protocol.prompt.mean_tok,
        kv_cache_tok=setup.kv_cache_tok,
    )


FRONTEND = {"http": 1.0, "triton": 0.35, "in_process": 0.2, "native": 0.0}
"""Share of the front end that a client's requests pass: Triton has neither chat template nor
Python, an engine used as a library has its tokenizer and its output loop."""


def _setup(subject: Subject, stage: Stage) -> ReplicaSetup:
    """Return how the engine of ``subject`` schedules."""
    engine, operating = subject.engine, subject.operating
    front = FRONTEND.get(subject.protocol.client, 1.0)
    return ReplicaSetup(
        clock=stage,
        scheduling="mixed" if operating.scheduling == "mixed" else "prefill_first",
        max_num_seqs=max(1, operating.max_num_seqs),
        max_num_batched_tokens=max(1, operating.max_num_batched_tokens),
        chunked_prefill=operating.chunked_prefill,
        kv_cache_tok=_kv_cache_tok(subject),
        kv_block_tok=operating.kv_block_tok,
        kv_admission="full_length" if operating.kv_admission == "full_length" else "as_needed",
        prefix_caching=subject.protocol.reused_share > 0.0,
        batch_wait_steps=_held_back_steps(subject),
        batch_wait_ratio=operating.batch_wait_ratio,
        pipeline=stage.pipeline,
        frontend_s=front * coefficient("frontend_s", engine, subject.accelerator),
        frontend_tok_s=front * coefficient("frontend_tok_s", engine, subject.accelerator),
        frontend_serial_s=front * SERIAL_S,
    )


def _held_back_steps(subject: Subject) -> int:
    """Return for how many steps of answers a new request is not looked at, on average."""
    polls = subject.protocol.settings.get("receive_interval_steps", 1.0)
    between = (float(polls) - 1.0) / 2.0 if isinstance(polls, int | float) else 0.0
    return int(max(subject.operating.batch_wait_iterations, between))


SERIAL_S = 1.0e-3
"""Between two requests that pass the same front end: one process parses and tokenizes them."""


def _kv_cache_tok(subject: Subject) -> float:
    """Return the tokens of KV cache of a replica.

    What was measured did run: there is room for one request at least, however little is left.
    """
    model, layout, protocol = subject.model, subject.layout, subject.protocol
    operating = subject.operating
    longest = protocol.prompt.at(0.9999) + protocol.output.at(0.9999) + protocol.template_tok
    longest += SLACK_TOK
    if operating.kv_cache_tok:
        return max(float(operating.kv_cache_tok), longest)
    groups = layout.attention_data_parallel
    weights = shard_weights_bytes(
        model, layout.precision, layout.tensor_parallel, layout.pipeline_parallel
    )
    share = operating.memory_share
    of_free = float(protocol.settings.get("kv_memory_share", 0.0))
    if operating.memory_share_of == "free" or of_free:
        taken = weights / subject.accelerator.memory_bytes.value
        share = taken + (of_free or share) * (1.0 - taken)
    memory = memory_of(
        subject.accelerator,
        subject.engine,
        share=share,
        weights=weights,
        activation=activation_bytes(
            model,
            layout.tensor_parallel,
            operating.max_num_batched_tokens,
            min(operating.max_num_seqs, MOST_SAMPLED),
        ),
        kv_tok_bytes=kv_bytes_per_tok_and_shard(
            model,
            layout.tensor_parallel // groups,
            layout.pipeline_parallel,
            kv_precision=layout.kv_precision,
            context_tok=protocol.prompt.mean_tok + protocol.output.mean_tok,
        ),
    )
    return max(memory.kv_cache_tok * groups, longest)


SLACK_TOK = 64.0
"""Blocks that are not full."""


Lengths = tuple[int, int, int]
"""Prompt, answer, and how much of the prompt the prefix cache holds."""


def _lengths(protocol: Protocol, replicas: int, reused_share: float) -> list[Lengths]:
    """Return the requests of one replica.

    Every length has its share exactly: only their order is drawn.
    """
    count = max(1, min(MOST_REQUESTS, round(protocol.requests / replicas)))
    drawn = Chance(count)  # the same requests every time
    shares = [(place + 0.5) / count for place in range(count)]
    others = shares.copy()
    drawn.shuffle(shares)
    drawn.shuffle(others)
    found: list[Lengths] = []
    for one, other in zip(shares, others, strict=True):
        prompt = max(1, round(protocol.prompt.at(one) + protocol.template_tok))
        output = max(1, round(protocol.output.at(other)))
        found.append((prompt, output, min(prompt - 1, int(prompt * reused_share))))
    return found


def _reused_share(protocol: Protocol, kv_cache_tok: float) -> float:
    """Return the share of a prompt that the prefix cache still holds.

    What sequences in flight leave of the cache is filled with prompts; where not all different
    ones fit, the rest was pushed out.
    """
    share = protocol.reused_share
    if not share or not protocol.distinct_prompts:
        return share
    request_tok = protocol.prompt.mean_tok + protocol.output.mean_tok
    left_tok = max(0.0, kv_cache_tok - (protocol.in_flight or 1) * request_tok)
    return share * min(1.0, left_tok / (protocol.distinct_prompts * protocol.prompt.mean_tok))


def _run(
    subject: Subject,
    setup: ReplicaSetup,
    lengths: list[Lengths],
    record: Callable[[Run], None] | None,
) -> Outcome:
    """Simulate one replica under its share of the load."""
    protocol = subject.protocol
    match protocol.arrivals:
        case "closed":
            in_flight = max(1, round((protocol.in_flight or 1) / subject.replicas))
            return closed_loop(setup, lengths, in_flight, record=record)
        case "at_once":
            if protocol.in_flight:
                in_flight = max(1, round(protocol.in_flight / subject.replicas))
                return closed_loop(setup, lengths, in_flight, record=record)
            return open_loop(setup, [Request(0.0, *item) for item in lengths], record=record)
        case _:
            return open_loop(setup, _arrivals(subject, lengths), record=record)


def _arrivals(subject: Subject, lengths: list[Lengths]) -> list[Request]:
    """Return requests at the rate of one replica."""
    rate = (subject.protocol.rate_per_s or 1.0) / subject.replicas
    drawn = Chance(len(lengths))
    at_s = 0.0
    found: list[Request] = []
    for prompt, output, cached in lengths:
        even = subject.protocol.arrivals == "even"
        at_s += 1.0 / rate if even else drawn.expovariate(rate)
        found.append(Request(at_s, prompt, output, cached))
    return found


def _recorded_s(bins: Sequence[Bin], stage: Stage) -> tuple[float, float, float]:
    """Return what the recorded steps come to."""
    ttft_s = tpot_s = time_s = 0.0
    for part in bins:
        each_s = step_s(part.work, stage.prices)
        ttft_s += part.ttft_weight * each_s
        tpot_s += part.tpot_weight * each_s
        time_s += part.time_weight * each_s
    return ttft_s, tpot_s, time_s


class _Recorder:
    """Collects the steps of a simulation, alike ones together."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.found: dict[tuple[int, int], list[float]] = {}

    def __call__(self, run: Run) -> None:
        """Add some steps: those with about as many sequences and prompt tokens are one bin."""
        key = (round(3.0 * log2(run.decoding + 1)), round(2.0 * log2(run.prompt_tok + 1)))
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
        )
        sums = self.found.get(key)
        if sums is None:
            sums = self.found[key] = [0.0] * len(values)
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
                    # Steps of a pipeline take that many stages, of engines that run side by side.
                    time_weight=steps,
                )
            )
        return tuple(found)
