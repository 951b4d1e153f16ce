"""Whatever is planned: the API takes what is emitted, and it is what was planned."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support import sagemaker

from inferc.compiler.topology import Topology
from inferc.targets.sagemaker.emitter import TARGET

REQUESTS = {
    "SageMaker::Model": ("sagemaker", "CreateModelInput", {"ModelName": "m"}),
    "SageMaker::EndpointConfig": (
        "sagemaker",
        "CreateEndpointConfigInput",
        {"EndpointConfigName": "c"},
    ),
    "SageMaker::Endpoint": ("sagemaker", "UpdateEndpointInput", {}),
    "CloudWatch::Alarm": ("cloudwatch", "PutMetricAlarmInput", {}),
    "ApplicationAutoScaling::ScalableTarget": (
        "application-autoscaling",
        "RegisterScalableTargetRequest",
        {},
    ),
}
NOT_ASKED = ("Tags", "DeploymentConfig")
BASES = (
    sagemaker.topology,
    lambda: sagemaker.topology(**sagemaker.SHARED),
    lambda: sagemaker.topology(**sagemaker.ASLEEP),
    lambda: sagemaker.topology(**sagemaker.QUEUE),
)


@st.composite
def plans(draw: st.DrawFn) -> Topology:
    """Return a topology whose plan has other numbers, as far as they may be together."""
    base = draw(st.sampled_from(BASES))()
    (plan,) = base.services
    least = draw(st.integers(0, 40))
    replicas = draw(st.integers(max(1, least), 200))
    most = draw(st.integers(replicas, 400))
    seconds = st.floats(0, 1e5) | st.just(0.5)
    scale = replace(
        plan.autoscale,
        min_replicas=least if plan.autoscale.min_replicas == 0 else max(1, least),
        max_replicas=most,
        signal=draw(st.sampled_from(["waiting", "running"])),
        threshold=draw(st.floats(0, 1e4)),
        scale_down_stabilisation_s=draw(seconds),
    )
    return replace(
        base,
        services=(
            replace(
                plan,
                autoscale=scale,
                load_time_s=draw(st.floats(0, 3600)),
                weights_bytes=draw(st.floats(1, 8e11)),
                configuration=replace(
                    plan.configuration, replicas=replicas, max_num_seqs=draw(st.integers(1, 5000))
                ),
                estimate=replace(
                    plan.estimate,
                    concurrency=draw(st.floats(0, 5000)),
                    e2e_s=draw(st.floats(0, 1e4) | st.just(float("inf"))),
                ),
                price_usd_per_s=None,
            ),
        ),
    )


OPTIONS = st.fixed_dictionaries(
    {}, optional={"canary": st.integers(0, 50), "bake": st.integers(0, 3600), "vpc": st.booleans()}
)


@settings(max_examples=25, deadline=None)
@given(topology=plans(), options=OPTIONS)
def test_the_api_takes_any_plan(topology: Topology, options: Mapping[str, Any]) -> None:
    files = sagemaker.files(TARGET.emit(topology, options))
    template = sagemaker.Template(files["cloudformation.json"], WeightsBucket="models-of-ours")
    for kind, (service, shape, added) in REQUESTS.items():
        for properties in template.of_type(kind):
            asked = {key: item for key, item in properties.items() if key not in NOT_ASKED}
            assert sagemaker.problems(service, shape, {**added, **asked}) == []
            takeover = properties.get("DeploymentConfig")
            if takeover:
                assert sagemaker.problems("sagemaker", "DeploymentConfig", takeover) == []
    for policy in template.of_type("ApplicationAutoScaling::ScalingPolicy"):
        for name in ("TargetTrackingScalingPolicy", "StepScalingPolicy"):
            asked = policy.get(f"{name}Configuration")
            if asked:
                shape = f"{name}Configuration"
                assert sagemaker.problems("application-autoscaling", shape, asked) == []
    check_numbers(topology, json.loads(files["plan.json"]), template)


def check_numbers(topology: Topology, document: Any, template: sagemaker.Template) -> None:
    """Hold what is emitted to the plan."""
    (plan,) = topology.services
    (endpoint,) = document["endpoints"].values()
    (configuration,) = template.of_type("SageMaker::EndpointConfig")
    variant = configuration["ProductionVariants"][0]
    per_instance = 1
    if endpoint["kind"] == "components":
        per_instance = plan.service.place.per_node // plan.configuration.accelerators_per_replica
        managed = variant["ManagedInstanceScaling"]
        assert managed["MinInstanceCount"] <= variant["InitialInstanceCount"]
        assert variant["InitialInstanceCount"] <= managed["MaxInstanceCount"]
        assert managed["MaxInstanceCount"] * per_instance >= plan.autoscale.max_replicas
    assert variant["InitialInstanceCount"] * per_instance >= plan.configuration.replicas
    rollout = endpoint["rollout"]
    assert 2 * rollout["canary_instances"] <= endpoint["instances"]
    assert rollout["execution_s"] >= 2 * rollout["bake_s"]
    scaling = endpoint["scaling"]
    assert scaling["minimum"] == plan.autoscale.min_replicas
    assert scaling["target"] >= 1
    assert bool(scaling["wakes"]) == (scaling["minimum"] == 0)
    assert sum(document["quota"].values()) >= endpoint["instances"]
