"""Services of networks: blocks to values."""

from dataclasses import replace

from inferc.compiler.model import (
    agreement,
    choices,
    demand,
    facts,
    hardware,
    sharing,
    values,
)
from inferc.compiler.model import diagnostics as report
from inferc.compiler.model import sharing_diagnostics as report_sharing
from inferc.compiler.model.design import Decision, Engine, Lengths, Objective, Place
from inferc.compiler.model.items import ItemModel
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.network_service import ItemLoad, NetworkService
from inferc.compiler.model.networks import item_model
from inferc.compiler.model.without_effect import idle_of_network
from inferc.compiler.provenance import Origin, Sourced, exactly
from inferc.compiler.resolve import CallValue, FieldValue, ResolvedBlock, Value, catalog_blocks
from inferc.compiler.units import RATE, Quantity
from inferc.dsl import Diagnostic

METRICS = ("latency", "throughput")
"""What an SLA of a network may limit."""

OF_LANGUAGE_MODELS = ("prompt_tokens", "output_tokens", "workload")
"""The fields of a load that requests to networks do not have."""

WIDE = {"fp32": "fp16", "tf32": "fp16"}
"""What engines cast published weights to, for accelerators that compute faster with it."""

UNASKED = (
    "engine.openvino",
    "engine.openvino_gpu",
    "engine.torchserve",
    "engine.torchserve_cpu",
    "engine.triton",
)
"""Engines that the planner may take unasked: they serve models of any framework from an image that
is published. The others are there once a line names them."""

CONTINUOUS_TASKS = ("embedding", "reranking")
"""What engines of language models also serve."""


def service(
    block: ResolvedBlock, topology: ResolvedBlock, blocks: Blocks, found: list[Diagnostic]
) -> NetworkService | None:
    """Return a service of a network, or None where something is reported.

    Raises:
        MissingFieldError: Something lacks a field without which it means nothing.
    """
    used = blocks.target(block, "model")
    source = used if used.kind == "network" else blocks.target(used, "source")
    model = item_model(source)
    places = hardware.places(block, topology, blocks, found)
    if not places:
        return None
    demanded = block.child("load")
    if demanded is None:
        raise values.MissingFieldError(block, "load")
    before = len(found)
    load = _load(block, demanded, model, blocks, found)
    objectives = tuple(_objectives(block, model, load, found))
    share = sharing.share_of(block, places, blocks)
    tables = sharing.tables_of(block, places, share, blocks, found)
    part = sharing.a_part(places, blocks) if share.sharers > 1 else ""
    sharing.check_time_slices(block, share, objectives, part, found)
    decided = _as_published(choices.decisions(block, used, topology, found), model, source, block)
    found.extend(idle_of_network(block, model.title, decided))
    engines = _engines(block, model, places, decided, blocks, found)
    if len(found) > before and not engines:
        return None
    return NetworkService(
        name=block.name,
        model=model,
        model_name=used.name,
        deployed_name=values.text_or(block, "name"),
        place=places[0],
        places=places,
        tables=tables,
        share=share,
        load=load,
        objectives=objectives,
        decisions=decided,
        confidence=values.text_or(block, "confidence"),
        engines=engines,
        span=block.span,
    )


# ---- demand ------------------------------------------------------------------------------------


def _load(
    service: ResolvedBlock,
    block: ResolvedBlock,
    model: ItemModel,
    blocks: Blocks,
    found: list[Diagnostic],
) -> ItemLoad:
    found.extend(
        report_sharing.load_of_other_model(
            block.fields[name].span,
            service=service.name,
            model=f"{model.title}, a network",
            name=name,
            instead="write `input_tokens`" if model.tokens else f"leave `{name}` out",
        )
        for name in OF_LANGUAGE_MODELS
        if name in block.fields
    )
    return ItemLoad(
        arrivals=demand.load(block, blocks, found),
        items=_items(block),
        lengths=_lengths(service, block, model, blocks, found),
        steps=_steps(block, model),
    )


def _items(block: ResolvedBlock) -> Sourced[float]:
    """Return how many items a request has; one where nobody says."""
    field = block.fields.get("items") or block.fields.get("images")
    return values.sourced(field) if field else exactly(1.0, text="1", span=block.span)


def _steps(block: ResolvedBlock, model: ItemModel) -> Sourced[float] | None:
    """Return the model's repetitions: as stated, else from the catalog's range."""
    if model.steps is None:
        return None
    field = block.fields.get("steps")
    return demand.as_stated(field, model.steps) if field else demand.defaulted(model.steps)


def _lengths(
    service: ResolvedBlock,
    block: ResolvedBlock,
    model: ItemModel,
    blocks: Blocks,
    found: list[Diagnostic],
) -> Lengths | None:
    """Return the tokens of an item: as stated, else from the catalog's range."""
    field = block.fields.get("input_tokens")
    if model.tokens is None:
        if field is not None:
            found.append(
                report_sharing.load_of_other_model(
                    field.span,
                    service=service.name,
                    model=f"{model.title}, whose items have one size",
                    name="input_tokens",
                    instead="leave `input_tokens` out",
                )
            )
        return None
    usual = _usual_tail(block, blocks)
    if field is None:
        return Lengths(mean_tok=demand.defaulted(model.tokens), p95_over_mean=usual)
    mean, tail = _distribution(field)
    ratio = demand.ratio_of(mean, tail.get("p95"), tail.get("p95_over_mean"))
    stated = demand.as_stated(mean, model.tokens)
    if ratio is not None and ratio.value < 1.0:
        text = values.text_of(tail["p95"])
        found.append(
            report.tail_below_mean(field.span, name="input_tokens", mean=stated.text, p95=text)
        )
    return Lengths(mean_tok=stated, p95_over_mean=ratio or usual)


