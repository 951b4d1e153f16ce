"""Colours: contrasts as the standard counts them, and what people with other eyes see.

A colour blindness is simulated on linear light. Source: Machado, Oliveira and Fernandes, A
Physiologically-based Model for Simulation of Color Vision Deficiency, IEEE TVCG 15(6), 2009, table
for severity 1.0. Distances are those of CIE 1976 (L*a*b*), D65.
"""

from itertools import combinations

import pytest

from inferc.targets.diagram.scene import Line
from inferc.targets.diagram.themes import (
    LINES,
    REPLICAS,
    THEMES,
    Theme,
    contrast,
    ink_on,
)

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
PROTANOPIA = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
TRITANOPIA = (
    (1.255528, -0.076749, -0.178779),
    (-0.078411, 0.930809, 0.147602),
    (0.004733, 0.691367, 0.303900),
)
EYES = {
    "usual": IDENTITY,
    "protanopia": PROTANOPIA,
    "deuteranopia": DEUTERANOPIA,
    "tritanopia": TRITANOPIA,
}
TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE = (0.95047, 1.0, 1.08883)

TOLD_APART = 10.0
"""Patches that lie apart, seen at a glance: several times a just noticeable difference of 2.3."""


def linear(color: str) -> tuple[float, ...]:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def times(matrix: tuple[tuple[float, ...], ...], vector: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def lab(color: str, eyes: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    seen = tuple(min(1.0, max(0.0, part)) for part in times(eyes, linear(color)))
    x, y, z = (
        part / white if part / white > 0 else 0.0
        for part, white in zip(times(TO_XYZ, seen), WHITE, strict=True)
    )
    fx, fy, fz = (
        t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z)
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(first: str, second: str, eyes: tuple[tuple[float, ...], ...]) -> float:
    pairs = zip(lab(first, eyes), lab(second, eyes), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


@pytest.mark.parametrize("eyes", EYES.values(), ids=EYES)
def test_replicas_can_be_told_apart(eyes: tuple[tuple[float, ...], ...]) -> None:
    nearest = min((distance(a, b, eyes), a, b) for a, b in combinations(REPLICAS, 2))
    assert nearest[0] >= TOLD_APART, nearest


@pytest.mark.parametrize("eyes", EYES.values(), ids=EYES)
@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_badges_can_be_told_apart(theme: Theme, eyes: tuple[tuple[float, ...], ...]) -> None:
    for first, second in combinations((theme.good, theme.warn, theme.bad), 2):
        assert distance(first, second, eyes) >= TOLD_APART, (first, second)


def test_the_simulation_knows_what_is_confused() -> None:
    red, green = "#B00000", "#506000"
    assert distance(red, green, IDENTITY) > 50
    assert distance(red, green, DEUTERANOPIA) < distance(red, green, IDENTITY) / 2
    assert distance("#FFFFFF", "#000000", PROTANOPIA) == pytest.approx(100, abs=0.5)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_can_be_read_on_every_ground(theme: Theme) -> None:
    for ground in (theme.paper, theme.panel, theme.raised):
        assert contrast(theme.ink, ground) >= 7
        for text in (theme.muted, theme.traffic, theme.control, theme.handover):
            assert contrast(text, ground) >= 4.5, (text, ground)
    for badge in (theme.good, theme.bad, theme.warn, theme.muted):
        assert contrast(theme.on_badge, badge) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_lines_and_tiles_stand_out(theme: Theme) -> None:
    for line in Line:
        assert contrast(theme.of(LINES[line].color), theme.paper) >= 3
    for fill in REPLICAS:
        assert contrast(fill, theme.raised) >= 1.2 or contrast(fill, theme.ink) >= 3


@pytest.mark.parametrize("fill", REPLICAS)
def test_tiles_can_be_read(fill: str) -> None:
    assert contrast(ink_on(fill), fill) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_lines_differ_without_their_colours() -> None:
    requests = [LINES[line] for line in (Line.LIVE, Line.CANARY, Line.SHADOW, Line.HANDOVER)]
    looks = [(look.style, look.width) for look in requests]
    assert len(set(looks)) == len(looks)
    assert len(set(LINES.values())) == len(LINES) == len(Line)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_no_colour_has_two_meanings(theme: Theme) -> None:
    """The style sheet of the automatic theme gives each colour of the light one its dark one."""
    own = [color.lower() for color in theme.colors.values()]
    others = [color.lower() for color in (*REPLICAS, "#000000", "#FFFFFF")]
    meant = own if theme is THEMES["light"] else []
    assert len(set(meant)) == len(meant)
    assert not set(meant) & set(others) - {theme.paper.lower()}
