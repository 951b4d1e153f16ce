"""The reference simulator: every step of every engine played out, sequence by sequence.

It shares the words of `inferc.compiler.simulation` (`ReplicaSetup`, `Request`), none of its code.
The KV cache is counted in whole blocks for each sequence.
"""

import heapq
import itertools
import random
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import ceil, inf

from inferc.compiler.simulation import ReplicaSetup, Request


@dataclass
class Item:
    """A request that waits, is being prefilled or decodes."""

    request: Request
    todo: int
    """Tokens that must be computed before the next token comes."""
    done: int = 0
    generated: int = 0
    first_s: float | None = None
    last_s: float = 0.0
    kv_tok: int = 0
    """KV cache that it holds, in tokens of whole blocks."""
    order: int = 0

    @property
    def context(self) -> int:
        return self.request.prompt_tok + self.generated


@dataclass
class Step:
    chunks: list[tuple[Item, int]]
    decoding: list[Item]


@dataclass
class Side:
    """One of the engines of a replica."""

    running: list[Item] = field(default_factory=list)
    begun: Item | None = None
    until_s: float | None = None
    step: Step | None = None
    held_steps: int = 0
    gathering: bool = True


@dataclass
class Played:
    """What was seen."""

    ttft: list[float] = field(default_factory=list)
    tpot: list[float] = field(default_factory=list)
    itl: list[float] = field(default_factory=list)
    e2e: list[float] = field(default_factory=list)
    output_tok: int = 0
    completed: int = 0
    rejected: int = 0
    preempted: int = 0
    steps: int = 0
    end_s: float = 0.0
    most_kv_tok: float = 0.0
    most_running: int = 0


