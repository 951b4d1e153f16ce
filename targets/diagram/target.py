"""The diagram target: which files, with which options."""

from dataclasses import dataclass

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, Span
from inferc.targets.base import Artifact, Emitted, Options
from inferc.targets.diagnostics import bad_option, unknown_option

NAME = "diagram"

FORMATS = ("dot", "svg", "mermaid")
RENDERERS = ("auto", "system", "pure")
THEMES = ("light", "dark")
OPTIONS = ("formats", "renderer", "theme")

PROGRAMS = {"auto": "dot or graphviz-pure", "system": "dot", "pure": "graphviz-pure"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of one emission."""

    formats: tuple[str, ...] = FORMATS
    renderer: str = "auto"
    """``system`` is the ``dot`` on the search path, ``pure`` the one that pip brought."""
    theme: str = "light"


@dataclass(frozen=True, slots=True)
class DiagramTarget:
    """Draws a topology: ``topology.svg``, with its text as DOT and as Mermaid beside it."""

    name: str = NAME

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the pictures of ``topology``, or diagnostics that say why there are none."""
        span = next((one.span for one in topology.emissions if one.target == NAME), None)
        settings, wrong = read_options(options, span)
        if wrong:
            return Emitted(artifacts=(), diagnostics=wrong)
        artifacts: list[Artifact] = []
        if "mermaid" in settings.formats:
            from inferc.targets.diagram import mermaid

            content = mermaid.render(topology).encode()
            artifacts.append(Artifact(path="topology.mmd", content=content))
        if "dot" in settings.formats or "svg" in settings.formats:
            drawn, wrong = _draw(topology, settings)
            artifacts += drawn
        if wrong:
            return Emitted(artifacts=(), diagnostics=wrong)
        return Emitted(artifacts=tuple(sorted(artifacts, key=lambda item: item.path)))


def _draw(
    topology: Topology, settings: Settings
) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
    """Return the files that come of the DOT program."""
    from inferc.targets.diagram.dot import draw
    from inferc.targets.diagram.themes import THEMES as LOOKS

    drawing = draw(topology, LOOKS[settings.theme])
    artifacts: list[Artifact] = []
    if "dot" in settings.formats:
        artifacts.append(Artifact(path="topology.dot", content=drawing.source.encode()))
    if "svg" not in settings.formats:
        return tuple(artifacts), ()
    from inferc.targets.diagram import diagnostics, render, svg

    program = render.find_program(settings.renderer)
    if program is None:
        wanted = settings.renderer
        return (), (diagnostics.no_renderer(wanted=wanted, program=PROGRAMS[wanted]),)
    try:
        picture = render.to_svg(drawing.source, program)
    except render.RenderError as error:
        return (), (diagnostics.renderer_failed(program=program, reason=str(error)),)
    content = svg.finish(picture, drawing.names, drawing.label)
    artifacts.append(Artifact(path="topology.svg", content=content))
    return tuple(artifacts), ()


def read_options(
    options: Options, span: Span | None = None
) -> tuple[Settings, tuple[Diagnostic, ...]]:
    """Return the settings that ``options`` ask for, and what is wrong with them.

    ``span`` is where they stand in the file, if they do.
    """
    wrong = [
        unknown_option(target=NAME, option=option, known=OPTIONS, span=span)
        for option in sorted(options.keys() - set(OPTIONS))
    ]
    asked = str(options.get("formats", ", ".join(FORMATS)))
    formats = tuple(dict.fromkeys(asked.replace(",", " ").split()))
    chosen = {
        "formats": (formats, FORMATS),
        "renderer": ((str(options.get("renderer", "auto")),), RENDERERS),
        "theme": ((str(options.get("theme", "light")),), THEMES),
    }
    for option, (values, allowed) in chosen.items():
        bad = [value for value in values if value not in allowed]
        if bad or not values:
            expected = f"{', '.join(allowed)}" + (", one or several" if option == "formats" else "")
            value = bad[0] if bad else ""
            wrong.append(
                bad_option(target=NAME, option=option, value=value, expected=expected, span=span)
            )
    settings = Settings(
        formats=formats, renderer=chosen["renderer"][0][0], theme=chosen["theme"][0][0]
    )
    return settings, tuple(wrong)
