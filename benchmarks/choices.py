"""What the planner would have chosen where all configurations were measured, and whether it held.

    python benchmarks/choices.py [--data DIR] [--groups N] [--ends none|closed|open]

DIR, or the environment's ``INFERC_DATA``, holds ``llm_calibration.csv``. Its closed loops are
grouped by source, model, accelerator, engine, format of the weights and lengths. In each group, for
each limit on TPOT, the planner is asked for the tensor parallelism that carries most for each
accelerator and how many requests it then has at once. The row that was measured nearest below says
whether the limit was kept, and how much of the best row's throughput it delivered.

What the planner looks at is its own closed form for requests that come when they come. It is held
to a limit as it stands (``--ends none``), at the upper end of the interval of estimates of closed
loops (``closed``), which these rows are, or of open ones (``open``), as ``confidence = high`` does.
"""

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from inferc.compiler.calibration import Measurement, merge_details, read_details, read_measurements
from inferc.compiler.calibration.choice import LIMITS_S
from inferc.compiler.calibration.exclusions import excluded
from inferc.compiler.calibration.prediction import cell_of
from inferc.compiler.calibration.subject import NoSubjectError, Subject, subject_of
from inferc.compiler.model.calibrated import published
from inferc.compiler.model.trust import latency_intervals, rests_on
from inferc.compiler.pipeline import Compilation, Settings
from inferc.compiler.plan.search import Load, Search, load_of
from inferc.compiler.problem import Case
from inferc.compiler.provenance import exactly
from inferc.dsl import SourceFile
from inferc.files.reader import DiskReader

TEXT = """infer 1
import std.catalog as cat
topology t {{
  cluster dc {{
    platform = kubernetes
    pool gpu {{ nodes = 1; gpu = {accelerators} * cat.{accelerator} }}
  }}
  service s {{
    model = cat.{model}
    on = dc.gpu
    engine = {engine}
    precision = {precision}
    tensor_parallel = {tensor}
    replicas = 1
    load {{ rate = 1 req/s; shape = steady; prompt_tokens = {prompt}; output_tokens = {output} }}
    sla {{ tpot <= 1s }}
  }}
}}
"""


class Row(NamedTuple):
    """A configuration that was measured."""

    tensor: int
    concurrency: float
    tpot_s: float
    delivered: float
    """Tokens a second and accelerator."""


class Picked(NamedTuple):
    """What the planner took in a group under a limit."""

    kept: bool
    delivered: float
    """Over the best row that keeps the limit; 0 where there is none."""


