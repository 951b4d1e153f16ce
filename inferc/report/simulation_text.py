"""What simulated traffic comes to, for people: figures with intervals, lines of the SLA."""

from collections.abc import Mapping, Sequence

from inferc.compiler.simulation.arrivals import Arrivals, OnOff, Profile, Renewal
from inferc.compiler.trial import (
    STATISTICS,
    Figure,
    Line,
    Recording,
    Scene,
    SceneKind,
    Trial,
)
from inferc.compiler.units import percent, show, to_unit
from inferc.compiler.wording.amounts import amount, line_amount, line_name, plural
from inferc.report.layout import Cell, Paint, table, wrap

NAMES = {"ttft": "TTFT", "tpot": "TPOT", "itl": "ITL", "e2e": "E2E"}

TITLES = {
    SceneKind.STATED: "the traffic as stated",
    SceneKind.PEAK: "at the peak, all the time",
    SceneKind.TRACE: "the trace",
}


MOST_CHANGES = 6
"""Changes of the number of replicas that are told one by one."""


def render_trials(trials: Sequence[Trial], *, file: str, color: bool = False) -> str:
    """Return ``trials`` as text; ``file`` is what the hints at its end call the file."""
    paint = Paint(color)
    blocks: list[list[str]] = []
    topology = None
    for trial in trials:
        if trial.topology != topology:
            topology = trial.topology
            blocks.append([f"topology {paint(topology, 'bold')}   simulated"])
        blocks.append(_head(trial, paint))
        blocks += [_scene(trial, scene, paint) for scene in trial.scenes]
    blocks.append(_learn_more(trials, file, paint))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(trial: Trial, paint: Paint) -> list[str]:
    service, chosen = trial.plan.service, trial.plan.configuration
    size = chosen.accelerators_per_replica
    replicas = plural(trial.replicas, "replica")
    limits = (
        f"max_num_seqs {chosen.max_num_seqs}",
        f"max_num_batched_tokens {chosen.max_num_batched_tokens}",
        f"max_model_len {trial.plan.max_model_len}",
    )
    hardware = f"{replicas} of {size} x {service.place.accelerator.title}"
    return [
        f"  {paint(service.name, 'bold', 'cyan')}   {service.model.title} on {service.place.path}",
        f"    {chosen.engine} {chosen.precision}   {hardware}",
        "    " + "   ".join(limits),
    ]


# ---- one kind of traffic -------------------------------------------------------------------------


def _scene(trial: Trial, scene: Scene, paint: Paint) -> list[str]:
    lines = [
        f"  {paint(TITLES[scene.kind], 'bold')}",
        *(paint(text, "dim") for text in wrap(_traffic(scene, trial.recording), indent=4)),
        *_latencies(trial, scene, paint),
        "",
        *_sla(scene, paint),
        "",
        *wrap(_work(trial, scene), indent=4),
    ]
    if trial.what_if is not None:
        lines += wrap(_replicas(scene), indent=4)
    if scene.growing:
        warning = (
            "the queue grows until the last request has come: this is more than the replicas "
            "carry, and every latency would be longer in a longer run"
        )
        lines += [paint(text, "red") for text in wrap(warning, indent=4)]
    if scene.refused:
        longest = amount(trial.plan.max_model_len, "tok")
        refused = (
            f"{plural(scene.refused, 'request')} refused, with prompts that leave no room for an "
            f"answer in max_model_len, {longest}, or in the KV cache"
        )
        lines += [paint(text, "yellow") for text in wrap(refused, indent=4)]
    return lines


def _traffic(scene: Scene, recording: Recording | None) -> str:
    """Return what was sent, in words."""
    rate = amount(scene.rate_per_s, "req/s")
    requests, lasts = plural(scene.requests, "request"), amount(scene.lasts_s, "s")
    sent = f"{scene.runs:,} runs of {requests}, each {lasts} long"
    if scene.runs == 1:
        sent = f"one run of {requests}, {lasts} long"
    if scene.arrivals is None and recording is not None:
        return f"{_trace(recording)}; {rate} on average; {sent}"
    of_trace = "" if recording is None else f"; lengths of {recording.trace.path}"
    return f"{rate} on average{_pattern(scene.arrivals)}{of_trace}; {sent}"


def _trace(recording: Recording) -> str:
    trace = recording.trace
    told = f"{trace.path}: {plural(trace.requests, 'request')}"
    if trace.skipped:
        told += f", and {trace.skipped:,} that failed and are left out"
    if recording.speedup != 1.0:
        told += f"; {show(recording.speedup, 'factor')} as fast"
    return told


def _pattern(arrivals: Arrivals | None) -> str:
    """Return how the arrivals vary, in words."""
    match arrivals:
        case OnOff(peak=peak, spike_s=spike_s, share=share, variation=variation):
            spikes = (
                f"; spikes at {amount(peak, 'x')} that for {amount(spike_s, 's')} on average, "
                f"{show(share, 'ratio')} of the time"
            )
            return spikes + _clumps(variation)
        case Profile(rate_per_s=rate_per_s, variation=variation) as hours:
            ends = (min(hours.rates_per_s), max(hours.rates_per_s))
            low, high = (amount(rate / rate_per_s, "x") for rate in ends)
            return f"; by the hour {low} to {high} that{_clumps(variation)}"
        case Renewal(variation=variation):
            return _clumps(variation)
        case _:
            return ""


