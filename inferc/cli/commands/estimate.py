"""``inferc estimate``."""

from typing import TYPE_CHECKING, Final

from inferc.cli import estimate_options as options
from inferc.cli.arguments import UsageError
from inferc.cli.estimate_options import UNSET
from inferc.cli.exit_codes import INFEASIBLE, OK
from inferc.cli.options import Color, Format
from inferc.cli.rates import read_rate
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import say, to_json, wants_color
from inferc.dsl import Severity

if TYPE_CHECKING:
    from inferc.compiler.estimation import Load
    from inferc.estimation import Estimated, Wanted

EPILOG: Final = """
Examples:
  inferc estimate --model llama-3-70b-instruct --gpu "h100 sxm" --tp 4 --precision fp8 --rate 5/s
  inferc estimate --model meta-llama/Llama-3.1-8B-Instruct --gpu l40s --concurrency 32
  inferc estimate --model topology.infer:chat --gpu a100_80gb_sxm --tp 4 --batch 8 --explain
  inferc estimate --model whisper-large-v3 --gpu l4 --batch 16
  inferc estimate --model ./config.json --gpu mi300x --rate 100/min --format json

Exit codes:
  0  the figures are printed
  1  a file that --model names is wrong
  2  a bad flag, an unknown name, a layout that no engine starts with
  3  it does not fit into memory, or the load cannot be carried

Next steps:
  inferc plan topology.infer        let the planner choose
  inferc explain INF424             what a code means
"""


def estimate(
    *,
    model: options.Model = "",
    gpu: options.Gpu = "",
    engine: options.Engine = "",
    tp: options.Tensor = UNSET,
    pp: options.Pipeline = UNSET,
    ep: options.Expert = UNSET,
    attention_dp: options.AttentionData = UNSET,
    replicas: options.Replicas = 1,
    per_node: options.PerNode = 0,
    precision: options.Precision = "",
    kv_cache: options.KvCache = "",
    max_num_seqs: options.Sequences = 0,
    max_num_batched_tokens: options.Budget = 0,
    gpu_memory_utilization: options.Share = 0.0,
    engine_args: options.EngineArgs = "",
    isl: options.Isl = 0,
    osl: options.Osl = 200,
    isl_p95: options.IslTail = 0,
    osl_p95: options.OslTail = 0,
    rate: options.Rate = "",
    concurrency: options.Concurrency = 0,
    batch: options.Batch = 0,
    calibration: options.CalibrationFile = "",
    simulate: options.Simulate = False,
    explain: options.Explain = False,
    format: Format = "human",
    color: Color = "auto",
) -> int:
    """Say what one configuration does: latency, throughput, memory.

    Nothing is searched and nothing is judged: the layout is the one that the flags say. Times are
    those of the steady state; of a batch, those of its requests.
    """
    if not model or not gpu:
        raise UsageError("say which, by name", "--gpu" if model else "--model")
    from inferc.estimation import Wanted

    load = with_tails(read_load(rate, concurrency, batch, isl, osl), isl_p95, osl_p95)
    wanted = Wanted(
        precision=precision,
        kv_precision=kv_cache,
        tensor_parallel=_positive(tp, "--tp", unset=UNSET),
        pipeline_parallel=_positive(pp, "--pp", unset=UNSET),
        expert_parallel=_positive(ep, "--ep", unset=UNSET),
        attention_data_parallel=_positive(attention_dp, "--attention-dp", unset=UNSET),
        replicas=_positive(replicas, "--replicas"),
        max_num_seqs=_positive(max_num_seqs, "--max-num-seqs", unset=0),
        max_num_batched_tokens=_positive(
            max_num_batched_tokens, "--max-num-batched-tokens", unset=0
        ),
        memory_share=_share(gpu_memory_utilization),
        per_node=_positive(per_node, "--per-node", unset=0),
        simulated=simulate,
        engine_args=engine_args,
    )
    found = _estimated(model, gpu, engine, load, wanted, calibration)
    return answer(found, form=format, color=color, explain=explain)


def _estimated(
    model: str, gpu: str, engine: str, load: "Load", wanted: "Wanted", calibration: str
) -> "Estimated":
    """Return the figures, with the coefficients of the file ``calibration`` if one is given."""
    from inferc.accuracy import read_calibration
    from inferc.estimation import Estimated, estimate

    fit = read_calibration(calibration)
    if exit_code(fit.diagnostics) != OK:
        return Estimated(diagnostics=fit.diagnostics)
    return estimate(model, gpu, load, wanted, engine=engine, calibration=fit.calibration)


