"""The typed design: what the user's file says, with catalog facts filled in."""

from inferc.compiler.model.build import Outcome, build
from inferc.compiler.model.design import (
    Accelerator,
    Cluster,
    Decision,
    Design,
    Emission,
    Engine,
    LanguageModel,
    Lengths,
    Link,
    Load,
    Objective,
    Place,
    Service,
    Tier,
)

__all__ = [
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
    "Outcome",
    "Place",
    "Service",
    "Tier",
    "build",
]