class Reference:
    """A replica of engines that share a queue, one step at a time."""

    def __init__(self, setup: ReplicaSetup) -> None:
        if setup.scheduling == "static":
            setup = replace(setup, kv_admission="full_length")
        self.setup = setup
        self.clock = setup.clock
        self.queue: deque[Item] = deque()
        self.sides = [Side() for _ in range(setup.pipeline)]
        self.seen = Played()
        self.coming: list[tuple[float, int, Request]] = []
        self.order = itertools.count()
        self.free_s = 0.0
        """When the front end is free for the next request."""
        self.begun_so_far = 0
        self.chance = random.Random(5)
        self.seats = max(1, ceil(setup.max_num_seqs / setup.pipeline))
        self.kv_tok = setup.kv_cache_tok

    # ---- loads

    def open_loop(self, requests: Iterable[Request]) -> Played:
        return self._play(requests, iter(()))

    def closed_loop(self, lengths: Iterable[tuple[int, int]], clients: int) -> Played:
        left = iter(lengths)
        first = [Request(0.0, *pair) for _, pair in zip(range(clients), left, strict=False)]
        return self._play(first, left)

    def _play(self, requests: Iterable[Request], more: Iterator[tuple[int, int]]) -> Played:
        for request in requests:
            self._comes(request)
        while True:
            busy = [side for side in self.sides if side.until_s is not None]
            next_s = min(
                (inf if side.until_s is None else side.until_s for side in busy), default=inf
            )
            if self.coming and self.coming[0][0] <= next_s:
                self._arrive()
                continue
            if not busy:
                assert not self.queue
                return self.seen
            side = next(side for side in busy if side.until_s == next_s)
            going = self._start if side.step is None else self._finish
            for _, pair in zip(range(going(side, next_s)), more, strict=False):
                self._comes(Request(next_s, *pair))
            if side.until_s is not None and self.queue:
                for idle in self.sides:  # there may be room for them again
                    idle.until_s = next_s if idle.until_s is None else idle.until_s

    def _comes(self, request: Request) -> None:
        """Let a request pass the front end."""
        setup = self.setup
        self.free_s = max(self.free_s, request.at_s) + setup.frontend_serial_s
        ready_s = self.free_s + setup.frontend_s + setup.frontend_tok_s * request.prompt_tok
        heapq.heappush(self.coming, (ready_s, next(self.order), request))

    def _arrive(self) -> None:
        """Put the requests that come next, at one time, into the queue."""
        at_s = self.coming[0][0]
        while self.coming and self.coming[0][0] == at_s:
            request = heapq.heappop(self.coming)[2]
            self.queue.append(Item(request, request.prompt_tok))
            idle = [side for side in self.sides if side.until_s is None]
            if idle:
                idle[0].until_s = at_s

    # ---- a step begins

    def _start(self, side: Side, now: float) -> int:
        rejected = self.seen.rejected
        chunks = [] if self._make_room(side) else self._choose(side)
        decoding = list(side.running) if self.setup.scheduling == "mixed" or not chunks else []
        if chunks or decoding:
            if decoding and not chunks and self.setup.scheduling == "static":
                side.gathering = False
            side.step = Step(chunks, decoding)
            side.until_s = now + self._step_s(side.step)
            self.seen.steps += 1
        else:
            side.until_s = None
            side.gathering = True
        held = sum(map(self._held, self.sides))
        self.seen.most_kv_tok = max(self.seen.most_kv_tok, held)
        self.seen.most_running = max(self.seen.most_running, len(side.running))
        return self.seen.rejected - rejected

    def _held(self, side: Side) -> float:
        begun = side.begun.kv_tok if side.begun else 0
        joining = sum(item.kv_tok for item, _ in side.step.chunks) if side.step else 0
        chunked = side.begun is not None and side.step is not None
        chunks = side.step.chunks if side.step else ()
        twice = begun if chunked and any(i is side.begun for i, _ in chunks) else 0
        return sum(item.kv_tok for item in side.running) + begun + joining - twice

    def _blocks(self, tokens: int) -> int:
        size = self.setup.kv_block_tok
        return -(-tokens // size) * size

    def _make_room(self, side: Side) -> bool:
        """Take the KV cache that decoding needs; return whether somebody had to give way."""
        if self.setup.kv_admission == "full_length" or self.kv_tok == inf:
            return False

        def need() -> int:
            begun = side.begun.kv_tok if side.begun else 0
            return begun + sum(self._blocks(item.context) for item in side.running)

        room = self.kv_tok - sum(self._held(one) for one in self.sides if one is not side)
        gave = False
        if need() > room and side.begun is not None:
            gave = True
            side.begun.done = side.begun.kv_tok = 0
            self.queue.appendleft(side.begun)
            side.begun = None
        while need() > room:
            gave = True
            victim = max(side.running, key=lambda item: item.order)
            side.running.remove(victim)
            victim.todo = victim.context
            victim.done = victim.kv_tok = 0
            self.queue.appendleft(victim)
            self.seen.preempted += 1
        for item in side.running:
            item.kv_tok = self._blocks(item.context)
        return gave

    def _choose(self, side: Side) -> list[tuple[Item, int]]:
        """Return the prompt tokens of the next step."""
        setup = self.setup
        if setup.scheduling == "static" and not side.gathering:
            return []
        room = setup.max_num_batched_tokens
        if setup.scheduling == "mixed":
            drafted = 0 if setup.speculation is None else setup.speculation.draft_tok
            room -= len(side.running) * (1 + drafted)
        seats = self.seats - len(side.running)
        free = self.kv_tok - sum(item.kv_tok for item in side.running)
        free -= sum(self._held(one) for one in self.sides if one is not side)
        if self.setup.kv_admission == "as_needed" and self.kv_tok < inf:
            left = sum(item.request.output_tok - item.generated for item in side.running)
            free -= self.setup.kv_reserve_ratio * left
        if side.begun is None:
            held = self._hold_back(side, seats, free)
            return [] if held else self._begin(side, room, seats, free)
        begun = side.begun
        tokens = min(begun.todo - begun.done, max(0, room))
        if tokens == 0:
            return []
        if begun.done + tokens < begun.todo:
            return [(begun, tokens)]
        side.begun = None
        more = self._begin(side, room - tokens, seats - 1, free - begun.kv_tok, first=False)
        return [(begun, tokens), *more]

    def _begin(
        self, side: Side, room: int, seats: int, free: float, *, first: bool = True
    ) -> list[tuple[Item, int]]:
        """Take prompts from the queue, as long as they fit."""
        setup = self.setup
        chunks: list[tuple[Item, int]] = []
        while self.queue and seats > 0 and room > 0:
            item = self.queue[0]
            need = self._need(item)
            if self._most(item) > self.kv_tok:
                self.queue.popleft()
                self.seen.rejected += 1
                continue
            asked = self._asked(item)
            if asked > free:
                break
            if setup.prefix_caching and item.generated == 0:
                item.done = min(item.request.cached_tok, item.todo - 1)
            tokens = item.todo - item.done
            if tokens > room and setup.chunked_prefill:
                tokens = room
                side.begun = item
            elif tokens > room:
                alone = first and not chunks and tokens > setup.max_num_batched_tokens
                if not alone:
                    break
            self.queue.popleft()
            item.kv_tok = need
            self.begun_so_far += 1
            item.order = self.begun_so_far
            free -= asked
            seats -= 1
            room -= tokens
            chunks.append((item, tokens))
        return chunks

    def _need(self, item: Item) -> int:
        if self.setup.kv_admission == "full_length":
            return self._blocks(item.request.prompt_tok + item.request.output_tok)
        return self._blocks(item.todo)

    def _asked(self, item: Item) -> float:
        """Return the room that must be free for a prompt to begin."""
        need = self._need(item)
        bounded = self.setup.kv_admission == "as_needed" and self.kv_tok < inf
        if self.setup.kv_reserve_ratio == 0.0 or not bounded:
            return need
        return min(int(self.kv_tok), need + min(4096, item.request.output_tok - item.generated))

    def _most(self, item: Item) -> int:
        last = item.request.prompt_tok + item.request.output_tok
        return self._blocks(last if self.setup.kv_admission == "full_length" else last - 1)

    def _hold_back(self, side: Side, seats: int, free: float) -> bool:
        setup = self.setup
        if not setup.batch_wait_steps or setup.scheduling == "static":
            return False
        if not side.running or not self.queue:
            return False
        tokens, fitting = len(side.running), 0
        for item in self.queue:
            free -= self._need(item)
            if fitting >= seats or free < 0:
                break
            fitting += 1
            tokens += item.todo
        if not fitting:
            return False
        enough = tokens >= setup.batch_wait_ratio * setup.max_num_batched_tokens
        preempted = self.queue[0].generated > 0
        if enough or preempted or side.held_steps >= setup.batch_wait_steps:
            side.held_steps = 0
            return False
        side.held_steps += 1
        return True

    # ---- how long a step takes

    def _step_s(self, step: Step) -> float:
        clock = self.clock
        drafts = self.setup.speculation
        wide = 1 if drafts is None else drafts.draft_tok + 1
        n = len(step.decoding)
        tokens = n * wide + sum(tokens for _, tokens in step.chunks)
        ended = sum(item.done + tokens == item.todo for item, tokens in step.chunks)
        context = sum(item.context for item in step.decoding)
        price = clock.prompt_tokens_s if step.chunks else clock.tokens_s
        took = price(tokens) + clock.sampled_s(n * wide + ended) + n * clock.sequence_s
        took += clock.kv_tok_s * context
        took += clock.window_kv_tok_s * min(context, n * clock.window_tok)
        for item, tokens in step.chunks:
            places = [item.done + place + 0.5 for place in range(tokens)]
            took += clock.pair_s * sum(places)
            if clock.window_tok:
                took += clock.window_pair_s * sum(min(at, clock.window_tok) for at in places)
        if step.chunks:
            took += clock.prompt_step_s
        if drafts is not None and n:
            took += drafts.draft_s + n * drafts.draft_sequence_s
        return took * self.setup.pipeline

    # ---- a step ends

    def _finish(self, side: Side, now: float) -> int:
        step, side.step = side.step, None
        assert step is not None
        for item, tokens in step.chunks:
            item.done += tokens
            if item.done < item.todo:
                continue
            if item.first_s is None:
                item.first_s = now
                self.seen.ttft.append(now - item.request.at_s)
            else:
                self.seen.itl.append(now - item.last_s)
            item.generated += 1
            item.last_s = now
            side.running.append(item)
        for item in step.decoding:
            if item.generated < item.request.output_tok:
                self.seen.itl.append(now - item.last_s)
            item.generated += self._tokens()
            item.last_s = now
        ended = [item for item in side.running if item.generated >= item.request.output_tok]
        if self.setup.scheduling == "static" and len(ended) < len(side.running):
            ended = [item for item in ended if item.request.output_tok == 1]
        for item in ended:
            self._end(side, item, now)
        if not side.running:
            side.gathering = True
        return len(ended)

    def _tokens(self) -> int:
        """Return how many tokens a step brings a sequence."""
        drafts = self.setup.speculation
        tokens = 1
        if drafts is not None:
            while tokens <= drafts.draft_tok and self.chance.random() < drafts.acceptance:
                tokens += 1
        return tokens

    def _end(self, side: Side, item: Item, now: float) -> None:
        side.running.remove(item)
        output = item.request.output_tok
        if output > 1 and item.first_s is not None:
            self.seen.tpot.append((now - item.first_s) / (output - 1))
        self.seen.e2e.append(now - item.request.at_s)
        self.seen.completed += 1
        self.seen.output_tok += output
        self.seen.end_s = max(self.seen.end_s, now)
