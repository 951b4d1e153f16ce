"""``inferc version``."""

from typing import Annotated, Final

from inferc.cli.arguments import Option
from inferc.cli.exit_codes import OK
from inferc.cli.terminal import say, to_json
from inferc.versions import as_json, as_line

EPILOG: Final = """
Examples:
  inferc version
  inferc version --json | jq -r .language_edition
"""


def version(*, json: Annotated[bool, Option(("--json",), "As one JSON object.")] = False) -> int:
    """Print the version.

    The language edition is the number that a file names in its first line, `infer 1`.
    """
    say(to_json(as_json()) if json else as_line())
    return OK
