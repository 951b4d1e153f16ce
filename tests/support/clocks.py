"""Step clocks for tests: straight lines with round figures."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LinearClock:
    """A clock whose every part is proportional."""

    step_s: float = 8e-3
    tok_s: float = 20e-6
    sample_s: float = 0.0
    sequence_s: float = 10e-6
    kv_tok_s: float = 40e-9
    window_tok: int = 0
    window_kv_tok_s: float = 0.0
    pair_s: float = 2e-9
    window_pair_s: float = 0.0
    prompt_step_s: float = 0.0
    launch_s: float = 0.0
    """What a step with prompt tokens takes longer because no captured graph fits it."""

    def tokens_s(self, tokens: int, /) -> float:
        return self.step_s + tokens * self.tok_s

    def prompt_tokens_s(self, tokens: int, /) -> float:
        return self.tokens_s(tokens) + self.launch_s

    def sampled_s(self, sequences: int, /) -> float:
        return sequences * self.sample_s
