"""The replica that a plan deploys, as the simulator takes it."""

from math import inf, isfinite

from inferc.compiler.model import Engine
from inferc.compiler.perf import Configuration
from inferc.compiler.perf.coefficients import coefficient
from inferc.compiler.perf.steps import Layout, Stage
from inferc.compiler.plan import ServicePlan
from inferc.compiler.simulation.events import Autoscaler, Loss, Signal, Transfer
from inferc.compiler.simulation.fleet import FleetSetup
from inferc.compiler.simulation.values import ReplicaSetup, Speculation
from inferc.compiler.trial.values import Order, WhatIf

LOST_AT = 1.0 / 3.0
"""Of a run: after the warm-up, and early enough that its end shows what comes after."""


def setup_of(plan: ServicePlan, configuration: Configuration | None = None) -> ReplicaSetup:
    """Return how one replica of ``plan`` schedules, and how long its steps take.

    Of the replicas that answer, or of those of another ``configuration``.
    """
    engine, place, chosen = plan.engine, plan.service.place, configuration or plan.configuration
    if engine is None:
        raise LookupError(chosen.engine)  # a plan chooses among the engines of its service
    layout = Layout(
        precision=chosen.precision,
        kv_precision=chosen.kv_precision,
        tensor_parallel=chosen.tensor_parallel,
        pipeline_parallel=chosen.pipeline_parallel,
        expert_parallel=chosen.expert_parallel,
        attention_data_parallel=chosen.attention_data_parallel,
    )

    def cost(name: str) -> float:
        return coefficient(name, engine, place.accelerator)

    clock, guesses = _clock(plan, engine, layout, chosen)
    return ReplicaSetup(
        clock=clock,
        scheduling="prefill_first" if engine.scheduling == "prefill_first" else "mixed",
        max_num_seqs=chosen.max_num_seqs,
        max_num_batched_tokens=chosen.max_num_batched_tokens,
        chunked_prefill=engine.chunked_prefill,
        # Replicas that compute prompts hold each for a moment: their cache never fills.
        kv_cache_tok=inf if configuration else plan.estimate.memory.kv_cache_tok,
        kv_block_tok=int(cost("kv_block_tok")),
        kv_admission="full_length" if engine.kv_admission == "full_length" else "as_needed",
        prefix_caching=engine.prefix_caching,
        pipeline=chosen.pipeline_parallel,
        frontend_s=cost("frontend_s"),
        frontend_tok_s=cost("frontend_tok_s"),
        speculation=guesses,
    )


def _clock(
    plan: ServicePlan, engine: Engine, layout: Layout, configuration: Configuration
) -> tuple[Stage, Speculation | None]:
    """Return how long steps take, and the guesses that they check."""
    service, chosen = plan.service, configuration.speculation
    if chosen is None:
        return Stage(service.model, service.place, engine, layout), None
    from inferc.compiler.perf.speculation import Drafter, SpeculatingStage

    drafter = Drafter(chosen.kind, chosen.tokens, chosen.acceptance, service.draft)
    clock = SpeculatingStage(service.model, service.place, engine, layout, drafter)
    return clock, Speculation(chosen.tokens, chosen.acceptance, clock.draft_s)


def fleet_of(plan: ServicePlan, order: Order, *, lasts_s: float, seed: int) -> FleetSetup:
    """Return the replicas of ``plan``, with what ``order`` says may happen in ``lasts_s``."""
    scale = plan.autoscale
    replicas = replicas_of(plan, order)
    autoscaler = None
    losses: tuple[Loss, ...] = ()
    match order.what_if:
        case WhatIf.LOSE_REPLICA:
            losses = (Loss(lasts_s * LOST_AT, 0, plan.load_time_s),)
        case WhatIf.AUTOSCALE:
            signal, target = scaled_by(plan)
            autoscaler = Autoscaler(
                target=target,
                signal=signal,
                least=max(1, scale.min_replicas),
                most=scale.max_replicas,
                stabilisation_s=scale.scale_down_stabilisation_s,
                cold_start_s=plan.load_time_s,
            )
        case None:
            pass
    before = plan.configuration.prefill
    if before is not None:
        return _of_two_kinds(plan, before, order, losses, seed)
    return FleetSetup(
        replicas=(setup_of(plan),) * replicas,
        routing=order.routing,
        autoscaler=autoscaler,
        losses=losses,
        seed=seed,
    )


def _of_two_kinds(
    plan: ServicePlan, before: Configuration, order: Order, losses: tuple[Loss, ...], seed: int
) -> FleetSetup:
    """Return replicas that compute prompts, those that answer, and the link between them."""
    from inferc.compiler.perf.coefficients import coefficients_of
    from inferc.compiler.perf.disaggregation import transfer_of

    first = setup_of(plan, before)
    engine, accelerator = plan.engine, plan.service.place.accelerator
    if engine is None or not isinstance(first.clock, Stage):
        raise LookupError(plan.configuration.engine)
    link = transfer_of(first.clock, coefficients_of(engine, accelerator))
    prompt_tok = plan.service.load.prompt.mean_tok.value
    return FleetSetup(
        replicas=(first,) * before.replicas,
        decode=(setup_of(plan),) * plan.configuration.replicas,
        transfer=Transfer(link.bytes_per_tok(prompt_tok), link.bytes_per_s, link.latency_s),
        routing=order.routing,
        losses=losses,
        seed=seed,
    )


def scaled_by(plan: ServicePlan) -> tuple[Signal, float]:
    """Return what the simulated autoscaler looks at, and its target.

    A share of the KV cache and a rate are taken as the requests that run at them: so much of the
    cache over the mean context of a request, and by Little's law the rate times the time of one.
    """
    scale, load, estimate = plan.autoscale, plan.service.load, plan.estimate
    match scale.signal:
        case "running":
            return "running", scale.threshold
        case "kv_usage":
            context_tok = load.prompt.mean_tok.value + load.output.mean_tok.value / 2.0
            held = scale.threshold * estimate.memory.kv_cache_tok / context_tok
            return "running", max(1.0, held)
        case "rate":
            at_once = scale.threshold * estimate.e2e_s
            return "running", max(1.0, at_once) if isfinite(at_once) else 1.0
        case _:
            return "waiting", scale.threshold


def replicas_of(plan: ServicePlan, order: Order) -> int:
    """Return how many replicas there are at the start."""
    if order.replicas:
        return order.replicas
    if order.what_if is WhatIf.AUTOSCALE:
        return max(1, plan.autoscale.min_replicas)
    return plan.configuration.replicas
