"""The typed design: what the user's file says, with catalog facts filled in."""

from typing import TYPE_CHECKING

from inferc.compiler.model.build import Outcome, build
from inferc.compiler.model.design import (
    Accelerator,
    Cluster,
    Decision,
    Engine,
    LanguageModel,
    Lengths,
    Link,
    Load,
    Objective,
    Place,
    Scaling,
    Service,
    Tier,
    WarmPool,
    short_name,
)
from inferc.compiler.model.engine_defaults import defaults_of
from inferc.compiler.model.facts import runs_on
from inferc.compiler.model.money import Offer, Ownership
from inferc.compiler.model.profile import Profile, cron
from inferc.compiler.model.tails import TYPICAL_TAIL, is_stated, unstated_of, unstated_tails
from inferc.compiler.model.topology import Design, Emission
from inferc.compiler.resolve import Resolved
from inferc.dsl import Diagnostic, SourceFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inferc.compiler.model.items import ItemModel

__all__ = [
    "TYPICAL_TAIL",
    "Accelerator",
    "Cluster",
    "Decision",
    "Design",
    "Emission",
    "Engine",
    "LanguageModel",
    "Lengths",
    "Link",
    "Load",
    "Objective",
    "Offer",
    "Outcome",
    "Ownership",
    "Place",
    "Profile",
    "Scaling",
    "Service",
    "Tier",
    "WarmPool",
    "build",
    "cron",
    "defaults_of",
    "find_accelerator",
    "find_model",
    "is_stated",
    "model_from_config",
    "networks_of",
    "runs_on",
    "short_name",
    "unstated_of",
    "unstated_tails",
]


def find_accelerator(name: str) -> str | None:
    """Return the path of the hardware that ``name`` means in the catalog, or None."""
    from inferc.compiler.model.names import find_accelerator as found

    return found(name)


def find_model(name: str) -> str | None:
    """Return the path of the catalog entry with the architecture of ``name``, or None."""
    from inferc.compiler.model.names import find_model as found

    return found(name)


def model_from_config(
    config: SourceFile,
    *,
    quantization: SourceFile | None = None,
    index: SourceFile | None = None,
    name: str,
) -> tuple[LanguageModel | None, tuple[Diagnostic, ...]]:
    """Return the model that a `config.json` describes, and what is wrong with the files."""
    from inferc.compiler.model.from_config import model_from_config as found

    return found(config, quantization=quantization, index=index, name=name)


def networks_of(resolved: Resolved) -> "Mapping[str, ItemModel]":
    """Return the networks of a file by what it calls them: networks, models, services."""
    from inferc.compiler.model.networks import networks_of as found

    return found(resolved)
