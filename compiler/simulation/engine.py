"""One engine, from event to event.

Between two events (a prompt begins or ends, a sequence ends, the KV cache is full, a request comes)
an engine repeats the same step, with a context that grows by a token for each sequence. The time of
such a *run* of ``k`` steps is an arithmetic series, so it costs one event however long it is, and a
request costs a handful of events whatever its length.

An engine is a generator, which keeps its state in local variables: the quickest state that Python
has. It yields when its run ends and until when it wants to be told about arrivals; it is sent
``None`` when that time has come, or the time of an arrival that was just put into its queue.
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false
# Pyright loses the types of numbers that go round a loop of this length; mypy does not.

from collections.abc import Generator, Iterator
from dataclasses import replace
from heapq import heapify, heappop, heappush
from math import ceil, inf, sqrt
from typing import NamedTuple, TypeAlias

from inferc.compiler.simulation.blocks import Blocks
from inferc.compiler.simulation.drafts import Drafts
from inferc.compiler.simulation.intake import Intake
from inferc.compiler.simulation.recording import Chosen, Weigher
from inferc.compiler.simulation.series import FULL
from inferc.compiler.simulation.tally import Counted, Tally
from inferc.compiler.simulation.ties import ALONE, Ties
from inferc.compiler.simulation.values import (
    Queue,
    ReplicaSetup,
    Request,
    Resumed,
    seats,
)

NEVER = -1.0
"""No arrival changes the run."""

DRIFT = 0.01
"""The steps of a run that become longer by more than that are not noted as their mean,"""

AMPLE = 4
"""Blocks for each sequence that are free: beyond, engines side by side look some steps ahead."""

PARTS = 8
"""but as the means of so many parts."""

Engine: TypeAlias = Generator[tuple[float, float], float | None, None]


class Sequence(NamedTuple):
    """A sequence that is decoding."""

    end: int
    """The step, counted from the start, before which it is complete."""
    serial: int
    """Orders sequences by when they began."""
    first_s: float
    request: Request
    began: int
    """Its first decode step."""
    prompt_tok: int
    """Its context before that step: the prompt, and what was computed again with it."""


def engine(  # noqa: C901, PLR0912, PLR0915 - the hot loop: with calls it would take twice as long
    setup: ReplicaSetup, waiting: Queue, tally: Tally, ties: Ties = ALONE
) -> Engine:
    """Return an engine that serves ``waiting`` and tells ``tally`` what became of the requests."""
    if setup.scheduling == "static":
        setup = replace(setup, kv_admission="full_length")
    clock = setup.clock
    side = setup.pipeline
    tokens_s, sampled_s = clock.tokens_s, clock.sampled_s
    prompt_tokens_s = clock.prompt_tokens_s
    sequence_s = clock.sequence_s * side
    kv_tok_s = clock.kv_tok_s * side
    window_tok = clock.window_tok
    window_kv_tok_s = clock.window_kv_tok_s * side
    pair_s, window_pair_s = clock.pair_s * side, clock.window_pair_s * side
    prompt_step_s = clock.prompt_step_s * side
    mixed, static = setup.scheduling == "mixed", setup.scheduling == "static"
    budget_tok = setup.max_num_batched_tokens
    max_num_seqs = seats(setup)
    kv_tok = whole_kv_tok = setup.kv_cache_tok
    pool, place = ties.pool, ties.place
    block_tok = setup.kv_block_tok
    grows = setup.kv_admission == "as_needed" and kv_tok < inf
    blocks = Blocks(setup)
    crossing = blocks.crossing
    cycle = blocks.cycle
    drafts = None if setup.speculation is None else Drafts(setup.speculation, ties.seed)
    wide, gain = (1, 1.0) if drafts is None else (drafts.wide, drafts.gain)
    draft_s = 0.0 if drafts is None else drafts.step_s * side
    sequence_s += 0.0 if drafts is None else drafts.sequence_s * side
    reserve_ratio = setup.kv_reserve_ratio if grows else 0.0
    holds_back = setup.batch_wait_steps > 0 and not static
    intake = Intake(setup, waiting, tally, ties)
    take, resumed, handed = intake.take, intake.resumed, ties.handed
    hands_over, pause, answered = ties.hands_over, ties.pause, ties.answered
    weigher = None if ties.record is None else Weigher(setup, intake, ties.record)

    matrix_s: dict[int, float] = {}
    head_s: dict[int, float] = {}
    decode_s: dict[int, float] = {}
    ends: list[Sequence] = []
    stalled: list[tuple[float, int]] = []
    joined: list[Request | Resumed] = []
    count: int = 0
    serial: int = 0
    held: int = 0
    n: int = 0
    p: int = 0
    context: float = 0.0
    used: int = 0
    need: int = 0
    now: float = 0.0
    last_s: float = 0.0
    sample_s: float = 0.0
    gathering = True  # a static batch takes prompts until its first decode step
    runs: int = 0
    completed: int = 0
    prompts_tok: int = 0
    outputs_tok: int = 0
    busy_s: float = 0.0
    running_s: float = 0.0
    used_s: float = 0.0
    add_ttft, ttfts = tally.ttft.values.append, tally.ttft.values
    add_tpot, add_e2e = tally.tpot.values.append, tally.e2e.values.append
    add_gap, gaps = tally.itl.values.append, tally.itl.values
    add_weight = tally.itl.weights.append
    ended, tell_ended = tally.ended, tally.ended.append
    tally.listened |= pause

    try:
        while True:
            if pool is not None:
                pool[place] = used
                kv_tok = whole_kv_tok - sum(pool) + used

            # ---- sequences that come with their KV cache
            if handed and n < max_num_seqs:
                while handed and n < max_num_seqs:
                    comes = handed[0]
                    size = blocks.held(comes)
                    if used + size + n > kv_tok:
                        break
                    handed.popleft()
                    left = comes[1] if drafts is None else drafts.steps(comes[1])
                    serial += 1
                    n += 1
                    context += comes[0] + 1
                    used += size
                    if grows:
                        crossing[(count - comes[0]) % cycle] += 1
                    item = Sequence(count + left, serial, comes[2], comes[3], count, comes[0])
                    heappush(ends, item)
                    stalled.append((comes[4], 1))

            # ---- room for what decoding adds; the sequence that began last gives way
            p = q = 0
            k = 1
            again = False
            if grows:
                need = crossing[count % cycle] * block_tok
            if used + need > kv_tok:
                used -= intake.give_back()
                while used + need > kv_tok:
                    victim = max(ends, key=_serial)
                    ends.remove(victim)
                    n -= 1
                    here = victim[5] + 1 + gain * (count - victim[4])
                    context -= here
                    used -= blocks.leave(victim[4], count, victim[5])
                    need = crossing[count % cycle] * block_tok
                    since_s = _released(stalled, now)
                    resumed.appendleft(blocks.again(victim[3], here, victim[2], since_s))
                    tally.preempted += 1
                    if weigher is not None:
                        weigher.lose(victim[3])
                heapify(ends)
                if pool is not None:
                    pool[place] = used

            # ---- the prompts of the next step
            elif waiting or resumed or intake.begun is not None:
                free = kv_tok - used - need
                slots = max_num_seqs - n
                if reserve_ratio and n:
                    free -= reserve_ratio * (sum(map(_end, ends)) - n * count)
                if holds_back and n:
                    held = intake.held_back(n, slots, free)
                if not held and (gathering or not static):
                    p = take(budget_tok - n * wide if mixed else budget_tok, slots, free)
                    if p:
                        used += intake.reserved_tok
                    if ended and (p or n):
                        yield now, now
                        again = True  # those who were turned away may have asked anew

            # ---- how long the next steps take
            decoding = n if mixed or not p else 0
            slope_s = 0.0
            if p:
                joined = intake.joined
                q = len(joined)
                size = decoding * wide + p
                step_s = matrix_s.get(size, 0.0)
                if not step_s:
                    step_s = matrix_s[size] = prompt_tokens_s(size) * side
                size = decoding * wide + q
                more_s = head_s.get(size, -1.0)
                if more_s < 0.0:
                    more_s = head_s[size] = sampled_s(size) * side
                step_s += more_s + prompt_step_s + pair_s * intake.pairs
                if window_tok:
                    step_s += window_pair_s * intake.window_pairs
                if decoding:
                    step_s += decoding * sequence_s + draft_s
                if intake.steps > 1:
                    k = intake.steps
                    slope_s = pair_s * p * p
                    if decoding:
                        k = min(k, ends[0][0] - count)
            elif n:
                if static and gathering:
                    gathering = False
                    last = max(item.end for item in ends)
                    ends = [item._replace(end=last) for item in ends]
                k = ends[0][0] - count
                if again:
                    k = 1
                elif held and held < k:
                    k = held
                step_s = decode_s.get(n, 0.0)
                if not step_s:
                    step_s = (tokens_s(n * wide) + sampled_s(n * wide)) * side
                    step_s += n * sequence_s + draft_s
                    decode_s[n] = step_s
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
                more = gain * decoding
                slope_s += kv_tok_s * more
                if grows and used + (k // cycle + 1) * n * block_tok > kv_tok:
                    k = blocks.steps_that_fit(count, k, n, kv_tok - used)
                if window_tok:
                    capped = decoding * window_tok
                    if context < capped:
                        step_s += window_kv_tok_s * context
                        slope_s += window_kv_tok_s * more
                        k = min(k, ceil((capped - context) / more))
                    else:
                        step_s += window_kv_tok_s * capped
            queued = len(waiting)
            if side > 1 and not p and (queued or resumed):
                k = 1  # what holds up the queue may go to an engine beside this one at any time
            if pool is not None:
                if grows and decoding:
                    # What the steps will add is held from now on: a little only when room is short.
                    k = min(k, cycle) if kv_tok - used > AMPLE * n * block_tok else 1
                    pool[place] = used + blocks.growth(count, k, n)
                else:
                    pool[place] = used
            if k > 1:
                lasts_s = k * step_s + slope_s * (k * (k - 1) // 2)
                end_s = now + lasts_s
                if p or n == max_num_seqs or (queued and not held) or resumed or static:
                    arrival_s = yield end_s, NEVER
                else:
                    arrival_s = yield end_s, end_s
                if arrival_s is not None:
                    # ---- a request came: the run ends at the next step
                    linear_s = step_s - slope_s / 2.0
                    early_s = 2.0 * (arrival_s - now)
                    root_s = sqrt(linear_s * linear_s + slope_s * early_s)
                    early = ceil(early_s / (linear_s + root_s))
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
                weigher.weigh(Chosen(k, decoding, wide, context, gain, p, queued, used), now, end_s)
            if decoding:
                if stalled:
                    # The first gap of those who had to wait is longer than a step.
                    rest = n
                    for since_s, stuck in stalled:
                        add_gap(now + step_s - since_s)
                        add_weight(stuck)
                        rest -= stuck
                    if rest > 0:
                        add_gap(step_s)
                        add_weight(rest)
                    stalled.clear()
                    if k > 1:
                        add_gap((lasts_s - step_s) / (k - 1))
                        add_weight(n * (k - 1))
                elif k > PARTS and slope_s * k > DRIFT * step_s:
                    for gap_s, weight in _spread(step_s, slope_s, k, n):
                        add_gap(gap_s)
                        add_weight(weight)
                else:
                    add_gap(lasts_s / k)
                    add_weight(n * k)
                if grows:
                    used += blocks.growth(count, k, n)
                count += k
                context += gain * n * k
                if held:
                    intake.waited += k
                    held = 0
            elif n and not stalled:
                stalled.append((now, n))
            now = end_s
            if p:
                if k > 1:
                    intake.done += (k - 1) * p
                starting = 0
                for one in joined:
                    if isinstance(one, Resumed):
                        prompt_tok, left, first_s, request, since_s = one
                        add_gap(now - since_s)
                        add_weight(1)
                        if weigher is not None:
                            weigher.regain(request)
                    else:
                        request, first_s = one, now
                        prompt_tok, left = one[1], one[2]
                        add_ttft(now - one[0])
                        if weigher is not None:
                            weigher.begin(one)
                    left = 0 if hands_over else left - 1
                    if left:
                        starting += 1
                        if drafts is not None:
                            left = drafts.steps(left)
                    serial += 1
                    n += 1
                    context += prompt_tok + 1
                    if grows:
                        crossing[(count - prompt_tok) % cycle] += 1
                    heappush(
                        ends, Sequence(count + left, serial, first_s, request, count, prompt_tok)
                    )
                if starting and not mixed:
                    stalled.append((now, starting))
                p = 0
            while ends and ends[0][0] <= count:
                end, _, first_s, request, began, prompt_tok = heappop(ends)
                n -= 1
                context -= prompt_tok + 1 + gain * (end - began)
                if grows:
                    used -= blocks.leave(began, end, prompt_tok)
                else:
                    used -= blocks.reserved(request)
                if weigher is not None:
                    weigher.end(request)
                if pause:
                    tell_ended(request)
                if hands_over:
                    continue
                at_s, prompt_tok, output_tok = request[0], request[1], request[2]
                if output_tok > 1:
                    add_tpot((now - first_s) / (output_tok - 1))
                add_e2e(now - at_s)
                last_s = now
                if answered is not None:
                    answered(request, first_s, now)
                completed += 1
                prompts_tok += prompt_tok
                outputs_tok += output_tok
            if not n:
                gathering = True
                context = 0.0  # what drafts made of it is a mean
            if len(gaps) >= FULL or len(ttfts) >= FULL:
                tally.settle()
            if now >= sample_s:
                sample_s = tally.sample(now, len(waiting), n)
            if ended:
                yield now, now
    finally:
        tally.interrupted.extend(item.request for item in ends)
        tally.interrupted.extend(intake.left(joining=p > 0))
        tally.close(
            last_s,
            Counted(
                runs=runs,
                completed=completed,
                prompt_tok=prompts_tok,
                output_tok=outputs_tok,
                busy_s=busy_s,
                running_s=running_s,
                used_s=used_s,
            ),
        )


def _serial(sequence: Sequence) -> int:
    return sequence.serial


def _end(sequence: Sequence) -> int:
    return sequence.end


def _released(stalled: list[tuple[float, int]], now: float) -> float:
    """Return since when the sequence that began last has had no token, and count it no longer."""
    if not stalled:
        return now
    since_s, stuck = stalled.pop()
    if stuck > 1:
        stalled.append((since_s, stuck - 1))
    return since_s


def _spread(
    step_s: float, slope_s: float, steps: int, sequences: int
) -> Iterator[tuple[float, int]]:
    """Yield gaps and their weights in a run whose steps become longer: the means of its parts."""
    begin = 0
    for part in range(1, PARTS + 1):
        end = steps * part // PARTS
        yield step_s + slope_s * (begin + end - 1) / 2.0, (end - begin) * sequences
        begin = end
