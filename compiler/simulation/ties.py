"""What ties an engine to those beside and around it."""

from collections import deque
from collections.abc import Callable
from math import inf
from typing import NamedTuple

from inferc.compiler.simulation.values import Cache, Recorder, ReplicaSetup, Request, Resumed

Answered = Callable[[Request, float, float], None]
"""Is told of each answer: the request, when its first token came, and when it was complete."""


class Ties(NamedTuple):
    """What an engine shares with others, and whom it tells."""

    pause: bool = False
    """Also stop, at the time that it yields, whenever sequences have ended, so that those who wait
    for an answer can put their next request into the queue for the very next step. The ended
    requests are in ``tally.ended`` then, for the caller to take."""
    record: Recorder | None = None
    resumed: deque[Resumed] | None = None
    """Sequences that lost their place, where engines side by side have them in common."""
    pool: list[int] | None = None
    """What each of the engines side by side takes of the KV cache that they share."""
    place: int = 0
    """Of this engine among them."""
    handed: deque[Resumed] | None = None
    """Sequences whose prompt another engine has computed and whose KV cache has come over."""
    hands_over: bool = False
    """Requests leave after their first token, to go on elsewhere."""
    cache: Cache | None = None
    """Remembers prefixes."""
    answered: Answered | None = None
    seed: int = 0


ALONE = Ties()


def pool_of(setup: ReplicaSetup) -> list[int] | None:
    """Return what engines side by side note of their KV cache in, where they have to."""
    return [0] * setup.pipeline if setup.pipeline > 1 and setup.kv_cache_tok < inf else None
