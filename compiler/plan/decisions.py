"""What a plan is: verdict, decisions, what they rest on. Data only."""

from dataclasses import dataclass
from enum import Enum

from inferc.compiler.cost import ServiceCost
from inferc.compiler.model import Engine, Objective, Service
from inferc.compiler.perf import Configuration, Estimate
from inferc.compiler.problem import Unknown
from inferc.dsl.source import Span


class Verdict(Enum):
    """Whether the SLA can be met."""

    FEASIBLE = "feasible"
    """The plan holds with every assumed and defaulted number anywhere in its range."""
    CONDITIONAL = "conditional"
    """It holds for some of those numbers and not for others."""
    INFEASIBLE = "infeasible"
    """It cannot hold, however favourable those numbers are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a certificate: ``symbol = expression``, its value, and where it comes from."""

    symbol: str
    """``weights_bytes``: unique in its bound."""
    expression: str
    """Of symbols of earlier steps, in the grammar of ``bounds/amounts.py``; empty for a number that
    is not worked out."""
    value: float
    unit: str
    words: str
    """What it is."""
    origin: str
    """``given``, ``assumed``, ``defaulted``, ``catalog``, ``definition`` or ``derived``."""
    source: str
    """The publication of a fact or of a formula; for a number that is not stated, why its range."""
    span: Span | None
    """Where the user's file, or the catalog's, says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A statement that no software can beat: that it holds here, or by how much it fails.

    ``need`` and ``have`` are in ``unit``. The last steps are what ``formula`` compares.
    """

    code: str
    """The diagnostic: ``INF402``."""
    slug: str
    service: str
    statement: str
    """In words: ``the weights must fit into memory``."""
    formula: str
    """``weights_bytes <= devices * memory_bytes``: two expressions of the symbols in ``steps``."""
    need: float
    have: float
    unit: str
    ratio: float
    """Of need over have: above 1 it fails."""
    steps: tuple[Step, ...]
    """Everything that it rests on, down to stated numbers; each only of those before it."""
    short: tuple[str, ...]
    """The symbols that are worth naming where there is little room."""
    spans: tuple[tuple[Span, str], ...]
    """The lines of the user's file that it rests on, each with what it says."""
    source: str
    """The paper or document the formula comes from."""
    place: str = ""
    """Where it was looked at: the path of a place, with the kind of node where it has several."""

    @property
    def violated(self) -> bool:
        """Whether it fails, so that nothing can be served."""
        return self.need > self.have

    @property
    def terms(self) -> tuple[Step, ...]:
        """The steps that are worth naming where there is little room."""
        named = {step.symbol: step for step in self.steps}
        return tuple(named[symbol] for symbol in self.short)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A nearest change that would make it feasible."""

    field: str
    """What to change: ``nodes``, ``p95 ttft``, ``rate``, ``precision``, …"""
    current: str
    proposed: str
    effect: str
    factor: float = 1.0
    """How far it is from what the file says: the larger of both over the smaller. Changes are
    listed the nearest first."""
    price_usd_per_s: float | None = None
    """Of the hardware that the plan takes with it; None where nobody says what that costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipPoint:
    """Where the verdict changes when only this number is stated and the others stay as they are."""

    path: str
    at: float
    unit: str
    below: Verdict
    above: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """An unknown, and what moving it does."""

    unknown: Unknown
    holds_up_to: float | None
    """The largest value at which the plan holds, the other unknowns at their planned values; None
    where it holds as far as was searched, 0 where it holds nowhere."""
    searched_up_to: float
    flips: tuple[FlipPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeRow:
    """For these mean lengths the SLA holds up to this peak factor (0: not at the mean rate)."""

    prompt_mean_tok: float
    output_mean_tok: float
    holds_up_to_peak: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """How far an SLA line is from being missed: ``predicted / limit``, below 1 is met."""

    objective: Objective
    predicted: float
    ratio: float
    low: float | None = None
    """Lower end of the 80 % interval of what is predicted; None where none is known."""
    high: float | None = None

    @property
    def sure(self) -> bool:
        """Whether the line holds at the interval's upper end too."""
        return self.ratio <= 1.0 and (self.high is None or self.high <= self.objective.limit.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A value that lost, and why."""

    value: str
    reason: str
    ratio: float | None
    """The binding number over the winner's, or over its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A decision with its losers: what ``inferc explain FILE chat.tensor_parallel`` shows."""

    path: str
    value: str
    owner: str
    """``planner``, ``pin`` or ``given``."""
    reason: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Replicas that are there in the hours of a week that are known to be busy."""

    replicas: int
    start: str
    """As cron has it; replicas are started so early that they answer when they are needed."""
    end: str
    zone: str
    """By its name in the IANA database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscale:
    """When to add and remove replicas."""

    min_replicas: int
    max_replicas: int
    signal: str
    """``waiting``: requests queued in the engine."""
    threshold: float
    """Of the signal, per replica."""
    scale_up_stabilisation_s: float
    scale_down_stabilisation_s: float
    reason: str
    schedule: Schedule | None = None
    """Beside the signal; None where nobody knows when the load is high."""
    rollout: str = ""
    """``surge``: a replica more is there while one is replaced; ``unavailable``: one less."""
    rollout_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cold:
    """How long a start takes, and who waits for one."""

    start_s: float
    """From nothing to the first answer."""
    low_s: float
    high_s: float
    """The ends of what it may be, where nobody states it."""
    parts: tuple[tuple[str, float], ...]
    """What it consists of: names and seconds."""
    sleeps: bool = False
    """Whether the service runs nowhere while nobody asks."""
    sleep_s: float = 0.0
    """Without requests, before it does."""
    share: float = 0.0
    """Of the requests of a week that wait for a start."""
    warm: int = 0
    """Replicas that are never away; of a service that sleeps, in ``window``."""
    window: str = ""
    holds_up_to_s: float | None = None
    """The longest start with which it may sleep; None for any."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """What was decided for one service."""

    service: Service
    verdict: Verdict
    configuration: Configuration
    max_model_len: int
    gpu_memory_utilization: float
    autoscale: Autoscale
    estimate: Estimate
    margins: tuple[Margin, ...]
    load_time_s: float
    """From the start of a pod to its first answer, weights on the node's volume."""
    weights_bytes: float
    """Of the whole model on disk."""
    price_usd_per_s: float | None
    choices: tuple[Choice, ...]
    assumptions: tuple[Assumption, ...]
    envelope: tuple[EnvelopeRow, ...]
    candidates: int
    """How many configurations were looked at."""
    cold: Cold | None = None
    """How long a start takes, and whether the service sleeps."""
    basis: str = ""
    """What its latencies rest on: ``measured``, ``calibrated`` or ``spec sheet``."""
    cost: ServiceCost | None = None
    """None where nobody says what the hardware costs."""
    same_as: str = ""
    """The service whose plan this is under another name, where the two differ in nothing else."""

    @property
    def engine(self) -> Engine | None:
        """The engine that was chosen; None where the service does not know it."""
        chosen = self.configuration.engine
        known = self.service.engines
        return next((item for item in known if chosen in {item.id, item.name}), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why no plan is given for one service."""

    service: str
    bounds: tuple[Bound, ...]
    """Every violated bound; empty when the bounds hold but the model finds no plan."""
    nearest: tuple[Change, ...]
    best_effort: tuple[Margin, ...]
    """The margins of the best configuration when no bound is violated."""
    configuration: Configuration | None
    elsewhere: tuple[Bound, ...] = ()
    """Of each other place to choose from, the bound that fails most there; ``bounds`` are those of
    the place that fails least."""
