"""``inferc init``."""

from pathlib import Path
from typing import Annotated, Final

from inferc.cli.arguments import Argument
from inferc.cli.exit_codes import OK, USAGE
from inferc.cli.terminal import complain, say

EPILOG: Final = """
Examples:
  inferc init                  write ./topology.infer
  inferc init chat             write chat/topology.infer

Next steps:
  inferc plan topology.infer
  inferc compile topology.infer

Exit codes:
  0  written
  2  there is a topology.infer already, or the folder cannot be written
"""

FILE: Final = "topology.infer"
STARTER: Final = "starter.infer"


def init(
    folder: Annotated[
        str,
        Argument("[DIR]", "Default: this folder."),
    ] = ".",
) -> int:
    """Write a starter file that compiles at once.

    The file describes one model on one GPU node, with a comment at everything you will want to
    change. A file that exists is never overwritten.
    """
    from importlib.resources import files

    from inferc.files.create import create_file

    place = Path(folder) / FILE
    text = files("inferc.cli").joinpath(STARTER).read_text(encoding="utf-8")
    problem = create_file(place, text.encode())
    if problem:
        complain(problem)
        return USAGE
    say(f"wrote {place}")
    say(f"next: inferc plan {place}")
    return OK
