"""Command lines of engines, and what they say."""

from dataclasses import fields

from inferc.compiler.calibration import EngineSettings, read_command_line

NOTHING = EngineSettings()


def said(text: str, engine: str = "", *, offline: bool = False) -> dict[str, object]:
    """Return the fields that a command line sets, without whose they are."""
    found = read_command_line(text, engine=engine, offline=offline)
    return {
        item.name: getattr(found, item.name)
        for item in fields(found)
        if item.name != "program" and getattr(found, item.name) != getattr(NOTHING, item.name)
    }


CHAIN = {"speculation_depth": 4, "speculation_tokens": 4}
"""Four tokens proposed one after another."""
