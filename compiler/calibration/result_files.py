"""Result files of load generators: vLLM's ``bench serve``, GuideLLM and AIPerf, as measurements.

A result says how the server answered, and little about the server: what it lacks (the accelerator,
the engine, the parallelism) the caller must know.

Source: vLLM, benchmarks/serve.py (``--save-result``, v0.11); GuideLLM, schemas of its generative
benchmarks (v0.3 to 0.7); AIPerf, JSON export schema 1.0 to 1.5, and its CSV export.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeGuard

from inferc.compiler.calibration import diagnostics_results as report
from inferc.compiler.calibration.measurements import Conditions, Measured, Measurement
from inferc.compiler.units import from_unit
from inferc.dsl import Diagnostic, SourceFile, Span

MILLI = "ms"

LARGEST = 1e300
"""Of a number that means anything; JSON has whole numbers that no float holds."""

Json = Mapping[str, object]


class Known(NamedTuple):
    """What the caller knows of the server that a result file does not say; empty for unknown."""

    model: str = ""
    gpu: str = ""
    engine: str = ""
    tensor_parallel: int | None = None
    pipeline_parallel: int | None = None
    expert_parallel: int | None = None
    weights: str = ""
    kv_cache: str = ""
    scheduler_flags: str = ""
    concurrency: int | None = None
    rate_per_s: float | None = None
    isl_tok: float | None = None
    osl_tok: float | None = None


class _Run(NamedTuple):
    """One run as a result file tells it."""

    tool: str
    model: str
    load: str
    concurrency: int | None
    rate_per_s: float | None
    prompts: int | None
    isl_tok: float | None
    osl_tok: float | None
    measured: Measured
    stat: str = "mean"
    engine: str = ""
    date: str = ""


def is_result(text: str) -> bool:
    """Return whether ``text`` is a result file rather than a table of measurements."""
    return text.lstrip()[:1] in {"{", "["} or _is_aiperf_csv(text)


def read_results(
    text: str, *, name: str, known: Known | None = None
) -> tuple[tuple[Measurement, ...], tuple[Diagnostic, ...]]:
    """Return the runs of a result file as measurements, and what is wrong or missing.

    Each run gets the file's name as its id, numbered where there are several. A run without
    something that a prediction needs is left out and named.
    """
    known = known or Known()
    span = Span(SourceFile(name, text), 0, 0)
    runs = [_completed(run, known) for run in _runs(text)]
    if not runs:
        return (), (report.unknown_result(span, name=name),)
    rows: list[Measurement] = []
    found: list[Diagnostic] = []
    for number, run in enumerate(runs, 1):
        label = name if len(runs) == 1 else f"{name}#{number}"
        row = _measurement(run, known, label, number)
        missing = _missing(row)
        if missing:
            found.append(report.result_lacks(span, run=label, tool=run.tool, missing=missing))
        elif not row.measured:
            found.append(report.nothing_measured(span, run=label, tool=run.tool))
        else:
            rows.append(row)
    return tuple(rows), tuple(found)


def _completed(run: _Run, known: Known) -> _Run:
    """Return ``run`` with load and lengths that the file lacks and the caller knows."""
    isl_tok, osl_tok = run.isl_tok or known.isl_tok, run.osl_tok or known.osl_tok
    run = run._replace(isl_tok=isl_tok, osl_tok=osl_tok)
    if run.load or not (known.concurrency or known.rate_per_s):
        return run
    return run._replace(
        load=_load_of(known.concurrency, known.rate_per_s),
        concurrency=None if known.rate_per_s else known.concurrency,
        rate_per_s=known.rate_per_s,
    )


def _measurement(run: _Run, known: Known, label: str, number: int) -> Measurement:
    return Measurement(
        conditions=Conditions(
            id=label,
            row=number,
            source=run.tool,
            date=run.date,
            model=known.model or run.model,
            gpu=known.gpu,
            gpus=_product(known.tensor_parallel, known.pipeline_parallel),
            tensor_parallel=known.tensor_parallel,
            pipeline_parallel=known.pipeline_parallel,
            expert_parallel=known.expert_parallel,
            engine=known.engine or run.engine,
            weights=known.weights,
            kv_cache=known.kv_cache,
            isl_tok=run.isl_tok,
            osl_tok=run.osl_tok,
            load=run.load,
            concurrency=run.concurrency,
            rate_per_s=run.rate_per_s,
            num_prompts=run.prompts,
            scheduler_flags=known.scheduler_flags,
            stat=run.stat,
        ),
        measured=run.measured,
    )


def _product(*factors: int | None) -> int | None:
    stated = [factor for factor in factors if factor is not None]
    found = 1
    for factor in stated:
        found *= factor
    return found if stated else None


def _missing(row: Measurement) -> tuple[str, ...]:
    """Return what a prediction needs and nobody said, by the column's name."""
    conditions = row.conditions
    needed = {
        "model": conditions.model,
        "gpu": conditions.gpu,
        "engine": conditions.engine,
        "isl": conditions.isl_tok,
        "osl": conditions.osl_tok,
        "load": conditions.load,
    }
    return tuple(name for name, value in needed.items() if not value)


