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
    "find_accelerator",
    "find_model",
]


def find_accelerator(name: str) -> str | None:
    """Return the path of the hardware that ``name`` means in the catalog, or None."""
    from inferc.compiler.model.names import find_accelerator as found

    return found(name)


def find_model(name: str) -> str | None:
    """Return the path of the catalog entry with the architecture of ``name``, or None."""
    from inferc.compiler.model.names import find_model as found

    return found(name)
