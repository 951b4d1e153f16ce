"""From a configuration and a load to figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from inferc.compiler.calibration.values import Basis
from inferc.compiler.estimation import diagnostics as report
from inferc.compiler.estimation.breakdown import breakdowns
from inferc.compiler.estimation.checks import problems
from inferc.compiler.estimation.memory import fit, fits, smallest_tensor_parallel
from inferc.compiler.estimation.replica import Replica
from inferc.compiler.estimation.running import capacity_per_s, demand_of_load, run
from inferc.compiler.estimation.simulated import why_simulated
from inferc.compiler.estimation.trust import basis_of, intervals
from inferc.compiler.estimation.values import Breakdown, Figures, Fit, Kind, Load, Setup
from inferc.compiler.perf.coefficients import coefficients_of
from inferc.compiler.perf.formats import compute_dtype
from inferc.compiler.perf.memory import can_shard
from inferc.compiler.perf.steps import Stage
from inferc.dsl import Diagnostic, has_errors

SAME_SPEED = {"bf16": ("fp16",), "fp16": ("bf16",), "nvfp4": ("fp4",), "mxfp4": ("fp4",)}
"""Units that multiply a format as it is, under another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known of a configuration under a load: figures, or why there are none."""

    diagnostics: tuple[Diagnostic, ...]
    figures: Figures | None = None
    memory: Fit | None = None
    """Also where the configuration does not fit."""


class Estimator:
    """A configuration that is asked about many loads; what it takes once is worked out once."""

    def __init__(self, setup: Setup) -> None:
        """Keep the configuration."""
        self.setup = setup
        self._replicas: dict[tuple[float, float], Replica] = {}

    @cached_property
    def problems(self) -> tuple[Diagnostic, ...]:
        """Why no engine would start like this, or is not known to, whatever the load."""
        return problems(self.setup)

    @cached_property
    def basis(self) -> Basis:
        """How much of the configuration was ever measured."""
        return basis_of(self.setup, self.setup.calibration)

    @cached_property
    def _intervals(self) -> Mapping[Kind, Mapping[str, tuple[float, float]]]:
        """Factors to the ends of the 80 % intervals, by kind of load."""
        return {kind: intervals(kind, self.basis, self.setup.calibration) for kind in Kind}

    @cached_property
    def notes(self) -> Mapping[Kind, tuple[str, ...]]:
        """What figures leave out, or how they are found where that is unusual, by kind of load."""
        return {kind: _notes(self.setup, kind) for kind in Kind}

    def estimate(self, load: Load) -> Outcome:
        """Return the figures under ``load``, or why there are none."""
        if has_errors(self.problems):
            return Outcome(diagnostics=self.problems)
        replica = self._replica(load)
        found = replica.fit
        if not fits(found):
            return Outcome(
                diagnostics=(*self.problems, self._does_not_fit(load, found)), memory=found
            )
        warnings = (*self.problems, *self._warnings(load))
        figures = self._figures(replica, load)
        if not figures.stable:
            most = capacity_per_s(replica, demand_of_load(load)) * self.setup.replicas
            problem = report.load_not_carried(load, figures, most)
            return Outcome(diagnostics=(*warnings, problem), figures=figures, memory=found)
        return Outcome(diagnostics=warnings, figures=figures, memory=found)

    def _warnings(self, load: Load) -> tuple[Diagnostic, ...]:
        model = self.setup.model
        if load.prompt_tok + load.output_tok <= model.context:
            return ()
        return (report.request_too_long(load, model),)

    def capacity_per_s(self, load: Load) -> float:
        """Return the requests of the load's lengths that all replicas carry a second, at most."""
        replica = self._replica(load)
        return capacity_per_s(replica, demand_of_load(load)) * self.setup.replicas

    def breakdowns(self, load: Load, figures: Figures) -> tuple[Breakdown, ...]:
        """Return where the time of one decode step and of one step with prompts goes."""
        return breakdowns(self._replica(load).stage, self.setup, load, figures)

    def _replica(self, load: Load) -> Replica:
        """Return a replica for the lengths of ``load``."""
        key = (load.prompt_tok, load.output_tok)
        known = self._replicas.get(key)
        if known is None:
            setup = self.setup
            accelerator = setup.place.accelerator
            coefficients = coefficients_of(setup.engine, accelerator)
            known = self._replicas[key] = Replica(
                setup=setup,
                stage=Stage(setup.model, setup.place, setup.engine, setup.layout),
                fit=fit(setup, load),
                frontend_s=coefficients["frontend_s"],
                frontend_tok_s=coefficients["frontend_tok_s"],
            )
        return known

    def _figures(self, replica: Replica, load: Load) -> Figures:
        setup = self.setup
        running = run(replica, load)
        bottleneck = max(running.shares, key=running.shares.__getitem__)
        # A batch is shared out in whole requests; rates are shared out evenly.
        requests_per_s = running.rate_per_s * setup.replicas
        if load.kind is Kind.BATCH:
            requests_per_s = load.amount / running.makespan_s
        return Figures(
            setup=setup,
            load=load,
            memory=replica.fit,
            stable=running.stable,
            ttft_s=running.ttft_s,
            itl_s=running.itl_s,
            tpot_s=running.tpot_s,
            e2e_s=running.e2e_s,
            requests_per_s=requests_per_s,
            utilisation=running.shares[bottleneck],
            bottleneck=bottleneck,
            sequences=running.sequences,
            waiting=running.waiting,
            basis=self.basis,
            intervals=self._intervals[load.kind],
            notes=self.notes[load.kind],
        )

    def _does_not_fit(self, load: Load, found: Fit) -> Diagnostic:
        setup = self.setup
        degrees = tuple(
            degree
            for degree in (1, 2, 4, 8, 16, 32, 64)
            if degree > setup.layout.tensor_parallel
            and degree <= max(setup.place.per_node, setup.place.accelerator.link_domain)
            and can_shard(setup.model, degree, 1)
        )
        return report.does_not_fit(
            setup, load, found, smallest_tensor_parallel(setup, load, degrees)
        )


def _notes(setup: Setup, kind: Kind) -> tuple[str, ...]:
    """Return what the figures leave out, or how they were found where that is unusual."""
    hardware, precision = setup.place.accelerator, setup.layout.precision
    dtype = compute_dtype(hardware, precision)
    simulated = why_simulated(setup, kind)
    plain = {precision, *SAME_SPEED.get(precision, ())}
    found = {
        simulated: bool(simulated),
        f"{hardware.title} multiplies {precision} weights in {dtype}": dtype not in plain,
        f"speculative decoding ({setup.operating.speculation}) is left out": (
            setup.operating.speculation not in {"", "none"}
        ),
    }
    return tuple(text for text, holds in found.items() if holds)


def estimate(setup: Setup, load: Load) -> Outcome:
    """Return the figures of ``setup`` under ``load``, or why there are none."""
    return Estimator(setup).estimate(load)
