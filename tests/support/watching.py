"""Services to be watched, and the programs that read what is emitted about them."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from support import designs, network_plans, topologies

from inferc.compiler.model import Objective
from inferc.compiler.plan import Margin, ServicePlan
from inferc.compiler.provenance import exactly
from inferc.targets.base import Artifact
from inferc.targets.monitoring.engine_metrics import TRITON, metrics_of
from inferc.targets.monitoring.watched import Watched


def line(
    metric: str,
    limit: float,
    percentile: float | None = 0.95,
    *,
    counts: str = "",
    hard: bool = True,
    condition: str = "",
) -> Objective:
    """Return a line of an SLA; one about throughput asks for at least so much."""
    at_least = metric == "throughput"
    return Objective(
        metric=metric,
        percentile=None if metric in {"throughput", "cost"} else percentile,
        operator=">=" if at_least else "<=",
        limit=exactly(limit),
        hard=hard,
        counts=counts,
        condition=condition,
        span=designs.NOWHERE,
    )


def watched(
    *lines: Objective,
    engine: str = "vllm",
    expected: float = 0.5,
    priced: bool = False,
    devices: tuple[int, ...] | None = None,
) -> Watched:
    """Return a service with an SLA of ``lines``, each planned at a share of its limit."""
    topology = topologies.support_chat() if engine == "vllm" else topologies.with_engine(engine)
    plan = topology.services[0]
    if lines:
        plan = replace(plan, margins=tuple(_margin(one, expected) for one in lines))
    if priced:
        plan = _priced(plan)
    found = plan.engine
    assert found is not None
    return Watched(
        topology=topology,
        plan=plan,
        engine=found,
        metrics=metrics_of(found),
        namespace="support-chat",
        name="chat",
        most_replicas=2,
        start_s=300.0,
        devices=devices,
    )


def _margin(one: Objective, expected: float) -> Margin:
    return Margin(objective=one, predicted=one.limit.value * expected, ratio=expected)


def _priced(plan: ServicePlan) -> ServicePlan:
    place = replace(plan.service.place, price_usd_per_s=exactly(2.0 / 3600.0))
    return replace(plan, service=replace(plan.service, place=place))


def promtool_says(promtool: Path, folder: Path, artifacts: Sequence[Artifact]) -> list[str]:
    """Return what promtool finds wrong with the rules among ``artifacts``."""
    names: list[Path] = []
    for artifact in artifacts:
        if artifact.path.startswith("monitoring/") and artifact.path.endswith(".yaml"):
            path = folder / Path(artifact.path).name
            path.write_bytes(artifact.content)
            names.append(path)
    assert names
    tests = sorted(str(path) for path in names if path.name.endswith("_test.yaml"))
    rules = sorted(str(path) for path in names if path.name.endswith(".rules.yaml"))
    found = []
    for command, files in (("check", rules), ("test", tests)):
        ran = subprocess.run(
            [promtool, command, "rules", *files],
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if ran.returncode or "SUCCESS" not in ran.stdout:
            found.append(f"{command}: {ran.stdout}{ran.stderr}")
    return found


def watched_network(*lines: Objective, expected: float = 0.5) -> Watched:
    """Return a network on a part of a GPU, with an SLA of ``lines`` or the one of its file."""
    plan = network_plans.only(network_plans.program(network_plans.service()))
    if lines:
        plan = replace(plan, margins=tuple(_margin(one, expected) for one in lines))
    found = plan.engine
    assert found is not None
    return replace(
        watched(), plan=plan, engine=found, metrics=TRITON, name="embed", namespace="support-chat"
    )
