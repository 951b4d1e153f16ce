"""What estimating one configuration has to say."""

from collections.abc import Sequence

from inferc.compiler.estimation.values import Figures, Fit, Kind, Load, Setup
from inferc.compiler.model import Accelerator, Engine, LanguageModel
from inferc.compiler.model.items import ItemModel
from inferc.compiler.perf.items import ItemEstimate
from inferc.compiler.units import show
from inferc.dsl import Diagnostic, Severity


def unknown_name(
    *, what: str, name: str, close: Sequence[str], listed: str = "", several: bool = False
) -> Diagnostic:
    """INF420: no entry of the catalog is called so, or several are."""
    near = " or ".join(f"`{item}`" for item in close)
    message = f"there is no {what} `{name}` in the catalog"
    if several:
        message = f"`{name}` could be more than one {what}"
    return Diagnostic(
        code="INF420",
        slug="unknown-catalog-name",
        message=message,
        span=None,
        notes=(listed,) if listed else (),
        help=f"did you mean {near}?" if near else f"give the path of a {what} of the catalog",
    )


def engine_cannot(engine: Engine, hardware: Accelerator, *, why: str) -> Diagnostic:
    """INF421: the engine does not run on the accelerator."""
    return Diagnostic(
        code="INF421",
        slug="engine-cannot",
        message=f"{engine.title} does not run on {hardware.title}",
        span=None,
        notes=(
            why,
            f"{hardware.title} is a {hardware.kind} of {hardware.vendor}",
        ),
        help="choose another engine with --engine, or other hardware with --gpu",
    )


def engine_stands_in(engine: Engine, hardware: Accelerator, *, why: str) -> Diagnostic:
    """INF427: nobody states that the engine runs there; its costs are taken all the same."""
    return Diagnostic(
        code="INF427",
        slug="engine-stands-in",
        message=f"the catalog does not know {engine.title} on {hardware.title}",
        span=None,
        severity=Severity.WARNING,
        notes=(
            why,
            "figures are those of the data sheet with what this engine costs where it is known",
        ),
        help="hold them against a measurement: `inferc calibrate`",
    )


def no_language_engine(engine: Engine, model: LanguageModel) -> Diagnostic:
    """INF421: the engine answers whole batches, and a language model is asked for."""
    return Diagnostic(
        code="INF421",
        slug="engine-cannot",
        message=f"{engine.title} does not serve {model.title} token by token",
        span=None,
        notes=(f"its batching is `{engine.batching}`: a batch begins and ends together",),
        help="choose an engine with continuous batching, such as vLLM or SGLang",
    )


def not_this_load(model: ItemModel) -> Diagnostic:
    """INF426: clients that wait are asked for, and the model answers items."""
    return Diagnostic(
        code="INF426",
        slug="not-this-load",
        message=f"{model.title} answers items, for which a closed loop is not modelled",
        span=None,
        notes=("a batch that begins together, or items that come at a rate, are",),
        help="give --batch for full batches, or --rate for items that come one by one",
    )


def item_too_long(model: ItemModel, tokens: float) -> Diagnostic:
    """INF423: an item is longer than the model's context."""
    return Diagnostic(
        code="INF423",
        slug="request-too-long",
        message=f"an item of {tokens:g} tokens is longer than the context of {model.title}",
        span=None,
        notes=(f"the longest has {model.context_tok}",),
        help=f"keep --isl at {model.context_tok} or less",
    )


def items_do_not_fit(found: ItemEstimate) -> Diagnostic:
    """INF424: the weights of a network and one item leave no room."""
    memory = found.memory
    parts = (
        f"weights {_size(memory.weights_bytes)}, runtime {_size(memory.runtime_bytes)}, one item "
        f"{_size(memory.per_item_bytes)}"
    )
    return Diagnostic(
        code="INF424",
        slug="configuration-does-not-fit",
        message=f"{found.model.title} in {found.precision} does not fit on "
        f"{found.accelerator.title}",
        span=None,
        notes=(f"{parts}, of {_size(memory.usable_bytes)}",),
        help="choose a larger accelerator, or a narrower --precision",
    )


def items_not_carried(found: ItemEstimate, rate_per_s: float) -> Diagnostic:
    """INF425: more items come than full batches answer."""
    most = found.queue.largest_per_s if found.queue else found.items_per_s
    return Diagnostic(
        code="INF425",
        slug="load-not-carried",
        message=f"{found.instances} x {found.accelerator.title} cannot carry "
        f"{show(rate_per_s, 'req_per_s')}: the queue grows without end",
        span=None,
        notes=(f"full batches of {found.batch} carry {show(most, 'req_per_s')}",),
        help="add --replicas, allow larger batches with --max-num-seqs, or lower the rate",
    )


