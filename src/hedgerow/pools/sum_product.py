"""Curves that know the reserves by their sum and their product only: StableSwap and CryptoSwap.

Scaled reserves z are one each where the pool is balanced. The invariant is a·sum z - T(sum ln z) = constant, so prices
go like a + m/z_i with m = -T'. With the price multiplier as one unknown and the product as the other, all reserves
follow: z_i = m/g_i with g_i = a·(p_i/p_low - 1) + (p_i/p_low)·e^v, whatever the number of tokens. At the balanced point
v is zero and nothing cancels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from jaxtyping import Float64, Int64

from hedgerow.core.errors import InputError, SolveError, SolveFault
from hedgerow.pools.curve import CurvePoint

WIDEST: Final = 1e18
"""Prices, in units of those of the balanced pool, may differ by this factor. [pure]"""

_BEATS: Final = 400
_CLOSE: Final = 1e-12
_NEARLY: Final = 1e-6

Matrix: TypeAlias = Float64[np.ndarray, "n_point n_token"]
Cube: TypeAlias = Float64[np.ndarray, "n_point n_token n_token"]
Column: TypeAlias = Float64[np.ndarray, " n_point"]
Falling: TypeAlias = Callable[[Column, Int64[np.ndarray, " n_point"]], tuple[Column, Column]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceGaps:
    """Prices as their gaps to the lowest: exact where they are close to each other.

    Parameters
    ----------
    low : ndarray of shape (n_point,)
        Lowest price. [numeraire per unit]
    excess : ndarray of shape (n_point, n_token)
        Price over the lowest, less one. [pure]
    """

    low: Column
    excess: Matrix

    def denominators(self, weight: float, v: Column, rows: Int64[np.ndarray, " n_point"]) -> tuple[Matrix, Matrix]:
        """Return the g_i of the module's head and the part of each that grows with e^v.

        Parameters
        ----------
        weight : float
            The factor a of the sum. [pure]
        v : ndarray of shape (n_row,)
            Logarithm of the smallest g. [pure]
        rows : ndarray of shape (n_row,)
            Which of the points are meant. [index]

        Returns
        -------
        tuple of ndarray of shape (n_row, n_token)
            The g_i, and the share of each that is proportional to e^v. [pure], [fraction]

        References
        ----------
        From the first-order condition p_i = multiplier·(a + m/z_i).
        """
        excess = self.excess[rows]
        moving = (1.0 + excess) * np.exp(v)[:, None]
        whole = weight * excess + moving
        return whole, moving / whole

    def unevenness(self, weight: float, v: Column, rows: Int64[np.ndarray, " n_point"]) -> Column:
        """How far the g_i are from being equal: the logarithm of their geometric over their harmonic mean.

        Near balance this is small and of second order; it keeps its digits, because ratios of the g_i are made from
        the gaps of the prices.

        Parameters
        ----------
        weight : float
            The factor a of the sum. [pure]
        v : ndarray of shape (n_row,)
            Logarithm of the smallest g. [pure]
        rows : ndarray of shape (n_row,)
            Which of the points are meant. [index]

        Returns
        -------
        ndarray of shape (n_row,)
            Not negative. [pure]

        References
        ----------
        Hardy, Littlewood and Polya (1934), Inequalities, section 2.5.
        """
        g, _ = self.denominators(weight, v, rows)
        excess = self.excess[rows]
        gaps = (excess[:, :, None] - excess[:, None, :]) * (weight + np.exp(v))[:, None, None]
        ratios = np.sign(gaps) * np.log1p(np.abs(gaps) / np.minimum(g[:, :, None], g[:, None, :]))
        uneven: Column = np.log1p(np.mean(_beyond_linear(-np.mean(ratios, axis=2)), axis=1))
        return uneven


def _beyond_linear(x: Matrix) -> Matrix:
    """e^x - 1 - x."""
    series = np.ones_like(x)
    for power in range(12, 2, -1):
        series = 1.0 + series * x / power
    beyond: Matrix = np.where(np.abs(x) < 0.2, 0.5 * x * x * series, np.expm1(x) - x)
    return beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedPoint:
    """Scaled reserves on the curve, and how the product enters the invariant there.

    Parameters
    ----------
    weight : float
        The factor a of the sum. [pure]
    v : ndarray of shape (n_point,)
        Logarithm of the smallest g. [pure]
    slope : ndarray of shape (n_point,)
        m = -T', first derivative of the invariant in the log of the product. [pure]
    bend : ndarray of shape (n_point,)
        T''/m. [pure]
    third : ndarray of shape (n_point,)
        T'''. [pure]
    """

    weight: float
    v: Column
    slope: Column
    bend: Column
    third: Column


def price_gaps(prices: Matrix) -> PriceGaps:
    """Check prices and state them as gaps to the lowest.

    Parameters
    ----------
    prices : ndarray of shape (n_point, n_token)
        Positive prices of the scaled tokens. [numeraire per unit]

    Returns
    -------
    PriceGaps
        Lowest prices and gaps. [numeraire per unit], [pure]

    Raises
    ------
    InputError
        If prices differ by more than a factor 10^18, or are so small or so large that their ratio is not a number.

    References
    ----------
    Sterbenz (1974): the difference of two floats within a factor of two is exact.
    """
    low = prices.min(axis=1)
    excess = (prices - low[:, None]) / low[:, None]
    if not np.all(excess <= WIDEST):
        raise InputError(
            f"prices that differ by a factor of {np.nanmax(excess):.3g} once rates and price scales are taken out",
            f"they may differ by {WIDEST:.0e}; look for a price in the wrong unit",
        )
    return PriceGaps(low=low, excess=excess)


def falling_root(value: Falling, start: Column, lower: float, upper: float) -> Column:
    """Find the zeros of falling functions, one for each point, by Newton steps inside a shrinking bracket.

    Parameters
    ----------
    value : callable
        From positions and row numbers to values and slopes. [pure]
    start : ndarray of shape (n_point,)
        First positions. [pure]
    lower, upper : float
        A bracket for all of them. [pure]

    Returns
    -------
    ndarray of shape (n_point,)
        The zeros; an end of the bracket where the function has one sign. [pure]

    Raises
    ------
    SolveError
        If a point has not converged.

    References
    ----------
    Press et al. (2007), Numerical Recipes, section 9.4 (rtsafe).
    """
    found = start.copy()
    low, high = np.full_like(start, lower), np.full_like(start, upper)
    rows = np.arange(start.size)
    for beat in range(_BEATS):
        if rows.size == 0:
            return found
        here = found[rows]
        height, slope = value(here, rows)
        low[rows] = np.where(height > 0.0, here, low[rows])
        high[rows] = np.where(height > 0.0, high[rows], here)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            newton = here - height / slope
        held = np.clip(newton, low[rows], high[rows])
        close = np.abs(newton - here) < _CLOSE
        # a step that leaves the bracket by a rounding is a good step; every eighth halves, lest noise keep it open
        good = close | ((np.abs(newton - held) < _NEARLY) & (beat % 8 != 7))
        found[rows] = np.where(good, held, 0.5 * (low[rows] + high[rows]))
        rows = rows[~(close | (high[rows] - low[rows] < _CLOSE))]
    raise SolveError(
        SolveFault.NOT_CONVERGED,
        f"{rows.size} of {start.size} sets of prices: no reserves found on the curve",
        "this is rare: please report the pool and the prices",
    )


def curve_point(solved: SolvedPoint, gaps: PriceGaps, units: Float64[np.ndarray, " n_token"]) -> CurvePoint:
    """Turn a solved point into value, amounts and derivatives.

    Parameters
    ----------
    solved : SolvedPoint
        The point on the curve.
    gaps : PriceGaps
        The prices of one unit of each z for which it was solved.
    units : ndarray of shape (n_token,)
        Whole tokens of one unit of z. [tokens]

    Returns
    -------
    CurvePoint
        Value, amounts, gamma and speed in whole tokens. [as its fields]

    Notes
    -----
    The prices are p_i = nu·G_i with G the invariant's gradient, whose own derivative is -m·(diag z^-2 + bend·(1/z)
    (1/z)'). Its inverse on the plane of constant invariant is the gamma (Sherman and Morrison); written as sums of
    products without a difference of large numbers, it keeps its digits at far prices. With u = dz/dp_i the third
    derivative of the value is -nu·G'''[u, u, u] - 3·(d ln nu/dp_i)·gamma_ii, from differentiating p = nu·G twice.

    References
    ----------
    Egorov (2019), StableSwap; Egorov (2021), Automatic market-making with dynamic peg. Sherman and Morrison (1950).
    """
    shape = _shape(solved, gaps)
    z = shape.reserves
    gamma = -shape.projector * z[:, :, None] * z[:, None, :] / (shape.nu * solved.slope)[:, None, None]
    prices = gaps.low[:, None] * (1.0 + gaps.excess)
    return CurvePoint(
        value=np.sum(prices * z, axis=1),
        amounts=z * units,
        gamma=gamma * units[:, None] * units[None, :],
        speed=_speed(solved, shape, gamma) * units**3,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Reserves z, g = a·z + m, gaps [i, k] = g_k - g_i, B with B·g = 0, what it was divided by, the multiplier."""

    reserves: Matrix
    g: Matrix
    gaps: Cube
    projector: Cube
    total: Column
    nu: Column


