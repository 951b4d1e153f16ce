"""The versions that decide what comes out: of the compiler, the language and the outputs."""

from typing import Final

from inferc import __version__

LANGUAGE_EDITION: Final = 1
"""The edition that ``infer 1`` names."""

FORMAT_VERSION: Final = "1.0"
"""Of every JSON output. Minor steps add keys that a reader may ignore; a major step breaks."""


def as_line() -> str:
    """Return what ``inferc version`` prints."""
    return f"inferc {__version__}"


def as_json() -> dict[str, str | int]:
    """Return what ``inferc version --json`` prints."""
    return {
        "format_version": FORMAT_VERSION,
        "inferc": __version__,
        "language_edition": LANGUAGE_EDITION,
    }