# ---- which tool --------------------------------------------------------------------------------


def _runs(text: str) -> Iterator[_Run]:
    """Yield the runs of a file, whichever tool wrote it; nothing where none of them did."""
    if _is_aiperf_csv(text):
        yield from _aiperf_csv(text)
        return
    for data in _objects(text):
        if _is_list(data.get("benchmarks")):
            yield from _guidellm(data)
        elif "time_to_first_token" in data or "request_latency" in data:
            yield _aiperf(data)
        elif "request_throughput" in data and "total_input_tokens" in data:
            yield _vllm(data)


def _objects(text: str) -> Iterator[Json]:
    """Yield the JSON objects of a file: one, a list of them, or one behind the other.

    ``--append-result`` of vLLM writes them behind one another.
    """
    decoder = json.JSONDecoder()
    place, end = 0, len(text)
    while place < end:
        while place < end and text[place].isspace():
            place += 1
        if place == end:
            return
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return
        items: list[object] = value if _is_list(value) else [value]
        yield from (item for item in items if _is_object(item))


def _is_object(value: object) -> TypeGuard[Json]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


# ---- numbers -----------------------------------------------------------------------------------


def _number(value: object) -> float | None:
    """Return a finite positive number, or None for anything else."""
    if isinstance(value, str):
        try:
            value = float(value.replace(",", ""))
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0.0 < value < LARGEST else None


def _milliseconds(value: object) -> float | None:
    number = _number(value)
    return None if number is None else from_unit(number, MILLI)


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None or number != int(number) else int(number)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _per(amount: float | None, count: float | None) -> float | None:
    return amount / count if amount and count else None


def _at(data: object, *path: str) -> object:
    """Return what stands at ``path`` inside of objects, or None."""
    for name in path:
        if not _is_object(data):
            return None
        data = data.get(name)
    return data


def _load_of(concurrency: int | None, rate_per_s: float | None) -> str:
    """Return how requests were sent: a rate wins, as clients then only wait if they must."""
    if rate_per_s:
        return "open_loop"
    return "closed_loop" if concurrency else "burst"


# ---- vLLM --------------------------------------------------------------------------------------

_ENGINES = {
    "vllm": "vllm",
    "vllm-chat": "vllm",
    "sglang": "sglang",
    "sglang-native": "sglang",
    "sglang-oai": "sglang",
    "tgi": "tgi",
    "tensorrt-llm": "tensorrt_llm",
    "trt": "tensorrt_llm",
    "deepspeed-mii": "deepspeed_mii",
    "llama.cpp": "llama_cpp",
}
"""Engines by the backends of ``bench serve`` that mean one; ``openai`` may be any."""


