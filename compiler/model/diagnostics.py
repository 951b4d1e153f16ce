"""What may be wrong with the meaning of a design whose names, types and units are right."""

from collections.abc import Sequence

from inferc.dsl import Diagnostic, Label, Severity, Span


def sla_missing(span: Span, *, service: str) -> Diagnostic:
    """INF150: a service says neither what must hold nor what is wished for."""
    return Diagnostic(
        code="INF150",
        slug="sla-missing",
        message=f"service `{service}` has no SLA",
        span=span,
        label="nothing says when it is good enough",
        notes=("no limit is invented: one that suits one service is wrong for the next",),
        help="add `sla { p95 ttft <= 500ms }`, or a wish such as `sla { prefer p95 ttft <= 1s }`",
    )


def rate_missing(span: Span) -> Diagnostic:
    """INF180: a load without a rate, for a goal that needs one."""
    return Diagnostic(
        code="INF180",
        slug="rate-missing",
        message="the load has no `rate`",
        span=span,
        label="how many requests come?",
        help="add `rate = 1000 req/min`, or `goal = throughput` to the service: then the plan is "
        "for as much as the hardware carries",
    )


def field_missing(span: Span, *, block: str, name: str) -> Diagnostic:
    """INF151: a block lacks a field without which it means nothing."""
    return Diagnostic(
        code="INF151",
        slug="field-missing",
        message=f"{block} has no `{name}`",
        span=span,
        label=f"`{name}` is needed here",
        help=f"add `{name} = ...`",
    )


def no_services(span: Span, *, topology: str) -> Diagnostic:
    """INF152: a topology has nothing to plan."""
    return Diagnostic(
        code="INF152",
        slug="no-services",
        message=f"topology `{topology}` has no service",
        span=span,
        label="nothing here is served",
        help="add `service chat { model = ...; on = ...; load { rate = ... }; sla { ... } }`",
    )


def no_engine(
    span: Span, *, hardware: str, kind: str, vendor: str, wanted: str, known: Sequence[str]
) -> Diagnostic:
    """INF153: no engine runs the model on this hardware in one of the wanted formats."""
    return Diagnostic(
        code="INF153",
        slug="no-engine",
        message=f"no known engine runs on {hardware}{wanted}",
        span=span,
        label=f"a {kind} of vendor `{vendor}`",
        notes=tuple(known),
        help="choose other hardware or another precision, or describe the engine in an `engine` "
        "block",
    )


def tail_below_mean(span: Span, *, name: str, mean: str, p95: str) -> Diagnostic:
    """INF154: a distribution whose tail is shorter than its mean."""
    return Diagnostic(
        code="INF154",
        slug="tail-below-mean",
        message=f"the p95 of `{name}` is {p95}, below its mean of {mean}",
        span=span,
        label="one in twenty is larger than the p95",
        help="check which of the two numbers is the mean",
    )


def steady_with_peak(span: Span, *, peak: str, shape_span: Span) -> Diagnostic:
    """INF155: a load is called steady and given a peak."""
    return Diagnostic(
        code="INF155",
        slug="steady-with-peak",
        message=f"the load is `steady`, and its peak is {peak}",
        span=span,
        label=f"{peak} the mean here",
        labels=(Label(shape_span, "never above the mean here"),),
        help="write `shape = spiky`, or leave the peak out",
    )


def uneven_heads(span: Span, *, model: str, heads: int, kv_heads: int) -> Diagnostic:
    """INF156: query heads cannot be shared out evenly over key-value heads."""
    return Diagnostic(
        code="INF156",
        slug="uneven-heads",
        message=f"{model} has {heads} heads, which {kv_heads} kv_heads do not divide",
        span=span,
        label="grouped attention gives each key-value head as many heads",
        help="take both numbers from `num_attention_heads` and `num_key_value_heads` of the "
        "model's config.json",
    )


def parameters_do_not_add_up(
    span: Span, *, model: str, stated: str, derived: str, ratio: float
) -> Diagnostic:
    """INF157: the parameters that were stated are not those of the architecture."""
    return Diagnostic(
        code="INF157",
        slug="parameters-do-not-add-up",
        message=f"{model} has {stated} parameters, and its layers come to {derived}",
        span=span,
        severity=Severity.WARNING,
        label=f"{ratio:.2f} times what the layers hold",
        notes=("memory is planned with the number that is stated",),
        help="check `layers`, `hidden`, `intermediate`, `experts` and `vocabulary`",
    )


def no_hardware(span: Span, *, place: str) -> Diagnostic:
    """INF158: a service is put on a pool without nodes."""
    return Diagnostic(
        code="INF158",
        slug="no-hardware",
        message=f"`{place}` has no accelerators",
        span=span,
        label="0 here",
        help="say how many nodes there are",
    )


