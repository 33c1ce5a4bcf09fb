"""Static hedges of liquidity positions: options with listed strikes that pay back what the position's curve loses.

At one expiry a position is a concave function of the price, so it is short a strip of options: for a range, density
-(L/2)·K^-1.5 at every strike K between its edges. With strikes that are listed the strip becomes piecewise linear, with
a bound on the error; with costs it becomes a linear program.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from hedgerow.core.arrays import Bool, Float64, frozen
from hedgerow.core.errors import InputError, SolveError, SolveFault
from hedgerow.pools import Curve

Measure: TypeAlias = Literal["worst", "mean"]
"""What of the payoff's error counts: its largest size on the grid, or its mean size."""

_FLAT: Final = 1e-9
_ROUNDING: Final = 1e-12


def strike_density(
    liquidity: float, lower: float, upper: float, strikes: Float64[np.ndarray, " n_strike"]
) -> Float64[np.ndarray, " n_strike"]:
    """Return how many options per unit of strike a range is short, as a negative number.

    Parameters
    ----------
    liquidity : float
        Liquidity. [square root of coin times quote]
    lower, upper : float
        Prices at the edges. [quote per coin]
    strikes : ndarray of shape (n_strike,)
        Strikes. [quote per coin]

    Returns
    -------
    ndarray of shape (n_strike,)
        Second derivative of the payoff: zero outside of the range. [options per quote]

    References
    ----------
    Carr, Madan (2001), Towards a theory of volatility trading, eq. 1: a payoff f is the strip f''(K) of options.
    Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.29 and 6.30.
    """
    inside = (lower <= strikes) & (strikes < upper)
    return np.where(inside, -0.5 * liquidity * strikes**-1.5, 0.0)