def _vllm(data: Json) -> _Run:
    """Return the run of a result of ``vllm bench serve --save-result``; SGLang's is alike."""
    done = _number(data.get("completed"))
    concurrency = _whole(data.get("max_concurrency"))
    rate = _number(data.get("request_rate"))  # "inf" where all are sent at once
    backend = _text(data.get("backend")) or _text(data.get("endpoint_type"))
    return _Run(
        tool="vllm bench serve",
        model=_text(data.get("model_id")),
        load=_load_of(concurrency, rate),
        concurrency=None if rate else concurrency,
        rate_per_s=rate,
        prompts=_whole(data.get("num_prompts")) or _whole(data.get("completed")),
        isl_tok=_per(_number(data.get("total_input_tokens")), done),
        osl_tok=_per(_number(data.get("total_output_tokens")), done),
        measured=Measured(
            ttft_s=_milliseconds(data.get("mean_ttft_ms")),
            tpot_s=_milliseconds(data.get("mean_tpot_ms")),
            itl_s=_milliseconds(data.get("mean_itl_ms")),
            e2e_s=_milliseconds(data.get("mean_e2el_ms") or data.get("mean_e2e_latency_ms")),
            req_per_s=_number(data.get("request_throughput")),
            output_tok_per_s=_number(data.get("output_throughput")),
            total_tok_per_s=_number(
                data.get("total_token_throughput") or data.get("total_throughput")
            ),
        ),
        engine=_ENGINES.get(backend, ""),
        date=_text(data.get("date")),
    )


# ---- GuideLLM ----------------------------------------------------------------------------------


def _guidellm(data: Json) -> Iterator[_Run]:
    """Yield the benchmarks of a report: one for each rate or number of streams.

    Its ``time_per_output_token_ms`` is the whole latency over all tokens, the first one included;
    its ``inter_token_latency_ms`` is what others call TPOT.
    """
    benchmarks = data.get("benchmarks")
    for item in filter(_is_object, benchmarks if _is_list(benchmarks) else ()):
        strategy = _at(item, "config", "strategy") or _at(item, "args", "strategy")
        concurrency, rate = _streams(strategy)
        metrics = item.get("metrics")
        yield _Run(
            tool="GuideLLM",
            model=_text(_at(item, "config", "backend", "model"))
            or _text(_at(data, "args", "model"))
            or _text(_at(item, "benchmarker", "backend", "model")),
            load=_load_of(concurrency, rate),
            concurrency=concurrency,
            rate_per_s=rate,
            prompts=_whole(_at(metrics, "request_totals", "successful")),
            isl_tok=_successful(metrics, "prompt_token_count"),
            osl_tok=_successful(metrics, "output_token_count"),
            measured=Measured(
                ttft_s=_in_ms(_successful(metrics, "time_to_first_token_ms")),
                tpot_s=_in_ms(_successful(metrics, "inter_token_latency_ms")),
                itl_s=_in_ms(_successful(metrics, "inter_token_latency_ms")),
                e2e_s=_successful(metrics, "request_latency"),
                req_per_s=_successful(metrics, "requests_per_second"),
                output_tok_per_s=_successful(metrics, "output_tokens_per_second"),
                total_tok_per_s=_successful(metrics, "tokens_per_second"),
            ),
        )


def _streams(strategy: object) -> tuple[int | None, float | None]:
    """Return the number of streams, or the rate, of a scheduling strategy."""
    match _at(strategy, "type_"):
        case "synchronous":
            return 1, None
        case "concurrent":
            return _whole(_at(strategy, "streams")), None
        case "constant" | "poisson" | "async":
            return None, _number(_at(strategy, "rate"))
        case _:  # throughput: everything at once, up to a limit where there is one
            return _whole(_at(strategy, "max_concurrency")), None


def _successful(metrics: object, name: str) -> float | None:
    return _number(_at(metrics, name, "successful", "mean"))


def _in_ms(value: float | None) -> float | None:
    return None if value is None else from_unit(value, MILLI)


# ---- AIPerf ------------------------------------------------------------------------------------


