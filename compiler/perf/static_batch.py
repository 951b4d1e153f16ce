"""A batch of equal requests that start together, and nothing else."""

from typing import NamedTuple

from inferc.compiler.perf.architecture import window_pairs
from inferc.compiler.perf.steps import Stage


class Batch(NamedTuple):
    """When the requests of a batch get their tokens, in seconds after the start."""

    first_s: tuple[float, ...]
    """The first token of each request, in their order."""
    last_s: tuple[float, ...]
    """The last token of each."""


class _Group:
    """Requests whose prompts ended in the same step: they stay in step from then on."""

    __slots__ = ("count", "done_tok", "first_s")

    def __init__(self, count: int, first_s: float) -> None:
        self.count = count
        self.done_tok = 1
        self.first_s = first_s


class _Run:
    """A batch on its way."""

    def __init__(self, stage: Stage, prompt_tok: int, output_tok: int) -> None:
        self.stage = stage
        self.prompt_tok = prompt_tok
        self.output_tok = output_tok
        self.now_s = 0.0
        self.groups: list[_Group] = []
        """Those that decode, the first to end first."""
        self.ended: list[tuple[int, float, float]] = []

    @property
    def decoding(self) -> int:
        """Sequences that get a token in each step."""
        return sum(group.count for group in self.groups)

    def prompts(self, start_tok: int, chunk_tok: int) -> None:
        """Do one step with the tokens ``start_tok`` to ``start_tok + chunk_tok`` of all prompts."""
        end_tok = start_tok + chunk_tok
        complete = end_tok // self.prompt_tok - start_tok // self.prompt_tok
        self.now_s += self._step_s(start_tok, chunk_tok, complete) * self.stage.pipeline
        self._advance(1)
        if complete and self.output_tok > 1:
            self.groups.append(_Group(complete, self.now_s))
        elif complete:
            self.ended.append((complete, self.now_s, self.now_s))

    def decode(self) -> None:
        """Do all steps until the first requests end."""
        steps = self.output_tok - self.groups[0].done_tok
        self.now_s += self._decode_s(steps) * self.stage.pipeline
        self._advance(steps)

    def _advance(self, steps: int) -> None:
        for group in self.groups:
            group.done_tok += steps
        while self.groups and self.groups[0].done_tok >= self.output_tok:
            group = self.groups.pop(0)
            self.ended.append((group.count, group.first_s, self.now_s))

    def _step_s(self, start_tok: int, chunk_tok: int, complete: int) -> float:
        """Return the time of a step with prompts in it."""
        stage, window = self.stage, float(self.stage.window_tok)
        pairs = windowed = 0.0
        position, left = start_tok, chunk_tok
        while left:
            done = position % self.prompt_tok
            part = min(left, self.prompt_tok - done)
            pairs += part * (done + part / 2.0)
            windowed += window_pairs(float(done), float(part), window)
            position, left = position + part, left - part
        decoding = self.decoding
        return (
            stage.prompt_tokens_s(decoding + chunk_tok)
            + stage.sampled_s(decoding + complete)
            + self._context_s(1)
            + stage.pair_s * pairs
            + stage.window_pair_s * windowed
            + stage.prompt_step_s
        )

    def _decode_s(self, steps: int) -> float:
        """Return the time of ``steps`` steps without prompts."""
        decoding = self.decoding
        per_step_s = self.stage.tokens_s(decoding) + self.stage.sampled_s(decoding)
        return steps * per_step_s + self._context_s(steps)

    def _context_s(self, steps: int) -> float:
        """Return what the sequences themselves and their contexts cost over ``steps`` steps.

        A context grows by one token a step: an arithmetic sum, up to the window where there is one.
        """
        stage, time_s = self.stage, 0.0
        for group in self.groups:
            start = self.prompt_tok + group.done_tok
            seen = steps * start + steps * (steps - 1) / 2.0
            inside = min(steps, max(0, stage.window_tok - start))
            within = inside * start + inside * (inside - 1) / 2.0
            within += (steps - inside) * stage.window_tok
            time_s += group.count * (
                steps * stage.sequence_s + stage.kv_tok_s * seen + stage.window_kv_tok_s * within
            )
        return time_s


def static_batch(
    stage: Stage, requests: int, prompt_tok: int, output_tok: int, budget_tok: int
) -> Batch:
    """Return when each of ``requests`` equal requests gets its first and its last token.

    Prompts are taken in their order, in chunks of what the token budget leaves beside one token of
    each sequence that decodes. Then the batch is constant until the first requests end, and so on.
    The stages of a pipeline share the requests out evenly and take turns.

    Source: the scheduler's own rule (Agrawal et al., Sarathi-Serve, 2024).
    Holds for: mixed steps, and a replica with room for all of the requests.
    """
    whole, more = divmod(requests, stage.pipeline)
    shares = {whole + 1: more, whole: stage.pipeline - more}
    ended = [
        each
        for share, count in shares.items()
        if share and count
        for each in _one_engine(stage, share, prompt_tok, output_tok, budget_tok) * count
    ]
    return Batch(
        first_s=tuple(first for count, first, _ in ended for _ in range(count)),
        last_s=tuple(last for count, _, last in ended for _ in range(count)),
    )


def _one_engine(
    stage: Stage, requests: int, prompt_tok: int, output_tok: int, budget_tok: int
) -> list[tuple[int, float, float]]:
    """Return for each group of requests how many there are, their first and their last token."""
    run = _Run(stage, prompt_tok, output_tok)
    done_tok, all_tok = 0, requests * prompt_tok
    while done_tok < all_tok:
        chunk_tok = min(all_tok - done_tok, max(1, budget_tok - run.decoding))
        run.prompts(done_tok, chunk_tok)
        done_tok += chunk_tok
    while run.groups:
        run.decode()
    return run.ended
