"""A source of measurements, as far as it says how it measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Setting = str | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is known of a source's method; None or empty where it is not."""

    url: str = ""
    weights: str = ""
    """Format of the weights, where the source's tables print another one than it ran with."""
    engine_version: str = ""
    """What was current when it measured, where it publishes no version."""
    arrivals: str = ""
    requests: int | None = None
    realised_requests: int | None = None
    """How many were really sent, where a column says otherwise."""
    rounds: int | None = None
    """Requests for each one in flight."""
    warm_up: bool | None = None
    steady: bool = False
    equal_lengths: bool = False
    """Whether all prompts, and all answers, are as long as stated."""
    prompt_tok: float | None = None
    output_tok: float | None = None
    prompt_variation: float | None = None
    output_variation: float | None = None
    template_tok: float = 0.0
    reused_share: float | None = 0.0
    distinct_prompts: int | None = None
    """How many prompts there are that are sent again and again."""
    client: str = ""
    tpot_of: str = "request"
    ttft_of: str = "request"
    tensor_parallel: int | None = None
    smallest_that_fits: bool = False
    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    """What its own scripts set. ``async_scheduling``, ``eager_prompts``, ``penalties`` and
    ``stream_interval`` are noted, and change no prediction."""