def main() -> int:
    """Print how often the choice kept its limit, and what it delivered."""
    options = arguments()
    groups = grouped(rows_of(options.data))
    chosen = sorted(groups, key=str)[:: max(1, len(groups) // options.groups)]
    begun = time.monotonic()
    picked: list[Picked] = []
    for place, key in enumerate(chosen, 1):
        picked += of_group(groups[key], options.ends)
        print(f"\r{place} of {len(chosen)} groups", end="", file=sys.stderr)
    kept = [item for item in picked if item.kept]
    print(file=sys.stderr)
    print(f"{len(picked):,} choices in {len(chosen):,} groups, {time.monotonic() - begun:.0f} s")
    print(f"limit kept        {len(kept) / max(1, len(picked)):.1%}")
    delivered = fmean(item.delivered for item in kept) if kept else 0.0
    print(f"delivered         {delivered:.1%} of the best that keeps it")
    return 0


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    data = os.environ.get("INFERC_DATA", "")
    parser.add_argument("--data", type=Path, default=Path(data) if data else None)
    parser.add_argument("--groups", type=int, default=10_000, help="evenly taken, at most")
    parser.add_argument("--ends", choices=("none", "closed", "open"), default="closed")
    found = parser.parse_args()
    if found.data is None:
        parser.error("name the folder of the tables with --data, or in INFERC_DATA")
    return found


# ---- what was measured ---------------------------------------------------------------------------


def rows_of(folder: Path) -> Sequence[Measurement]:
    """Return the published table with its details."""
    path = folder / "llm_calibration.csv"
    rows, _ = read_measurements(path.read_text(encoding="utf-8"), name=path.name)
    path = folder / "llm_calibration_details.csv"
    if not path.exists():
        return rows
    details, _ = read_details(path.read_text(encoding="utf-8"), name=path.name)
    return merge_details(rows, details)


def grouped(rows: Sequence[Measurement]) -> dict[tuple[object, ...], list[tuple[Subject, Row]]]:
    """Return closed loops by what is alike in them, where there is something to choose from."""
    groups: dict[tuple[object, ...], list[tuple[Subject, Row]]] = defaultdict(list)
    for row in rows:
        found = _row(row)
        if found is not None:
            c = row.conditions
            key = (c.source, c.model, c.gpu, c.engine, c.weights, c.isl_tok, c.osl_tok)
            groups[key].append(found)
    return {key: found for key, found in groups.items() if len(found) > 1}


def _row(row: Measurement) -> tuple[Subject, Row] | None:
    c, tpot_s = row.conditions, row.measured.tpot_s
    if c.load != "closed_loop" or not tpot_s or not c.concurrency or excluded(c, "tpot"):
        return None
    try:
        subject = subject_of(c)
    except NoSubjectError:
        return None
    if subject.layout.pipeline_parallel > 1 or subject.replicas > 1:
        return None
    each_s = tpot_s + (row.measured.ttft_s or 0.0) / (c.osl_tok or 1.0)
    tensor = subject.layout.tensor_parallel
    return subject, Row(tensor, c.concurrency, tpot_s, c.concurrency / tensor / each_s)


# ---- what is planned -----------------------------------------------------------------------------


def of_group(found: Sequence[tuple[Subject, Row]], ends: str) -> Iterator[Picked]:
    """Yield what is chosen under each limit; nothing where no plan keeps it."""
    subject = found[0][0]
    rows = [row for _, row in found]
    factor = factor_of(subject, ends)
    cases = {
        tensor: case
        for tensor in sorted({row.tensor for row in rows})
        if (case := case_of(subject, tensor)) is not None
    }
    for limit_s in LIMITS_S:
        best: tuple[float, float, int] | None = None
        for tensor, case in cases.items():
            rate_per_s, at_once = carried(within(case, limit_s / factor))
            offer = (rate_per_s / tensor, at_once, tensor)
            if rate_per_s > 0.0 and (best is None or offer > best):
                best = offer
        if best is not None:
            yield from _picked(rows, best[2], best[1], limit_s)


def _picked(rows: Sequence[Row], tensor: int, at_once: float, limit_s: float) -> Iterator[Picked]:
    mine = [row for row in rows if row.tensor == tensor and row.concurrency <= at_once * 1.001]
    if not mine:
        return
    chosen = max(mine, key=lambda row: row.concurrency)
    best = max((row.delivered for row in rows if row.tpot_s <= limit_s), default=0.0)
    kept = chosen.tpot_s <= limit_s
    yield Picked(kept, min(1.0, chosen.delivered / best) if best else 0.0)


def case_of(subject: Subject, tensor: int) -> Case | None:
    """Return the planner's problem for a layout; None where it has none."""
    text = TEXT.format(
        accelerators=max(8, tensor),
        accelerator=subject.accelerator.id,
        model=subject.model.id,
        engine=subject.engine.name,
        precision=subject.layout.precision,
        tensor=tensor,
        prompt=max(1, round(subject.protocol.prompt.mean_tok)),
        output=max(1, round(subject.protocol.output.mean_tok)),
    )
    compilation = Compilation(SourceFile("choice.infer", text), DiskReader(), Settings())
    problems = compilation.problems.value
    return problems[0][0].case if problems and problems[0] else None


def factor_of(subject: Subject, ends: str) -> float:
    """Return how much longer than predicted TPOT may be, by what the estimate rests on."""
    calibration = published()
    if ends == "none":
        return 1.0
    basis = rests_on(cell_of(subject), calibration)
    return latency_intervals(calibration, f"{ends}_loop", basis)["tpot"][1]


def within(case: Case, limit_s: float) -> Case:
    """Return a case whose mean TPOT has another limit; lengths of closed loops hardly vary."""
    line = case.objectives[0]
    line = replace(line, limit=exactly(limit_s, text=f"{limit_s:g}s", span=line.span))
    return replace(case, objectives=(line,), prompt_p95_over_mean=1.0, output_p95_over_mean=1.0)


def carried(case: Case) -> tuple[float, float]:
    """Return the requests a second that one replica carries within the limit, and at once."""
    search = Search(case)
    load = load_of(case)
    best, at_once = 0.0, 0.0
    for shape, budget_tok in search.steps():
        rate_per_s = search.capacity_per_s(shape, budget_tok, 1, load)
        if rate_per_s > best:
            full = Load(rate_per_s, load.demand, load.longest_tok)
            found = search.operate(shape, budget_tok, 1, full)
            best, at_once = rate_per_s, found.sequences + found.sequences_in_prefill
    return best, at_once


if __name__ == "__main__":
    sys.exit(main())