def format_unknown(*, what: str, name: str, engine: Engine, known: Sequence[str]) -> Diagnostic:
    """INF421: the engine does not know the number format."""
    return Diagnostic(
        code="INF421",
        slug="engine-cannot",
        message=f"{engine.title} has no format `{name}` for {what}",
        span=None,
        notes=(f"it has {', '.join(known)}",),
        help=f"choose one of {', '.join(known)}",
    )


def format_not_computed(hardware: Accelerator, precision: str) -> Diagnostic:
    """INF421: the accelerator multiplies nothing that the weights could be widened to."""
    return Diagnostic(
        code="INF421",
        slug="engine-cannot",
        message=f"{hardware.title} cannot compute with weights in {precision}",
        span=None,
        notes=(f"it multiplies {', '.join(sorted(hardware.flop_per_s))}",),
        help="choose another format with --precision",
    )


def cannot_split(setup: Setup, reasons: Sequence[str]) -> Diagnostic:
    """INF422: model, engine or node cannot be split so."""
    return Diagnostic(
        code="INF422",
        slug="cannot-split",
        message=f"{setup.model.title} cannot be laid out so on {setup.place.accelerator.title}",
        span=None,
        notes=tuple(reasons),
        help="change --tp, --pp, --ep or --attention-dp",
    )


def request_too_long(load: Load, model: LanguageModel) -> Diagnostic:
    """INF423: a request is longer than the model's context."""
    wanted = load.prompt_tok + load.output_tok
    return Diagnostic(
        code="INF423",
        slug="request-too-long",
        message=f"a request of {wanted:g} tokens is longer than the context of {model.title}",
        span=None,
        severity=Severity.WARNING,
        notes=(
            f"prompt {load.prompt_tok:g} and answer {load.output_tok:g}, of {model.context}",
            "an engine refuses it unless its limit is raised, and answers were not trained for it",
        ),
        help=f"keep --isl and --osl together at {model.context} or less",
    )


def does_not_fit(setup: Setup, load: Load, memory: Fit, tensor_parallel: int) -> Diagnostic:
    """INF424: weights, working memory and the engine's own leave no room for one request.

    ``tensor_parallel`` is the least degree at which it fits, 0 for none.
    """
    one = load.prompt_tok + load.output_tok
    advice = (
        f"with --tp {tensor_parallel} it fits"
        if tensor_parallel
        else "choose more or larger accelerators, a narrower --precision, or a smaller model"
    )
    return Diagnostic(
        code="INF424",
        slug="configuration-does-not-fit",
        message=f"{setup.model.title} in {setup.layout.precision} does not fit on "
        f"{_accelerators(setup)}",
        span=None,
        notes=(
            _taken(memory),
            _left(memory, one),
        ),
        help=advice,
    )


def _taken(memory: Fit) -> str:
    parts = {
        "weights": memory.weights_bytes,
        "working memory": memory.activation_bytes,
        "runtime": memory.runtime_bytes,
    }
    listed = " + ".join(f"{name} {_size(value)}" for name, value in parts.items())
    return f"{listed} = {_size(sum(parts.values()))} on each"


def _left(memory: Fit, one_tok: float) -> str:
    whole = f"the engine may take {_size(memory.usable_bytes)} of {_size(memory.total_bytes)}"
    left = memory.kv_cache_bytes
    if left <= 0.0:
        return f"{whole}: {_size(-left)} too little, before any KV cache"
    return (
        f"{whole}: {_size(left)} are left for KV cache, {memory.kv_cache_tok:,.0f} tokens, and one "
        f"request has {one_tok:,.0f}"
    )


def load_not_carried(load: Load, figures: Figures, capacity_per_s: float) -> Diagnostic:
    """INF425: more requests come than can be answered, so that the queue grows without end."""
    setup = figures.setup
    return Diagnostic(
        code="INF425",
        slug="load-not-carried",
        message=f"{_accelerators(setup)} cannot carry {show(load.amount, 'req_per_s')}: the queue "
        "grows without end",
        span=None,
        notes=(f"they carry {show(capacity_per_s, 'req_per_s')}, short of {figures.bottleneck}",),
        help="add --replicas, or lower the rate" if load.kind is Kind.RATE else "add --replicas",
    )


def _accelerators(setup: Setup) -> str:
    count = setup.accelerators
    return (
        f"{count} x {setup.place.accelerator.title}"
        if count > 1
        else (f"one {setup.place.accelerator.title}")
    )


def _size(value: float) -> str:
    return show(value, "bytes")
