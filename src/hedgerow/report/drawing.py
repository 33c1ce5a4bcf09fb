"""How pictures are drawn: one style, and SVG that is the same bytes for the same numbers, without scripts or links."""

import contextlib
import html
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from hedgerow.core.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK: Final = "#333333"
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
