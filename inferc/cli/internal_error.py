"""A fault of inferc itself: reported as one, with what is needed to find it."""

import os
import traceback
from pathlib import PurePath
from typing import Final

from inferc import __version__
from inferc.cli.exit_codes import USAGE
from inferc.cli.terminal import complain

DEBUG: Final = "INFERC_DEBUG"


def report(error: Exception) -> int:
    """Print INF900 for ``error`` to standard error, and return the exit code.

    With ``INFERC_DEBUG`` set the error goes on, with its traceback.
    """
    if os.environ.get(DEBUG):
        raise error
    complain(f"error[INF900]: inferc has a fault: {type(error).__name__}: {error}")
    frames = traceback.extract_tb(error.__traceback__)
    if frames:
        last = frames[-1]
        place = "/".join(PurePath(last.filename).parts[-3:])
        complain(f"  = at {place}:{last.lineno}, in {last.name}; inferc {__version__}")
    complain(
        "  help: please report this with the file that caused it; your files are as they were.\n"
        "        INFERC_DEBUG=1 shows the whole traceback"
    )
    return USAGE
