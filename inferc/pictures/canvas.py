"""What all charts have in common: the style, and how a figure becomes a file.

The same values give the same bytes: no date, no chance in the identifiers of an SVG, no font of
the machine. Colours are those of Okabe and Ito (Color Universal Design, 2008), which all kinds of
eyes tell apart; what they tell apart differs in another way as well.
"""

# matplotlib leaves the keywords of its methods untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Callable
from io import BytesIO
from warnings import catch_warnings, simplefilter

from matplotlib import (
    rc_context,  # pyright: ignore[reportUnknownVariableType]
    rcdefaults,
    rcParams,
)
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

BLUE, ORANGE = "#0072B2", "#D55E00"
INK, GREY, PALE = "#222222", "#666666", "#E4E4E4"

DPI = 144
"""Of a PNG: sharp on screens with two pixels to a point."""


def picture(size_in: tuple[float, float], form: str, draw: Callable[[Figure], None]) -> bytes:
    """Return what ``draw`` puts on a figure of that size, as ``svg`` or ``png``."""
    with rc_context():
        _set_style()
        figure = Figure(figsize=size_in, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        content = BytesIO()
        nothing = {"Date": None} if form == "svg" else {"Software": None}
        with catch_warnings():
            simplefilter("ignore")  # letters that the font lacks are drawn as boxes
            figure.savefig(content, format=form, dpi=DPI, metadata=nothing)
    return content.getvalue()


def _set_style() -> None:
    """Set what all pictures have in common; matplotlib's own defaults come first."""
    rcdefaults()
    rcParams["axes.edgecolor"] = GREY
    rcParams["axes.grid"] = True
    rcParams["axes.labelcolor"] = INK
    rcParams["axes.spines.right"] = False
    rcParams["axes.spines.top"] = False
    rcParams["axes.titlelocation"] = "left"
    rcParams["axes.titlesize"] = 10
    rcParams["font.family"] = "DejaVu Sans"  # comes with matplotlib
    rcParams["font.size"] = 9
    rcParams["grid.color"] = PALE
    rcParams["grid.linewidth"] = 0.7
    rcParams["legend.frameon"] = False
    rcParams["svg.fonttype"] = "path"
    rcParams["svg.hashsalt"] = "inferc"
    rcParams["text.color"] = INK
    rcParams["text.parse_math"] = False  # a dollar in a name is a dollar
    rcParams["xtick.color"] = GREY
    rcParams["ytick.color"] = GREY
