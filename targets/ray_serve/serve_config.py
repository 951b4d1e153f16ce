"""What Ray Serve is told: models, engine arguments, and how many replicas.

Source: Ray 2.52.1, ``LLMServingArgs``, ``LLMConfig``, ``DeploymentConfig``, ``AutoscalingConfig``
and ``ServeDeploySchema``. Arguments of the engine are the fields of vLLM's ``AsyncEngineArgs``,
which are its flags without dashes.
"""

import json
import math
from typing import Final

from inferc.targets import to_yaml
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import arguments, scaling, storage
from inferc.targets.kubernetes.objects.serving import Serving

APPLICATION: Final = "ray.serve.llm:build_openai_app"
NOT_OF_THE_ENGINE: Final = frozenset({"port", "served_model_name"})
"""Ray answers requests itself, and names the model."""
INGRESS_REPLICAS: Final = 1
"""Of what speaks the API of OpenAI, for each replica of the engine; Ray's own choice is two."""


def text(serving: Serving) -> str:
    """Return the value of ``serveConfigV2``."""
    return to_yaml.dump(config(serving))


def config(serving: Serving) -> dict[str, Data]:
    """Return what Ray Serve is told of one service."""
    application: dict[str, Data] = {
        "name": serving.name,
        "route_prefix": "/",
        "import_path": APPLICATION,
        "args": {"llm_configs": [_model(serving)], "ingress_deployment_config": _ingress(serving)},
    }
    return {"proxy_location": "EveryNode", "applications": [application]}


def _model(serving: Serving) -> dict[str, Data]:
    return {
        "model_loading_config": {
            "model_id": serving.plan.service.model_name,
            "model_source": storage.directory(serving),
        },
        "engine_kwargs": engine_arguments(serving),
        "deployment_config": _deployment(serving),
    }


def engine_arguments(serving: Serving) -> dict[str, Data]:
    """Return the planned values as arguments of the engine."""
    found: dict[str, Data] = {}
    for name, value in arguments.planned_values(serving).items():
        argument = arguments.flag_of(serving.engine, name).lstrip("-").replace("-", "_")
        if argument not in NOT_OF_THE_ENGINE:
            found[argument] = _typed(value)
    return found


def _typed(value: str | None) -> Data:
    """Return a value of a flag as the type that it has in Python."""
    if value is None:
        return True
    try:
        plain: Data = json.loads(value)
    except ValueError:
        return value
    return plain


def _deployment(serving: Serving) -> dict[str, Data]:
    ongoing = most_ongoing(serving)
    shared: dict[str, Data] = {
        "max_ongoing_requests": ongoing,
        "graceful_shutdown_timeout_s": serving.drain_s,
    }
    if not serving.scaler:
        return {"num_replicas": serving.replicas, **shared}
    autoscaling: dict[str, Data] = {
        **_bounds(serving),
        "target_ongoing_requests": target_ongoing(serving),
        "upscale_delay_s": math.ceil(serving.plan.autoscale.scale_up_stabilisation_s),
        "downscale_delay_s": scaling.down_window_s(serving),
    }
    return {"autoscaling_config": autoscaling, **shared}


def _bounds(serving: Serving) -> dict[str, Data]:
    least = least_replicas(serving)
    return {
        "min_replicas": least,
        "initial_replicas": max(least, min(serving.replicas, serving.max_replicas)),
        "max_replicas": serving.max_replicas,
    }


def least_replicas(serving: Serving) -> int:
    """Return the fewest replicas; nothing here knows hours, so those of the busy ones, always."""
    schedule = serving.plan.autoscale.schedule
    busy = 0 if schedule is None else schedule.replicas
    return min(serving.max_replicas, max(serving.min_replicas, busy))


def most_ongoing(serving: Serving) -> int:
    """Return how many requests a replica has at once: those in a step, and those that may wait."""
    return serving.shape.max_num_seqs + math.ceil(serving.plan.autoscale.threshold)


def target_ongoing(serving: Serving) -> int:
    """Return at how many requests a replica has enough to do: as planned at the peak."""
    concurrency = serving.plan.estimate.concurrency
    planned = math.ceil(concurrency) if math.isfinite(concurrency) else serving.shape.max_num_seqs
    return max(1, min(planned, serving.shape.max_num_seqs))


def _ingress(serving: Serving) -> dict[str, Data]:
    """Return how many there are of what speaks the API: they need processors of the workers."""
    if not serving.scaler:
        return {"num_replicas": INGRESS_REPLICAS * serving.replicas}
    scaled = {**_bounds(serving), "target_ongoing_requests": target_ongoing(serving)}
    return {"autoscaling_config": scaled}
