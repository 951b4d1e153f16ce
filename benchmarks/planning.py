"""How planning grows with the number of services, and what single plans take.

Prints, in multiples of ``python -c pass`` where it is a whole process:

- a cold ``inferc plan`` of the first example: a 70B model over the default space;
- the fleet of ``examples/fleet``: forty services on three pools;
- the curve: milliseconds and memory of each service, phase by phase, for ever more services.

    python benchmarks/planning.py [--services 10,100,1000,10000] [--runs 5] [--check]

``--check`` ends with 1 if a goal is missed. The package is that of this checkout, which has no
tables of the grammar: those take a third of a second more than in an installed one.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import fleets

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "support-chat" / "topology.infer"
FLEET = ROOT / "examples" / "fleet" / "topology.infer"
PHASES = ("loaded", "resolved", "designs", "problems", "plans", "topologies")
COUNTS = "10,100,1000,10000"
COLD_TIMES, FLEET_SECONDS, GROWTH = 60.0, 10.0, 1.5
"""Goals: of a cold plan in multiples of an empty process, of the fleet, and of how much more a
service may take among the most than among a hundred."""


def main() -> int:
    """Measure, print and return 1 if a goal is missed under ``--check``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--services", default=COUNTS, help="numbers of services, with commas")
    parser.add_argument("--runs", type=int, default=5, help="processes for each median")
    parser.add_argument("--check", action="store_true", help="end with 1 if a goal is missed")
    parser.add_argument("--one", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.one)))
        return 0
    missed = [*single(options.runs), *curve([int(text) for text in options.services.split(",")])]
    for goal in missed:
        print(f"missed: {goal}")
    return 1 if options.check and missed else 0


def single(runs: int) -> list[str]:
    """Print what single plans take, and return the goals that are missed."""
    empty = median([sys.executable, "-c", "pass"], runs)
    cold = median([sys.executable, "-m", "inferc", "plan", str(EXAMPLE)], runs)
    fleet = median([sys.executable, "-m", "inferc", "plan", str(FLEET)], max(1, runs // 2))
    print(f"{'python -c pass':34}{empty * 1e3:9.0f} ms")
    print(f"{'inferc plan, 70B, default space':34}{cold * 1e3:9.0f} ms{cold / empty:8.0f} times")
    print(f"{'inferc plan, 40 services':34}{fleet * 1e3:9.0f} ms{fleet / empty:8.0f} times")
    missed = []
    if cold > COLD_TIMES * empty:
        missed.append(f"a cold plan takes {cold / empty:.0f} times an empty process")
    if fleet > FLEET_SECONDS:
        missed.append(f"the fleet takes {fleet:.1f} s")
    return missed


def median(command: Sequence[str], runs: int) -> float:
    """Return the median seconds of a command."""
    return statistics.median(seconds(command) for _ in range(runs))


def seconds(command: Sequence[str]) -> float:
    """Return the processor time of a command: on a busy machine the clock says little."""
    before = os.times()
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    if done.returncode:  # a refusal would be a mistake in the example
        sys.exit(done.stderr.decode())
    after = os.times()
    took = after.children_user - before.children_user
    return took + after.children_system - before.children_system


def curve(counts: Sequence[int]) -> list[str]:
    """Print what each service takes as there are more of them, and return the goals missed."""
    print(
        f"\n{'services':>9}" + "".join(f"{name:>12}" for name in (*PHASES, "all, ms", "peak, KB"))
    )
    found: dict[int, dict[str, float]] = {}
    for count in counts:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(count)],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        found[count] = json.loads(done.stdout)
        print(f"{count:9}" + "".join(f"{value:12.2f}" for value in found[count].values()))
    some, most = (found[count] for count in (sorted(counts)[min(1, len(counts) - 1)], max(counts)))
    return [
        f"{name} of a service grows to {most[name] / some[name]:.2f} times"
        for name in ("all, ms", "peak, KB")
        if most[name] > GROWTH * some[name]
    ]


def measured(count: int) -> dict[str, float]:
    """Return the milliseconds of each phase a service, and the peak of memory a service."""
    import resource

    from inferc.compiler.pipeline import Compilation, Settings
    from inferc.dsl import SourceFile
    from inferc.files.reader import DiskReader

    source = SourceFile("grown.infer", fleets.grown(count))
    compilation = Compilation(source, DiskReader(), Settings())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took: dict[str, float] = {}
    start = last = time.process_time()
    for phase in PHASES:
        step = getattr(compilation, phase)
        if step.value is None:
            sys.exit("\n".join(item.message for item in step.diagnostics))
        now = time.process_time()
        took[phase], last = (now - last) * 1e3 / count, now
    took["all, ms"] = (last - start) * 1e3 / count
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took["peak, KB"] = (after - before) / count
    return took


if __name__ == "__main__":
    sys.exit(main())
