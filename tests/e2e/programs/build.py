"""Find or build what the tests against a real API server need.

Programs that are on PATH in a good version are taken; the others are built once with Go, into the
folder that INFERC_E2E_PROGRAMS names, else below the user's cache.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from support.cluster_programs import main

    sys.exit(main())
