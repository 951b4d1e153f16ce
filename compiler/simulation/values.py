"""What a simulation takes and gives: requests, the set-up of a replica, the outcome."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, inf
from typing import Literal, NamedTuple, Protocol, SupportsIndex

Scheduling = Literal["mixed", "prefill_first", "static"]
Admission = Literal["as_needed", "full_length"]


class StepClock(Protocol):
    """What the steps of one pipeline stage take, in seconds.

    A step that decodes ``n`` sequences with ``S`` tokens of context together takes ``tokens_s(n) +
    sampled_s(n) + n sequence_s + kv_tok_s S + window_kv_tok_s min(S, n window_tok)``. A step that
    also carries ``p`` prompt tokens, which look at ``P`` earlier tokens in all (``Pw`` of them
    inside the windows), and ends ``q`` prompts takes ``tokens_s(n + p)`` and ``sampled_s(n + q)``
    instead, plus ``pair_s P + window_pair_s Pw + prompt_step_s``.
    """

    @property
    def sequence_s(self) -> float:
        """Host time for each decoding sequence."""
        ...

    @property
    def kv_tok_s(self) -> float:
        """Reading one token of context in the layers of full attention."""
        ...

    @property
    def window_tok(self) -> int:
        """How far back sliding-window layers look; 0 where there are none."""
        ...

    @property
    def window_kv_tok_s(self) -> float:
        """Reading one token of context in the sliding-window layers."""
        ...

    @property
    def pair_s(self) -> float:
        """One prompt token looking at one earlier token in the layers of full attention."""
        ...

    @property
    def window_pair_s(self) -> float:
        """The same in the sliding-window layers."""
        ...

    @property
    def prompt_step_s(self) -> float:
        """What a step takes longer because it has prompt tokens."""
        ...

    def tokens_s(self, tokens: int, /) -> float:
        """Return what depends on the number of tokens in the step alone."""
        ...

    def prompt_tokens_s(self, tokens: int, /) -> float:
        """Return the same for a step that has prompt tokens."""
        ...

    def sampled_s(self, sequences: int, /) -> float:
        """Return what output head and sampling take for so many sequences."""
        ...


class Request(NamedTuple):
    """One request of a load."""

    at_s: float
    prompt_tok: int
    output_tok: int
    cached_tok: int = 0
    """Leading tokens of the prompt that are known to be in the prefix cache."""
    blocks: tuple[int, ...] = ()
    """Hashes of the prompt's blocks, each standing for all before it too."""
    priority: int = 0
    """Higher goes first."""
    tenant: str = ""


class Resumed(NamedTuple):
    """A sequence that goes on in another place, or after it had lost its own."""

    prompt_tok: int
    """Prompt, and the tokens that were generated."""
    left: int
    """Output tokens still to come."""
    first_s: float
    request: Request
    since_s: float
    """When its last token came, as far as known."""


class Queue(Protocol):
    """Where requests wait: a deque, or something that puts them into another order."""

    def __len__(self) -> int:
        """Return how many wait."""
        ...

    def __iter__(self) -> Iterator[Request]:
        """Yield them in the order in which they will go."""
        ...

    def __getitem__(self, place: SupportsIndex, /) -> Request:
        """Return the one at a place in that order; only the first must be quick."""
        ...

    def append(self, item: Request, /) -> None:
        """Let a request wait."""
        ...

    def appendleft(self, item: Request, /) -> None:
        """Put a request back that was the first."""
        ...

    def popleft(self) -> Request:
        """Take the first."""
        ...


class Cache(Protocol):
    """Remembers the prefixes of prompts."""

    def known_tok(self, blocks: tuple[int, ...], /) -> int:
        """Return how many leading tokens are in the cache, and count them as used just now."""
        ...

    def remember(self, blocks: tuple[int, ...], /) -> None:
        """Put a prompt into the cache, in place of what was not used for longest."""
        ...


