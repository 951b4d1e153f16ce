"""Speculative decoding: how many steps an answer takes when each may bring several tokens."""

from math import sqrt

from inferc.compiler.simulation.chance import Chance
from inferc.compiler.simulation.values import Speculation

FEW = 32
"""Answers of so many tokens are played out; longer ones are drawn from a normal distribution."""


class Drafts:
    """Draws how many steps answers take.

    A step brings the drafted tokens up to the first wrong one, and one token more. Each is right
    with the same chance, whatever came before it.
    Source: Leviathan, Kalman and Matias, Fast inference from transformers via speculative decoding
    (ICML 2023), section 3.1.
    """

    def __init__(self, speculation: Speculation, seed: int) -> None:
        self.wide = speculation.draft_tok + 1
        """Tokens of each sequence in a step."""
        self.gain = speculation.tok_per_step
        """Tokens that a step brings each sequence on average."""
        self.step_s = speculation.draft_s
        self.sequence_s = speculation.draft_sequence_s
        self._acceptance = speculation.acceptance
        self._chance = Chance(f"drafts {seed}")
        squares = sum((2 * place + 1) * speculation.acceptance**place for place in range(self.wide))
        self._variance = squares - self.gain * self.gain
        self._overshoot = (squares / self.gain - 1.0) / 2.0

    def tokens(self) -> int:
        """Return how many tokens a step brings."""
        uniform, acceptance = self._chance.random, self._acceptance
        tokens = 1
        while tokens < self.wide and uniform() < acceptance:
            tokens += 1
        return tokens

    def steps(self, tokens: int) -> int:
        """Return after how many steps so many tokens have come.

        For many tokens the number of steps is nearly normal, with the mean and variance of the
        first passage of a random walk.
        Source: Feller, An introduction to probability theory, volume 2 (1971), section XI.1.
        """
        if tokens <= FEW:
            steps = 0
            while tokens > 0:
                tokens -= self.tokens()
                steps += 1
            return steps
        mean = (tokens + self._overshoot) / self.gain
        deviation = sqrt(tokens * self._variance / self.gain**3)
        least = -(-tokens // self.wide)
        return min(tokens, max(least, round(self._chance.gauss(mean, deviation))))
