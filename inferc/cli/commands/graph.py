"""``inferc graph``."""

from pathlib import Path
from typing import Annotated, Final, Literal

from inferc import api
from inferc.cli.answers import refuse
from inferc.cli.arguments import Option
from inferc.cli.exit_codes import OK
from inferc.cli.options import Color, Env, File, Params, Renderer, read_params
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import say_bytes
from inferc.files.create import replace_file

EPILOG: Final = """
Examples:
  inferc graph topology.infer                        Mermaid, for a README or a pull request
  inferc graph topology.infer -f svg -o topology.svg
  inferc graph topology.infer --view placement -f tree
  inferc graph topology.infer --view cost -f drawio -o cost.drawio
  inferc graph topology.infer -f json | jq .nodes    networkx's node-link form
  inferc graph topology.infer -f text                one line a node and an edge

Exit codes:
  0  printed
  1  the file is wrong
  2  a file that cannot be read or written, a bad flag
  3  infeasible: there is nothing to draw, standard output has the JSON object that says why
"""

Form = Literal["mermaid", "svg", "png", "dot", "d2", "drawio", "tree", "json", "text"]
View = Literal["topology", "request", "placement", "deployment", "cost"]


def graph(
    file: File,
    *,
    form: Annotated[Form, Option(("-f", "--format"), "Which form.")] = "mermaid",
    view: Annotated[
        View, Option(("--view",), "Which picture; json and text have all.")
    ] = "topology",
    output: Annotated[str, Option(("-o", "--output"), "Write there.", metavar="FILE")] = "",
    renderer: Renderer = "auto",
    env: Env = "",
    param: Params = None,
    color: Color = "auto",
) -> int:
    """Print the topology: what is deployed, where it runs, and who talks to whom.

    The file is planned first, so that the picture has the replicas, GPUs and rates of the plan.
    """
    planned = api.draw(file, env=env, params=read_params(param))
    show(planned.diagnostics, form="human", color=color)
    if not planned.ok:
        return exit_code(planned.diagnostics)
    if planned.refused:
        return refuse(planned, form="human")
    content, found = api.picture(planned.topologies, form, renderer=renderer, view=view)
    show(found, form="human", color=color)
    if exit_code(found) != OK:
        return exit_code(found)
    if not output:
        say_bytes(content)
        return OK
    problem = replace_file(Path(output), content)
    show([problem] if problem else [], form="human", color=color)
    return exit_code([problem] if problem else [])
