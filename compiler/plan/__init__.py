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

__all__ = [
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
    "Margin",
    "Memory",
    "Outcome",
    "Plan",
    "Refusal",
    "Schedule",
    "ServicePlan",
    "Step",
    "Verdict",
    "build",
    "change_text",
]
