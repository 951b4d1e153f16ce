"""One engine, from event to event.

Between two events (a prompt begins or ends, a sequence ends, the KV cache is full, a request comes)
an engine repeats the same step, with a context that grows by one token for each sequence. The time
of such a *run* of ``k`` steps is an arithmetic series, so it costs one event however long it is, and
a request costs a handful of events whatever its length.

An engine is a generator, which keeps the state of its replica in local variables: the quickest state
that Python has. It yields when its run ends and until when it wants to be told about arrivals; it is
sent ``None`` when that time has come, or the time of an arrival that was just put into its queue.
"""

from collections import deque
from collections.abc import Generator
from heapq import heapify, heappop, heappush
from math import ceil, inf, sqrt
from typing import NamedTuple

from inferc.compiler.simulation.intake import Intake, Preempted, seats
from inferc.compiler.simulation.recording import Chosen, Weigher
from inferc.compiler.simulation.tally import FULL, Tally
from inferc.compiler.simulation.values import Recorder, ReplicaSetup, Request

NEVER = -1.0
"""No arrival changes the run."""

Engine = Generator[tuple[float, float], float | None, None]


class Sequence(NamedTuple):
    """A sequence that is decoding."""

    end: int
    """The step, counted from the start, after which it is complete."""
    serial: int
    """Orders sequences by when they began."""
    first_s: float
    request: Request
    last_tok: int
    """Its context once it has ended."""


