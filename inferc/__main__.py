"""``python -m inferc``."""

import sys

from inferc.cli import main

if __name__ == "__main__":
    sys.exit(main())