def answer(found: "Estimated", *, form: str, color: str, explain: bool) -> int:
    """Print the figures, or why there are none; return the exit code."""
    show(found.diagnostics, form=form, color=color)
    if found.items is not None and found.items.fits:
        _print_items(found, form=form, color=color, explain=explain)
    elif found.figures is not None:
        _print(found, form=form, color=color, explain=explain)
    elif found.memory is not None:
        _print_memory(found, form=form, color=color)
    if found.ok:
        return OK
    errors = [item for item in found.diagnostics if item.severity is Severity.ERROR]
    refused = all(item.code in {"INF424", "INF425"} for item in errors)
    return INFEASIBLE if refused else exit_code(found.diagnostics)


def read_load(rate: str, concurrency: int, batch: int, isl: int, osl: int) -> "Load":
    """Return the one load that the flags say.

    Raises:
        UsageError: None or several are given, or a number makes no sense.
    """
    from inferc.compiler.estimation import Kind, Load

    given = [
        (kind, amount)
        for kind, amount in (
            (Kind.RATE, read_rate(rate) if rate else 0.0),
            (Kind.CONCURRENCY, float(_positive(concurrency, "--concurrency", unset=0))),
            (Kind.BATCH, float(_positive(batch, "--batch", unset=0))),
        )
        if amount
    ]
    if len(given) != 1:
        raise UsageError("give one of --rate, --concurrency and --batch", "load")
    return Load(*given[0], float(_positive(isl, "--isl", unset=0)), float(_positive(osl, "--osl")))


def with_tails(load: "Load", isl_p95: int, osl_p95: int) -> "Load":
    """Return ``load`` with lengths that vary.

    Raises:
        UsageError: A tail is shorter than its mean, or of a batch, whose requests are alike.
    """
    from inferc.estimation import USUAL_PROMPT_TOK

    prompt_tok = load.prompt_tok or USUAL_PROMPT_TOK
    tails = (("--isl-p95", isl_p95, prompt_tok), ("--osl-p95", osl_p95, load.output_tok))
    for flag, tail, mean in tails:
        if tail and tail < mean:
            raise UsageError(f"{tail} is below the mean of {mean:g}", flag)
        if tail and load.kind.value == "batch":
            raise UsageError("the requests of a batch are alike", flag)
    return load._replace(
        prompt_p95_over_mean=max(1.0, isl_p95 / prompt_tok),
        output_p95_over_mean=max(1.0, osl_p95 / load.output_tok),
    )


def _positive(value: int, flag: str, *, unset: int = 1) -> int:
    """Return a number that is 1 or more, or 0 where it is ``unset``."""
    if value < 1 and value != unset:
        raise UsageError(f"{value} is not 1 or more", flag)
    return max(0, value)


def _share(value: float) -> float:
    if value and not 0.0 < value <= 1.0:
        raise UsageError(f"{value:g} is no share between 0 and 1", "--gpu-memory-utilization")
    return value


def _print(found: "Estimated", *, form: str, color: str, explain: bool) -> None:
    import sys

    figures = found.figures
    if figures is None:
        return
    steps = found.breakdowns if explain else ()
    if form == "json":
        from inferc.report.estimate_json import to_data

        data = to_data(figures, capacity_per_s=found.capacity_per_s, breakdowns=steps)
        say(to_json(data))
        return
    from inferc.report.estimate_text import render_estimate

    say(
        render_estimate(
            figures,
            capacity_per_s=found.capacity_per_s,
            breakdowns=steps,
            color=wants_color(color, sys.stdout),
        )
    )


def _print_items(found: "Estimated", *, form: str, color: str, explain: bool) -> None:
    import sys

    from inferc.report.item_estimate import render_items, to_data

    if found.items is None:
        return
    if form == "json":
        say(to_json(to_data(found.items, assumed=found.assumed)))
        return
    painted = wants_color(color, sys.stdout)
    say(render_items(found.items, assumed=found.assumed, steps=explain, color=painted))


def _print_memory(found: "Estimated", *, form: str, color: str) -> None:
    import sys

    memory = found.memory
    if memory is None:
        return
    if form == "json":
        from inferc.report.estimate_json import refusal

        say(to_json(refusal(found.diagnostics, memory)))
        return
    from inferc.report.estimate_text import memory_lines
    from inferc.report.layout import Paint

    say("\n".join(memory_lines(memory, Paint(wants_color(color, sys.stdout)))))