def two_kinds_of_nodes(
    span: Span, *, pool: str, other: Span | None, field: str = "instances"
) -> Diagnostic:
    """INF141: a pool states both its accelerators and the cloud's types of machines."""
    kind = "pool" if field == "instances" else "place"
    return Diagnostic(
        code="INF141",
        slug="two-kinds-of-nodes",
        message=f"{kind} `{pool}` has both `gpu` and `{field}`",
        span=span,
        label="accelerators of a node here",
        labels=(Label(other, "and machines that have some of their own"),) if other else (),
        help="leave `gpu` out: a type of machine says what it holds",
    )


def instance_of_another_cloud(span: Span, *, instance: str, cloud: str, other: str) -> Diagnostic:
    """INF142: a pool in one cloud has machines of another."""
    return Diagnostic(
        code="INF142",
        slug="instance-of-another-cloud",
        message=f"{instance} is a machine of {other}, and the cluster runs in {cloud}",
        span=span,
        label=f"of {other}",
        help=f"name a type of {cloud}, or put the pool into a cluster of {other}",
    )


def price_not_listed(
    span: Span, *, machine: tuple[str, str], region: str, taken: str, known: Sequence[str]
) -> Diagnostic:
    """INF143: the catalog has no price of a machine in a region."""
    instance, market = machine
    note = f"known of {', '.join(known)}" if known else "no region has one"
    used = f"that of {taken} is taken" if taken else "it is taken only where nothing with one holds"
    return Diagnostic(
        code="INF143",
        slug="price-not-listed",
        message=f"the catalog has no {market} price of {instance} in {region}: {used}",
        span=span,
        severity=Severity.WARNING,
        label="the region",
        notes=(note,),
        help="state the `price` of one accelerator in the pool, such as `price = $2.49/gpu/h`",
    )


def market_without_cloud(span: Span, *, pool: str) -> Diagnostic:
    """INF144: machines of one's own are said to be had on a market."""
    return Diagnostic(
        code="INF144",
        slug="market-without-cloud",
        message=f"pool `{pool}` has machines of one's own, which no market lends",
        span=span,
        label="a way to have a cloud's machines",
        help="say which cloud the cluster runs in, `on = aws`, or leave `market` out",
    )


def field_alone(span: Span, *, model: str, name: str, needed: str) -> Diagnostic:
    """INF159: a fact of a model that means nothing without another."""
    return Diagnostic(
        code="INF159",
        slug="field-alone",
        message=f"{model} has `{name}` and no `{needed}`",
        span=span,
        label=f"means nothing without `{needed}`",
        help=f"add `{needed} = ...`, or leave `{name}` out",
    )


def more_than_all(
    span: Span, *, model: str, part: tuple[str, int], whole: tuple[str, int]
) -> Diagnostic:
    """INF160: a part of a model is larger than the whole that it belongs to."""
    return Diagnostic(
        code="INF160",
        slug="more-than-all",
        message=f"{model} has {part[1]} {part[0]} of {whole[1]} {whole[0]}",
        span=span,
        label=f"at most {whole[1]} here",
        help="take both numbers from the model's config.json",
    )


def engine_for_networks(span: Span, *, service: str, engines: str) -> Diagnostic:
    """INF161: an engine that batches whole items is to serve a language model."""
    return Diagnostic(
        code="INF161",
        slug="engine-for-networks",
        message=f"`{service}` serves a language model, and {engines} answers whole items",
        span=span,
        label="waits for a batch and answers it at once",
        notes=("answers are written token by token, which takes continuous batching",),
        help="name an engine that has it, `engine = vllm`, or leave the choice to the planner",
    )


def unknown_in_calibration(span: Span, *, what: str, name: str, known: Sequence[str]) -> Diagnostic:
    """INF162: a calibration has factors for an engine or an architecture that nothing is of."""
    from difflib import get_close_matches

    near = " or ".join(f"`{item}`" for item in get_close_matches(name, known, n=1))
    return Diagnostic(
        code="INF162",
        slug="unknown-in-calibration",
        message=f"no {what} is called `{name}`",
        span=span,
        label="these factors would change nothing",
        notes=(f"known are {', '.join(f'`{item}`' for item in known)}",),
        help=f"did you mean {near}?" if near else f"name one of those, or leave `{name}` out",
    )


def measured_nowhere(span: Span, *, accelerator: str) -> Diagnostic:
    """INF163: something was measured on an accelerator that no architecture lists."""
    return Diagnostic(
        code="INF163",
        slug="measured-nowhere",
        message=f"no architecture of the calibration lists `{accelerator}`",
        span=span,
        label="measured here",
        notes=("estimates for others of its architecture rest on what was measured",),
        help=f'add `accelerators = ["{accelerator}"]` to its `of_architecture "..."` block',
    )


def not_yet_supported(span: Span, *, what: str, instead: str) -> Diagnostic:
    """INF190: the language has it, this version does not act on it."""
    return Diagnostic(
        code="INF190",
        slug="not-yet-supported",
        message=f"{what} is not supported yet",
        span=span,
        label="read, and not acted on",
        help=instead,
    )
