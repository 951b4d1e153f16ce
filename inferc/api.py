"""What programs call: check, plan, simulate and compile a file. Here compiler and targets meet.

    from inferc import api

    planned = api.plan("topology.infer")
    for answer in planned.plans:
        print(answer.topology, answer.verdict.value)

Nothing here prints, exits or raises over a file that is wrong: what is wrong is in
``diagnostics``. Only :func:`compile` writes, and only if it is given a folder.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from typing import TYPE_CHECKING, Final, TypeAlias

from inferc.answers import (
    Certified,
    Check,
    Checked,
    Compiled,
    Designed,
    Experiment,
    Fronted,
    Order,
    Planned,
    Simulated,
)
from inferc.compiler.pipeline import Compilation, Settings, planner
from inferc.dsl import Diagnostic, SourceFile, Span, has_errors
from inferc.files.revision import Revision

if TYPE_CHECKING:
    from inferc.compiler.estimation import Load
    from inferc.compiler.load import Reader
    from inferc.compiler.plan.front import Front
    from inferc.compiler.topology import Topology
    from inferc.compiler.trial import Recording, Trial
    from inferc.estimation import Estimated, Wanted
    from inferc.outputs import Output
    from inferc.targets.base import Options

__all__ = [
    "DEFAULT_FOLDER",
    "DEFAULT_TARGETS",
    "Certified",
    "Check",
    "Checked",
    "Compiled",
    "Designed",
    "Experiment",
    "File",
    "Fronted",
    "Order",
    "Planned",
    "Revision",
    "Simulated",
    "certify",
    "chart",
    "check",
    "compile",
    "design",
    "draw",
    "emit",
    "estimate",
    "front_chart",
    "fronts",
    "picture",
    "plan",
    "simulate",
    "target_names",
    "verify",
]

DEFAULT_TARGETS: Final = ("kubernetes", "pulumi", "diagram", "design-doc")
"""Emitted where a file has no ``emit`` block and nobody asks for others."""

DEFAULT_FOLDER: Final = "build"

File: TypeAlias = str | PathLike[str] | SourceFile | Revision
"""A path, ``-`` for standard input, a text that is held already, or a file as git has it."""


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
        return Planned(diagnostics=(*planned.diagnostics, recording))
    if not planned.ok or problems is None:
        return planned
    from inferc.compiler.trial import Contest, Wanted, stand_all

    contests = [
        Contest(first=first, problems=of_design, planner=planner(design))
        for first, of_design, design in zip(planned.plans, problems, planned.designs, strict=True)
    ]
    wanted = Wanted(requests=how.requests, seeds=how.seeds, recording=recording)
    walked = stand_all(contests, wanted, progress or _ignored)
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
        catalog=_catalog(compilation),
    )


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
    from inferc.outputs import Sources, write_outputs

    sources = Sources(inputs=planned.inputs, catalog=planned.catalog)
    written = write_outputs(outputs, sources, fspath(out), force=order.force, dry=order.dry_run)
    return Compiled(
        planned=planned,
        diagnostics=(*diagnostics, *written.diagnostics),
        outputs=outputs,
        written=written,
    )


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
    topologies: "Sequence[Topology]",
    form: str,
    *,
    renderer: str = "",
    view: str = "topology",
    theme: str = "auto",
) -> tuple[bytes, tuple[Diagnostic, ...]]:
    """Return ``topologies`` as ``json``, ``text``, or as the target ``diagram`` draws a ``view``.

    That may be ``mermaid``, ``dot``, ``svg``, ``png``, ``d2``, ``drawio`` or ``tree``; they are
    empty where it has errors.
    """
    from inferc.compiler.topology import render_json, render_text

    renderers = {"json": render_json, "text": render_text}
    if form in renderers:
        return "\n".join(map(renderers[form], topologies)).encode(), ()
    from inferc.targets import registry

    options = {"formats": "text" if form == "tree" else form, "views": view, "theme": theme}
    options |= {"renderer": renderer} if renderer else {}
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
        catalog=_catalog(compilation),
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

    settings = Settings(env=env, params=params or {})
    if isinstance(file, Revision):
        from inferc.files.revisions import GitReader, read_revision

        source = read_revision(file)
        reader: Reader = GitReader(file.revision)
    else:
        source = file if isinstance(file, SourceFile) else read_source(fspath(file))
        reader = DiskReader()
    return source if isinstance(source, Diagnostic) else Compilation(source, reader, settings)


def _catalog(compilation: Compilation) -> Mapping[str, str]:
    loaded = compilation.loaded.value
    return {} if loaded is None else loaded.library.texts()


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
    from inferc.targets.base import spelled

    written = {spelled(emission.target): emission for emission in topology.emissions}
    for name in dict.fromkeys(map(spelled, order.targets or written or DEFAULT_TARGETS)):
        emission = written.get(name)
        options = dict(emission.options) if emission else {}
        yield name, {**options, **order.options.get(name, {})}, emission.span if emission else None
