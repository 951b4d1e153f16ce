"""How quickly requests are simulated, beside a simulator that plays out every step.

Poisson arrivals at 70 % of what a replica can do, prompts of 500 and answers of 250 tokens on
average, on one replica and on eight behind a router; then ten and a hundred times the requests, to
see that time grows in proportion and memory does not.

    python benchmarks/simulation.py [--requests 20000] [--rounds 3] [--growth] [--check]

``--check`` ends with 1 if a goal is missed. Times are those of the processor, and a rate is the
best of the rounds: what else the machine does can only make it slower.
"""

import argparse
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.clocks import LinearClock  # noqa: E402
from support.step_by_step import Reference  # noqa: E402

from inferc.compiler.simulation import (  # noqa: E402
    FleetSetup,
    ReplicaSetup,
    Request,
    burst,
    fleet_open_loop,
    open_loop,
)

GOAL_PER_S = 50_000
GOAL_RATIO = 10.0
"""Times as quick as single steps."""
GROWTH = 1.3
"""The most that a request may cost at a hundred times the requests, relative to ten times."""
MEMORY_MIB = 16.0
"""The most that a hundred times the requests may add."""

SETUPS = {
    "mixed": ReplicaSetup(clock=LinearClock()),
    "prefill first": ReplicaSetup(clock=LinearClock(), scheduling="prefill_first"),
    "mixed, bounded KV cache": ReplicaSetup(clock=LinearClock(), kv_cache_tok=120_000),
    "whole length reserved": ReplicaSetup(
        clock=LinearClock(), kv_cache_tok=120_000, kv_admission="full_length"
    ),
}
SHARE = 0.7
"""Of what a replica can do."""
REPLICAS = 8


def main() -> int:
    """Measure, print, and return 1 if a goal is missed under ``--check``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--growth", action="store_true", help="10 and 100 times the requests")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        return alone(asked.only)
    met = speeds(asked.requests, asked.rounds)
    if asked.growth:
        met = growth(asked.requests) and met
    return int(asked.check and not met)


def load(count: int, rate_per_s: float) -> Iterator[Request]:
    """Yield requests one at a time, none of them kept."""
    rng = random.Random(1)  # noqa: S311 - the same requests every time
    at_s = 0.0
    for _ in range(count):
        at_s += rng.expovariate(rate_per_s)
        yield Request(at_s, 300 + int(400 * rng.random()), 150 + int(200 * rng.random()))


def capacity_per_s(setup: ReplicaSetup) -> float:
    """Return how many requests a second a replica answers when all are there at once."""
    return burst(setup, [(500, 250)] * 3000).requests_per_s


def best(rounds: int, count: int, run: Callable[[], object]) -> float:
    """Return requests a second in the best of several rounds."""
    took = []
    for _ in range(rounds):
        begin = time.process_time()
        run()
        took.append(time.process_time() - begin)
    return count / min(took)


def speeds(count: int, rounds: int) -> bool:
    """Print requests a second, and return whether the goals are met."""
    print(f"{'':26}{'requests/s':>12}{'x steps':>9}{'8 replicas':>12}{'events':>8}")
    met = True
    for name, setup in SETUPS.items():
        rate = SHARE * capacity_per_s(setup)
        requests = list(load(count, rate))
        few = requests[:1500]
        quick = best(rounds, count, partial(open_loop, setup, requests))
        slow = best(1, len(few), partial(Reference(setup).open_loop, few))
        many = list(load(count, rate * REPLICAS))
        fleet = FleetSetup(replicas=(setup,) * REPLICAS, routing="round_robin")
        wide = best(rounds, count, partial(fleet_open_loop, fleet, many))
        events = open_loop(setup, requests).runs / count
        print(f"{name:26}{quick:12,.0f}{quick / slow:9.1f}{wide:12,.0f}{events:8.2f}")
        met = met and quick / slow >= GOAL_RATIO
        if name == "mixed":
            met = met and quick >= GOAL_PER_S and wide >= GOAL_PER_S
    return met


def growth(count: int) -> bool:
    """Print time and memory at more requests, each in a process of its own."""
    print(f"\n{'requests':>12}{'us each':>10}{'peak MiB':>10}")
    found = []
    for times in (1, 10, 100):
        command = [sys.executable, __file__, "--only", str(count * times)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        each_us, peak_mib = map(float, said)
        found.append((each_us, peak_mib))
        print(f"{count * times:12,}{each_us:10.1f}{peak_mib:10.1f}")
    (_, _), (settled_us, settled_mib), (last_us, last_mib) = found
    return last_us <= GROWTH * settled_us and last_mib - settled_mib <= MEMORY_MIB


def alone(count: int) -> int:
    """Simulate once; print microseconds a request, and the peak of memory."""
    setup = SETUPS["mixed"]
    rate = SHARE * capacity_per_s(setup)
    begin = time.process_time()
    open_loop(setup, load(count, rate))
    each_us = (time.process_time() - begin) / count * 1e6
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(each_us, peak_kib / 1024.0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
