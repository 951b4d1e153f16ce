"""``inferc check``."""

from typing import Annotated, Final

from inferc import api
from inferc.cli.arguments import Argument
from inferc.cli.options import Color, Env, Params, Report, read_params
from inferc.cli.show import count, exit_code, is_of_command, show
from inferc.cli.terminal import say
from inferc.dsl import Diagnostic
from inferc.files.reader import find_files

EPILOG: Final = """
Examples:
  inferc check topology.infer
  inferc check designs/                 every .infer file below a folder
  inferc check - < topology.infer
  inferc check topology.infer --format json 2> problems.json
  inferc check designs/ --format sarif > inferc.sarif    for code scanning
  inferc check designs/ --format github                  marks beside the lines of a pull request

Exit codes:
  0  no errors
  1  errors in a file
  2  a file that cannot be read, a bad flag

Next steps:
  inferc explain INF101                 what a code means
  inferc plan topology.infer            can it hold the SLA
"""


def check(
    paths: Annotated[
        list[str],
        Argument("PATH...", "Files, folders, or -."),
    ],
    *,
    env: Env = "",
    param: Params = None,
    format: Report = "human",
    color: Color = "auto",
) -> int:
    """Report what is wrong with files: syntax, names, types, units.

    Nothing is planned, nothing is written, and nothing reaches the network, so it is quick enough
    to run at every save. Several mistakes are reported in one run.
    """
    params = read_params(param)
    found: list[Diagnostic] = []
    files: list[str] = []
    for path in paths:
        names = find_files(path)
        if isinstance(names, Diagnostic):
            found.append(names)
            continue
        for name in names:
            said = api.check(name, env=env, params=params).diagnostics
            found += said
            if not any(item.span is None and is_of_command(item) for item in said):
                files.append(name)
    show(found, form=format, color=color, files=files, asked=paths)
    if format == "human":
        say(f"{len(files)} file{'' if len(files) == 1 else 's'} checked: {count(found)}")
    return exit_code(found)
