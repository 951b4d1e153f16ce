"""Writes the pages of the docs that are made from the code, and the picture of the README.

    python docs/make.py            write them, and what the commands in the pages print
    python docs/make.py --check    end with 1 if one is out of date

The picture is of the example as it is really compiled. Two renderers draw it alike, not byte for
byte, so that ``--check`` compares what is written in it.
"""

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

from inferc import api
from inferc.cli.app import overview
from inferc.cli.arguments import Argument, Option
from inferc.cli.table import COMMANDS, EXIT_CODES
from inferc.compiler.perf.coefficients import FITTED, STATED, Coefficient
from inferc.pages import heading, page_paths, summary
from inferc.targets import registry
from inferc.targets.diagram import target as diagram
from inferc.targets.helm.options import OPTIONS as HELM
from inferc.targets.kserve.options import OPTIONS as KSERVE
from inferc.targets.kubernetes.objects.settings import OPTIONS as KUBERNETES
from inferc.targets.llm_d.options import OPTIONS as LLM_D
from inferc.targets.on_prem.options import OF_CLUSTERS
from inferc.targets.on_prem.options import OWN as ON_PREM
from inferc.targets.pulumi.choices import OPTIONS as PULUMI
from inferc.targets.ray_serve.options import OPTIONS as RAY_SERVE
from inferc.targets.sagemaker.options import OPTIONS as SAGEMAKER
from inferc.targets.vllm_stack.options import OPTIONS as VLLM_STACK

ROOT = Path(__file__).resolve().parent.parent
sys.path += [str(ROOT / "tests"), str(ROOT / "docs")]

import features  # noqa: E402 - beside this file
from support.fences import agrees, documents, run_shown  # noqa: E402 - the docs are tests too

_OBJECTS = [(name, text) for name, (_, text) in KUBERNETES.items()]

OPTIONS = {
    "kubernetes": _OBJECTS,
    "helm": [*_OBJECTS, *((name, text) for name, (_, text) in HELM.items())],
    "vllm-stack": [*_OBJECTS, *((name, option.about) for name, option in VLLM_STACK.items())],
    "llm-d": [*_OBJECTS, *((name, option.about) for name, option in LLM_D.items())],
    "kserve": [*_OBJECTS, *((name, option.about) for name, option in KSERVE.items())],
    "ray-serve": [*_OBJECTS, *((name, option.about) for name, option in RAY_SERVE.items())],
    "pulumi": [(name, text) for name, (_, text) in PULUMI.items()],
    "sagemaker": [(name, text) for name, (_, text) in SAGEMAKER.items()],
    "on-prem": [*_OBJECTS, *((name, text) for name, (_, text) in ON_PREM.items())],
    "compose": [(n, text) for n, (_, text) in ON_PREM.items() if n not in OF_CLUSTERS],
    "diagram": [
        ("formats", f"which of {', '.join(diagram.FORMATS)}; `{', '.join(diagram.USUAL)}`"),
        ("renderer", f"{', '.join(diagram.RENDERERS)}: what draws the SVG; `auto`"),
        ("theme", f"{', '.join(diagram.THEMES)}; `auto`: as whoever looks at the SVG prefers it"),
        ("views", f"which of {', '.join(diagram.VIEWS)}; all"),
    ],
    "design-doc": [],
}
"""The options of each target with their meaning; Pulumi creates the Kubernetes objects."""

CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = ROOT / "examples" / "support-chat" / "topology.infer"
PICTURES = {
    "docs/images/support-chat.svg": ("support-chat", "topology"),
    "docs/images/mixed-models.svg": ("mixed-models", "topology"),
    "docs/images/support-chat-request.svg": ("support-chat", "request"),
    "docs/images/fleet-request.svg": ("fleet", "request"),
    "docs/images/mixed-models-placement.svg": ("mixed-models", "placement"),
    "docs/images/support-chat-deployment.svg": ("support-chat", "deployment"),
    "docs/images/office-hours-cost.svg": ("office-hours", "cost"),
}
"""By file: the example that is drawn, and the view of it."""
CHART = "docs/images/support-chat-latency.svg"
"""Drawn anew each time, and not compared: its curves follow every coefficient of the model."""
PERFORMANCE = "compiler/perf/README.md"
TABLE = re.compile(r"(?<=from coefficients\.py -->\n\n).*?(?=\n\n<!-- end -->)", re.DOTALL)
"""The table of coefficients in that page."""

