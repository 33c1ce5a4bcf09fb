"""How pictures are drawn: one style, and SVG that is the same bytes for the same numbers, without scripts or links."""

import contextlib
import html
import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.report.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_Item = TypeVar("_Item")
INK: Final = "#333333"
QUOTES, FITTED, BESIDE, REFUSED = "#0072b2", "#d55e00", "#000000", "#b3b3b3"
"""Told apart by all common kinds of colour vision (Okabe, Ito 2008)."""
KINDS: Final = ("#000000", "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#8c510a", "#7570b3", "#666666")
"""For lines of different kinds, again told apart by all; a tenth begins anew."""
MARKERS: Final = "osD^vPX*<>"
DASHED: Final[Any] = (0, (3, 2))
ACROSS: Final = 3
"""So many smiles stand side by side. [count]"""
PAGE_WIDTH: Final = 9.0
"""Of every picture. [inches]"""
_DARKEST, _LIGHTEST = 0.0, 0.75
_BAR = 1.3
_STYLE: Final[Any] = {
    "svg.hashsalt": "hedgerow",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "figure.labelsize": 8.0,
    "axes.titlesize": 8.5,
    "axes.edgecolor": "#8c8c8c",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "path.simplify": False,
    "mathtext.default": "regular",
}


@contextlib.contextmanager
def drawing(width: float, height: float) -> Iterator["Figure"]:
    """Open a figure in the style of the house.

    Parameters
    ----------
    width, height : float
        Its size. [inches]

    Yields
    ------
    Figure
        To be drawn on and given to ``svg`` before it closes. [inches]

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("pictures need matplotlib, which is not installed", "pip install matplotlib") from None
    with matplotlib.rc_context(_STYLE):
        yield Figure(figsize=(width, height), layout="constrained")


def svg(figure: "Figure", name: str, title: str) -> str:
    """Write a figure without dates, programs and names of groups, so that pictures can share a page.

    Parameters
    ----------
    figure : Figure
        What was drawn.
    name : str
        Keeps the names that pictures need inside apart from those of other pictures.
    title : str
        What is to be seen, for those who do not see it.

    Returns
    -------
    str
        One ``svg`` element. [SVG]
    """
    import matplotlib

    none = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    stream = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": f"hedgerow-{name}"}):
        figure.savefig(stream, format="svg", metadata=none)
    text = stream.getvalue()
    text = re.sub(r'<g id="[^"]*">', "<g>", text[text.index("<svg") :])
    text = re.sub(r"'DejaVu Sans'(, )?", "'DejaVu Sans', Verdana, ", text)
    text = re.sub(r' d="[^"]*"', _rounded, text)
    return text.replace(">", f' role="img">\n <title>{html.escape(title)}</title>', 1)


def _rounded(path: re.Match[str]) -> str:
    """Write the places of a path to a hundredth of a point, line breaks taken out."""
    short = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), path[0])
    return " ".join(short.split()).join((" ", ""))


def apart(places: list[float], gap: float) -> list[float]:
    """Move labels apart, all of them as little as may be: least squares in their order (pool adjacent violators).

    Parameters
    ----------
    places : list of float
        Where they should be. [any]
    gap : float
        Least distance of two of them. [as places]

    Returns
    -------
    list of float
        Where they are put, rising. [as places]

    Examples
    --------
    >>> apart([0.0, 2.0, 2.0, 5.0], 1.0)
    [0.0, 1.5, 2.5, 5.0]
    """
    pools: list[list[float]] = []
    for i, place in enumerate(sorted(places)):
        pools.append([place - i * gap])
        while len(pools) > 1 and sum(pools[-2]) / len(pools[-2]) > sum(pools[-1]) / len(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    level = [sum(pool) / len(pool) for pool in pools for _ in pool]
    return [place + i * gap for i, place in enumerate(level)]


def bars(
    axes: "Axes",
    k: Float64[np.ndarray, " n_quote"],
    low: Float64[np.ndarray, " n_quote"],
    high: Float64[np.ndarray, " n_quote"],
    used: np.ndarray,
    refused: np.ndarray,
) -> None:
    """Draw quotes as bars from bid to ask.

    Parameters
    ----------
    axes : Axes
        Where.
    k : ndarray of shape (n_quote,)
        ln(strike/forward). [pure]
    low, high : ndarray of shape (n_quote,)
        Vols of bid and ask. [%]
    used, refused : ndarray of shape (n_quote,)
        Which to draw, and how. [bool]
    """
    axes.vlines(k[refused], low[refused], high[refused], color=REFUSED, linewidth=_BAR)
    axes.vlines(k[used], low[used], high[used], color=QUOTES, linewidth=_BAR, zorder=3)


def room_for(axes: "Axes", vols: Float64[np.ndarray, " n_point"]) -> None:
    """Let an axis reach as far as these vols, and a little further.

    Parameters
    ----------
    axes : Axes
        Which.
    vols : ndarray of shape (n_point,)
        What is to be seen. [%]
    """
    room = 0.08 * float(np.ptp(vols))
    axes.set_ylim(max(0.0, float(vols.min()) - room), float(vols.max()) + room)


def smile_keys(*lines: tuple[str, str, Any]) -> tuple[list[Any], list[str]]:
    """Return the keys of a picture of smiles.

    Parameters
    ----------
    *lines : tuple of (str, str, any)
        Name, colour and style of each line beside the bars.

    Returns
    -------
    tuple of (list, list of str)
        Handles and labels for a legend. [matplotlib]
    """
    from matplotlib.lines import Line2D

    keys = [Line2D([], [], color=colour, linewidth=_BAR) for colour in (QUOTES, REFUSED)]
    for i, (_, colour, style) in enumerate(lines):
        keys.append(Line2D([], [], color=colour, linewidth=0.9 if i else 1.2, linestyle=style))
    return keys, ["bid to ask", "bid to ask, refused", *(name for name, _, _ in lines)]


def days_axis(axes: "Axes") -> None:
    """Make the lower axis one of days to expiry, logarithmic.

    Parameters
    ----------
    axes : Axes
        Which.
    """
    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator([0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xlabel("days to expiry")


def coloured(items: Sequence[_Item]) -> Iterator[tuple[Any, _Item]]:
    """Give each expiry its colour, dark to light in time.

    Parameters
    ----------
    items : sequence
        One for each expiry.

    Yields
    ------
    tuple of (colour, item)
        In order. [matplotlib]
    """
    import matplotlib

    shades = matplotlib.colormaps["viridis"](np.linspace(_DARKEST, _LIGHTEST, len(items)))
    yield from zip(map(tuple, shades), items, strict=True)


def told_apart(items: Sequence[_Item]) -> Iterator[tuple[str, _Item]]:
    """Give each item a colour of its own.

    Parameters
    ----------
    items : sequence
        Of different kinds.

    Yields
    ------
    tuple of (str, item)
        In order. [matplotlib]
    """
    yield from ((KINDS[i % len(KINDS)], item) for i, item in enumerate(items))


def label(name: str) -> str:
    """Return a name as a label: one that begins with an underscore would not be shown.

    Parameters
    ----------
    name : str
        As found.

    Returns
    -------
    str
        Printable. [text]
    """
    shown = printable(name)
    return f" {shown}" if shown.startswith("_") else shown


def legend(axes: "Axes", **placed: Any) -> None:
    """Name what has a label, if anything has; dollars in names are no formulas.

    Parameters
    ----------
    axes : Axes
        Where.
    **placed : any
        As matplotlib takes it.
    """
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        for text in axes.legend(handles, labels, frameon=False, **placed).get_texts():
            text.set_parse_math(False)


def days_text(days: float) -> str:
    """Write a time to expiry.

    Parameters
    ----------
    days : float
        The time. [days]

    Returns
    -------
    str
        With a decimal below ten days. [text]
    """
    return f"{days:.1f} d" if days < 10.0 else f"{days:.0f} d"
