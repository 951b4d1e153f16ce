"""The diagram target: which files, with which options."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, Span
from inferc.targets.base import Artifact, Emitted, Options, asked_at
from inferc.targets.diagnostics import bad_option, unknown_option

if TYPE_CHECKING:
    from inferc.targets.diagram.dot import Drawing
    from inferc.targets.diagram.scene import Scene
    from inferc.targets.diagram.themes import Theme

NAME = "diagram"

VIEWS: Final = ("topology", "request", "placement", "deployment", "cost")

ENDINGS: Final[Mapping[str, str]] = {
    "dot": "dot",
    "svg": "svg",
    "mermaid": "mmd",
    "png": "png",
    "d2": "d2",
    "drawio": "drawio",
    "text": "txt",
}
"""By format: how its files end."""

FORMATS: Final = tuple(ENDINGS)
USUAL: Final = ("dot", "svg", "mermaid")
"""What is written unless told otherwise."""

RENDERERS = ("auto", "system", "pure")
THEMES = ("auto", "light", "dark")
OPTIONS = ("formats", "renderer", "theme", "views")

PROGRAMS = {"auto": "dot or graphviz-pure", "system": "dot", "pure": "graphviz-pure"}

DRAWN = ("svg", "png", "drawio")
"""Formats that Graphviz draws, or lays out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of one emission."""

    formats: tuple[str, ...] = USUAL
    renderer: str = "auto"
    """``system`` is the ``dot`` on the search path, ``pure`` the one that pip brought."""
    theme: str = "auto"
    """``auto`` is light, and an SVG turns dark where whoever looks at it prefers that."""
    views: tuple[str, ...] = VIEWS


@dataclass(frozen=True, slots=True)
class DiagramTarget:
    """Draws a topology: a file for each view and format, ``placement.svg``."""

    name: str = NAME

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the pictures of ``topology``, or diagnostics that say why there are none."""
        span = asked_at(topology, NAME)
        settings, wrong = read_options(options, span)
        if wrong:
            return Emitted(artifacts=(), diagnostics=wrong)
        from inferc.targets.diagram.render import RenderError
        from inferc.targets.diagram.views import scene_of

        scenes = [scene_of(view, topology) for view in settings.views]
        program, wrong = _program(settings)
        if wrong:
            return Emitted(artifacts=(), diagnostics=wrong)
        try:
            found = list(_artifacts(scenes, settings, program))
        except RenderError as error:
            return Emitted(artifacts=(), diagnostics=(_failed(error, program),))
        return Emitted(artifacts=tuple(sorted(found, key=lambda item: item.path)))


def _program(settings: Settings) -> tuple[str, tuple[Diagnostic, ...]]:
    """Return what draws, where anything is to be drawn."""
    if not set(DRAWN) & set(settings.formats):
        return "", ()
    from inferc.targets.diagram import diagnostics, render

    program = render.find_program(settings.renderer)
    if program is None:
        wanted = settings.renderer
        return "", (diagnostics.no_renderer(wanted=wanted, program=PROGRAMS[wanted]),)
    if "png" in settings.formats and (missing := render.missing_for_png(program)):
        return "", (diagnostics.no_png(missing=missing),)
    return program, ()


def _failed(error: Exception, program: str) -> Diagnostic:
    from inferc.targets.diagram import diagnostics

    return diagnostics.renderer_failed(program=program, reason=str(error))


def _artifacts(scenes: Sequence["Scene"], settings: Settings, program: str) -> Iterator[Artifact]:
    """Yield the files of all scenes, in all formats. Raises RenderError."""
    from inferc.targets.diagram.dot import draw
    from inferc.targets.diagram.themes import DARK, LIGHT

    theme = DARK if settings.theme == "dark" else LIGHT
    for scene in scenes:
        for form in settings.formats:
            text = _as_text(scene, form, theme, program)
            if text:
                yield Artifact(path=f"{scene.view}.{ENDINGS[form]}", content=text.encode())
    if {"svg", "png"} & set(settings.formats):
        drawings = {scene.view: draw(scene, theme) for scene in scenes}
        yield from _pictures(drawings, settings, program)


def _as_text(scene: "Scene", form: str, theme: "Theme", program: str) -> str:
    """Return a scene in a format that is text; nothing for one that is drawn."""
    match form:
        case "dot":
            from inferc.targets.diagram.dot import draw

            return draw(scene, theme).source
        case "mermaid":
            from inferc.targets.diagram import mermaid

            return mermaid.render(scene, theme)
        case "d2":
            from inferc.targets.diagram import d2

            return d2.render(scene, theme)
        case "text":
            from inferc.targets.diagram import text

            return text.render(scene)
        case "drawio":
            from inferc.targets.diagram import drawio, layout, render

            def run(source: str) -> str:
                return render.run(source, program, "json").decode()

            return drawio.render(scene, layout.place(scene, run), theme)
        case _:
            return ""


def _pictures(
    drawings: Mapping[str, "Drawing"], settings: Settings, program: str
) -> Iterator[Artifact]:
    """Yield what Graphviz draws. Raises RenderError."""
    from inferc.targets.diagram import render, svg

    auto = settings.theme == "auto"
    drawn = render.to_svgs([drawing.source for drawing in drawings.values()], program)
    for (view, drawing), picture in zip(drawings.items(), drawn, strict=True):
        if "svg" in settings.formats:
            content = svg.finish(picture, drawing.names, drawing.label, auto=auto)
            yield Artifact(path=f"{view}.svg", content=content)
        if "png" in settings.formats:
            plain = svg.finish(picture, drawing.names, drawing.label)
            content = render.to_png(drawing.source, plain, program)
            yield Artifact(path=f"{view}.png", content=content)


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
    chosen = {
        "formats": (_several(options, "formats", USUAL), FORMATS),
        "renderer": ((str(options.get("renderer", "auto")),), RENDERERS),
        "theme": ((str(options.get("theme", "auto")),), THEMES),
        "views": (_several(options, "views", VIEWS), VIEWS),
    }
    for option, (values, allowed) in chosen.items():
        bad = [value for value in values if value not in allowed]
        if bad or not values:
            several = ", one or several" if option in ("formats", "views") else ""
            expected = f"{', '.join(allowed)}{several}"
            value = bad[0] if bad else ""
            wrong.append(
                bad_option(target=NAME, option=option, value=value, expected=expected, span=span)
            )
    settings = Settings(
        formats=chosen["formats"][0],
        renderer=chosen["renderer"][0][0],
        theme=chosen["theme"][0][0],
        views=chosen["views"][0],
    )
    return settings, tuple(wrong)


def _several(options: Options, option: str, usual: Sequence[str]) -> tuple[str, ...]:
    """Return the words of an option that may have several, each once."""
    asked = str(options.get(option, ", ".join(usual)))
    return tuple(dict.fromkeys(asked.replace(",", " ").split()))
