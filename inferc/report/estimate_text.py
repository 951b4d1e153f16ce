"""One configuration for people: latencies, throughput, memory, and where each number comes from."""

from collections.abc import Iterable

from inferc.compiler.estimation import Basis, Breakdown, Figures, Fit, Kind
from inferc.compiler.units import percent, show
from inferc.compiler.wording.amounts import amount, plural
from inferc.report.estimate_sources import facts_of
from inferc.report.layout import BAR, Cell, Paint, heading, table, wrap

NAMES = (
    ("ttft", "ttft_s", "time to first token"),
    ("itl", "itl_s", "between two tokens"),
    ("tpot", "tpot_s", "per token of an answer"),
    ("e2e", "e2e_s", "whole request"),
)

STORAGE_NAMES = {
    "nvme": "an NVMe disk",
    "nvme_direct": "an NVMe disk straight into the accelerators",
    "network_volume": "a network volume",
    "object_store": "an object store",
}
"""Where weights are read from, in words."""

TRUST = {
    Basis.MEASURED: "this model, hardware, engine and format were measured",
    Basis.CALIBRATED: "hardware and engine were measured, with other models",
    Basis.SPEC_SHEET: "data sheets, and what engines cost elsewhere",
}


def render_estimate(
    figures: Figures,
    *,
    capacity_per_s: float | None = None,
    breakdowns: Iterable[Breakdown] = (),
    color: bool = False,
) -> str:
    """Return the figures of one configuration as text."""
    paint = Paint(color)
    blocks = [
        _head(figures, paint),
        _latencies(figures, paint),
        _throughput(figures, capacity_per_s, paint),
        memory_lines(figures.memory, paint),
        *(_breakdown(item, paint) for item in breakdowns),
        _rests_on(figures, paint),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(figures: Figures, paint: Paint) -> list[str]:
    setup, layout = figures.setup, figures.setup.layout
    count = f"{setup.accelerators} x " if setup.accelerators > 1 else ""
    model = f"{paint(setup.model.title, 'bold')} in {layout.precision}"
    hardware = f"{count}{setup.place.accelerator.title}"
    degrees = (
        ("tensor_parallel", layout.tensor_parallel),
        ("pipeline_parallel", layout.pipeline_parallel),
        ("expert_parallel", layout.expert_parallel),
        ("attention_data_parallel", layout.attention_data_parallel),
        ("replicas", setup.replicas),
    )
    split = [f"{name} {value}" for name, value in degrees if value > 1]
    limits = (
        f"max_num_seqs {setup.operating.max_num_seqs}",
        f"max_num_batched_tokens {setup.operating.max_num_batched_tokens}",
        f"kv cache {layout.kv_precision}",
    )
    return [
        f"{model} on {hardware}, {setup.engine.title} {setup.engine.version}",
        "  " + "   ".join([*split, *limits]),
        f"  {_load(figures)}",
    ]


def _load(figures: Figures) -> str:
    load = figures.load
    lengths = f"{load.prompt_tok:,.0f} tokens in and {load.output_tok:,.0f} out"
    if max(load.prompt_p95_over_mean, load.output_p95_over_mean) > 1.0:
        prompt_tok = load.prompt_tok * load.prompt_p95_over_mean
        output_tok = load.output_tok * load.output_p95_over_mean
        lengths += f" on average; one in twenty above {prompt_tok:,.0f} and {output_tok:,.0f}"
    match load.kind:
        case Kind.RATE:
            return f"{show(load.amount, 'req_per_s')}, {lengths}"
        case Kind.CONCURRENCY:
            return f"{plural(int(load.amount), 'client')} that wait for answers, {lengths}"
        case Kind.BATCH:
            return f"{plural(int(load.amount), 'request')} that start together, {lengths}"


def _latencies(figures: Figures, paint: Paint) -> list[str]:
    """Return latencies by statistic, with the interval of the mean where there is one."""
    if not figures.stable:
        return []
    statistics = tuple(figures.ttft_s)
    rows: list[tuple[Cell, ...]] = [
        ("", *((name, "dim") for name in statistics), ("80 % of the mean", "dim"))
    ]
    if not figures.intervals:
        rows = [(*rows[0][:-1], "")]
    for metric, key, words in NAMES:
        values: dict[str, float] = getattr(figures, key)
        rows.append(
            (
                f"{words} ({metric})",
                *(
                    (amount(values[name], "s"), "bold" if name == "mean" else "")
                    for name in statistics
                ),
                _interval(figures, metric, values["mean"], "s"),
            )
        )
    return [heading("latency", paint), *table(rows, paint, indent=4, right=range(1, 6))]


def _interval(figures: Figures, metric: str, value: float, unit: str) -> Cell:
    ends = figures.between(metric, value)
    return f"{amount(ends[0], unit)} to {amount(ends[1], unit)}" if ends else ""


def _throughput(figures: Figures, capacity_per_s: float | None, paint: Paint) -> list[str]:
    if not figures.stable:
        carried = "" if capacity_per_s is None else show(capacity_per_s, "req_per_s")
        text = f"    the queue grows without end; at most {carried}"
        return [paint(text, "red")] if carried else []
    rates = (
        ("answers", figures.output_tok_per_s, "tok/s"),
        ("prompts and answers", figures.total_tok_per_s, "tok/s"),
        ("requests", figures.requests_per_s, "req/s"),
    )
    rows: list[tuple[Cell, ...]] = [
        (name, (amount(value, unit), "bold"), _interval(figures, "throughput", value, unit))
        for name, value, unit in rates
    ]
    lines = [heading("throughput", paint), *table(rows, paint, indent=4, right=(1,))]
    if figures.load.kind is Kind.BATCH:
        return lines
    words = [
        f"busy {percent(figures.utilisation)} ({figures.bottleneck})",
        f"{figures.sequences:,.1f} requests at once in each replica",
    ]
    if figures.waiting > 0:
        words.append(f"{figures.waiting:,.1f} more wait for a place")
    if capacity_per_s is not None:
        words.append(f"at most {show(capacity_per_s, 'req_per_s')}")
    return [*lines, *wrap("; ".join(words), indent=4)]


def memory_lines(memory: Fit, paint: Paint) -> list[str]:
    """Return the memory of one accelerator as bars, and what fits."""
    left = memory.kv_cache_bytes
    parts = (
        ("weights", memory.weights_bytes, ""),
        ("working memory", memory.activation_bytes, ""),
        ("runtime", memory.runtime_bytes, ""),
        ("kv cache" if left >= 0 else "missing", abs(left), _tokens(memory)),
        ("not used", memory.total_bytes - memory.usable_bytes, ""),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            amount(size, "B"),
            show(size / memory.total_bytes, "ratio"),
            ("#" * min(2 * BAR, round(BAR * size / memory.total_bytes)), "cyan"),
            (words, "dim"),
        )
        for name, size, words in parts
    ]
    title = f"memory of one accelerator, {amount(memory.total_bytes, 'B')}"
    lines = [heading(title, paint), *table(rows, paint, indent=4, right=(1, 2))]
    if left <= 0:
        return lines
    fits = (
        f"at once in a replica: {memory.sequences_mean:,.0f} requests in the middle of their "
        f"answers, {memory.sequences_full:,.0f} at their ends, {memory.sequences_longest:,.1f} at "
        f"the model's longest; one alone up to {memory.longest_context_tok:,.0f} tokens"
    )
    loads = ", ".join(
        f"{amount(seconds, 's')} from {STORAGE_NAMES.get(tier, tier)}"
        for tier, seconds in sorted(memory.load_s.items(), key=lambda item: item[1])
    )
    start = f"a start with {amount(memory.model_bytes, 'B')} of weights takes {loads}"
    disk, shared = amount(memory.disk_bytes, "B"), amount(memory.shared_bytes, "B")
    host = (
        f"beside it: a volume of {disk}, and on a node {amount(memory.host_bytes, 'B')} of memory, "
        f"{shared} of it shared"
    )
    return [
        *lines,
        *wrap(fits, indent=4),
        *wrap(start, indent=4),
        *wrap(host, indent=4),
    ]


