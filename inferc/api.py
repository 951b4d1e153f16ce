"""What programs call: check, plan, simulate and compile a file. Here compiler and targets meet.

    from inferc import api

    planned = api.plan("topology.infer")
    for answer in planned.plans:
        print(answer.topology, answer.verdict.value)

Nothing here prints, exits or raises over a file that is wrong: what is wrong is in
``diagnostics``. Only :func:`compile` writes, and only if it is given a folder.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from inferc.compiler.pipeline import Compilation, Settings
from inferc.dsl import Diagnostic, SourceFile, Span, has_errors

if TYPE_CHECKING:
    from inferc.compiler.estimation import Load
    from inferc.compiler.model import Design
    from inferc.compiler.plan import Bound, Plan
    from inferc.compiler.plan.front import Front
    from inferc.compiler.simulation.routing import Routing
    from inferc.compiler.topology import Topology
    from inferc.compiler.trial import Recording, Trial, Verification
    from inferc.compiler.words import Words
    from inferc.estimation import Estimated, Wanted
    from inferc.files.output import Outcome
    from inferc.outputs import Output
    from inferc.targets.base import Options

DEFAULT_TARGETS: Final = ("kubernetes", "pulumi", "diagram", "design-doc")
"""Emitted where a file has no ``emit`` block and nobody asks for others."""

DEFAULT_FOLDER: Final = "build"

File: TypeAlias = str | PathLike[str] | SourceFile
"""A path, ``-`` for standard input, or a text that is held already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is wrong with a file."""

    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether there are no errors; warnings are fine."""
        return not has_errors(self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Planned:
    """The answer for each topology of a file, in its order; none where the file has errors."""

    diagnostics: tuple[Diagnostic, ...]
    """What is wrong with the file; of a refusal, every violated bound."""
    plans: "tuple[Plan, ...]" = ()
    designs: "tuple[Design, ...]" = ()
    """What each plan was made for, in the same order."""
    topologies: "tuple[Topology, ...]" = ()
    """Of the plans that are no refusals."""
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    """The texts that were read, by the paths that they were read from."""
    verifications: "tuple[Verification, ...]" = ()
    """How each service that was planned fared in simulation, where :func:`verify` was asked."""

    @property
    def ok(self) -> bool:
        """Whether the file has an answer, which may be a refusal."""
        return bool(self.plans)

    @property
    def refused(self) -> "tuple[Plan, ...]":
        """The plans whose verdict is *infeasible*."""
        from inferc.compiler.plan import Verdict

        return tuple(plan for plan in self.plans if plan.verdict is Verdict.INFEASIBLE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Compiled:
    """What a compile made. Without outputs the file has errors, or a plan is a refusal."""

    planned: Planned
    diagnostics: tuple[Diagnostic, ...]
    outputs: "tuple[Output, ...]" = ()
    written: "Outcome | None" = None
    """What happened to the files; None where nothing was to be written."""

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for was made."""
        return not has_errors(self.diagnostics) and not self.planned.refused


def check(file: File, *, env: str = "", params: Mapping[str, str] | None = None) -> Checked:
    """Return what is wrong with ``file``: syntax, names, types, units. Nothing is planned."""
    compilation = _compilation(file, env, params)
    if isinstance(compilation, Diagnostic):
        return Checked(diagnostics=(compilation,))
    return Checked(diagnostics=compilation.designs.diagnostics)


def plan(file: File, *, env: str = "", params: Mapping[str, str] | None = None) -> Planned:
    """Return verdict and decisions for each topology of ``file``."""
    compilation = _compilation(file, env, params)
    if isinstance(compilation, Diagnostic):
        return Planned(diagnostics=(compilation,))
    return _planned(compilation)


class Check(NamedTuple):
    """How to verify a plan; without any of it the traffic that the file states."""

    trace: str | PathLike[str] = ""
    """A file of recorded requests that the plan must stand as well."""
    requests: int = 0
    """How many in one run, at most; 0 for enough."""
    seeds: int = 0
    """How many runs of each scene; 0 for as many as are needed."""


def verify(
    file: File,
    how: Check | None = None,
    *,
    env: str = "",
    params: Mapping[str, str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Planned:
    """Return what :func:`plan` does, once the plans were played request by request.

    A plan that does not stand its peak gives way to the next best one that does.
    """
    how = how or Check()
    recording = _recording(Experiment(trace=how.trace))
    compilation = _compilation(file, env, params)
    if isinstance(compilation, Diagnostic):
        return Planned(diagnostics=(compilation,))
    planned = _planned(compilation)
    problems = compilation.problems.value
    if isinstance(recording, Diagnostic):
        return replace(planned, diagnostics=(*planned.diagnostics, recording))
    if not planned.ok or problems is None:
        return planned
    from inferc.compiler.trial import Wanted, stand_all

    wanted = Wanted(requests=how.requests, seeds=how.seeds, recording=recording)
    walked = stand_all(planned.plans, problems, wanted, progress or _ignored)
    return replace(
        planned,
        plans=tuple(one.plan for one in walked),
        diagnostics=(*planned.diagnostics, *(item for one in walked for item in one.diagnostics)),
        verifications=tuple(item for one in walked for item in one.verifications),
    )


def draw(file: File, *, env: str = "", params: Mapping[str, str] | None = None) -> Planned:
    """Return what :func:`plan` does, with the topologies of the plans that are no refusals."""
    compilation = _compilation(file, env, params)
    if isinstance(compilation, Diagnostic):
        return Planned(diagnostics=(compilation,))
    return Planned(
        diagnostics=compilation.topologies.diagnostics,
        plans=compilation.plans.value or (),
        designs=compilation.designs.value or (),
        topologies=compilation.topologies.value or (),
        inputs=_inputs(compilation),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How to compile."""

    targets: Sequence[str] = ()
    """Names of targets; empty: those of the file's ``emit`` blocks, else the default ones."""
    options: "Mapping[str, Options]" = field(default_factory=dict[str, "Options"])
    """Options by target, on top of those of its ``emit`` block."""
    force: bool = False
    """Replace edited files, and keep each beside the new one."""
    dry_run: bool = False
    """Compare with what stands in the folder, and write nothing."""


def compile(
    file: File,
    out: str | PathLike[str] | None = None,
    order: Order | None = None,
    *,
    env: str = "",
    params: Mapping[str, str] | None = None,
) -> Compiled:
    """Return the files for ``file``, and write them to ``out/<topology>/<target>/`` if given.

    Everything is written, or nothing: not where the file has errors, where one of its topologies
    is refused, where a target has errors, or where a file of an earlier compile was edited.
    """
    return emit(draw(file, env=env, params=params), out, order)


def emit(
    planned: Planned, out: str | PathLike[str] | None = None, order: Order | None = None
) -> Compiled:
    """Return what :func:`compile` does, from what :func:`draw` found."""
    order = order or Order()
    if not planned.ok or planned.refused:
        return Compiled(planned=planned, diagnostics=planned.diagnostics)
    outputs, found = _emit(planned.topologies, order)
    diagnostics = (*planned.diagnostics, *found)
    if has_errors(found):
        return Compiled(planned=planned, diagnostics=diagnostics)
    if out is None:
        return Compiled(planned=planned, diagnostics=diagnostics, outputs=outputs)
    from inferc.outputs import write_outputs

    written = write_outputs(
        outputs, planned.inputs, fspath(out), force=order.force, dry=order.dry_run
    )
    return Compiled(
        planned=planned,
        diagnostics=(*diagnostics, *written.diagnostics),
        outputs=outputs,
        written=written,
    )


class Certified(NamedTuple):
    """The bounds of the services of a file: of each topology by its name, of each service by its.

    Every bound is there on every place that a service may be on, whether it fails or holds.
    """

    diagnostics: tuple[Diagnostic, ...]
    certificates: "Mapping[str, Mapping[str, tuple[Bound, ...]]]"

    @property
    def ok(self) -> bool:
        """Whether the file has services to look at."""
        return bool(self.certificates)


def certify(file: File, *, env: str = "", params: Mapping[str, str] | None = None) -> Certified:
    """Return what no software can beat about each service of ``file``. Nothing is planned."""
    compilation = _compilation(file, env, params)
    if isinstance(compilation, Diagnostic):
        return Certified((compilation,), {})
    problems, designs = compilation.problems, compilation.designs.value
    if problems.value is None or designs is None:
        return Certified(problems.diagnostics, {})
    from inferc.compiler.plan.bounds import all_bounds

    found = {
        design.name: {item.service.name: all_bounds(item) for item in of_design}
        for design, of_design in zip(designs, problems.value, strict=True)
    }
    return Certified(problems.diagnostics, found)


class Experiment(NamedTuple):
    """What to simulate; without any of it the traffic that the file states.

    Named tuples take a quarter of a dataclass's time to define, and every command pays for it.
    """

    trace: str | PathLike[str] = ""
    """A file of recorded requests: their times and lengths instead of the design's."""
    requests: int = 0
    """How many in one run, for which a trace begins again; 0 for enough, or for all of a trace."""
    seeds: int = 0
    """How many runs, each with a chance of its own; 0 for the default."""
    service: str = ""
    """Only this one."""
    rate_per_s: float | None = None
    """Instead of the mean rate of the design, or of the trace."""
    speedup: float = 1.0
    """The trace is replayed so many times faster."""
    variation: float = 1.0
    """Standard deviation over mean of the gaps between requests: 1 is Poisson, 3 has clumps."""
    hours: tuple[float, ...] = ()
    """Relative rates of one hour after the other, instead of spikes: 24 of a day, 168 of a week."""
    replicas: int = 0
    """Instead of those of the plan at its peak."""
    routing: "Routing" = "round_robin"
    """How requests are dealt out to replicas."""
    what_if: Literal["", "lose-replica", "autoscale"] = ""
    """What happens to the replicas meanwhile."""


class Simulated(NamedTuple):
    """What simulated traffic comes to on the plans of a file."""

    planned: Planned
    diagnostics: tuple[Diagnostic, ...]
    trials: "tuple[Trial, ...]" = ()
    """One for each service that was simulated, in the order of the file."""

    @property
    def ok(self) -> bool:
        """Whether there is something simulated: no errors, no refusal."""
        return bool(self.trials)


def simulate(
    file: File,
    experiment: Experiment | None = None,
    *,
    env: str = "",
    params: Mapping[str, str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Simulated:
    """Plan ``file``, and return what its traffic, or a trace, comes to on the chosen replicas.

    ``progress`` is told the share of the requests that were sent, now and then.
    """
    experiment = experiment or Experiment()
    recording = _recording(experiment)
    planned = plan(file, env=env, params=params)
    found = planned.diagnostics
    if isinstance(recording, Diagnostic):
        found = (*found, recording)
    elif planned.ok and not planned.refused:
        trials, unknown = _trials(planned, experiment, recording, progress or _ignored)
        return Simulated(planned=planned, diagnostics=(*found, *unknown), trials=trials)
    return Simulated(planned=planned, diagnostics=found)


def chart(trials: "Sequence[Trial]", form: str) -> bytes:
    """Return the latencies and the queue of ``trials`` as a picture, ``svg`` or ``png``."""
    from inferc.pictures.chart import draw_trials

    return draw_trials(trials, form)


class Fronted(NamedTuple):
    """What nothing beats in cost, latency and accelerators together, for services of a file."""

    planned: Planned
    diagnostics: tuple[Diagnostic, ...]
    fronts: "tuple[Front, ...]" = ()

    @property
    def ok(self) -> bool:
        """Whether there is a front: no errors, no refusal."""
        return bool(self.fronts)


def fronts(
    file: File,
    *,
    service: str = "",
    env: str = "",
    params: Mapping[str, str] | None = None,
) -> Fronted:
    """Plan ``file``, and return the Pareto front of each service, or of the one so called."""
    compilation = _compilation(file, env, params)
    if isinstance(compilation, Diagnostic):
        return Fronted(Planned(diagnostics=(compilation,)), (compilation,))
    planned = _planned(compilation)
    if not planned.ok or planned.refused:
        return Fronted(planned, planned.diagnostics)
    from inferc.compiler.plan.front import front
    from inferc.compiler.trial import chosen

    plans, unknown = chosen(planned.plans, service)
    problems = {
        (plan.topology, problem.case.service): problem
        for plan, group in zip(planned.plans, compilation.problems.value or (), strict=True)
        for problem in group
    }
    found = tuple(front(problems[name, plan.service.name], plan) for name, plan in plans)
    return Fronted(planned, (*planned.diagnostics, *unknown), found)


def front_chart(fronts: "Sequence[Front]", form: str) -> bytes:
    """Return Pareto fronts as a picture, ``svg`` or ``png``."""
    from inferc.pictures.front import draw_fronts

    return draw_fronts(fronts, form)


def estimate(
    model: str, gpu: str, load: "Load", wanted: "Wanted | None" = None, *, engine: str = ""
) -> "Estimated":
    """Return what one configuration does under ``load``; see :mod:`inferc.estimation`."""
    from inferc.estimation import estimate as estimate_one

    return estimate_one(model, gpu, load, wanted, engine=engine)


class Designed(NamedTuple):
    """What three descriptions come to: the file that they mean, and its plan."""

    words: "Words"
    """The file, and what became of each phrase."""
    planned: Planned
    """Without plans where the descriptions name no model or no hardware."""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What there is to say about the words, then about the file; of a refusal its bounds."""
        return (*self.words.diagnostics, *self.planned.diagnostics)


def design(model: str, workload: str, hardware: str, *, path: str = "design.infer") -> Designed:
    """Read descriptions in plain words into a file, called ``path`` in messages, and plan it."""
    from inferc.compiler.words import build

    words = build(model, workload, hardware)
    if not words.text:
        return Designed(words, Planned(diagnostics=()))
    return Designed(words, draw(SourceFile(path, words.text)))


def target_names() -> tuple[str, ...]:
    """Return the names of the targets."""
    from inferc.targets import registry

    return registry.names()


def picture(
    topologies: "Sequence[Topology]", form: str, *, renderer: str = ""
) -> tuple[bytes, tuple[Diagnostic, ...]]:
    """Return ``topologies`` as ``json``, ``text``, ``mermaid``, ``dot`` or ``svg``.

    The last three are what the target ``diagram`` draws; they are empty where it has errors.
    """
    from inferc.compiler.topology import render_json, render_text

    renderers = {"json": render_json, "text": render_text}
    if form in renderers:
        return "\n".join(map(renderers[form], topologies)).encode(), ()
    from inferc.targets import registry

    options = {"formats": form, **({"renderer": renderer} if renderer else {})}
    emitted = [registry.load("diagram").emit(topology, options) for topology in topologies]
    found = tuple(item for each in emitted for item in each.diagnostics)
    drawn = [artifact.content for each in emitted for artifact in each.artifacts]
    return b"\n".join(drawn), found


# ---- inside --------------------------------------------------------------------------------------


def _ignored(_: float) -> None:
    """Take a report of progress that nobody asked for."""


def _planned(compilation: Compilation) -> Planned:
    return Planned(
        diagnostics=compilation.plans.diagnostics,
        plans=compilation.plans.value or (),
        designs=compilation.designs.value or (),
        inputs=_inputs(compilation),
    )


def _recording(experiment: Experiment) -> "Recording | Diagnostic | None":
    """Return the trace of an experiment, None where it has none, or why it cannot be read."""
    path = fspath(experiment.trace)
    if not path:
        return None
    from inferc.compiler.simulation.traces import survey
    from inferc.compiler.trial import Recording
    from inferc.files.lines import open_lines

    lines = open_lines(path)
    if isinstance(lines, Diagnostic):
        return lines
    trace = survey(path, lines())
    if isinstance(trace, Diagnostic):
        return trace
    return Recording(trace=trace, lines=lines, speedup=experiment.speedup)


def _trials(
    planned: Planned,
    experiment: Experiment,
    recording: "Recording | None",
    progress: Callable[[float], None],
) -> "tuple[tuple[Trial, ...], tuple[Diagnostic, ...]]":
    """Return the trial of each service that was asked for, or that there is none of that name."""
    from inferc.compiler.trial import Order as TrialOrder
    from inferc.compiler.trial import WhatIf, build, chosen

    plans, unknown = chosen(planned.plans, experiment.service)
    order = TrialOrder(
        requests=experiment.requests,
        seeds=experiment.seeds,
        rate_per_s=experiment.rate_per_s,
        variation=experiment.variation,
        recording=recording,
        hours=experiment.hours,
        replicas=experiment.replicas,
        routing=experiment.routing,
        what_if=WhatIf(experiment.what_if) if experiment.what_if else None,
    )
    trials: list[Trial] = []
    for place, (topology, item) in enumerate(plans):

        def share(done: float, place: int = place) -> None:
            progress((place + done) / len(plans))

        trials.append(build(item, order, share, topology=topology))
    return tuple(trials), unknown


def _compilation(
    file: File, env: str, params: Mapping[str, str] | None
) -> Compilation | Diagnostic:
    """Return the compilation of ``file``, or why it cannot be read."""
    from inferc.files.reader import DiskReader, read_source

    source = file if isinstance(file, SourceFile) else read_source(fspath(file))
    if isinstance(source, Diagnostic):
        return source
    return Compilation(source, DiskReader(), Settings(env=env, params=params or {}))


def _inputs(compilation: Compilation) -> Mapping[str, str]:
    loaded = compilation.loaded.value
    if loaded is None:
        return {}
    return {key: item.module.source.text for key, item in loaded.modules.items()}


def _emit(
    topologies: "Iterable[Topology]", order: Order
) -> "tuple[tuple[Output, ...], tuple[Diagnostic, ...]]":
    """Return the files of each topology for each of its targets, and what the targets say."""
    from inferc.outputs import Output
    from inferc.targets import registry

    outputs: list[Output] = []
    found: list[Diagnostic] = []
    for topology in topologies:
        for name, options, span in _targets(topology, order):
            target = registry.find(name, span)
            if isinstance(target, Diagnostic):
                found.append(target)
                continue
            emitted = target.emit(topology, options)
            found += emitted.diagnostics
            outputs.append(
                Output(
                    topology=topology.name,
                    target=name,
                    plan=topology.digest,
                    artifacts=emitted.artifacts,
                )
            )
    return tuple(outputs), tuple(found)


def _targets(topology: "Topology", order: Order) -> "Iterator[tuple[str, Options, Span | None]]":
    """Yield the targets of a topology, each with its options and where the file names it."""
    from inferc.targets.registry import spelled

    written = {spelled(emission.target): emission for emission in topology.emissions}
    for name in dict.fromkeys(map(spelled, order.targets or written or DEFAULT_TARGETS)):
        emission = written.get(name)
        options = dict(emission.options) if emission else {}
        yield name, {**options, **order.options.get(name, {})}, emission.span if emission else None