GROUPS = {
    "0": "Syntax",
    "1": "Names, types and units",
    "2": "Lint",
    "3": "Policy",
    "4": "Feasibility",
    "5": "Planning",
    "6": "Targets",
    "7": "Files and imports",
    "9": "Faults of inferc",
}


def main() -> int:
    """Write or check the pages."""
    pages: Mapping[str, Callable[[], str]] = {
        "docs/cli.md": command_line,
        "docs/diagnostics.md": diagnostics,
        "docs/features.md": features.page,
        "docs/targets.md": targets,
        PERFORMANCE: performance_model,
        **{name: partial(picture, *of) for name, of in PICTURES.items()},
    }
    stale = []
    for name, make in pages.items():
        place, text = ROOT / name, make()
        before = place.read_text(encoding="utf-8") if place.exists() else ""
        same = words(before) == words(text) if name in PICTURES else before == text
        if same:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="\n")
    if "--check" not in sys.argv:
        (ROOT / CHART).write_bytes(chart())
    for path in documents():
        before = path.read_text(encoding="utf-8")
        text = with_real_output(before)
        if text != before:
            stale.append(path.relative_to(ROOT).as_posix())
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8", newline="\n")
    for name in stale:
        print(f"{'out of date' if '--check' in sys.argv else 'wrote'}: {name}")
    return 1 if stale and "--check" in sys.argv else 0


# ---- examples ----------------------------------------------------------------------------------


def with_real_output(page: str) -> str:
    """Return ``page`` with what its commands really print, where that is not what it shows."""
    with tempfile.TemporaryDirectory() as folder:
        return CONSOLE.sub(lambda match: f"```console\n{_rerun(match[1], Path(folder))}```", page)


def _rerun(block: str, folder: Path) -> str:
    """Return a ``console`` block with the output of its commands renewed."""
    parts: list[str] = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        real = run_shown(command.strip(), folder)
        kept = shown if agrees(shown, real) else f"{real.strip(chr(10))}\n"
        parts.append(f"$ {command}\n{kept}")
    return "".join(parts)


# ---- the command line ------------------------------------------------------------------------


def command_line() -> str:
    """Return the reference of the commands, from their own signatures."""
    parts = [
        "# The command line",
        "<!-- Made by docs/make.py from inferc/cli: change it there. -->",
        "```text\n" + overview() + "\n```",
        *(part for name in COMMANDS for part in command(name)),
        "## Exit codes",
        "| code | meaning |\n| --- | --- |\n"
        + "\n".join(f"| {code} | {cell(text)} |" for code, text in EXIT_CODES.items()),
    ]
    return "\n\n".join(parts) + "\n"


def command(name: str) -> Iterator[str]:
    """Yield the parts of the reference of one command."""
    module = import_module(f"inferc.cli.commands.{name}")
    function = getattr(module, name)
    _, _, body = (function.__doc__ or "").partition("\n")
    arguments = list(parameters(function))
    usage = " ".join(shown for is_option, shown, _ in arguments if not is_option)
    yield f"## inferc {name}"
    yield COMMANDS[name]
    yield "\n".join(line.strip() for line in body.strip().splitlines())
    yield f"```text\ninferc {name} [OPTIONS] {usage}".rstrip() + "\n```"
    yield "| argument | |\n| --- | --- |\n" + "\n".join(
        f"| `{cell(shown)}` | {cell(text)} |" for _, shown, text in arguments
    )
    yield "```text\n" + module.EPILOG.strip("\n") + "\n```"


def parameters(function: Callable[..., int]) -> Iterator[tuple[bool, str, str]]:
    """Yield for each parameter whether it is an option, how it is written, and its help."""
    hints = get_type_hints(function, include_extras=True)
    for hint in hints.values():
        if get_origin(hint) is not Annotated:
            continue
        kind, marker = get_args(hint)[:2]
        values = [str(value) for value in get_args(kind) if isinstance(value, str)]
        match marker:
            case Option(flags=flags, help=text, metavar=metavar):
                yield True, f"{', '.join(flags)} {metavar or '|'.join(values)}".strip(), text
            case Argument(metavar=metavar, help=text):
                yield False, metavar, text
            case _:
                continue


