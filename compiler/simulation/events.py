"""What happens to a fleet besides requests: scaling, losses, interruptions, handing over."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Signal = Literal["outstanding", "waiting", "running", "utilisation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaler:
    """Adds and removes replicas by a signal.

    Every ``interval_s`` it wants ``ceil(signal of all / target)`` replicas. It adds what is missing
    at once; it removes replicas only when the largest number that it wanted during
    ``stabilisation_s`` is below what there is.
    Source: Kubernetes, HorizontalPodAutoscaler, algorithm and stabilisation window; KEDA and
    Knative for the mean per replica as the target.
    """

    target: float
    """Of each replica."""
    signal: Signal = "outstanding"
    """Requests that are not complete; those among them in queues, or not; shares of slots."""
    least: int = 1
    most: int = 16
    interval_s: float = 15.0
    stabilisation_s: float = 300.0
    cold_start_s: float = 120.0
    """From the decision to the first request that a new replica takes."""


class Loss(NamedTuple):
    """A replica fails, all at once."""

    at_s: float
    replica: int
    """Its place among the replicas at the start."""
    back_after_s: float
    """Until one in its place takes requests."""


class Spot(NamedTuple):
    """Replicas are taken away by the provider at random."""

    per_s: float
    """Interruptions of one replica a second."""
    notice_s: float = 120.0
    """From the notice, when no more requests are sent, to the end.

    Source: AWS, EC2 Spot instance interruption notices.
    """
    replacement_s: float = 300.0
    """From the notice to another replica that takes requests."""


class Transfer(NamedTuple):
    """How the KV cache of a prompt comes from where it was computed to where it is used."""

    bytes_per_tok: float
    bytes_per_s: float
    """Of one prefill replica's link, over which one prompt goes after the other."""
    latency_s: float = 0.0
