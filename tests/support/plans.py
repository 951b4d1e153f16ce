"""Plans as values: what the planner makes of the example cases, or the like of it."""

from support import designs

from inferc.compiler.model import Design, Objective, Service
from inferc.compiler.plan import (
    Alternative,
    Assumption,
    Autoscale,
    Bound,
    Change,
    Choice,
    Configuration,
    EnvelopeRow,
    Estimate,
    FlipPoint,
    Margin,
    Memory,
    Plan,
    Refusal,
    ServicePlan,
    Step,
    Verdict,
    build,
)

CONFIGURATION = Configuration(
    engine="vllm",
    precision="fp16",
    tensor_parallel=4,
    pipeline_parallel=1,
    replicas=2,
    max_num_seqs=256,
    max_num_batched_tokens=2048,
)

MEMORY = Memory(
    total_bytes=80 * designs.GIB,
    usable_bytes=72 * designs.GIB,
    weights_bytes=35.3e9,
    activation_bytes=0.5e9,
    runtime_bytes=1.5e9,
    kv_cache_bytes=40.0e9,
    kv_cache_tok=488_000.0,
)

ESTIMATE = Estimate(
    memory=MEMORY,
    ttft_s={"mean": 0.21, "p50": 0.18, "p95": 0.41, "p99": 0.58},
    itl_s={"mean": 0.045, "p50": 0.035, "p95": 0.09, "p99": 0.12},
    tpot_s=0.045,
    e2e_s=6.0,
    utilisation=0.55,
    concurrency=42.0,
    capacity_per_s=46.0,
    compute_share=0.30,
)


def service_plan(
    service: Service,
    configuration: Configuration = CONFIGURATION,
    verdict: Verdict = Verdict.CONDITIONAL,
) -> ServicePlan:
    """Return a plan for ``service`` with round numbers, whatever the planner would say."""
    unknowns = designs.problem_of(service).unknowns
    return ServicePlan(
        service=service,
        verdict=verdict,
        configuration=configuration,
        max_model_len=4096,
        gpu_memory_utilization=0.9,
        autoscale=Autoscale(
            min_replicas=1,
            max_replicas=configuration.replicas,
            signal="waiting",
            threshold=2.0,
            scale_up_stabilisation_s=0.0,
            scale_down_stabilisation_s=600.0,
            reason="one replica carries the mean rate",
        ),
        estimate=ESTIMATE,
        margins=tuple(margin(line) for line in service.objectives),
        load_time_s=190.0,
        weights_bytes=141.1e9,
        price_usd_per_s=None,
        choices=choices(service, configuration),
        assumptions=tuple(
            Assumption(
                unknown=unknown,
                holds_up_to=unknown.typical * 1.2,
                searched_up_to=unknown.typical * 50,
                flips=(
                    FlipPoint(
                        path=unknown.path,
                        at=unknown.typical * 1.2,
                        unit=unknown.unit,
                        below=Verdict.FEASIBLE,
                        above=Verdict.CONDITIONAL,
                    ),
                ),
            )
            for unknown in unknowns
        ),
        envelope=(
            EnvelopeRow(prompt_mean_tok=200.0, output_mean_tok=100.0, holds_up_to_peak=2.6),
            EnvelopeRow(prompt_mean_tok=500.0, output_mean_tok=250.0, holds_up_to_peak=0.0),
        ),
        candidates=420,
    )


def margin(line: Objective) -> Margin:
    """Return a margin of 82 % of the limit."""
    return Margin(objective=line, predicted=line.limit.value * 0.82, ratio=0.82)


def choices(service: Service, configuration: Configuration) -> tuple[Choice, ...]:
    """Return every decision, tensor parallelism with its losers."""
    losers = (
        Alternative(value="2", reason="70.6 GB of weights leave no KV cache", ratio=1.04),
        Alternative(value="8", reason="p95 ttft 620ms of 500ms", ratio=1.24),
    )
    values = {
        "engine": configuration.engine,
        "precision": configuration.precision,
        "tensor_parallel": str(configuration.tensor_parallel),
        "pipeline_parallel": str(configuration.pipeline_parallel),
        "replicas": str(configuration.replicas),
        "max_num_seqs": str(configuration.max_num_seqs),
        "max_num_batched_tokens": str(configuration.max_num_batched_tokens),
    }
    return tuple(
        Choice(
            path=f"{service.name}.{field}",
            value=value,
            owner="given" if field == "precision" else "planner",
            reason="the most room under the SLA",
            alternatives=losers if field == "tensor_parallel" else (),
        )
        for field, value in values.items()
    )


def plan_of(topology: str, *services: ServicePlan) -> Plan:
    """Return the plan of a topology from plans of its services."""
    return Plan(
        topology=topology, verdict=Verdict.CONDITIONAL, services=tuple(services), refusals=()
    )


def support_chat_plan() -> Plan:
    """Return the plan of the first example."""
    design = designs.support_chat()
    return plan_of(design.name, *(service_plan(service) for service in design.services))


def impossible_pi_plan() -> Plan:
    """Return the refusal of the second example."""
    design = designs.impossible_pi()
    service = design.services[0]
    bound = Bound(
        code="INF402",
        slug="weights-do-not-fit",
        service=service.name,
        statement="the weights must fit into the memory of all devices together",
        formula="weights_bytes <= devices * memory_bytes",
        need=141.1e9,
        have=4 * designs.GIB,
        unit="B",
        ratio=141.1e9 / (4 * designs.GIB),
        steps=(
            step("parameters", 70_553_706_496.0, "", "of the model"),
            step("weights_bytes", 141.1e9, "B", "in fp16", expression="parameters * 2"),
            step("devices", 1.0, "", "boards"),
            step("memory_bytes", 4 * designs.GIB, "B", "of a board"),
        ),
        short=("parameters", "weights_bytes", "devices", "memory_bytes"),
        spans=((service.objectives[0].span, "what must hold"),),
        source="definition",
    )
    change = Change(
        field="count", current="1", proposed="40", effect="the weights fit; the SLA does not hold"
    )
    refusal = Refusal(
        service=service.name,
        bounds=(bound,),
        nearest=(change,),
        best_effort=(),
        configuration=None,
    )
    return Plan(topology=design.name, verdict=Verdict.INFEASIBLE, services=(), refusals=(refusal,))


def step(symbol: str, value: float, unit: str, words: str, *, expression: str = "") -> Step:
    """Return a step of a certificate."""
    return Step(
        symbol=symbol,
        expression=expression,
        value=value,
        unit=unit,
        words=words,
        origin="derived" if expression else "catalog",
        source="test data",
        span=None,
    )


def planned(design: Design) -> Plan:
    """Return what the planner itself makes of ``design``."""
    problems = tuple(designs.problem_of(service) for service in design.services)
    plan = build(design.name, problems).plan
    assert plan is not None, "the planner has no answer"
    return plan
