"""Which prompt tokens the next step takes: queue, token budget, slots, room in the KV cache."""

from collections import deque
from itertools import chain
from math import inf

from inferc.compiler.simulation.tally import Tally
from inferc.compiler.simulation.ties import Ties
from inferc.compiler.simulation.values import (
    LONGEST_RESERVED_TOK,
    Queue,
    ReplicaSetup,
    Request,
    Resumed,
)


def window_pairs(done_tok: int, tokens: int, window_tok: int) -> float:
    """Return the pairs of ``tokens`` prompt tokens with those before them inside a window."""
    inside = min(max(window_tok - done_tok, 0), tokens)
    return inside * (done_tok + inside / 2.0) + (tokens - inside) * float(window_tok)


class Intake:
    """The queue in front of one engine, and the prompt that it has begun.

    First come, first served: a prompt that does not fit holds up those behind it. What has lost its
    place goes first.
    """

    __slots__ = (
        "_batch_wait", "_block_tok", "_bounded", "_budget_tok", "_cache", "_caching", "_chunked",
        "_free_tok", "_full_length", "_kv_tok", "_long_tok", "_reserves", "_shared", "_slots",
        "_taken_tok", "_tally", "_wait_tok", "_window_tok", "begun", "done", "joined", "pairs",
        "reserved_tok", "resumed", "steps", "waited", "waiting", "window_pairs",
    )  # fmt: skip

    def __init__(self, setup: ReplicaSetup, waiting: Queue, tally: Tally, ties: Ties) -> None:
        self._budget_tok = setup.max_num_batched_tokens
        self._chunked = setup.chunked_prefill
        self._full_length = setup.kv_admission == "full_length"
        self._kv_tok = setup.kv_cache_tok
        self._long_tok = self._kv_tok - setup.kv_block_tok
        self._reserves = setup.kv_reserve_ratio > 0.0 and not self._full_length
        self._bounded = setup.kv_cache_tok < inf
        self._block_tok = setup.kv_block_tok
        self._caching = setup.prefix_caching
        self._cache = ties.cache
        self._batch_wait = setup.batch_wait_steps
        self._shared = setup.pipeline > 1
        self._wait_tok = setup.batch_wait_ratio * setup.max_num_batched_tokens
        self._window_tok = setup.clock.window_tok
        self._tally = tally
        self._taken_tok: int = 0
        self._slots: int = 0
        self._free_tok: float = 0.0
        self.waiting = waiting
        self.resumed: deque[Resumed] = deque() if ties.resumed is None else ties.resumed
        """Sequences that lost their place and have to be computed again."""
        self.begun: Request | Resumed | None = None
        """A prompt of which a part is done."""
        self.done: int = 0
        self.waited: int = 0
        """Steps for which prompts were held back."""
        self.joined: list[Request | Resumed] = []
        """Prompts that end in the step that was chosen last."""
        self.pairs: float = 0.0
        self.window_pairs: float = 0.0
        self.steps: int = 1
        """Steps that can be taken alike: chunks of one prompt."""
        self.reserved_tok: int = 0
        """KV cache that the prompts begun in the step take."""

    def take(self, room_tok: int, slots: int, free_tok: float) -> int:
        """Choose prompts for a step, and return how many tokens of them it takes.

        Args:
            room_tok: What decoding sequences leave of the token budget.
            slots: Sequences that may join those that are decoding.
            free_tok: KV cache that is free.
        """
        self.joined = []
        self.pairs = self.window_pairs = 0.0
        self.reserved_tok = 0
        self.steps = 1
        self._taken_tok = 0
        self._slots = slots
        self._free_tok = free_tok
        if self.begun is not None:
            self._go_on(room_tok)
        if self.begun is None and self.resumed:
            self._take_resumed(room_tok)
        if self.begun is None and not self.resumed:
            self._take_waiting(room_tok)
        return self._taken_tok

    def _take_waiting(self, room_tok: int) -> None:
        """Take prompts from the queue."""
        waiting, caching = self.waiting, self._caching
        while waiting and self._slots > 0 and self._taken_tok < room_tok:
            request = waiting[0]
            if self._bounded:
                need = asked = self._need(request)
                if self._reserves:
                    asked = self._with_answer(need, request[2])
                long = request[1] + request[2] > self._long_tok
                if long or asked > self._free_tok:
                    if long and self._never_fits(request):
                        self._tally.reject(waiting.popleft())
                        continue
                    if asked > self._free_tok:
                        break
            else:
                need = asked = 0
            done = self._cached(request) if caching else 0
            if not self._add(request, request[1], done, room_tok):
                break
            waiting.popleft()
            self._free_tok -= asked
            self.reserved_tok += need
            if self.begun is not None:
                break

    def _take_resumed(self, room_tok: int) -> None:
        """Take sequences that have to be computed again."""
        while self.resumed and self._slots > 0 and self._taken_tok < room_tok:
            again = self.resumed[0]
            need = asked = self._whole(again.prompt_tok)
            if self._reserves:
                asked = self._with_answer(need, again.left)
            if asked > self._free_tok or not self._add(again, again.prompt_tok, 0, room_tok):
                break
            self.resumed.popleft()
            self._free_tok -= asked
            self.reserved_tok += need
            if self.begun is not None:
                break

    def _add(self, item: Request | Resumed, prompt_tok: int, done: int, room_tok: int) -> bool:
        """Add a prompt to the step, or the part that the budget leaves; return whether it fits."""
        taken = self._taken_tok
        tokens = prompt_tok - done
        if taken + tokens <= room_tok:
            self.joined.append(item)
        elif self._chunked:
            tokens = room_tok - taken
            self.begun, self.done = item, done + tokens
        elif taken or tokens <= self._budget_tok:
            return False
        else:
            self.joined.append(item)
        self._taken_tok = taken + tokens
        self._slots -= 1
        self.pairs += tokens * (done + tokens / 2.0)
        if self._window_tok:
            self.window_pairs += window_pairs(done, tokens, self._window_tok)
        return True

    def _go_on(self, room_tok: int) -> None:
        """Take more of the prompt that was begun."""
        begun = self.begun
        if begun is None or room_tok <= 0:
            return
        done = self.done
        left = begun.prompt_tok - done
        tokens = left
        if left <= room_tok:
            self.joined.append(begun)
            self.begun = None
        else:
            tokens = room_tok
            self.done = done + tokens
            if done >= self._window_tok:
                self.steps = (left - 1) // tokens
        self._taken_tok = tokens
        self._slots -= 1
        self.pairs = tokens * (done + tokens / 2.0)
        if self._window_tok:
            self.window_pairs = window_pairs(done, tokens, self._window_tok)

    def _whole(self, tokens: int) -> int:
        return -(-tokens // self._block_tok) * self._block_tok

    def _need(self, request: Request) -> int:
        """Return the KV cache that a request must find."""
        return self._whole(request[1] + request[2] if self._full_length else request[1])

    def _with_answer(self, need_tok: int, answer_tok: int) -> int:
        """Return the KV cache that a request must find where room is kept for answers."""
        return min(int(self._kv_tok), need_tok + min(answer_tok, LONGEST_RESERVED_TOK))

    def _never_fits(self, request: Request) -> bool:
        """Return whether a request is longer than the whole cache."""
        last_tok = request[1] + request[2] - (0 if self._full_length else 1)
        return self._whole(last_tok) > self._kv_tok

    def _cached(self, request: Request) -> int:
        """Return how much of a prompt is in the prefix cache, and put all of it there."""
        known = request.cached_tok
        if self._cache is not None and request.blocks:
            known = max(known, self._cache.known_tok(request.blocks))
            self._cache.remember(request.blocks)
        return min(known, request.prompt_tok - 1)

    def give_back(self) -> int:
        """Undo a prompt that was begun, and return the KV cache that it took."""
        begun = self.begun
        if begun is None:
            return 0
        self.begun = None
        if isinstance(begun, Resumed):
            self.resumed.appendleft(begun)
        else:
            self.waiting.appendleft(begun)
        return self._whole(begun.prompt_tok)

    def held_back(self, decoding: int, slots: int, free_tok: float) -> int:
        """Return for how many steps prompts are held back to be batched; 0 where they are not.

        Source: TensorRT-LLM, ``batch_wait_timeout_iters`` and ``batch_wait_max_tokens_ratio`` of
        its PyTorch executor: prompts that would fit wait while their tokens and those of decoding
        sequences are fewer than the ratio of the budget, for so many iterations at most.
        """
        if self.begun is not None or self.resumed or slots <= 0 or not self.waiting:
            return 0
        held = decoding
        for place, request in enumerate(self.waiting):
            free_tok -= self._need(request)
            if place >= slots or free_tok < 0.0:
                break
            held += request[1]
            if held >= self._wait_tok:
                self.waited = 0
                return 0
        if held == decoding:
            return 0
        left = self._batch_wait - self.waited
        if left <= 0:
            self.waited = 0
        return min(left, 1) if self._shared else left

    def left(self, *, joining: bool) -> list[Request]:
        """Return the requests that were begun, or lost their place, and are not decoding.

        Those of the step chosen last are among them while it goes on: ``joining``.
        """
        begun = () if self.begun is None else (self.begun,)
        items = chain(self.resumed, begun, self.joined if joining else ())
        return [item.request if isinstance(item, Resumed) else item for item in items]
