"""Which blocks and fields exist, as data."""

from inferc.compiler.schema.calibration_kinds import CALIBRATION_KINDS
from inferc.compiler.schema.catalog_kinds import CATALOG_KINDS, CLOUDS, DTYPES, PRECISIONS
from inferc.compiler.schema.coefficients import COEFFICIENTS, FITTED, STATED, Coefficient
from inferc.compiler.schema.constructors import (
    CONSTRUCTORS,
    FUNCTIONS,
    LATER_CONSTRUCTORS,
    LATER_FUNCTIONS,
)
from inferc.compiler.schema.cost_kinds import COST_KINDS
from inferc.compiler.schema.design_kinds import APIS, DESIGN_KINDS, TARGETS, TARGETS_LATER
from inferc.compiler.schema.gateway_kinds import BY_MODEL, GATEWAY_KINDS
from inferc.compiler.schema.later_kinds import LATER_KINDS
from inferc.compiler.schema.metrics import METRICS
from inferc.compiler.schema.model_fields import PUBLISHED
from inferc.compiler.schema.partition_kinds import PARTITION_KINDS
from inferc.compiler.schema.platform_kinds import LIMITS as PLATFORM_LIMITS
from inferc.compiler.schema.platform_kinds import PLATFORM_KINDS, SERVERLESS
from inferc.compiler.schema.scaling_kinds import CONDITIONS, KEPT, SCALING_KINDS, SIGNALS
from inferc.compiler.schema.spec import (
    Constructor,
    Field,
    Kind,
    Metric,
    Part,
    Type,
    Types,
)

_KINDS_OF_FACTS = (
    *CATALOG_KINDS,
    *CALIBRATION_KINDS,
    *COST_KINDS,
    *PLATFORM_KINDS,
    *PARTITION_KINDS,
)
KINDS = {
    kind.name: kind
    for kind in (
        *DESIGN_KINDS,
        *SCALING_KINDS,
        *GATEWAY_KINDS,
        SERVERLESS,
        *_KINDS_OF_FACTS,
        *LATER_KINDS,
    )
}
"""Every kind of block, by name."""
FACTS = tuple(kind.name for kind in _KINDS_OF_FACTS if kind.label == "name")
"""The kinds that the catalog is made of."""
FILE_PARTS = ("topology", "env", "test", "sla", "model", *FACTS)
"""The kinds that may stand at the top of a file."""
METRICS_BY_NAME = {metric.name: metric for metric in METRICS}
CONSTRUCTORS_BY_NAME = {item.name: item for item in CONSTRUCTORS}

__all__ = [
    "APIS",
    "BY_MODEL",
    "CLOUDS",
    "COEFFICIENTS",
    "CONDITIONS",
    "CONSTRUCTORS_BY_NAME",
    "DTYPES",
    "FACTS",
    "FILE_PARTS",
    "FITTED",
    "FUNCTIONS",
    "KEPT",
    "KINDS",
    "LATER_CONSTRUCTORS",
    "LATER_FUNCTIONS",
    "METRICS_BY_NAME",
    "PLATFORM_LIMITS",
    "PRECISIONS",
    "PUBLISHED",
    "SIGNALS",
    "STATED",
    "TARGETS",
    "TARGETS_LATER",
    "Coefficient",
    "Constructor",
    "Field",
    "Kind",
    "Metric",
    "Part",
    "Type",
    "Types",
]
