"""``inferc explain``."""

from typing import TYPE_CHECKING, Annotated, Final

from inferc.cli.arguments import Argument, Option, UsageError
from inferc.cli.exit_codes import OK, USAGE
from inferc.cli.options import Color, Env, Format, Overlay, Params, read_params
from inferc.cli.terminal import complain, say

if TYPE_CHECKING:
    from inferc.api import Planned

EPILOG: Final = """
Examples:
  inferc explain INF402
  inferc explain weights-do-not-fit
  inferc explain topology.infer                        every path that can be explained
  inferc explain topology.infer chat.tensor_parallel
  inferc explain topology.infer chat.load.rate --env prod    who wrote it, in which order
  inferc explain --certificate topology.infer          every bound with every number in it
  inferc explain --certificate topology.infer chat --format json
  inferc explain --list

Exit codes:
  0  explained
  1  the file is wrong
  2  there is no such code, file or path
"""


def explain(
    what: Annotated[str, Argument("CODE|FILE", "A code, or a file.")] = "",
    path: Annotated[
        str,
        Argument("[PATH]", "With a file: the value to explain."),
    ] = "",
    *,
    list_all: Annotated[bool, Option(("--list",), "List every code with what it means.")] = False,
    certificate: Annotated[
        bool,
        Option(("--certificate",), "With a file: prove which bounds hold, and which fail."),
    ] = False,
    env: Env = "",
    param: Params = None,
    format: Format = "human",
    color: Color = "auto",
) -> int:
    """Explain a diagnostic, or a value of a plan.

    With a code, print its page: what it means, an example, how to fix it, why it is checked.
    With a file and a path, print why the planner chose that value, what else it looked at and why
    that lost, who wrote it, or what is assumed there and for which values the SLA holds.

    With --certificate and a file, print what no software can beat: each bound of each service, or
    of the one that PATH names, as an inequality over numbers that all say where they come from.
    """
    if list_all:
        return _list()
    if not what:
        raise UsageError("say which code, or which file and path", "CODE|FILE")
    overlay = Overlay(env, read_params(param))
    if certificate:
        from inferc.cli.certificates import print_certificates

        return print_certificates(what, path, overlay, form=format, color=color)
    if path or what.endswith(".infer"):
        return _value(what, path, overlay)
    return _page(what)


def _list() -> int:
    from inferc.pages import heading, page_paths, summary

    for page in (path.read_text(encoding="utf-8") for path in page_paths().values()):
        code, slug = heading(page)
        say(f"{code} {slug}\n       {summary(page)}")
    return OK


def _page(word: str) -> int:
    from inferc.pages import find_page, page_paths

    page = find_page(word)
    if page is not None:
        say(page.rstrip("\n"))
        return OK
    from difflib import get_close_matches

    complain(f"error: there is no diagnostic `{word}`")
    close = get_close_matches(word.upper(), page_paths(), n=3, cutoff=0.8)
    listed = ", ".join(close)
    complain(f"  help: near it are {listed}" if close else "  help: inferc explain --list")
    return USAGE


def _value(file: str, path: str, overlay: Overlay) -> int:
    """Explain the value at ``path`` in every topology of ``file`` that has it."""
    from inferc import api
    from inferc.cli.show import exit_code, show
    from inferc.report.explain import explain_path, known_paths

    planned = api.plan(file, env=overlay.env, params=overlay.params)
    if not planned.ok:
        show(planned.diagnostics, form="human", color="auto")
        return exit_code(planned.diagnostics)
    pairs = list(zip(planned.plans, planned.designs, strict=True))
    if not path:
        for plan, design in pairs:
            for known in known_paths(plan, design):
                say(known)
        return OK
    found = [
        text for plan, design in pairs if (text := explain_path(plan, path, design)) is not None
    ]
    for text in found:
        say(text)
    return OK if found else _unknown_path(file, path, planned)


def _unknown_path(file: str, path: str, planned: "Planned") -> int:
    from inferc.report.explain import suggest

    complain(f"error: `{file}` has nothing to explain at `{path}`")
    close = [
        known
        for plan, design in zip(planned.plans, planned.designs, strict=True)
        for known in suggest(plan, path, design)
    ]
    near = ", ".join(f"`{known}`" for known in dict.fromkeys(close))
    complain(f"  help: did you mean {near}?" if near else f"  help: inferc explain {file}")
    return USAGE