class Speculation(NamedTuple):
    """Drafting tokens that the model then checks in one step."""

    draft_tok: int
    """Tokens drafted for each sequence and step."""
    acceptance: float
    """Chance that a drafted token is right, given that those before it were."""
    draft_s: float = 0.0
    """What drafting adds to a step."""
    draft_sequence_s: float = 0.0
    """What drafting adds to a step for each sequence."""

    @property
    def tok_per_step(self) -> float:
        """Tokens that a sequence gains in a step on average.

        ``1 + a + a^2 + ... + a^k``. Source: Leviathan, Kalman and Matias, Fast inference from
        transformers via speculative decoding (ICML 2023), equation 1.
        """
        return sum(self.acceptance**place for place in range(self.draft_tok + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSetup:
    """How one replica schedules, and how long its steps take."""

    clock: StepClock
    scheduling: Scheduling = "mixed"
    """Prompts ride on decode steps; or go before them; or a batch begins and ends together."""
    max_num_seqs: int = 256
    max_num_batched_tokens: int = 8192
    chunked_prefill: bool = True
    kv_cache_tok: float = inf
    kv_block_tok: int = 16
    kv_admission: Admission = "as_needed"
    """Room for the prompt is enough, and sequences that do not fit later are computed again; or
    the whole length must fit before a request begins, as it must for a static batch."""
    kv_reserve_ratio: float = 0.0
    """Where it is above 0 and room is given as needed: a request begins only when there is room for
    its prompt and answer, beside this share of what the running sequences have yet to say.

    Source: SGLang, ``new_token_ratio`` of its schedule policy: 0.7 at first, and 0.1 after a while
    in which no sequence had to give way; answers count with 4,096 tokens at most.
    """
    prefix_caching: bool = False
    prefix_block_tok: int = 512
    """Tokens of a block of ``Request.blocks``.

    Source: ``hash_ids`` of Mooncake's traces, FAST25-release.
    """
    prefix_cache_tok: float | None = None
    """Room for prefixes; by default that of the KV cache, which they share with what runs."""
    batch_wait_steps: int = 0
    """Steps for which prompts are held back to be batched while sequences decode."""
    batch_wait_ratio: float = 0.0
    """Share of the token budget that ends the holding back early."""
    pipeline: int = 1
    """Stages, which make so many engines side by side: each takes as many times as long for a step,
    and its share of the sequences; they have queue and KV cache in common."""
    frontend_s: float = 0.0
    """From a request's arrival to its place in the queue: tokenizer, API server."""
    frontend_tok_s: float = 0.0
    """The same for each prompt token."""
    frontend_serial_s: float = 0.0
    """Time for which one request keeps the front end from the next."""
    speculation: Speculation | None = None


LONGEST_RESERVED_TOK = 4096
"""Of an answer for which room is kept. Source: SGLang, ``CLIP_MAX_NEW_TOKENS``."""


def seats(setup: ReplicaSetup) -> int:
    """Return how many sequences one engine of the replica runs at most."""
    return max(1, ceil(setup.max_num_seqs / setup.pipeline))


class Run(NamedTuple):
    """Steps of one replica that are alike: what a recorder is told."""

    steps: int
    tokens: int
    """Tokens of each step: one of each decoding sequence, and the prompt tokens."""
    decoding: int
    context_tok: float
    """Mean context of all decoding sequences together, in full-attention layers."""
    window_context_tok: float
    """The same in sliding-window layers."""
    prompt_tok: int
    pairs: float
    """Mean pairs of a prompt token and an earlier token in a step."""
    window_pairs: float
    ended_prompts: int
    step_s: float
    """Mean duration of a step."""
    tpot_weight: float
    """Mean TPOT is the sum of this times ``step_s`` over all runs, over the requests that have a
    TPOT (two or more output tokens)."""
    ttft_weight: float
    """Mean TTFT is the sum of this times ``step_s`` over all runs, over the requests, plus the
    front end's time."""
    kv_tok: int
    """KV cache that is taken at the beginning, in whole blocks; 0 where it is unbounded."""


Recorder = Callable[[Run], None]


SHARES = (
    *(place / 40 for place in range(39)),
    *(0.96, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.998, 0.999, 1.0),
)
"""Of the requests: for these the curve of a latency has a value, 90 and 95 % among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """The distribution of one latency."""

    count: float
    mean_s: float
    p50_s: float
    p90_s: float
    p95_s: float
    p99_s: float
    largest_s: float
    curve_s: tuple[float, ...] = ()
    """What :data:`SHARES` of the requests do not exceed; empty where there are none."""

    def quantile_s(self, share: float) -> float:
        """Return what a share of the requests does not exceed, interpolated between `SHARES`."""
        if not self.curve_s:
            return 0.0
        place = max(1, bisect_left(SHARES, share))
        low, high = SHARES[place - 1], SHARES[place]
        low_s, high_s = self.curve_s[place - 1], self.curve_s[place]
        return low_s + (high_s - low_s) * (share - low) / (high - low)


class Moment(NamedTuple):
    """How a replica stood at one time."""

    at_s: float
    waiting: int
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a simulated load came to."""

    completed: int
    rejected: int
    """Requests that are longer than the whole KV cache."""
    preempted: int
    prompt_tok: int
    output_tok: int
    makespan_s: float
    """From time zero to the last token."""
    ttft: Latency
    tpot: Latency
    itl: Latency
    """Gaps between the tokens of a request; every token counts."""
    e2e: Latency
    moments: tuple[Moment, ...]
    """The queue over time, evenly spaced, a bounded number."""
    utilisation: float
    """Share of the makespan in which steps run."""
    mean_running: float
    mean_waiting: float
    kv_use: float
    """Mean share of the KV cache that is taken; 0 where it is unbounded."""
    runs: int
    """Events that were simulated."""

    @property
    def output_tok_per_s(self) -> float:
        """Output tokens over the makespan."""
        return self.output_tok / self.makespan_s if self.makespan_s else 0.0

    @property
    def total_tok_per_s(self) -> float:
        """Prompt and output tokens over the makespan."""
        return (self.prompt_tok + self.output_tok) / self.makespan_s if self.makespan_s else 0.0

    @property
    def requests_per_s(self) -> float:
        """Completed requests over the makespan."""
        return self.completed / self.makespan_s if self.makespan_s else 0.0
