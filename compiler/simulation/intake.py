"""Which prompt tokens the next step takes: queue, token budget, slots, room in the KV cache."""

from collections import deque
from math import ceil
from typing import NamedTuple

from inferc.compiler.simulation.tally import Tally
from inferc.compiler.simulation.values import ReplicaSetup, Request


class Preempted(NamedTuple):
    """A sequence that lost its place and has to be computed again."""

    todo_tok: int
    """Prompt and the tokens that were generated."""
    left: int
    """Output tokens still to come."""
    first_s: float
    request: Request
    since_s: float
    """When it lost its place."""


def window_pairs(done_tok: int, tokens: int, window_tok: int) -> float:
    """Return the pairs of ``tokens`` prompt tokens with those before them inside a window."""
    inside = min(max(window_tok - done_tok, 0), tokens)
    return inside * (done_tok + inside / 2.0) + (tokens - inside) * float(window_tok)


class Intake:
    """The queue in front of one engine, and the prompts that it has begun.

    First come, first served: a prompt that does not fit holds up those behind it. What was preempted
    goes first.
    """

    __slots__ = (
        "_alone", "_batch_wait", "_block_tok", "_budget_tok", "_caching", "_chunked",
        "_full_length", "_kv_tok", "_tally", "_wait_tok", "_waste_tok", "_window_tok", "begun",
        "done", "joined", "pairs", "preempted", "reserved_tok", "steps", "waited", "waiting",
        "window_pairs",
    )  # fmt: skip

    def __init__(self, setup: ReplicaSetup, waiting: deque[Request], tally: Tally) -> None:
        self._budget_tok = setup.max_num_batched_tokens
        self._chunked = setup.chunked_prefill
        self._full_length = setup.kv_admission == "full_length"
        self._kv_tok = setup.kv_cache_tok / setup.pipeline
        self._block_tok = setup.kv_block_tok
        self._waste_tok = (setup.kv_block_tok - 1) / 2.0
        self._caching = setup.prefix_caching
        self._batch_wait = setup.batch_wait_steps
        self._wait_tok = setup.batch_wait_ratio * setup.max_num_batched_tokens
        self._window_tok = setup.clock.window_tok
        self._tally = tally
        self.waiting = waiting
        self.preempted: deque[Preempted] = deque()
        self.begun: Request | Preempted | None = None
        """A prompt of which a part is done."""
        self.done = 0
        self.waited = 0
        """Steps for which prompts were held back."""
        self.joined: list[Request | Preempted] = []
        """Prompts that end in the step that was chosen last."""
        self.pairs = 0.0
        self.window_pairs = 0.0
        self.steps = 1
        """Steps that can be taken alike: chunks of one prompt."""
        self.reserved_tok = 0.0
        """KV cache that the prompts begun in the step take."""

    def take(self, room_tok: int, slots: int, free_tok: float) -> int:
        """Choose prompts for a step, and return how many tokens of them it takes.

        Args:
            room_tok: What decoding sequences leave of the token budget.
            slots: Sequences that may join those that are decoding.
            free_tok: KV cache that is free.
        """
        self.joined = joined = []
        self.pairs = self.window_pairs = self.reserved_tok = 0.0
        self.steps = 1
        taken = 0
        if self.begun is not None:
            taken = self._go_on(room_tok)
            slots -= 1
            if self.begun is not None:
                return taken
        if self.preempted:
            taken = self._take_preempted(taken, room_tok, slots, free_tok)
            if self.preempted or self.begun is not None:
                return taken
            slots -= len(joined)
            free_tok -= self.reserved_tok
        waiting = self.waiting
        window_tok = self._window_tok
        while waiting and slots > 0 and taken < room_tok:
            request = waiting[0]
            todo = request[1]
            if self._full_length:
                most = need = -(-(todo + request[2]) // self._block_tok) * self._block_tok
            else:
                need = todo + self._waste_tok
                most = need + request[2] - 1
            if need > free_tok or most > self._kv_tok:
                if most <= self._kv_tok:
                    break
                self._tally.reject(waiting.popleft())
                continue
            done = 0
            if self._caching and request[3]:
                done = min(request[3], todo - 1)
                todo -= done
            if taken + todo > room_tok:
                if self._chunked:
                    todo = room_tok - taken
                    self.begun, self.done = request, done + todo
                elif taken or todo <= self._budget_tok:
                    break
            waiting.popleft()
            slots -= 1
            free_tok -= need
            self.reserved_tok += need
            self.pairs += todo * (done + todo / 2.0)
            if window_tok:
                self.window_pairs += window_pairs(done, todo, window_tok)
            taken += todo
            if self.begun is not None:
                break
            joined.append(request)
        return taken

    def _go_on(self, room_tok: int) -> int:
        """Take more of the prompt that was begun."""
        begun = self.begun
        assert begun is not None  # noqa: S101 - said by the caller
        done = self.done
        todo = (begun[0] if isinstance(begun, Preempted) else begun[1]) - done
        if todo <= room_tok:
            self.joined.append(begun)
            self.begun = None
        else:
            todo_after, todo = todo, max(0, room_tok)
            self.done += todo
            if todo and done >= self._window_tok:
                self.steps = (todo_after - 1) // todo
        self.pairs = todo * (done + todo / 2.0)
        if self._window_tok:
            self.window_pairs = window_pairs(done, todo, self._window_tok)
        return todo

    def _take_preempted(self, taken: int, room_tok: int, slots: int, free_tok: float) -> int:
        """Take sequences that have to be computed again."""
        while self.preempted and slots > 0 and taken < room_tok:
            again = self.preempted[0]
            todo = again.todo_tok
            need = todo + self._waste_tok
            if need > free_tok:
                break
            if taken + todo > room_tok:
                if self._chunked:
                    todo = room_tok - taken
                    self.begun, self.done = again, todo
                elif taken or todo <= self._budget_tok:
                    break
            self.preempted.popleft()
            slots -= 1
            free_tok -= need
            self.reserved_tok += need
            self.pairs += todo * todo / 2.0
            if self._window_tok:
                self.window_pairs += window_pairs(0, todo, self._window_tok)
            taken += todo
            if self.begun is not None:
                break
            self.joined.append(again)
        return taken

    def give_back(self) -> float:
        """Undo a prompt that was begun, and return the KV cache that it took."""
        begun = self.begun
        if begun is None:
            return 0.0
        self.begun = None
        if isinstance(begun, Preempted):
            self.preempted.appendleft(begun)
            return begun.todo_tok + self._waste_tok
        self.waiting.appendleft(begun)
        return begun.prompt_tok + self._waste_tok

    def held_back(self, decoding: int, slots: int, free_tok: float) -> int:
        """Return for how many steps prompts are held back to be batched; 0 where they are not.

        Source: TensorRT-LLM, ``batch_wait_timeout_iters`` and ``batch_wait_max_tokens_ratio`` of
        its PyTorch executor: prompts that would fit wait while their tokens and those of decoding
        sequences are fewer than the ratio of the budget, for so many iterations at most.
        """
        left = self._batch_wait - self.waited
        if left <= 0 or self.begun is not None or self.preempted:
            self.waited = 0
            return 0
        held = decoding
        for place, request in enumerate(self.waiting):
            tokens = request[1] + request[2] if self._full_length else request[1]
            free_tok -= tokens
            if place >= slots or free_tok < 0:
                break
            held += request[1]
            if held >= self._wait_tok:
                self.waited = 0
                return 0
        return left if held > decoding else 0


def seats(setup: ReplicaSetup) -> int:
    """Return how many sequences one engine of the replica runs at most."""
    return max(1, ceil(setup.max_num_seqs / setup.pipeline))
