"""What the plan of a network is. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass

from inferc.compiler.model import Engine, Place
from inferc.compiler.model.network_service import NetworkService
from inferc.compiler.perf.item_time import ItemMemory
from inferc.compiler.plan.decisions import Assumption, Autoscale, Choice, Margin, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfiguration:
    """What was decided about how a network is served."""

    engine: str
    precision: str
    replicas: int
    max_batch_size: int
    """Items that are answered together at most."""
    max_queue_delay_s: float
    """How long items are held until there are enough for a batch."""
    share: str
    """What a replica gets of an accelerator: ``whole``, ``mig`` or ``time_slice``."""
    profile: str
    """Of ``mig``: ``2g.20gb``; empty else."""
    sharers: int
    """Of ``time_slice``: replicas that take turns; 1 else."""

    @property
    def accelerators_per_replica(self) -> int:
        """What a replica runs on: one accelerator, one part of one, or a turn on one."""
        return 1

    @property
    def part(self) -> str:
        """What a replica gets, as people say it: ``whole``, ``2g.20gb``, ``a turn of 4``."""
        if self.share == "time_slice":
            return f"a turn of {self.sharers}"
        return self.profile or self.share


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkEstimate:
    """What the decided configuration does at the peak."""

    latency_s: Mapping[str, float]
    """From request to answer: ``mean``, ``p50``, ``p95``, ``p99``; as typical hardware does it."""
    upper_latency_s: Mapping[str, float]
    """The same where everything takes as long as at the upper end of the interval: what the SLA is
    held against with ``confidence = high``."""
    interval: tuple[float, float]
    """Factors from a typical time to the ends of its 80 % interval."""
    mean_batch: float
    """Items that are answered together on average."""
    utilisation: float
    """Share of the time that a replica is busy."""
    capacity_per_s: float
    """Requests a second that all replicas carry within the SLA."""
    items_per_s: float
    """Items a second that full batches on all replicas come to, as typical hardware does it."""
    batch_s: float
    """Of a full batch, as typical hardware does it."""
    compute_share: float
    """The FLOP/s that are asked for at the mean rate, over the peak of what the replicas have."""
    memory: ItemMemory
    basis: str
    """``calibrated`` or ``spec sheet``: how much of such hardware was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """What was decided for one service of a network."""

    service: NetworkService
    """Its ``place`` is the chosen one, as whole accelerators, with the decided number of nodes."""
    verdict: Verdict
    configuration: NetworkConfiguration
    accelerators: float
    """Whole ones that its replicas come to: seven parts of a seventh are one."""
    autoscale: Autoscale
    estimate: NetworkEstimate
    margins: tuple[Margin, ...]
    load_time_s: float
    """From the start of a pod to its first answer, weights on the node's volume."""
    weights_bytes: float
    price_usd_per_s: float | None
    """Of the accelerators that its replicas come to, at the peak."""
    choices: tuple[Choice, ...]
    assumptions: tuple[Assumption, ...]
    candidates: int
    """How many configurations were looked at."""

    @property
    def engine(self) -> Engine | None:
        """The engine that was chosen; None where the service does not know it."""
        chosen = self.configuration.engine
        known = self.service.engines
        return next((item for item in known if chosen in {item.id, item.name}), None)

    @property
    def place(self) -> Place:
        """Where it runs."""
        return self.service.place
