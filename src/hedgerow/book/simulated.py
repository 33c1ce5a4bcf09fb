"""Scenarios drawn from the factor model of ``factors.py``, for one coin or for several at once.

ln(S'/S) is Gaussian with the model's variance s² and mean -s²/2: the spot is log-normal, stays positive, and is worth
on average what it is worth now. Vols of expiries move by the model's Gaussian moves, each on its own; where that would
take a vol to nothing, the revaluation keeps ``LEAST_VOL_SHARE`` of it.

Several coins: z_a drives the spot of coin a, and vols move as m_a(T)·(rho_a·z_a + sqrt(1 - rho_a²)·w_a(T)). The z
correlate as the matrix of spots says, and corr(w_a(T), w_b(U)) = V_ab·exp(-|x_a(T) - x_b(U)|) with
x_a(T) = d_a·ln(T/30 days) and V the matrix of vols. Both are positive semidefinite: the second is the entrywise product
of two matrices that are (Schur). Within one coin this is the factor model.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from hedgerow.book.compiled import CompiledBook
from hedgerow.book.factors import REFERENCE_YEARS, SHORTEST_YEARS, RiskSettings, vol_scale
from hedgerow.book.scenarios import Scenarios, scenario_pnl
from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.core.instants import DAYS_PER_YEAR, years_between

_MOST: Final = 10_000_000
_ROUNDING: Final = 1e-14
_TINY: Final = 1e-12
"""An eigenvalue of a correlation matrix above minus this is taken for zero. [pure]"""


def simulate_scenarios(
    settings: RiskSettings,
    expiries_ns: Sequence[int],
    as_of_ns: int,
    *,
    count: int,
    seed: int,
    antithetic: bool = True,
    moment_matched: bool = False,
    time_passes: bool = False,
) -> Scenarios:
    """Draw scenarios of one coin from the factor model.

    Parameters
    ----------
    settings : RiskSettings
        The factor model.
    expiries_ns : sequence of int
        Expiries whose vols move: those of the book and of the hedging instruments. [UTC epoch ns]
    as_of_ns : int
        The instant of the market. [UTC epoch ns]
    count : int
        How many scenarios. [count]
    seed : int
        The same seed gives the same scenarios. [pure]
    antithetic : bool
        True to draw every move with its mirror image: scenario i and scenario i + ceil(count/2).
    moment_matched : bool
        True to transform the draws so that mean and covariance of ln(spot) and vols are exactly the model's.
    time_passes : bool
        True to let the horizon pass, False to move all at once.

    Returns
    -------
    Scenarios
        Moves with ``by_expiry`` for each expiry, in order of time. [as its fields]

    Raises
    ------
    InputError
        If count or seed are out of range, or there are too few scenarios to match moments.

    References
    ----------
    Glasserman (2003), "Monte Carlo Methods in Financial Engineering", sections 4.2 (antithetic), 4.5 (moment matching)
    and 9.2, doi 10.1007/978-0-387-21617-1.

    Examples
    --------
    >>> settings = RiskSettings(horizon_hours=24.0, spot_vol=0.6, vol_of_vol=0.9, spot_vol_correlation=-0.2)
    >>> month = 30 * 86_400 * 10**9
    >>> drawn = simulate_scenarios(settings, [month], 0, count=1000, seed=1, moment_matched=True)
    >>> round(float(np.log(drawn.spot).std() / (0.6 / np.sqrt(365.0))), 12)
    1.0
    """
    coin = Currency("coin")
    drawn = simulate_joint(
        {coin: settings},
        {coin: expiries_ns},
        as_of_ns,
        correlation=np.eye(1),
        count=count,
        seed=seed,
        antithetic=antithetic,
        moment_matched=moment_matched,
        time_passes=time_passes,
    )
    return drawn[coin]


def simulate_joint(
    settings: Mapping[Currency, RiskSettings],
    expiries_ns: Mapping[Currency, Sequence[int]],
    as_of_ns: int,
    *,
    correlation: Float64[np.ndarray, "n_coin n_coin"],
    vol_correlation: Float64[np.ndarray, "n_coin n_coin"] | None = None,
    count: int,
    seed: int,
    antithetic: bool = True,
    moment_matched: bool = False,
    time_passes: bool = False,
) -> dict[Currency, Scenarios]:
    """Draw scenarios of several coins that happen together row by row.

    Parameters
    ----------
    settings : mapping of str to RiskSettings
        The factor model of each coin; one horizon for all.
    expiries_ns : mapping of str to sequence of int
        Expiries whose vols move, by coin. [UTC epoch ns]
    as_of_ns : int
        The instant of the markets. [UTC epoch ns]
    correlation : ndarray of shape (n_coin, n_coin)
        Of the spots, in the order of ``settings``. [-1 to 1]
    vol_correlation : ndarray of shape (n_coin, n_coin) or None
        Of what moves vols beside the spots; None takes that of the spots. [-1 to 1]
    count, seed : int
        As ``simulate_scenarios``. [count], [pure]
    antithetic, moment_matched, time_passes : bool
        As ``simulate_scenarios``.

    Returns
    -------
    dict of str to Scenarios
        By coin. [as its fields]

    Raises
    ------
    InputError
        If coins or horizons differ, a matrix is no correlation matrix, or as ``simulate_scenarios``.

    References
    ----------
    As ``simulate_scenarios``. Schur product theorem: Horn and Johnson (2013), "Matrix Analysis", theorem 7.5.3.
    """
    if not (isinstance(count, int) and 1 <= count <= _MOST and isinstance(seed, int) and seed >= 0):
        raise InputError(f"count = {count!r}, seed = {seed!r}", f"give a count from 1 to {_MOST:,} and a seed from 0")
    factors = joint_correlation(
        settings, expiries_ns, as_of_ns, correlation=correlation, vol_correlation=vol_correlation
    )
    expiries = {coin: tuple(sorted(set(expiries_ns[coin]))) for coin in settings}
    draws = _draws(count, len(factors), seed, antithetic, moment_matched) @ _root(factors).T
    out, place = {}, len(settings)
    for i, (coin, one) in enumerate(settings.items()):
        own = draws[:, place : place + len(expiries[coin])]
        place += len(expiries[coin])
        years = np.array([years_between(as_of_ns, expiry) for expiry in expiries[coin]])
        out[coin] = _scenarios(one, expiries[coin], years, draws[:, i], own, time_passes)
    return out


def joint_correlation(
    settings: Mapping[Currency, RiskSettings],
    expiries_ns: Mapping[Currency, Sequence[int]],
    as_of_ns: int,
    *,
    correlation: Float64[np.ndarray, "n_coin n_coin"],
    vol_correlation: Float64[np.ndarray, "n_coin n_coin"] | None = None,
) -> Float64[np.ndarray, "n_factor n_factor"]:
    """Return how the spots and vols of several coins correlate.

    Parameters
    ----------
    settings, expiries_ns, as_of_ns, correlation, vol_correlation
        As ``simulate_joint``.

    Returns
    -------
    ndarray of shape (n_factor, n_factor)
        Of all spots, then all vols of the first coin by expiry, of the second, and so on. [-1 to 1]

    Raises
    ------
    InputError
        If coins or horizons differ, or a matrix is no correlation matrix.

    References
    ----------
    As ``simulate_joint``.
    """
    if not settings or set(settings) != set(expiries_ns):
        told = f"settings of {', '.join(settings) or 'nothing'}, expiries of {', '.join(expiries_ns) or 'nothing'}"
        raise InputError(told, "give both for the same coins")
    if len({one.horizon_hours for one in settings.values()}) > 1:
        raise InputError("coins with different horizon_hours", "give one horizon for all")
    spots = _correlations("correlation", correlation, len(settings))
    vols = spots if vol_correlation is None else _correlations("vol_correlation", vol_correlation, len(settings))
    expiries = {coin: tuple(sorted(set(expiries_ns[coin]))) for coin in settings}
    for coin, found in expiries.items():
        if found and found[0] <= as_of_ns:
            raise InputError(f"an expiry of {coin} lies before the instant of the market", "leave out what has expired")
    years = [np.array([years_between(as_of_ns, e) for e in expiries[coin]]) for coin in settings]
    return _factor_correlation(list(settings.values()), years, spots, vols)


def joint_pnl(
    books: Mapping[Currency, CompiledBook], scenarios: Mapping[Currency, Scenarios]
) -> Float64[np.ndarray, " n_scenario"]:
    """Return the P&L of books of several coins together, in USD: the one currency in which they add up.

    Parameters
    ----------
    books : mapping of str to CompiledBook
        One book for each coin.
    scenarios : mapping of str to Scenarios
        Of the same coins at least, as many for each.

    Returns
    -------
    ndarray of shape (n_scenario,)
        Profit and loss. [USD]

    Raises
    ------
    InputError
        If a coin has no scenarios, or not as many as the others.

    References
    ----------
    As ``scenario_pnl``.
    """
    missing = [coin for coin in books if coin not in scenarios]
    if missing or not books:
        raise InputError(f"no scenarios of {', '.join(missing) or 'any book'}", "simulate all coins of the books")
    if len({scenarios[coin].count for coin in books}) > 1:
        raise InputError("coins with different numbers of scenarios", "take all from one simulation")
    total: np.ndarray = sum(
        (scenario_pnl(book, scenarios[c], numeraire="USD") for c, book in books.items()), np.zeros(1)
    )
    return total


def _correlations(name: str, given: np.ndarray, size: int) -> Float64[np.ndarray, "n_coin n_coin"]:
    """Check a correlation matrix."""
    matrix = np.asarray(given, dtype=np.float64)
    if matrix.shape != (size, size) or not np.all(np.isfinite(matrix)):
        raise InputError(f"{name} of shape {matrix.shape}", f"give finite numbers in {size} rows and columns")
    if not (np.array_equal(matrix, matrix.T) and np.all(np.diag(matrix) == 1.0)):
        raise InputError(f"{name} is not symmetric with ones on its diagonal", "give correlations, not covariances")
    least = float(np.linalg.eigvalsh(matrix)[0])
    if least < -_TINY * size:
        advice = "no variables can correlate so; bring the correlations closer to zero or to each other"
        raise InputError(f"{name} has the eigenvalue {least:.3g} below zero", advice)
    return matrix


def _factor_correlation(
    settings: Sequence[RiskSettings],
    years: Sequence[np.ndarray],
    spots: Float64[np.ndarray, "n_coin n_coin"],
    vols: Float64[np.ndarray, "n_coin n_coin"],
) -> Float64[np.ndarray, "n_factor n_factor"]:
    """Return the correlation of all spots, then all vols of the first coin, of the second, and so on.

    years holds one vector for each coin, as long as it has expiries.
    """
    n = len(settings)
    coin = np.concatenate([np.full(own.size, i) for i, own in enumerate(years)]).astype(np.int64)
    at = np.concatenate([np.maximum(own, SHORTEST_YEARS) for own in years])
    decay = np.array([one.vol_decorrelation for one in settings])[coin]
    place = decay * np.log(at / REFERENCE_YEARS)
    rho = np.array([one.spot_vol_correlation for one in settings])[coin]
    rest = np.sqrt(1.0 - rho**2)
    own_part = vols[np.ix_(coin, coin)] * np.exp(-np.abs(np.subtract.outer(place, place)))
    out = np.empty((n + coin.size, n + coin.size))
    out[:n, :n] = spots
    out[:n, n:] = spots[:, coin] * rho
    out[n:, :n] = out[:n, n:].T
    out[n:, n:] = spots[np.ix_(coin, coin)] * np.outer(rho, rho) + own_part * np.outer(rest, rest)
    return out


def _root(matrix: Float64[np.ndarray, "n n"]) -> Float64[np.ndarray, "n n"]:
    """Return a matrix whose product with its transpose is this one, which may be singular.

    An eigenvalue that is rounding is none: its square root would be seen.
    """
    values, vectors = np.linalg.eigh(matrix)
    root: np.ndarray = vectors * np.sqrt(np.where(values > _ROUNDING * len(matrix), values, 0.0))
    return root


def _draws(
    count: int, width: int, seed: int, antithetic: bool, moment_matched: bool
) -> Float64[np.ndarray, "n_scenario n_factor"]:
    """Draw independent standard normals."""
    half = (count + 1) // 2 if antithetic else count
    drawn = np.random.default_rng(seed).standard_normal((half, width))
    if antithetic:
        drawn = np.concatenate([drawn, -drawn[: count - half]])
    if not moment_matched:
        return drawn
    if half <= width:
        advice = f"draw more than {width * (1 + antithetic)}, or do not match moments"
        raise InputError(f"{count} scenarios cannot match the moments of {width} factors", advice)
    drawn -= drawn.mean(axis=0)
    spread = np.linalg.cholesky(drawn.T @ drawn / count)
    matched: np.ndarray = np.linalg.solve(spread, drawn.T).T
    return matched


def _scenarios(
    settings: RiskSettings,
    expiries_ns: tuple[int, ...],
    years: Float64[np.ndarray, " n_expiry"],
    spot: Float64[np.ndarray, " n_scenario"],
    vols: Float64[np.ndarray, "n_scenario n_expiry"],
    time_passes: bool,
) -> Scenarios:
    """Scale standard normals to the moves of one coin."""
    horizon = settings.horizon_hours / (24.0 * DAYS_PER_YEAR)
    deviation = settings.spot_vol * math.sqrt(horizon)
    scale = settings.vol_of_vol * math.sqrt(horizon) * vol_scale(years, settings.vol_term_exponent)
    none = frozen(np.zeros(spot.size))
    return Scenarios(
        spot=frozen(np.exp(deviation * spot - 0.5 * deviation**2)),
        vol=none,
        skew=none,
        basis=none,
        years_passed=frozen(np.full(spot.size, horizon if time_passes else 0.0)),
        vol_term_exponent=settings.vol_term_exponent,
        by_expiry=frozen(vols * scale),
        expiries_ns=expiries_ns,
    )
