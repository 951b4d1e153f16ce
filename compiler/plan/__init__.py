"""The plan: verdict, decisions, and what they rest on."""

from inferc.compiler.perf import Configuration, Estimate, Memory
from inferc.compiler.plan.answer import Plan
from inferc.compiler.plan.build import Outcome, build
from inferc.compiler.plan.decisions import (
    Alternative,
    Assumption,
    Autoscale,
    Bound,
    Change,
    Choice,
    Cold,
    EnvelopeRow,
    FlipPoint,
    Margin,
    Refusal,
    Schedule,
    ServicePlan,
    Step,
    Verdict,
)
from inferc.compiler.plan.diagnostics import change_text
from inferc.compiler.plan.dimensions import SIXTEEN_BIT
from inferc.compiler.plan.packing import Layout, Mix, arranged, node_of, pack

__all__ = [
    "SIXTEEN_BIT",
    "Alternative",
    "Assumption",
    "Autoscale",
    "Bound",
    "Change",
    "Choice",
    "Cold",
    "Configuration",
    "EnvelopeRow",
    "Estimate",
    "FlipPoint",
    "Layout",
    "Margin",
    "Memory",
    "Mix",
    "Outcome",
    "Plan",
    "Refusal",
    "Schedule",
    "ServicePlan",
    "Step",
    "Verdict",
    "arranged",
    "build",
    "change_text",
    "node_of",
    "pack",
]
