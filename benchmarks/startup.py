"""How long the commands take as whole processes, in multiples of ``python -c pass``.

Builds a wheel of this checkout, installs it into a temporary virtual environment (an editable
install slows every start of its interpreter down) and runs each command there. A multiple of the
interpreter's own start depends on the machine far less than milliseconds do.

    python benchmarks/startup.py [--runs 15] [--check]

``--check`` ends with 1 if a goal is missed.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "support-chat" / "topology.infer"
LONG_FILE_LINES = 200

GOALS: Mapping[str, float | None] = {
    "python -c pass": None,
    "version": 8,
    "check of a 200-line file": 20,
    "compile without a picture": 80,
    "compile with a picture": None,
}
"""The most times ``python -c pass`` that each may take; None where nothing is promised."""


def main() -> int:
    """Measure, print a table, and return 1 if a goal is missed under ``--check``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=15, help="processes for each median")
    parser.add_argument("--check", action="store_true", help="end with 1 if a goal is missed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inferc-bench-") as name:
        folder = Path(name)
        python = install(folder)
        medians = measure(python, folder, runs=options.runs)
    return report(medians, check=options.check)


def install(folder: Path) -> Path:
    """Build a wheel of this checkout, install it and return the interpreter that has it."""
    print("building and installing a wheel ...", file=sys.stderr, flush=True)
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for path in filter(None, listed.stdout.decode().split("\0")):
        place = ROOT / path
        if place.is_file() and not place.is_symlink():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place, source / path)
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", source],
        check=True,
    )
    return python


def measure(python: Path, folder: Path, *, runs: int) -> dict[str, float]:
    """Return the median seconds of each command, the commands taking turns."""
    long_file = folder / "long.infer"
    long_file.write_text(long_design(), encoding="utf-8")
    inferc = str(python.with_name("inferc"))
    build = [inferc, "compile", str(EXAMPLE), "-o", str(folder / "build")]
    commands: Mapping[str, Sequence[str]] = {
        "python -c pass": [str(python), "-c", "pass"],
        "version": [inferc, "version"],
        "check of a 200-line file": [inferc, "check", str(long_file)],
        "compile without a picture": [*build, "-t", "kubernetes,pulumi"],
        "compile with a picture": [*build, "-t", "kubernetes,pulumi,diagram"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            shutil.rmtree(folder / "build", ignore_errors=True)
            seconds = run(command, folder)
            if turn:  # the first one fills the caches of the system and of the grammar
                times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}


def run(command: Sequence[str], folder: Path) -> float:
    """Return the seconds that ``command`` takes."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode()}")
    return seconds


def long_design() -> str:
    """Return a correct design of 200 lines: the example with many services in place of one."""
    head, _, rest = EXAMPLE.read_text(encoding="utf-8").partition("  service chat {")
    body, _, tail = rest.partition("\n  }\n")
    services: list[str] = []
    while "\n".join([head, *services]).count("\n") < LONG_FILE_LINES:
        services.append(f"  service chat_{len(services)} {{{body}\n  }}\n")
    return head + "\n".join(services) + tail


def report(medians: Mapping[str, float], *, check: bool) -> int:
    """Print the table; return 1 if ``check`` and a goal is missed."""
    base = medians["python -c pass"]
    print(f"{'command':28}{'median':>10}{'times':>8}{'goal':>8}")
    missed = []
    for name, seconds in medians.items():
        goal = GOALS[name]
        ratio = seconds / base
        mark = ""
        if goal is not None and ratio > goal:
            missed.append(name)
            mark = "  missed"
        limit = f"{goal:g}" if goal else "-"
        print(f"{name:28}{seconds * 1e3:8.1f}ms{ratio:8.1f}{limit:>8}{mark}")
    picture = medians["compile with a picture"] - medians["compile without a picture"]
    print(f"{'the first picture on its own':28}{picture * 1e3:8.1f}ms{picture / base:8.1f}{'-':>8}")
    return 1 if check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
