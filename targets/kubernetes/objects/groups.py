"""Replicas on several nodes: how many pods, and of how many accelerators."""

from collections.abc import Sequence
from typing import NamedTuple


class Taken(NamedTuple):
    """What the replicas of one service take of a pool at most."""

    gpus: int
    """Of one pod."""
    pods: int
    """Of all replicas."""


def pods_of(tensor: int, pipeline: int, per_node: int) -> int:
    """Return how many pods a replica is, each on one node and all of one size.

    As few as hold all accelerators such that a pod has whole stages of the pipeline, or a stage
    whole pods: the engines divide a replica up in no other way.

    Source: SGLang 0.5.5, ``_launch_subprocesses`` (``nnodes_per_tp_group``, ``pp_size_per_node``);
    vLLM 0.11.2, ``MultiprocExecutor`` (ranks of a node are consecutive).
    """
    whole = tensor * pipeline
    for count in range(-(-whole // max(1, per_node)), whole):
        stages_fit = pipeline % count == 0
        stage_spans = count % pipeline == 0 and tensor % (count // pipeline) == 0
        if whole % count == 0 and (stages_fit or stage_spans):
            return count
    return whole


def has_room(new: Taken, taken: Sequence[Taken], *, nodes: int, per_node: int) -> bool:
    """Return whether the pods ``new`` fit beside those ``taken``, however these were placed.

    A node has no room for a pod once ``per_node - gpus + 1`` of its accelerators are taken, and
    they are taken in multiples of what all pods' sizes share. Each new pod blocks one node more.
    """
    import math

    step = math.gcd(new.gpus, *(one.gpus for one in taken))
    used = sum(one.gpus * one.pods for one in taken)
    blocking = math.ceil((per_node - new.gpus + 1) / step) * step
    return blocking > 0 and used // blocking + new.pods <= nodes
