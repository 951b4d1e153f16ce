"""The commands: name and one line of help. The help page and the docs are made from it.

A command lives in ``inferc/cli/commands/<name>.py`` and is imported only when it is called.
"""

from typing import Final

COMMANDS: Final = {
    "init": "Write a starter file that compiles at once.",
    "check": "Report what is wrong with files: syntax, names, types, units.",
    "pareto": "Print what more money would buy: cost against latency against accelerators.",
    "plan": "Say whether the SLA can be met, what was decided and what that rests on.",
    "cost": "Say what the plan costs, and what others ask for the same.",
    "compile": "Plan, and write what is deployed: Kubernetes YAML, a Pulumi program, diagrams.",
    "accuracy": "Score the performance model against measurements.",
    "calibrate": "Fit the performance model to measurements of your own.",
    "diff": "Say what differs between two plans: decisions, SLA margins, hardware, cost.",
    "design": "Read descriptions in plain words into a file, and plan it.",
    "estimate": "Say what one configuration does: latency, throughput, memory.",
    "explain": "Explain a diagnostic, or why the planner chose a value.",
    "fmt": "Bring files into the one form.",
    "graph": "Print the topology as Mermaid, SVG, DOT, JSON or text.",
    "lock": "Write down the decisions that later plans are held to.",
    "simulate": "Simulate traffic, stated or recorded: latencies by percentile, the queue.",
    "verify": "Say whether emitted files are as they were written.",
    "version": "Print the version.",
}

EXIT_CODES: Final = {
    0: "fine; for a plan: feasible or conditional",
    1: "the file is wrong",
    2: "the command or its surroundings are wrong: a bad flag, a missing file, a full disk",
    3: "the file is right, and no plan can meet its SLA",
    4: "the plan rests on an assumption that --deny forbids",
    10: "differences were found (diff, verify, plan --locked, fmt --check)",
}
