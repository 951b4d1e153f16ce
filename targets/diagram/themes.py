"""Colours of the picture.

The eight colours of replicas can be told apart with any common colour blindness; no meaning is
carried by colour alone.

Source: Okabe and Ito 2008, "Color Universal Design", jfly.uni-koeln.de/color.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

from inferc.targets.diagram.scene import Line, Tone

REPLICAS: Final = (
    "#56B4E9",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#F0E442",
    "#0072B2",
    "#D55E00",
)
"""Fills of accelerators, by the index of their replica; the eighth colour, black, is ink."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The colours of one look."""

    paper: str
    ink: str
    muted: str
    panel: str
    raised: str
    line: str
    traffic: str
    control: str
    handover: str
    good: str
    bad: str
    warn: str
    on_badge: str

    def tone(self, tone: Tone) -> str:
        """Return the fill of a badge."""
        return {Tone.GOOD: self.good, Tone.WARN: self.warn, Tone.BAD: self.bad}.get(
            tone, self.muted
        )

    def of(self, name: str) -> str:
        """Return a colour by its name."""
        return self.colors[name]

    @property
    def colors(self) -> Mapping[str, str]:
        """Every colour by its name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


class Look(NamedTuple):
    """How a line is drawn."""

    style: str
    color: str
    """Its name in a theme."""
    width: int


LINES: Final[Mapping[Line, Look]] = {
    Line.LIVE: Look("solid", "traffic", 2),
    Line.CANARY: Look("dashed", "traffic", 2),
    Line.SHADOW: Look("dotted", "traffic", 2),
    Line.HANDOVER: Look("solid", "handover", 3),
    Line.STAGES: Look("solid", "muted", 2),
    Line.METRICS: Look("dashed", "muted", 1),
    Line.SCALING: Look("dashed", "control", 1),
    Line.WEIGHTS: Look("dotted", "muted", 1),
    Line.RUNS_ON: Look("solid", "muted", 1),
}
"""No two lines have the same look, even without colours, but for width."""


LIGHT: Final = Theme(
    paper="#FFFFFF",
    ink="#1B1F24",
    muted="#59626D",
    panel="#F4F6F8",
    raised="#FEFEFE",
    line="#C9D1D9",
    traffic="#0B6FA8",
    control="#B34700",
    handover="#7A3E9D",
    good="#00735C",
    bad="#8E1030",
    warn="#8A5A00",
    on_badge="#FDFDFD",
)

DARK: Final = Theme(
    paper="#0D1117",
    ink="#E8EDF2",
    muted="#9BA5B0",
    panel="#161B22",
    raised="#21272F",
    line="#3A424C",
    traffic="#62BAEC",
    control="#E6A04D",
    handover="#C89AE0",
    good="#3FD0A8",
    bad="#FF6F7D",
    warn="#E6B34D",
    on_badge="#0D1117",
)

SRGB_KNEE: Final = 0.04045
"""Where the transfer curve of sRGB turns from a line into a power."""

THEMES: Final = {"light": LIGHT, "dark": DARK}


def replica_color(index: int) -> str:
    """Return the fill of the accelerators of a replica; colours repeat after the last."""
    return REPLICAS[index % len(REPLICAS)]


def ink_on(fill: str) -> str:
    """Return black or white, whichever stands out more against ``fill``.

    Source: WCAG 2.2, definition of contrast ratio.
    """
    luminance = _luminance(fill)
    against_white = (1 + 0.05) / (luminance + 0.05)
    against_black = (luminance + 0.05) / 0.05
    return "#FFFFFF" if against_white > against_black else "#000000"


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21.

    Source: WCAG 2.2, definition of contrast ratio.
    """
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    """Return the relative luminance of ``#RRGGBB``.

    Source: WCAG 2.2, definition of relative luminance.
    """
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = (c / 12.92 if c <= SRGB_KNEE else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
