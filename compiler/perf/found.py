"""What is found out about a replica at a rate."""

from math import inf


class Operation:
    """How a replica runs at a rate, found by :func:`operate`; not ``stable`` when it cannot."""

    __slots__ = (
        "crowded",
        "decode_s",
        "gain",
        "load",
        "mixed_s",
        "mixed_share",
        "period_s",
        "pipeline",
        "sequences",
        "sequences_in_prefill",
        "stable",
        "tpot_s",
        "tpot_variance",
        "ttft_excess_s",
        "ttft_floor_s",
        "ttft_variance",
    )

    def __init__(self) -> None:
        self.stable = False
        self.crowded = False
        """Whether slots or cache, and not the time of steps, keep it from being stable."""
        self.load = inf
        """Demanded over possible prompt tokens a second."""
        self.pipeline = 1
        self.gain = 1.0
        """Tokens that a step brings each sequence: more than one where guesses are checked."""
        self.decode_s = inf
        """A step without prompts, of one stage."""
        self.mixed_s = inf
        """A step with prompts, of one stage."""
        self.mixed_share = 1.0
        """Of all steps."""
        self.period_s = inf
        """Mean time of a step, of one stage."""
        self.sequences = inf
        """Decoding, in the whole replica."""
        self.sequences_in_prefill = inf
        self.tpot_s = inf
        self.tpot_variance = 0.0
        self.ttft_floor_s = inf
        """What every request needs; the excess comes on top."""
        self.ttft_excess_s = inf
        self.ttft_variance = 0.0