def interpolation_bound(
    liquidity: float, lower: float, upper: float, strikes: Float64[np.ndarray, " n_strike"]
) -> Float64[np.ndarray, " n_gap"]:
    """Bound the error of a range's payoff drawn straight between neighbouring strikes.

    Parameters
    ----------
    liquidity : float
        Liquidity. [square root of coin times quote]
    lower, upper : float
        Prices at the edges. [quote per coin]
    strikes : ndarray of shape (n_strike,)
        Rising strikes. [quote per coin]

    Returns
    -------
    ndarray of shape (n_gap,)
        L·h²·K^-1.5/16 for each of the n_strike - 1 gaps, with K the lowest price in the gap that the range holds; zero
        where the gap misses the range. [quote]

    References
    ----------
    Error of linear interpolation, h²/8·max|f''|: Davis (1975), Interpolation and Approximation, theorem 3.1.1.
    """
    low, high = strikes[:-1], strikes[1:]
    meets = (high > lower) & (low < upper)
    return np.where(meets, liquidity * (high - low) ** 2 * np.maximum(low, lower) ** -1.5 / 16.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A payoff through given strikes: money, coins, and options at the strikes between the first and the last.

    Parameters
    ----------
    strikes : ndarray of shape (n_strike,)
        Rising strikes. [quote per coin]
    options : ndarray of shape (n_strike,)
        Options at each strike, calls or puts alike; zero at the first and the last. [options]
    coins : float
        Slope below the first strike, if all options are calls. [coin]
    money : float
        Where that line meets a price of zero. [quote]
    """

    strikes: Float64[np.ndarray, " n_strike"]
    options: Float64[np.ndarray, " n_strike"]
    coins: float
    money: float

    def payoff(self, prices: Float64[np.ndarray, " n_price"]) -> Float64[np.ndarray, " n_price"]:
        """Return what the strip pays at expiry, its options being calls.

        Parameters
        ----------
        prices : ndarray of shape (n_price,)
            Prices of the coin. [quote per coin]

        Returns
        -------
        ndarray of shape (n_price,)
            The payoff. [quote]

        References
        ----------
        Carr, Madan (2001), Towards a theory of volatility trading, eq. 1.
        """
        calls = np.maximum(prices[:, None] - self.strikes[None, :], 0.0)
        return np.asarray(self.money + self.coins * prices + calls @ self.options)


def piecewise_strip(strikes: Float64[np.ndarray, " n_strike"], payoff: Float64[np.ndarray, " n_strike"]) -> Strip:
    """Return the strip that pays exactly the payoff at every strike, and lies straight between.

    Parameters
    ----------
    strikes : ndarray of shape (n_strike,)
        Rising strikes, two or more. [quote per coin]
    payoff : ndarray of shape (n_strike,)
        The payoff there. [quote]

    Returns
    -------
    Strip
        Changes of slope as options. [as its fields]

    Raises
    ------
    InputError
        If the strikes do not rise, or the payoff has not one finite number for each.

    References
    ----------
    Demeterfi, Derman, Kamal, Zou (1999), A guide to volatility and variance swaps, appendix A: weights are changes of
    slope.
    """
    _check_payoff(strikes, payoff)
    slopes = np.diff(payoff) / np.diff(strikes)
    options = np.concatenate(([0.0], np.diff(slopes), [0.0]))
    return Strip(
        strikes=frozen(np.array(strikes)),
        options=frozen(options),
        coins=float(slopes[0]),
        money=float(payoff[0] - slopes[0] * strikes[0]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOptions:
    """Options of one expiry that can be bought and sold.

    Parameters
    ----------
    strikes : ndarray of shape (n_option,)
        Strikes. [quote per coin]
    is_call : ndarray of shape (n_option,)
        True for calls. [bool]
    cost : ndarray of shape (n_option,)
        Fee and half-spread of one option. [quote]
    limit : ndarray of shape (n_option,)
        Largest size, bought or sold; infinity for none. [options]
    coin_cost : float
        Fee and half-spread of one coin by a future of the expiry. [quote]
    """

    strikes: Float64[np.ndarray, " n_option"]
    is_call: Bool[np.ndarray, " n_option"]
    cost: Float64[np.ndarray, " n_option"]
    limit: Float64[np.ndarray, " n_option"]
    coin_cost: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticHedge:
    """Options, coins and money that with the position pay nearly nothing at expiry.

    Parameters
    ----------
    options : ndarray of shape (n_option,)
        To buy, negative to sell. [options]
    coins : float
        To buy forward. [coin]
    money : float
        Sum at expiry that makes up the rest: minus what the hedged position pays. [quote]
    cost : float
        Fees and half-spreads. [quote]
    worst_error, mean_error : float
        Of position and hedge together on the grid: largest size, mean size. [quote]
    bound : float
        No error is larger at any price between the first and the last of the grid. [quote]
    """

    options: Float64[np.ndarray, " n_option"]
    coins: float
    money: float
    cost: float
    worst_error: float
    mean_error: float
    bound: float


def curve_payoff(
    curve: Curve, prices: Float64[np.ndarray, " n_token"], token: int, grid: Float64[np.ndarray, " n_grid"]
) -> Float64[np.ndarray, " n_grid"]:
    """Return what a liquidity position is worth at expiry, as a function of one token's price.

    Parameters
    ----------
    curve : Curve
        The position's curve.
    prices : ndarray of shape (n_token,)
        Prices of all tokens; those of the others stay. [numeraire per token]
    token : int
        Number of the token whose price differs. [0-based]
    grid : ndarray of shape (n_grid,)
        Its prices. [numeraire per token]

    Returns
    -------
    ndarray of shape (n_grid,)
        The payoff, without fees. [numeraire]

    References
    ----------
    Clark (2020), The replicating portfolio of a constant product market, section 3.
    """
    at = np.tile(prices, (grid.size, 1))
    at[:, token] = grid
    return np.asarray(curve.at(at).value)


def static_hedge(
    payoff: Float64[np.ndarray, " n_grid"],
    grid: Float64[np.ndarray, " n_grid"],
    listed: ListedOptions,
    *,
    measure: Measure,
    error_price: float,
) -> StaticHedge:
    """Return the options that offset a payoff at least cost and error.

    Parameters
    ----------
    payoff : ndarray of shape (n_grid,)
        What the position pays at expiry; of any curve, see ``curve_payoff``: concave, rising, not negative. [quote]
    grid : ndarray of shape (n_grid,)
        Prices at expiry that count, rising. [quote per coin]
    listed : ListedOptions
        What can be traded, at what cost.
    measure : {"worst", "mean"}
        What of the error counts.
    error_price : float
        What one unit of error is worth in costs: high for exactness, low for thrift. [pure]

    Returns
    -------
    StaticHedge
        Quantities, cost and errors. [as its fields]

    Raises
    ------
    InputError
        If the grid does not rise, the payoff is none of liquidity, nothing is listed, a cost, limit or price of errors
        is negative or no number, or the measure is another.
    SolveError
        If the solver gives up.

    Notes
    -----
    Minimises cost + error_price·error over options, coins and money, bought and sold parts apart, as a linear program.
    Options trade at their mids beside their costs, so what they are worth is not part of the objective. Between two
    prices of the grid a concave payoff lies above its chord and below the chords beside it, and an option bends at its
    strike only; that bounds the error where the program does not look.

    References
    ----------
    Carr, Madan (2001), Towards a theory of volatility trading, eq. 1; solved by HiGHS: Huangfu, Hall (2018),
    Mathematical Programming Computation 10:119, doi 10.1007/s12532-017-0130-5.
    """
    if measure not in ("worst", "mean"):
        raise InputError(f"the measure {measure!r}", "errors count by the worst or the mean")
    _check_payoff(grid, payoff)
    _check_listed(listed, error_price)
    sag = _sag(payoff, grid)
    calls = np.where(
        listed.is_call,
        np.maximum(grid[:, None] - listed.strikes, 0.0),
        np.maximum(listed.strikes - grid[:, None], 0.0),
    )
    # Around its middle, in units of its size and of the middle price: a tolerance means the same for every position.
    middle = 0.5 * float(np.max(payoff) + np.min(payoff))
    scale = max(float(np.ptp(payoff)), float(np.max(np.abs(payoff))) * _FLAT) or 1.0
    basis = np.column_stack((calls, grid)) / float(np.mean(grid))
    costs = np.append(listed.cost, listed.coin_cost) / float(np.mean(grid))
    limits = np.append(listed.limit, np.inf) * float(np.mean(grid)) / scale
    sizes, money = _least((payoff - middle) / scale, basis, costs, limits, measure, error_price)
    quantities, money = sizes * scale / float(np.mean(grid)), money * scale - middle
    left = payoff + calls @ quantities[:-1] + quantities[-1] * grid + money
    return StaticHedge(
        options=frozen(quantities[:-1]),
        coins=float(quantities[-1]),
        money=money,
        cost=float(np.abs(quantities[:-1]) @ listed.cost + abs(quantities[-1]) * listed.coin_cost),
        worst_error=float(np.max(np.abs(left))),
        mean_error=float(np.mean(np.abs(left))),
        bound=float(np.max(np.maximum(np.abs(left[:-1]), np.abs(left[1:])) + sag + _bends(grid, listed, quantities))),
    )


def _sag(payoff: Any, grid: Any) -> Any:
    """Most by which the payoff can lie above its chord, gap by gap: the triangle that the chords beside it make.

    Beyond the grid a position's payoff is steepest towards a price of zero, where it is worth nothing or more, and
    never falls.
    """
    widths = np.diff(grid)
    slopes = np.concatenate(([payoff[0] / grid[0]], np.diff(payoff) / widths, [0.0]))
    before, after = slopes[:-2] - slopes[1:-1], slopes[1:-1] - slopes[2:]
    least = min(float(np.min(before)), float(np.min(after)))
    if least < -_ROUNDING * max(float(np.max(np.abs(payoff))) / float(np.min(widths)), abs(float(slopes[0]))):
        raise InputError("a payoff that is not concave, rising and positive", "give that of a liquidity position")
    before, after = np.maximum(before, 0.0), np.maximum(after, 0.0)
    both = before + after
    return widths * before * after / np.where(both > 0.0, both, 1.0)


def _bends(grid: Any, listed: ListedOptions, quantities: Any) -> Any:
    """Most by which the options can leave their own chord, gap by gap: they bend at their strikes."""
    bends = np.zeros(grid.size - 1)
    for strike, size in zip(listed.strikes, quantities[:-1], strict=True):
        gap = int(np.searchsorted(grid, strike, side="right")) - 1
        if 0 <= gap < bends.size:
            bends[gap] += abs(size) * (strike - grid[gap]) * (grid[gap + 1] - strike) / (grid[gap + 1] - grid[gap])
    return bends


def _least(
    payoff: Any, basis: Any, costs: Any, limits: Any, measure: Measure, error_price: float
) -> tuple[Float64[np.ndarray, " n_size"], float]:
    """Solve the linear program: columns bought, sold, money, errors."""
    from scipy.optimize import linprog  # late: scipy takes longer to import than most calls take

    n_grid, n_size = basis.shape
    n_error = 1 if measure == "worst" else n_grid
    slack = np.ones((n_grid, 1)) if measure == "worst" else np.eye(n_grid)
    sums = np.column_stack((basis, -basis, np.ones(n_grid)))
    prices = np.full(n_error, error_price / n_error)
    bounds = [(0.0, most if most < np.inf else None) for most in limits] * 2
    for method in ("highs", "highs-ipm"):  # where the simplex method loses its footing, the other one may stand
        found = linprog(
            np.concatenate((costs, costs, [0.0], prices)),
            A_ub=np.block([[sums, -slack], [-sums, -slack]]),
            b_ub=np.concatenate((-payoff, payoff)),
            bounds=[*bounds, (None, None), *[(0.0, None)] * n_error],
            method=method,
        )
        if found.status == 0:
            break
    else:
        raise SolveError(SolveFault.NOT_CONVERGED, f"no static hedge: {found.message}", "use a coarser grid")
    return np.asarray(found.x[:n_size] - found.x[n_size : 2 * n_size]), float(found.x[2 * n_size])


def _check_rising(strikes: Float64[np.ndarray, " n"]) -> None:
    """Refuse prices that are not positive and rising."""
    if strikes.size < 2 or not (strikes[0] > 0.0 and np.all(np.diff(strikes) > 0.0) and np.isfinite(strikes[-1])):
        raise InputError(f"{strikes.size} prices that do not rise from above zero", "sort them, each once")


def _check_payoff(grid: Float64[np.ndarray, " n"], payoff: Float64[np.ndarray, " n_payoff"]) -> None:
    """Refuse a payoff that is not one finite number for each of some rising prices."""
    _check_rising(grid)
    if payoff.size != grid.size or not np.all(np.isfinite(payoff)):
        raise InputError(f"a payoff of {payoff.size} numbers at {grid.size} prices", "give a finite one for each")


def _check_listed(listed: ListedOptions, error_price: float) -> None:
    """Refuse what no hedge can be made of."""
    if listed.strikes.size == 0:
        raise InputError("no listed option", "give one or more")
    sizes = {one.size for one in (listed.strikes, listed.is_call, listed.cost, listed.limit)}
    if len(sizes) > 1 or not np.all((listed.strikes > 0.0) & np.isfinite(listed.strikes)):
        raise InputError("listed options without a strike, type, cost and limit each", "give finite ones of one length")
    costs = np.append(listed.cost, (listed.coin_cost, error_price))
    # compared so that a limit or a cost that is no number fails too: it would stand for none
    if not (np.all(np.isfinite(costs) & (costs >= 0.0)) and np.all(listed.limit >= 0.0) and error_price > 0.0):
        raise InputError("a negative cost or limit, or errors without a price", "costs are paid, errors are worth some")