def _tokens(memory: Fit) -> str:
    if memory.kv_cache_bytes < 0:
        return ""
    return f"{memory.kv_cache_tok:,.0f} tokens a replica"


def _breakdown(found: Breakdown, paint: Paint) -> list[str]:
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            amount(value, "s"),
            show(value / found.total_s, "ratio"),
            ("#" * round(BAR * value / found.total_s), "cyan"),
        )
        for name, value in sorted(found.parts.items(), key=lambda item: -item[1])
    ]
    title = (
        f"{found.title}: {plural(found.tokens, 'token')}, {plural(found.sequences, 'sequence')} "
        f"at {found.context_tok:,.0f} tokens of context, {amount(found.total_s, 's')}"
    )
    return [heading(title, paint), *table(rows, paint, indent=4, right=(1, 2))]


def _rests_on(figures: Figures, paint: Paint) -> list[str]:
    rows: list[tuple[Cell, ...]] = [
        (
            fact.name,
            amount(fact.value, fact.unit),
            (f"{fact.source}{f' ({fact.as_of})' if fact.as_of else ''}", "dim"),
        )
        for fact in facts_of(figures.setup)
    ]
    trust = f"{figures.basis.value}: {TRUST[figures.basis]}"
    if not figures.intervals:
        trust += "; no interval is known"
    fitted = figures.setup.calibration
    if fitted.typical:
        trust += f"; coefficients of {fitted.title or fitted.name}, fitted {fitted.fitted}"
    lines = [heading("rests on", paint), *table(rows, paint, indent=4, right=(1,))]
    lines += wrap(trust, indent=4)
    for text in (*figures.setup.assumed, *figures.notes):
        lines += wrap(text, indent=8, first="      - ")
    return lines