def engine(  # noqa: C901, PLR0912, PLR0915 - the hot loop: calls would double its time
    setup: ReplicaSetup,
    waiting: deque[Request],
    tally: Tally,
    *,
    pause: bool = False,
    record: Recorder | None = None,
) -> Engine:
    """Return an engine that serves ``waiting`` and tells ``tally`` what became of the requests.

    With ``pause`` it also stops, at the time that it yields, whenever sequences have ended, so that
    those who wait for an answer can put their next request into the queue for the very next step.
    The ended requests are in ``tally.ended`` then.
    """
    clock = setup.clock
    side = setup.pipeline
    tokens_s, sampled_s = clock.tokens_s, clock.sampled_s
    sequence_s = clock.sequence_s * side
    kv_tok_s = clock.kv_tok_s * side
    window_tok = clock.window_tok
    window_kv_tok_s = clock.window_kv_tok_s * side
    pair_s, window_pair_s = clock.pair_s * side, clock.window_pair_s * side
    prompt_step_s = clock.prompt_step_s * side
    mixed, static = setup.scheduling == "mixed", setup.scheduling == "static"
    budget_tok = setup.max_num_batched_tokens
    max_num_seqs = seats(setup)
    kv_tok = setup.kv_cache_tok / side
    grows = setup.kv_admission == "as_needed"
    block_tok = setup.kv_block_tok
    waste_tok = (block_tok - 1) / 2.0
    holds_back = setup.batch_wait_steps > 0
    intake = Intake(setup, waiting, tally)
    take, preempted = intake.take, intake.preempted
    weigher = None if record is None else Weigher(setup, intake, record)

    matrix_s: dict[int, float] = {}
    head_s: dict[int, float] = {}
    decode_s: dict[int, float] = {}
    ends: list[Sequence] = []
    stalled: list[tuple[float, int]] = []
    count = serial = n = context = held = 0
    used = 0.0
    now = sample_s = 0.0
    gathering = True  # a static batch takes prompts until its first decode step
    runs = completed = prompts_tok = outputs_tok = 0
    busy_s = running_s = used_s = 0.0
    add_ttft, ttfts = tally.ttft.values.append, tally.ttft.values
    add_tpot, add_e2e = tally.tpot.values.append, tally.e2e.values.append
    add_gap, gaps = tally.itl.values.append, tally.itl.values
    add_weight = tally.itl.weights.append
    ended, tell_ended = tally.ended, tally.ended.append
    tally.listened |= pause

    try:
        while True:
            # ---- the prompts of the next step
            p = q = 0
            k = 1
            if grows and used + n > kv_tok and n:
                # The one that began last makes room.
                used -= intake.give_back()
                while used + n > kv_tok:
                    victim = max(ends, key=_serial)
                    ends.remove(victim)
                    n -= 1
                    here = victim[4] - (victim[0] - count)
                    context -= here
                    used -= here - 1 + waste_tok
                    preempted.appendleft(
                        Preempted(here, victim[0] - count, victim[2], victim[3], now)
                    )
                    tally.preempted += 1
                heapify(ends)
            elif waiting or preempted or intake.begun is not None:
                free = kv_tok - used - n if grows else kv_tok - used
                slots = max_num_seqs - n
                if holds_back and n:
                    held = intake.held_back(n, slots, free) if slots > 0 and waiting else 0
                if not held and (gathering or not static):
                    p = take(budget_tok - n if mixed else budget_tok, slots, free)
                    if p:
                        used += intake.reserved_tok

            # ---- how long it takes
            decoding = n if mixed or not p else 0
            if p:
                joined = intake.joined
                q = len(joined)
                size = decoding + p
                step_s = matrix_s.get(size, 0.0)
                if not step_s:
                    step_s = matrix_s[size] = tokens_s(size) * side
                size = decoding + q
                more_s = head_s.get(size)
                if more_s is None:
                    more_s = head_s[size] = sampled_s(size) * side
                step_s += more_s + prompt_step_s + pair_s * intake.pairs
                if window_tok:
                    step_s += window_pair_s * intake.window_pairs
                slope_s = 0.0
                if intake.steps > 1:
                    k = intake.steps
                    slope_s = pair_s * p * p
                if decoding:
                    step_s += decoding * sequence_s
                    if k > 1:
                        k = min(k, ends[0][0] - count)
            elif n:
                if static and gathering:
                    gathering = False
                    ends = _together(ends)
                k = ends[0][0] - count
                if held and held < k:
                    k = held
                step_s = decode_s.get(n, 0.0)
                if not step_s:
                    step_s = tokens_s(n) * side + sampled_s(n) * side + n * sequence_s
                    decode_s[n] = step_s
                slope_s = 0.0
            else:
                # ---- nothing to do: sleep until a request comes
                if ended:
                    yield now, now
                    continue
                arrival_s = yield inf, inf
                if arrival_s is not None:
                    now = max(now, arrival_s)
                    while (yield now, NEVER) is not None:
                        pass
                continue
            if decoding:
                step_s += kv_tok_s * context
                slope_s += kv_tok_s * decoding
                if grows and decoding * k > kv_tok - used:
                    k = max(1, int((kv_tok - used) // decoding))
                if window_tok:
                    capped = decoding * window_tok
                    if context < capped:
                        step_s += window_kv_tok_s * context
                        slope_s += window_kv_tok_s * decoding
                        k = min(k, -((context - capped) // decoding))
                    else:
                        step_s += window_kv_tok_s * capped
            queued = len(waiting)
            if k > 1:
                lasts_s = k * step_s + slope_s * (k * (k - 1) // 2)
                end_s = now + lasts_s
                if p or n == max_num_seqs or (queued and not held) or preempted or static:
                    arrival_s = yield end_s, NEVER
                else:
                    arrival_s = yield end_s, end_s
                if arrival_s is not None:
                    # ---- a request came: the run ends at the next step
                    linear_s = step_s - slope_s / 2.0
                    early_s = 2.0 * (arrival_s - now)
                    early = ceil(
                        early_s / (linear_s + sqrt(linear_s * linear_s + slope_s * early_s))
                    )
                    if early < k:
                        k = early or 1
                        lasts_s = k * step_s + slope_s * (k * (k - 1) // 2)
                        end_s = now + lasts_s
                    while (yield end_s, NEVER) is not None:
                        pass
            else:
                lasts_s = step_s
                end_s = now + step_s
                while (yield end_s, NEVER) is not None:
                    pass

            # ---- what became of it
            runs += 1
            busy_s += lasts_s
            running_s += n * lasts_s
            used_s += used * lasts_s
            if weigher is not None:
                weigher.weigh(Chosen(k, decoding, context, p, queued), now, end_s)
            if decoding:
                if stalled:
                    for since_s, stuck in stalled:
                        add_gap(now + step_s - since_s)
                        add_weight(stuck)
                    stalled.clear()
                    if k > 1:
                        add_gap((lasts_s - step_s) / (k - 1))
                        add_weight(n * (k - 1))
                else:
                    add_gap(lasts_s / k)
                    add_weight(n * k)
                count += k
                context += n * k
                if grows:
                    used += n * k
                if held:
                    intake.waited += k
                    held = 0
            elif n and not stalled:
                stalled.append((now, n))
            now = end_s
            if p:
                if k > 1:
                    intake.done += (k - 1) * p
                if not mixed:
                    stalled.append((now, q))
                for item in joined:
                    if type(item) is Preempted:
                        prompt_tok, left, first_s, request, since_s = item
                        left -= 1
                        add_gap(now - since_s)
                        add_weight(1)
                    else:
                        request, first_s = item, now
                        prompt_tok, left = item[1], item[2] - 1
                        add_ttft(now - item[0])
                        if weigher is not None:
                            weigher.begin(item)
                    serial += 1
                    n += 1
                    context += prompt_tok + 1
                    heappush(
                        ends,
                        Sequence(count + left, serial, first_s, request, prompt_tok + 1 + left),
                    )
            while ends and ends[0][0] <= count:
                _, _, first_s, request, last_tok = heappop(ends)
                at_s, prompt_tok, output_tok = request[0], request[1], request[2]
                n -= 1
                context -= last_tok
                if grows:
                    used -= last_tok - 1 + waste_tok
                else:
                    used -= -(-(prompt_tok + output_tok) // block_tok) * block_tok
                if output_tok > 1:
                    add_tpot((now - first_s) / (output_tok - 1))
                add_e2e(now - at_s)
                completed += 1
                prompts_tok += prompt_tok
                outputs_tok += output_tok
                if weigher is not None:
                    weigher.end(request)
                if pause:
                    tell_ended(request)
            if not n:
                gathering = True
            if len(gaps) >= FULL or len(ttfts) >= FULL:
                tally.settle()
            if now >= sample_s:
                sample_s = tally.sample(now, len(waiting), n)
            if pause and ended:
                yield now, now
    finally:
        tally.makespan_s = max(tally.makespan_s, now)
        tally.runs += runs
        tally.completed += completed
        tally.prompt_tok += prompts_tok
        tally.output_tok += outputs_tok
        tally.busy_s += busy_s
        tally.running_s += running_s
        tally.used_s += used_s


def _serial(sequence: Sequence) -> int:
    return sequence.serial


def _together(ends: list[Sequence]) -> list[Sequence]:
    """Return the sequences of a static batch: each stays until the longest answer is complete."""
    last = max(item.end for item in ends)
    return [
        Sequence(last, item.serial, item.first_s, item.request, item.last_tok + last - item.end)
        for item in ends
    ]