def cell(text: str) -> str:
    """Return ``text`` for a cell of a table."""
    return text.replace("|", "\\|")


# ---- diagnostics -----------------------------------------------------------------------------


def diagnostics() -> str:
    """Return the index of all diagnostics, from their pages."""
    parts = [
        "# Diagnostics",
        "<!-- Made by docs/make.py from the pages beside the code: change them there. -->",
        "`inferc explain CODE` prints a page, offline. A code never changes its meaning.",
    ]
    for digit, title in GROUPS.items():
        rows = [
            row(code, path.read_text(encoding="utf-8"), path)
            for code, path in page_paths().items()
            if code[3] == digit
        ]
        if rows:
            head = "| code | name | what it means |\n| --- | --- | --- |\n"
            parts += [f"## {title}", head + "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def row(code: str, page: str, path: Path) -> str:
    """Return the line of one diagnostic."""
    place = path.resolve().relative_to(ROOT).as_posix()
    return f"| [{code}](../{place}) | {heading(page)[1]} | {cell(summary(page))} |"


# ---- targets ---------------------------------------------------------------------------------


def targets() -> str:
    """Return the reference of the targets and their options."""
    parts = [
        "# Targets",
        "<!-- Made by docs/make.py from targets/: change it there. -->",
        """\
`inferc compile` writes each target into a folder of its own, `build/<topology>/<target>/`, with a
README of what the cluster must have. A block in the topology names a target and its options; `-t`
on the command line chooses among them, or adds one with its defaults. Names in a file have no
hyphens: `emit design_doc { }`.""",
        '```text\nemit kubernetes { namespace = "llm"; scaler = "hpa" }\n```',
    ]
    for name, text in registry.SUMMARIES.items():
        rows = "\n".join(f"| `{option}` | {cell(says)} |" for option, says in OPTIONS[name])
        parts += [f"## {name}", f"{text[0].upper()}{text[1:]}."]
        head = "| option | meaning; default |\n| --- | --- |\n"
        parts += [f"{head}{rows}" if rows else "It has no options."]
    return "\n\n".join(parts) + "\n"


# ---- the performance model --------------------------------------------------------------------


def performance_model() -> str:
    """Return the page of the performance model with its coefficients as the code has them."""
    head = "| name | unit | typical | range | what it is | source |\n" + "| --- " * 6 + "|\n"
    table = head + "\n".join(coefficient(item) for item in (*FITTED, *STATED))
    return TABLE.sub(lambda _: table, (ROOT / PERFORMANCE).read_text(encoding="utf-8"))


def coefficient(item: Coefficient) -> str:
    """Return the line of one coefficient."""
    within = f"{item.low:g} to {item.high:g}"
    cells = (f"`{item.name}`", item.unit, f"{item.typical:g}", within, item.doc, item.source)
    return f"| {' | '.join(cell(text) for text in cells)} |"


# ---- the picture -----------------------------------------------------------------------------


def picture(example: str, view: str) -> str:
    """Return the picture of a view of an example."""
    drawn = api.draw(ROOT / "examples" / example / "topology.infer")
    content, found = api.picture(drawn.topologies, "svg", view=view)
    if not content:
        sys.exit(f"the example cannot be drawn: {(*drawn.diagnostics, *found)}")
    return content.decode()


def chart() -> bytes:
    """Return the simulated latencies of the example."""
    simulated = api.simulate(EXAMPLE)
    if not simulated.ok:
        sys.exit(f"the example cannot be simulated: {simulated.diagnostics}")
    return api.chart(simulated.trials, "svg")


def words(svg: str) -> list[str]:
    """Return the texts in a picture, sorted: what does not depend on who drew it."""
    return sorted(re.findall(r"<text[^>]*>([^<]*)</text>", svg))


if __name__ == "__main__":
    sys.exit(main())