def _clumps(variation: float) -> str:
    if variation == 1.0:
        return "; requests independent of each other"
    return f"; gaps with a coefficient of variation of {variation:g}"


def _latencies(trial: Trial, scene: Scene, paint: Paint) -> list[str]:
    """Return the latencies by percentile, and below each what the plan reckons with."""
    if not scene.latency_s:
        return ["    no request was answered"]
    names = tuple(STATISTICS)
    reckoned = reckons(trial, scene)
    rows: list[tuple[Cell, ...]] = [("", *((name, "dim") for name in names))]
    for metric, figures in scene.latency_s.items():
        rows.append((NAMES[metric], *(with_interval(figures[name]) for name in names)))
        if metric in reckoned:
            times = reckoned[metric]
            told = [amount(times[name], "s") if name in times else "" for name in names]
            rows.append((("  the plan", "dim"), *((text, "dim") for text in told)))
    return table(rows, paint, indent=4, right=range(1, len(names) + 1))


def reckons(trial: Trial, scene: Scene) -> Mapping[str, Mapping[str, float]]:
    """Return what the closed form says, by metric and statistic; nothing of other traffic."""
    if not trial.is_planned(scene):
        return {}
    found = trial.plan.estimate
    return {
        "ttft": found.ttft_s,
        "tpot": {"mean": found.tpot_s},
        "itl": found.itl_s,
        "e2e": {"mean": found.e2e_s},
    }


def with_interval(figure: Figure) -> str:
    """Return a time with half of its 95 % interval as a share of it: ``410 ms ±6%``."""
    text = amount(figure.value, "s")
    if figure.plus_minus is None or not figure.value:
        return text
    return f"{text} ±{max(1, round(to_unit(figure.plus_minus / figure.value, '%')))}%"


def _sla(scene: Scene, paint: Paint) -> list[str]:
    rows: list[tuple[Cell, ...]] = []
    for line in scene.lines:
        objective = line.objective
        rows.append(
            (
                line_name(objective),
                (with_interval(line.figure), "bold"),
                f"{objective.operator} {line_amount(objective.limit.value, objective)}",
                (verdict(line), "green" if line.met else "red"),
                ("" if objective.hard else "wanted, not asked for", "dim"),
            )
        )
    return table(rows, paint, indent=4, right=(1,))


def verdict(line: Line) -> str:
    """Return whether a line of the SLA is met, and whether that is sure."""
    word = "ok" if line.met else "missed"
    return word if line.sure else f"{word}, not sure"


def _work(trial: Trial, scene: Scene) -> str:
    """Return how busy the replicas are, in words."""
    chosen = trial.plan.configuration
    slots = chosen.max_num_seqs * trial.replicas
    preempted = "nobody preempted"
    if scene.preempted:
        preempted = f"{plural(scene.preempted, 'request')} preempted"
    cached = ""
    if scene.prefix_share:
        cached = f"; prefix caches held {percent(scene.prefix_share)} of the prompts"
    return (
        f"{amount(scene.output_tok_per_s, 'tok/s')} of answers, "
        f"{amount(scene.total_tok_per_s, 'tok/s')} with prompts; on average "
        f"{amount(scene.running, '')} requests in {slots:,} slots and {amount(scene.waiting, '')} "
        f"on their way to the first token; KV cache {percent(scene.kv_use)} taken{cached}; "
        f"{preempted}"
    )


def _replicas(scene: Scene) -> str:
    """Return how many replicas took requests, and when their number changed."""
    at_start = [item.replicas for item in scene.ready if item.at_s <= 0.0]
    changes = [item for item in scene.ready if item.at_s > 0.0]
    told = [f"replicas that took requests in the first run: {at_start[-1] if at_start else 0}"]
    told += [f"{item.replicas} from {amount(item.at_s, 's')}" for item in changes[:MOST_CHANGES]]
    if len(changes) > MOST_CHANGES:
        told.append(f"and {len(changes) - MOST_CHANGES:,} changes more")
    if scene.resent:
        told.append(f"{plural(scene.resent, 'request')} sent again in all runs")
    return ", ".join(told)


def _learn_more(trials: Sequence[Trial], file: str, paint: Paint) -> list[str]:
    hints: list[tuple[Cell, ...]] = [
        ((f"inferc simulate {file} --picture latency.svg", "cyan"), "the distributions, the queue"),
    ]
    if all(trial.recording is None for trial in trials):
        hints.append(((f"inferc simulate {file} --trace log.csv", "cyan"), "your own requests"))
    hints.append(((f"inferc simulate {file} --format json", "cyan"), "all of it for programs"))
    return table(hints, paint, indent=2)