def _shape(solved: SolvedPoint, gaps: PriceGaps) -> _Shape:
    denominators, _ = gaps.denominators(solved.weight, solved.v, np.arange(solved.v.size))
    reserves = solved.slope[:, None] / denominators
    g = solved.weight * reserves + solved.slope[:, None]
    level = solved.weight + np.exp(solved.v)
    # gaps of the reserves from the gaps of the prices: subtracting the g themselves would lose the digits near balance
    apart = gaps.excess[:, :, None] - gaps.excess[:, None, :]
    between = (solved.weight * level / solved.slope)[:, None, None] * apart
    between = between * reserves[:, :, None] * reserves[:, None, :]
    squares = between * between
    total = np.sum(g * g, axis=1) + 0.5 * solved.bend * np.sum(squares, axis=(1, 2))
    crossed = np.einsum("pik,pjk->pij", between, between)
    matrix = -(g[:, :, None] * g[:, None, :] + solved.bend[:, None, None] * crossed)
    for i in range(g.shape[1]):
        others = np.delete(g, i, axis=1)
        apart_of_others = 0.5 * np.sum(np.delete(np.delete(squares, i, axis=1), i, axis=2), axis=(1, 2))
        matrix[:, i, i] = np.sum(others * others, axis=1) + solved.bend * apart_of_others
    return _Shape(
        reserves=reserves,
        g=g,
        gaps=between,
        projector=matrix / total[:, None, None],
        total=total,
        nu=gaps.low / level,
    )


def _speed(solved: SolvedPoint, shape: _Shape, gamma: Cube) -> Matrix:
    z, g, nu = shape.reserves, shape.g, shape.nu[:, None]
    moves = gamma / z[:, :, None]  # [k, i] = (dz_k/dp_i)/z_k
    # their sum over k: columns of B sum to sum_k g_k·(g_k - g_i)/total, which keeps its digits near balance
    s1 = -z * np.einsum("pk,pik->pi", g, shape.gaps) / (nu * (solved.slope * shape.total)[:, None])
    s2, s3 = np.sum(moves**2, axis=1), np.sum(moves**3, axis=1)
    bent = (solved.slope * solved.bend)[:, None]
    cubic = -solved.third[:, None] * s1**3 + 3.0 * bent * s1 * s2 + 2.0 * solved.slope[:, None] * s3
    tilt = z * (g - solved.bend[:, None] * np.sum(shape.gaps, axis=2)) / shape.total[:, None]
    own = np.diagonal(gamma, axis1=1, axis2=2)
    speed: Matrix = -nu * cubic - 3.0 * tilt / nu * own
    return speed
