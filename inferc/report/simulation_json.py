"""What simulated traffic comes to, as JSON for other programs: base units, named by each key."""

from collections.abc import Mapping, Sequence

from inferc.compiler.simulation.arrivals import OnOff, Profile, Renewal
from inferc.compiler.topology import Json
from inferc.compiler.trial import Figure, Line, Recording, Scene, Trial
from inferc.compiler.wording.amounts import line_suffix
from inferc.report import serving_choices
from inferc.report.refusal import finite
from inferc.report.simulation_text import reckons
from inferc.versions import FORMAT_VERSION


def to_data(trials: Sequence[Trial]) -> dict[str, Json]:
    """Return ``trials`` as plain values."""
    return {
        "format_version": FORMAT_VERSION,
        "services": [_trial(trial) for trial in trials],
    }


def _trial(trial: Trial) -> Mapping[str, Json]:
    chosen = trial.plan.configuration
    return {
        "topology": trial.topology,
        "name": trial.plan.service.name,
        "configuration": {
            "engine": chosen.engine,
            "precision": chosen.precision,
            "tensor_parallel": chosen.tensor_parallel,
            "pipeline_parallel": chosen.pipeline_parallel,
            "replicas": trial.replicas,
            "max_num_seqs": chosen.max_num_seqs,
            "max_num_batched_tokens": chosen.max_num_batched_tokens,
            "max_model_len": trial.plan.max_model_len,
            **serving_choices.to_data(chosen),
        },
        "what_if": None if trial.what_if is None else trial.what_if.value,
        "trace": None if trial.recording is None else _trace(trial.recording),
        "scenes": [_scene(trial, scene) for scene in trial.scenes],
    }


def _trace(recording: Recording) -> Mapping[str, Json]:
    trace = recording.trace
    return {
        "path": trace.path,
        "requests": trace.requests,
        "skipped": trace.skipped,
        "timed": trace.timed,
        "rate_per_s": trace.rate_per_s,
        "speedup": recording.speedup,
        "prompt_mean_tok": trace.prompt_mean_tok,
        "output_mean_tok": trace.output_mean_tok,
    }


def _scene(trial: Trial, scene: Scene) -> Mapping[str, Json]:
    return {
        "kind": scene.kind.value,
        "arrivals": _arrivals(scene),
        "rate_per_s": scene.rate_per_s,
        "requests": scene.requests,
        "runs": scene.runs,
        "lasts_s": scene.lasts_s,
        "latency_s": {
            metric: {name: _figure(figure) for name, figure in figures.items()}
            for metric, figures in scene.latency_s.items()
        },
        "closed_form_s": _closed_form(trial, scene),
        "sla": [_line(line) for line in scene.lines],
        "output_tok_per_s": scene.output_tok_per_s,
        "total_tok_per_s": scene.total_tok_per_s,
        "running": scene.running,
        "waiting": scene.waiting,
        "kv_use": scene.kv_use,
        "prefix_share": scene.prefix_share,
        "preempted": scene.preempted,
        "refused": scene.refused,
        "resent": scene.resent,
        "replicas": [[item.at_s, item.replicas] for item in scene.ready],
        "replica_s": scene.replica_s,
        "queue_grows": scene.growing,
        "curves_s": {
            metric: [[share, value_s] for share, value_s in curve]
            for metric, curve in scene.curve_s.items()
        },
        "queue": [[item.at_s, item.waiting, item.running] for item in scene.queue],
    }


def _arrivals(scene: Scene) -> Json:
    """Return how requests come; nothing for a trace."""
    match scene.arrivals:
        case OnOff(peak=peak, spike_s=spike_s, share=share, variation=variation):
            spikes: dict[str, Json] = {"peak": peak, "spike_s": spike_s, "spike_share": share}
            return {**spikes, "gap_variation": variation}
        case Profile(each_s=each_s, variation=variation) as hours:
            rates: dict[str, Json] = {"rates_per_s": list(hours.rates_per_s), "each_s": each_s}
            return {**rates, "gap_variation": variation}
        case Renewal(variation=variation):
            return {"gap_variation": variation}
        case _:
            return None


def _closed_form(trial: Trial, scene: Scene) -> dict[str, Json]:
    found = reckons(trial, scene)
    return {
        metric: {name: finite(value) for name, value in times.items()}
        for metric, times in found.items()
    }


def _figure(figure: Figure) -> dict[str, Json]:
    return {"value": figure.value, "plus_minus": figure.plus_minus}


def _line(line: Line) -> Mapping[str, Json]:
    objective = line.objective
    suffix = line_suffix(objective)
    return {
        "metric": objective.metric,
        "percentile": objective.percentile,
        "operator": objective.operator,
        f"limit{suffix}": objective.limit.value,
        f"simulated{suffix}": line.figure.value,
        f"plus_minus{suffix}": line.figure.plus_minus,
        "met": line.met,
        "sure": line.sure,
        "hard": objective.hard,
    }
