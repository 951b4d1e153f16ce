"""Whatever the planner may decide, the objects hold together, or the target says why not."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs, topologies
from support.kubernetes import native_problems, one

from inferc.compiler.plan import ServicePlan
from inferc.compiler.provenance import exactly
from inferc.compiler.topology import Topology
from inferc.dsl import Severity, has_errors
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects import build_objects, refuse
from inferc.targets.versions import KUBERNETES

BASE = topologies.support_chat()
SIZES = st.sampled_from([1, 2, 4, 8])
PRECISIONS = ("fp16", "bf16", "fp8", "int8", "int4")


@st.composite
def plans(draw: st.DrawFn, name: str, room: int, nodes: int) -> ServicePlan:
    """Return a plan that takes at most ``room`` accelerators of nodes with eight."""
    (plan,) = BASE.services
    tensor = draw(SIZES.filter(lambda size: size <= room))
    most = draw(st.integers(1, max(1, room // tensor)))
    least = draw(st.integers(0, most))
    shape = replace(
        plan.configuration,
        tensor_parallel=tensor,
        replicas=draw(st.integers(max(1, least), most)),
        precision=draw(st.sampled_from(PRECISIONS)),
        max_num_seqs=draw(st.integers(1, 1024)),
    )
    scale = replace(
        plan.autoscale,
        min_replicas=least,
        max_replicas=most,
        threshold=draw(st.floats(0.1, 500.0)),
        scale_up_stabilisation_s=draw(st.floats(0.0, 5000.0)),
        scale_down_stabilisation_s=draw(st.floats(0.0, 5000.0)),
    )
    place = designs.a100_node(nodes=float(nodes))
    return replace(
        plan,
        service=replace(plan.service, name=name, place=place),
        configuration=shape,
        autoscale=scale,
        estimate=replace(plan.estimate, e2e_s=draw(st.floats(0.01, 900.0) | st.just(float("inf")))),
        load_time_s=draw(st.floats(0.1, 7200.0)),
        weights_bytes=draw(st.floats(1e6, 2e12)),
        gpu_memory_utilization=draw(st.floats(0.1, 0.99)),
    )


@st.composite
def planned(draw: st.DrawFn) -> Topology:
    nodes = draw(st.integers(1, 4))
    first = draw(plans("chat", nodes * 4, nodes))
    if draw(st.booleans()):
        return replace(BASE, services=(first,))
    return replace(BASE, services=(first, draw(plans("tagger", nodes * 4, nodes))))


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "scaler": st.sampled_from(["keda", "hpa", "none"]),
        "create_namespace": st.booleans(),
        "namespace": st.sampled_from(["llm", "a-b", ""]),
        "image_pull_secret": st.sampled_from(["pull", ""]),
        "node_cidr": st.sampled_from(["10.0.0.0/8", "fd00::/8"]),
    },
)


@given(planned(), OPTIONS)
@settings(deadline=None, max_examples=12)
def test_every_plan_gives_objects_that_hold_together(topology: Topology, options: dict):
    hold_together(topology, options)


@pytest.mark.slow
@given(planned(), OPTIONS)
@settings(deadline=None, max_examples=100)
def test_many_plans_give_objects_that_hold_together(topology: Topology, options: dict):
    hold_together(topology, options)


def hold_together(topology: Topology, options: dict) -> None:
    assert not has_errors(refuse(topology, options))
    manifests = build_objects(topology, options)
    assert check(manifests, topology, options) == ()
    assert TARGET.emit(topology, options).artifacts


@given(planned())
@settings(deadline=None, max_examples=10)
def test_every_plan_gives_objects_that_the_api_server_takes(topology: Topology):
    for scaler in ("hpa", "none"):
        for manifest in build_objects(topology, {"scaler": scaler}):
            if manifest.kind in {"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"}:
                assert native_problems(manifest.document(), KUBERNETES.version) == []


def test_more_load_time_never_means_less_time_to_start():
    (plan,) = BASE.services
    budgets = []
    for load_s in (1.0, 100.0, 250.0, 1000.0, 5000.0):
        topology = replace(BASE, services=(replace(plan, load_time_s=load_s),))
        spec = one(build_objects(topology, {}), "Deployment")["spec"]["template"]["spec"]
        budgets.append(spec["containers"][0]["startupProbe"]["failureThreshold"])
    assert budgets == sorted(budgets)
    assert budgets[0] < budgets[-1]


# ---- texts of the user ----------------------------------------------------------------------

SETTINGS = ("storage_class", "prometheus", "release_label", "image_registry", "gateway_namespace")
TEXTS = st.one_of(
    st.text(alphabet="aZ0-_./: \n@$(){}\"'", max_size=70),
    st.sampled_from(["fast", "http://p:9090", "mirror.example:5000/hub", "edge", "a" * 64]),
)


@given(
    st.dictionaries(st.sampled_from(SETTINGS), TEXTS),
    TEXTS,
    TEXTS,
    st.dictionaries(
        st.sampled_from(["namespace", "hf_token_secret", "image_pull_secret", "node_cidr"]), TEXTS
    ),
)
@settings(deadline=None, max_examples=150)
def test_a_text_is_refused_or_harmless(
    stated: dict[str, str], product_label: str, repository: str, options: dict[str, str]
):
    (plan,) = BASE.services
    place = plan.service.place
    cluster = replace(
        place.cluster, settings={name: exactly(value) for name, value in stated.items()}
    )
    hardware = replace(place.accelerator, product_label=product_label)
    service = replace(
        plan.service,
        place=replace(place, cluster=cluster, accelerator=hardware),
        model=replace(plan.service.model, repository=repository or "a/b"),
    )
    topology = replace(BASE, services=(replace(plan, service=service),))
    emitted = TARGET.emit(topology, options)
    wrong = {item.code for item in emitted.diagnostics if item.severity is Severity.ERROR}
    assert wrong <= {"INF603", "INF608", "INF609", "INF616"}
    assert bool(wrong) != bool(emitted.artifacts)