def _aiperf(data: Json) -> _Run:
    """Return the run of a ``profile_export_aiperf.json``, whose units stand beside its numbers."""
    config = data.get("input_config")
    concurrency, rate = _aiperf_load(config)
    return _Run(
        tool="AIPerf",
        model=_aiperf_model(config),
        load=_load_of(concurrency, rate) if concurrency or rate else "",
        concurrency=None if rate else concurrency,
        rate_per_s=rate,
        prompts=_whole(_at(data, "request_count", "avg")),
        isl_tok=_number(_at(data, "input_sequence_length", "avg")),
        osl_tok=_number(_at(data, "output_sequence_length", "avg")),
        measured=Measured(
            ttft_s=_timed(data, "time_to_first_token"),
            tpot_s=_timed(data, "inter_token_latency"),
            itl_s=_timed(data, "inter_token_latency"),
            e2e_s=_timed(data, "request_latency"),
            req_per_s=_number(_at(data, "request_throughput", "avg")),
            output_tok_per_s=_number(_at(data, "output_token_throughput", "avg")),
            total_tok_per_s=_number(_at(data, "total_token_throughput", "avg")),
        ),
        date=_text(data.get("start_time"))[:10],
    )


def _timed(data: Json, name: str) -> float | None:
    value = _number(_at(data, name, "avg"))
    unit = _text(_at(data, name, "unit")) or MILLI
    return from_unit(value, unit) if value is not None and unit in _TIMES else None


_TIMES = frozenset({"ns", "us", "ms", "s", "sec"})


def _aiperf_model(config: object) -> str:
    """Return the model of a configuration, in its older and its newer form."""
    older = _at(config, "endpoint", "model_names")
    if _is_list(older) and older:
        return _text(older[0])
    newer = _at(config, "models", "items")
    return _text(_at(newer[0], "name")) if _is_list(newer) and newer else ""


def _aiperf_load(config: object) -> tuple[int | None, float | None]:
    """Return concurrency and rate, in the older form and in that of phases."""
    stated = [_at(config, "loadgen")]
    phases = _at(config, "phases")
    if _is_list(phases):
        stated += phases
    elif _is_object(phases):
        stated += [phases.get("profiling"), *phases.values()]
    for place in stated:
        concurrency = _whole(_at(place, "concurrency"))
        rate = _number(_at(place, "request_rate") or _at(place, "rate"))
        if concurrency or rate:
            return concurrency, rate
    return None, None


_AIPERF_ROWS = {
    "Time to First Token": "time_to_first_token",
    "Inter Token Latency": "inter_token_latency",
    "Request Latency": "request_latency",
    "Input Sequence Length": "input_sequence_length",
    "Output Sequence Length": "output_sequence_length",
    "Output Token Throughput": "output_token_throughput",
    "Total Token Throughput": "total_token_throughput",
    "Request Throughput": "request_throughput",
    "Request Count": "request_count",
}
"""Rows of the CSV export by their names in the JSON export; the unit stands behind them."""


def _is_aiperf_csv(text: str) -> bool:
    first = text.lstrip("\ufeff \r\n").partition("\n")[0]
    return first.startswith(("Metric,avg", "Metric,Value"))


def _aiperf_csv(text: str) -> Iterator[_Run]:
    """Yield the run of a ``profile_export_aiperf.csv``: two tables, the second of single values."""
    data: dict[str, object] = {}
    column = 1
    for row in csv.reader(text.lstrip("\ufeff").splitlines()):
        if row and row[0].strip() == "Metric":
            column = row.index("avg") if "avg" in row else 1
            continue
        if len(row) <= column:
            continue
        title, _, unit = row[0].strip().partition(" (")
        name = _AIPERF_ROWS.get(title)
        if name and name not in data:
            data[name] = {"avg": row[column], "unit": unit.rstrip(")")}
    if "request_latency" in data or "time_to_first_token" in data:
        yield _aiperf(data)
