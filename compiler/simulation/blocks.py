"""The KV cache of one engine, in whole blocks, without looking at each sequence.

A sequence takes a new block whenever its context passes a multiple of the block. When that is
depends on the step count modulo the block alone, and stays so: it is enough to know how many
sequences there are of each such phase.
"""

from math import inf

from inferc.compiler.simulation.values import ReplicaSetup, Request, Resumed


class Blocks:
    """Blocks that sequences hold, by phase.

    A step here is one token for each sequence. With drafts a step brings several; a sequence then
    takes a new block every ``cycle`` steps, which is so on average.
    """

    __slots__ = ("_bounded", "_full_length", "_tok", "crossing", "cycle")

    def __init__(self, setup: ReplicaSetup) -> None:
        drafts = setup.speculation
        self._tok = setup.kv_block_tok
        self._bounded = setup.kv_cache_tok < inf
        self._full_length = setup.kv_admission == "full_length"
        gain = 1.0 if drafts is None else drafts.tok_per_step
        self.cycle = max(1, round(self._tok / gain))
        self.crossing = [0] * self.cycle
        """How many sequences take a new block in the steps whose count has this remainder."""

    def whole(self, tokens: int) -> int:
        """Return what so many tokens hold."""
        return -(-tokens // self._tok) * self._tok

    def reserved(self, request: Request) -> int:
        """Return what a request holds from beginning to end when nothing grows."""
        return self.whole(request[1] + request[2]) if self._bounded else 0

    def held(self, comes: Resumed) -> int:
        """Return what a sequence takes that comes with its KV cache."""
        if self._full_length or not self._bounded:
            return self.reserved(comes[3])
        return self.whole(comes[0])

    def leave(self, began: int, end: int, prompt_tok: int) -> int:
        """Forget a sequence that decoded from step ``began`` to ``end``; return what it held."""
        cycle = self.cycle
        phase = (began - prompt_tok) % cycle
        self.crossing[phase] -= 1
        crossed = (end - 1 - phase) // cycle - (began - 1 - phase) // cycle
        return self.whole(prompt_tok) + crossed * self._tok

    def growth(self, count: int, steps: int, sequences: int) -> int:
        """Return what ``steps`` steps from ``count`` on add."""
        cycles, rest = divmod(steps, self.cycle)
        taken = cycles * sequences
        if rest:
            begin = count % self.cycle
            crossing = self.crossing
            taken += sum(crossing[begin : begin + rest])
            over = begin + rest - self.cycle
            if over > 0:
                taken += sum(crossing[:over])
        return taken * self._tok

    def steps_that_fit(self, count: int, steps: int, sequences: int, free_tok: float) -> int:
        """Return how many of ``steps`` steps fit into the cache; at least one."""
        cycles, left = divmod(int(free_tok // self._tok), sequences)
        fits = cycles * self.cycle
        crossing, cycle = self.crossing, self.cycle
        while fits < steps:
            left -= crossing[(count + fits) % cycle]
            if left < 0:
                break
            fits += 1
        return max(1, min(fits, steps))

    def again(
        self, request: Request, context_tok: float, first_s: float, since_s: float
    ) -> Resumed:
        """Return what is left to do for a sequence that loses its place."""
        here = round(context_tok)
        left = max(1, request[1] + request[2] - here)
        return Resumed(here, left, first_s, request, since_s)
