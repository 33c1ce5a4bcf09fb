"""Tables of bands that programs leave, and what they say at one date."""

import math
from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float32, Float64, frozen
from hedgerow.policy.programmes import cara_kernels, wealth_kernels


@dataclass(frozen=True, slots=True, kw_only=True)
class BandTable:
    """No-trade bands on a lattice of prices, date by date.

    Parameters
    ----------
    first, spacing : float
        ln of the lowest price, and distance of the next. [pure]
    bands : ndarray of shape (n_date, n_node, 4)
        lower, upper, buy_to, sell_to. [asset]
    value : float
        Certainty equivalent of all losses from the holding at the start on: payoffs, less gains, and costs. [money]
    error : float
        Estimate of what ``value`` is off by, from two resolutions. [money]
    """

    first: float
    spacing: float
    bands: Float32[np.ndarray, "n_date n_node 4"]
    value: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTable:
    """No-trade bands by date, price and line of losses.

    Parameters
    ----------
    first, spacing : float
        ln of the lowest price, and distance of the next. [pure]
    lowest, width : float
        The lowest line, and distance of the next. [money]
    jump : float
        Neighbours farther apart are not interpolated. [asset]
    bands : ndarray of shape (n_date, n_node, n_line, 6)
        lower, upper, buy_to, sell_to, and what buying and selling are expected to come to, for where both are better
        than waiting; those of purchases on lines L - k·S·h, those of sales on L + k·S·h. [asset, penalty]
    start : float
        p above, or q: the lines count losses beyond it. [money]
    value : float
        The objective that the program expects. [money]
    error : float
        What it is off by: how far simulated paths of its own bands miss it, and their standard error. [money]
    """

    first: float
    spacing: float
    lowest: float
    width: float
    jump: float
    bands: Float32[np.ndarray, "n_date n_node n_line 6"]
    start: float
    value: float
    error: float


def as_lines(table: BandTable, *, value: float, error: float) -> LineTable:
    """Return bands that do not depend on losses as a table of lines.

    Parameters
    ----------
    table : BandTable
        The bands.
    value, error : float
        Of the objective that they are to serve. [money]

    Returns
    -------
    LineTable
        Two lines that say the same. [asset]

    References
    ----------
    A definition, no formula.
    """
    bands = np.zeros((*table.bands.shape[:2], 2, 6), dtype=np.float32)
    bands[..., :4] = table.bands[:, :, None]
    return LineTable(
        first=table.first,
        spacing=table.spacing,
        lowest=-1.0,
        width=2.0,
        jump=math.inf,
        bands=frozen(bands),
        start=0.0,
        value=value,
        error=error,
    )


def date_of(now_ns: int, start_ns: int, end_ns: int, steps: int) -> int:
    """Return the date whose band holds at an instant: the last one that has come.

    Parameters
    ----------
    now_ns : int
        The instant. [UTC epoch ns]
    start_ns, end_ns : int
        The first date and the last. [UTC epoch ns]
    steps : int
        Steps between them. [count]

    Returns
    -------
    int
        From 0 to ``steps`` - 1. [index]

    References
    ----------
    A definition, no formula.
    """
    # A date that rounding puts a microsecond late has come.
    passed = ((now_ns - start_ns + 1000) * steps) // max(end_ns - start_ns, 1)
    return int(min(max(passed, 0), steps - 1))


def band_at(table: BandTable, date: int, spot: Float64[np.ndarray, " n_path"]) -> Float64[np.ndarray, "4 n_path"]:
    """Look bands up.

    Parameters
    ----------
    table : BandTable
        Solved bands.
    date : int
        The date. [index]
    spot : ndarray of shape (n_path,)
        Prices. [money per asset]

    Returns
    -------
    ndarray of shape (4, n_path)
        lower, upper, buy_to, sell_to, linear in ln S; beyond the lattice those of its end. [asset]

    References
    ----------
    As ``solve_cara``.
    """
    found = np.empty((4, spot.size))
    cara_kernels.look_up(table.bands[date], table.first, table.spacing, np.log(spot), found)
    return found


def line_band_at(
    table: LineTable, date: int, spot: np.ndarray, held: np.ndarray, losses: np.ndarray, proportional_cost: float
) -> np.ndarray:
    """Look bands up that depend on what has been lost.

    Parameters
    ----------
    table : LineTable
        Solved bands.
    date : int
        The date. [index]
    spot, held, losses : ndarray of shape (n_path,)
        Prices, holdings, and losses so far. [money per asset], [asset], [money]
    proportional_cost : float
        Of a trade at this date, as the program charges it. [fraction]

    Returns
    -------
    ndarray of shape (4, n_path)
        lower, upper, buy_to, sell_to; NaN where losses are. [asset]

    References
    ----------
    As ``solve_mean_risk``.
    """
    found = np.empty((6, spot.size))
    cost, over = proportional_cost * spot * held, losses - table.start
    axes = (table.first, table.spacing, table.lowest, table.width, table.jump)
    wealth_kernels.look_up_lines(table.bands[date], *axes, np.log(spot), over - cost, over + cost, found)
    # Where both ways are better than none (who has lost less than p may gain by losing some), the better one is open.
    both = (held < found[0]) & (held > found[1])
    buys = found[4] <= found[5]
    found[1, both & buys] = math.inf
    found[0, both & ~buys] = -math.inf
    found[:, np.isnan(losses)] = math.nan
    return found[:4]
