"""What the exit codes mean. They are part of the interface: a script may rely on them."""

from typing import Final

OK: Final = 0
WRONG_FILE: Final = 1
USAGE: Final = 2
INFEASIBLE: Final = 3
DENIED: Final = 4
DIFFERENCES: Final = 10
INTERRUPTED: Final = 130
"""128 + SIGINT, as shells report it."""
TERMINATED: Final = 143
"""128 + SIGTERM: a time limit, or a CI job that is cancelled."""
BROKEN_PIPE: Final = 141
"""128 + SIGPIPE: the reader of the output went away, as with ``| head``."""
