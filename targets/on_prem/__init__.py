"""Machines of one's own: one box with Docker or Podman, or a cluster without the internet."""

from inferc.targets.on_prem.target import COMPOSE_TARGET, TARGET

__all__ = ["COMPOSE_TARGET", "TARGET"]
