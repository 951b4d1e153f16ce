"""What of a plan is compared: decisions, SLA lines, hardware and money of each service."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from inferc.compiler.topology import Json
from inferc.compiler.units import from_unit
from inferc.versions import FORMAT_VERSION

Scalar: TypeAlias = str | int | float | bool | None

DECIDED: Final = ("model", "place", "accelerator", "instance", "market", "nodes")
"""Decisions of a service that stand beside its configuration."""

SCALED: Final = ("min_replicas", "max_replicas", "signal", "threshold", "rollout")
"""Those of its autoscaler."""

DERIVED: Final = frozenset({"accelerators"})
"""What only follows from decisions: counted among the resources."""


def same_major(version: str) -> str:
    """Return ``version``.

    Raises:
        ValueError: Its major step is another one than this release writes.
    """
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise ValueError(f"it is of format {version}, and this release reads {FORMAT_VERSION}")
    return version


Version: TypeAlias = Annotated[str, AfterValidator(same_major)]


class Part(BaseModel):
    """Fields that an older or newer minor version does not know are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Line(Part):
    """One line of an SLA."""

    name: str
    """``p95 ttft``."""
    operator: str
    unit: str
    limit: float | None
    predicted: float | None
    """None where a queue grows without end."""
    ratio: float | None
    """Of the prediction to the limit, above 1 where it is missed."""
    hard: bool

    @property
    def holds(self) -> bool:
        """Whether the prediction keeps the limit."""
        return self.ratio is not None and self.ratio <= 1


class Service(Part):
    """What was planned for one service."""

    verdict: str
    decisions: Mapping[str, Scalar]
    lines: tuple[Line, ...] = ()
    accelerators: float = 0
    hardware: str = ""
    peak_usd_per_s: float | None = None
    """At the peak; None where nobody gave a price."""
    usd_per_s: float | None = None
    """Along the week."""
    reasons: Mapping[str, Mapping[str, str]] = Field(default_factory=dict, exclude=True)
    """Why each value of a decision was not taken; known only of a plan that was just made."""


class Topology(Part):
    """What was planned for one topology."""

    verdict: str
    services: Mapping[str, Service] = Field(default_factory=dict)
    bounds: tuple[str, ...] = ()
    """What a refused one violates."""

    @property
    def usd_per_s(self) -> float | None:
        """What all services cost along the week; None where one has no price."""
        costs = [one.usd_per_s for one in self.services.values()]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if costs and len(known) == len(costs) else None

    @property
    def accelerators(self) -> float:
        """How many accelerators all services take."""
        return sum(one.accelerators for one in self.services.values())


class Snapshot(Part):
    """The plans of one file."""

    topologies: Mapping[str, Topology]


def read_json(text: str) -> Json:
    """Return what a kept plan or a lock holds.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is too deep to be a plan.
    """
    value: Json = json.loads(text, parse_int=_integer)
    return value


def _integer(text: str) -> int | float:
    """Return a number: none that a plan has is so large that arithmetic with it fails."""
    return int(text) if len(text) < len(str(2**63)) else float(text)


def read_snapshot(data: Json) -> Snapshot:
    """Return what the JSON of ``inferc plan`` says.

    Raises:
        ValueError: It is not such JSON, or of another major version.
    """
    if not isinstance(data, Mapping) or "format_version" not in data:
        raise ValueError("it is not what `inferc plan --format json` prints")
    same_major(str(data["format_version"]))
    several = data.get("topologies")
    plans = several if isinstance(several, list) else [data]
    found: dict[str, Topology] = {}
    for plan in plans:
        if not isinstance(plan, Mapping) or "topology" not in plan or "verdict" not in plan:
            raise ValueError("it is not what `inferc plan --format json` prints")
        found[str(plan["topology"])] = _topology(plan)
    return Snapshot(topologies=found)


def _topology(plan: Mapping[str, Json]) -> Topology:
    services = {
        _text(item, "name"): _service(item)
        for key in ("services", "networks")
        for item in _rows(plan.get(key))
    }
    bounds = tuple(str(item.get("statement", "")) for item in _rows(plan.get("bounds")))
    return Topology(verdict=str(plan["verdict"]), services=services, bounds=bounds)


def _service(item: Mapping[str, Json]) -> Service:
    shape, cost = _mapping(item.get("configuration")), _mapping(item.get("cost"))
    taken = shape.get("accelerators")
    peak = _number(item.get("price_usd_per_s"))
    along = _number(cost.get("usd_per_s"))
    return Service(
        verdict=str(item.get("verdict", "")),
        decisions=dict(_decisions(item)),
        lines=tuple(_line(margin) for margin in _rows(item.get("margins"))),
        accelerators=_number(taken) or 0.0,
        hardware=str(item.get("accelerator", "")),
        peak_usd_per_s=peak,
        usd_per_s=peak if along is None else along,
        reasons={
            _text(choice, "path").partition(".")[2]: {
                _text(loser, "value"): _text(loser, "reason")
                for loser in _rows(choice.get("alternatives"))
            }
            for choice in _rows(item.get("choices"))
        },
    )


def _decisions(item: Mapping[str, Json]) -> Iterator[tuple[str, Scalar]]:
    """Yield what was decided, in the order of a plan; a decision that means nothing is left out."""
    for name in DECIDED:
        if item.get(name) is not None:
            yield name, _scalar(item[name])
    for name, value in _mapping(item.get("configuration")).items():
        if isinstance(value, Mapping):
            for inner, part in value.items():
                yield f"{name}.{inner}", _scalar(part)
        elif name not in DERIVED and value is not None:
            yield name, _scalar(value)
    scale = _mapping(item.get("autoscale"))
    for name in SCALED:
        if scale.get(name) is not None:
            yield f"autoscale.{name}", _scalar(scale[name])


def _line(margin: Mapping[str, Json]) -> Line:
    """Return one line of an SLA.

    Raises:
        ValueError: It is none.
    """
    from inferc.compiler.wording.amounts import percentile_name

    limits = [key for key in margin if key.startswith("limit")]
    if not limits:
        raise ValueError("a line of an SLA has no limit")
    suffix = limits[0].removeprefix("limit")
    condition = margin.get("condition")
    names = (
        percentile_name(_number(margin.get("percentile"))),
        _text(margin, "metric"),
        f"at {condition}" if condition else "",
    )
    return Line(
        name=" ".join(name for name in names if name),
        operator=_text(margin, "operator"),
        unit=suffix.removeprefix("_"),
        limit=_number(margin[f"limit{suffix}"]),
        predicted=_number(margin.get(f"predicted{suffix}")),
        ratio=_number(margin.get("ratio")),
        hard=bool(margin.get("hard")),
    )


def per_month(usd_per_s: float) -> float:
    """Return dollars a second as dollars a month."""
    return from_unit(usd_per_s, "mo")


def _scalar(value: Json) -> Scalar:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _text(item: Mapping[str, Json], key: str) -> str:
    """Return what must be there.

    Raises:
        ValueError: It is not.
    """
    if key not in item:
        raise ValueError(f"it is not what `inferc plan --format json` prints: no `{key}`")
    return str(item[key])


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _rows(value: Json) -> tuple[Mapping[str, Json], ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(row for row in value if isinstance(row, Mapping))