def _distribution(field: FieldValue) -> tuple[FieldValue, dict[str, Value]]:
    """Return the mean of a length, and what is said of its tail."""
    if isinstance(field.value, CallValue) and field.value.name == "dist":
        arguments = dict(field.value.arguments)
        return replace(field, value=arguments.pop("mean")), arguments
    return field, {}


def _usual_tail(block: ResolvedBlock, blocks: Blocks) -> Sourced[float]:
    """Return how far lengths reach beyond their mean where nobody says: as prompts do."""
    entry = blocks.entry("workload", demand.UNSTATED)
    field = None if entry is None else entry.fields.get("prompt_tokens")
    if field is None or not isinstance(field.value, CallValue):
        raise values.MissingFieldError(block, "input_tokens")
    ratio = values.sourced(replace(field, value=field.value.arguments["p95_over_mean"]))
    return demand.unstated_tail(ratio)


# ---- what must hold ----------------------------------------------------------------------------


def _objectives(
    block: ResolvedBlock, model: ItemModel, load: ItemLoad, found: list[Diagnostic]
) -> list[Objective]:
    """Return the lines of the SLA that networks can keep; the others are reported."""
    sla = block.child("sla")
    lines = () if sla is None else sla.restrictions
    kept: list[Objective] = []
    for line in agreement.objectives(block, found):
        if line.metric not in METRICS:
            found.append(
                report_sharing.metric_of_other_model(
                    line.span,
                    service=block.name,
                    model=f"{model.title}, a network",
                    metric=line.metric,
                    network=True,
                    known=METRICS,
                )
            )
        elif line.metric == "throughput":
            value = next(item.value for item in lines if item.span == line.span)
            in_requests = isinstance(value, Quantity) and value.dimension == RATE
            each = 1.0 if in_requests else load.items.value
            kept.append(_in_requests(line, each))
        else:
            kept.append(line)
    return kept


def _in_requests(line: Objective, items: float) -> Objective:
    """Return a limit of so many items of a request as one of requests a second."""
    limit = line.limit.value / items
    stated = replace(line.limit, value=limit, low=limit, high=limit)
    return replace(line, limit=stated, counts="req")


# ---- what is left to choose --------------------------------------------------------------------


def _as_published(
    chosen: tuple[Decision, ...], model: ItemModel, source: ResolvedBlock, block: ResolvedBlock
) -> tuple[Decision, ...]:
    """Return ``chosen``, with 16 bits or the published format where no line speaks of one.

    Fewer bits may change the answers, which no SLA line here measures.
    """
    if any(item.field == "precision" and item.operator in {"=", "in"} for item in chosen):
        return chosen
    published = WIDE.get(model.published, model.published) or "fp16"
    sixteen = choices.SIXTEEN_BIT
    default = Decision(
        field="precision",
        operator="in",
        values=sixteen if published in sixteen else (published, *sixteen),
        is_range=False,
        because=f"the weights are published in {model.published or 'fp16'}",
        span=source.fields["dtype"].span if "dtype" in source.fields else block.span,
        origin=Origin.CATALOG,
    )
    return (*chosen, default)


def _engines(
    block: ResolvedBlock,
    model: ItemModel,
    places: tuple[Place, ...],
    decided: tuple[Decision, ...],
    blocks: Blocks,
    found: list[Diagnostic],
) -> tuple[Engine, ...]:
    """Return the engines that could answer here; that there is none is reported."""
    named = choices.engines(decided)
    here = {entry.path: entry for entry in blocks.of_kind("engine")}
    usual = {path: entry for path, entry in catalog_blocks(UNASKED).items() if path in UNASKED}
    known = [facts.engine(entry) for entry in {**usual, **here}.values()]
    answering = sorted(
        (item for item in known if _answers(item, model, named)), key=lambda item: item.id
    )
    wanted = choices.precisions(decided)
    able = tuple(
        item
        for item in answering
        if any(facts.runs_on(item, place.accelerator, wanted) for place in places)
    )
    if not able:
        accelerator = places[0].accelerator
        found.append(
            report.no_engine(
                block.fields["on"].span if "on" in block.fields else block.span,
                hardware=accelerator.title,
                kind=accelerator.kind,
                vendor=accelerator.vendor,
                wanted=f" with weights in {' or '.join(wanted)}" if wanted else "",
                known=[_ability(item) for item in answering],
            )
        )
    return able


def _answers(engine: Engine, model: ItemModel, named: frozenset[str]) -> bool:
    """Return whether an engine answers items: it batches them whole, or it is named for it.

    Engines of language models also embed, where a line of the file asks for one.
    """
    if engine.batching != "continuous":
        return True
    return engine.id in named and model.task in CONTINUOUS_TASKS


def _ability(engine: Engine) -> str:
    vendors = " or ".join(engine.vendors) or "any vendor"
    return (
        f"{engine.title} runs on {' or '.join(engine.devices)} of {vendors}, "
        f"weights in {', '.join(engine.precisions)}"
    )
