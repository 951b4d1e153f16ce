"""Models that answer an item in a fixed number of passes: their figures under a load."""

from dataclasses import dataclass

from inferc.compiler.estimation import diagnostics as report
from inferc.compiler.estimation.choices import Wanted
from inferc.compiler.estimation.values import Kind, Load
from inferc.compiler.model import Accelerator, Engine, defaults_of, runs_on
from inferc.compiler.model.items import ItemModel
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, peak_flop_per_s
from inferc.compiler.perf.items import ItemEstimate, estimate_items, sized
from inferc.dsl import Diagnostic

USUAL_BATCH = 8
"""Items of a batch where neither caller nor engine says how many."""

SAME = {"fp32": "fp16", "tf32": "fp16"}
"""What engines cast published weights to, for accelerators that compute faster with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOutcome:
    """What is known of a network under a load: figures, or why there are none."""

    diagnostics: tuple[Diagnostic, ...]
    items: ItemEstimate | None = None
    assumed: tuple[str, ...] = ()


def estimate_network(
    model: ItemModel, accelerator: Accelerator, engine: Engine, load: Load, wanted: Wanted
) -> ItemOutcome:
    """Return what a network does: a full batch, or items that come at a rate."""
    assumed: list[str] = []
    precision = wanted.precision or _precision(model, engine, assumed)
    wrong = _problem(model, accelerator, engine, precision, load)
    if wrong is not None:
        return ItemOutcome(diagnostics=(wrong,))
    rate = load.amount if load.kind is Kind.RATE else None
    batch = round(load.amount) if rate is None else _largest(engine, accelerator, wanted, assumed)
    items = estimate_items(
        sized(model, tokens=load.prompt_tok or None),
        accelerator,
        engine,
        precision=precision,
        batch=batch,
        rate_per_s=rate,
        instances=wanted.replicas,
    )
    if not items.fits:
        problem = report.items_do_not_fit(items)
        return ItemOutcome(diagnostics=(problem,), items=items, assumed=tuple(assumed))
    if rate is not None and items.queue is not None and not items.queue.stable:
        problem = report.items_not_carried(items, rate)
        return ItemOutcome(diagnostics=(problem,), items=items, assumed=tuple(assumed))
    return ItemOutcome(diagnostics=(), items=items, assumed=tuple(assumed))


def _problem(
    model: ItemModel, accelerator: Accelerator, engine: Engine, precision: str, load: Load
) -> Diagnostic | None:
    """Return why there can be no figures, or None."""
    if not runs_on(engine, accelerator, ()):
        kinds = " or ".join(engine.devices)
        return report.engine_cannot(engine, accelerator, why=f"it runs on {kinds}")
    known = [name for name in engine.precisions if name in BYTES_PER_PARAMETER]
    if precision not in known:
        return report.format_unknown(what="weights", name=precision, engine=engine, known=known)
    if not peak_flop_per_s(accelerator, precision):
        return report.format_not_computed(accelerator, precision)
    if load.kind is Kind.CONCURRENCY:
        return report.not_this_load(model)
    if model.context_tok and load.prompt_tok > model.context_tok:
        return report.item_too_long(model, load.prompt_tok)
    return None


def _precision(model: ItemModel, engine: Engine, assumed: list[str]) -> str:
    """Return the format of the weights: the published one where the engine has it."""
    published = SAME.get(model.published, model.published) or "fp16"
    found = published if published in engine.precisions else engine.precisions[0]
    assumed.append(f"weights in {found}")
    return found


def _largest(engine: Engine, accelerator: Accelerator, wanted: Wanted, assumed: list[str]) -> int:
    """Return the most items of a batch that items wait for."""
    if wanted.max_num_seqs:
        return wanted.max_num_seqs
    own = defaults_of(engine, accelerator).get("max_batch_size")
    found = int(own.value) if own else USUAL_BATCH
    assumed.append(f"batches of {found} at most, {'the default' if own else 'a usual choice'}")
    return found
