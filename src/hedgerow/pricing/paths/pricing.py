"""Prices of options as averages over paths, with honest standard errors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pricing.columns import check_inverse
from hedgerow.pricing.models import Model
from hedgerow.pricing.paths.checks import positive_number, whole_number
from hedgerow.pricing.paths.schemes import Measure
from hedgerow.pricing.paths.simulation import simulate

_BLOCK_NUMBERS, _BLOCK_PAYOFFS = 1 << 15, 1 << 20
"""Random numbers of one driver, and payoffs, in a block at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPrices:
    """Prices of options of one expiry, and how far chance may have moved them.

    Parameters
    ----------
    price : ndarray of shape (n_option,)
        Mean of the payoffs. [quote if linear, coin if inverse]
    standard_error : ndarray of shape (n_option,)
        Standard deviation of that mean; the bias of the scheme is not in it. [as the price]
    samples : int
        Independent samples behind it: paths, pairs if antithetic, scramblings if Sobol. [count]
    """

    price: Float64[np.ndarray, " n_option"]
    standard_error: Float64[np.ndarray, " n_option"]
    samples: int


def simulated_prices(
    model: Model,
    forward: float,
    strike: ArrayLike,
    expiry_years: float,
    is_call: ArrayLike,
    *,
    inverse: bool,
    measure: Measure,
    steps: int,
    paths: int,
    seed: int,
    antithetic: bool = False,
    sobol: bool = False,
    scrambles: int = 16,
) -> SimulatedPrices:
    """Price European options by simulation, keeping nothing but running means.

    Either measure prices either payoff: V_coin = E_coin[(1 - K/F_T)+] = E_quote[(1 - K/F_T)+·F_T/F_0].

    Parameters
    ----------
    model : Model
        The model. [none]
    forward : float
        The forward now. [quote per coin]
    strike : array_like of shape (n_option,)
        Strikes, positive. [quote per coin]
    expiry_years : float
        Time to expiry. [years, Act/365]
    is_call : array_like of shape (n_option,)
        True for calls. [bool]
    inverse : bool
        True for coin-settled options. [bool]
    measure : {"quote", "coin"}
        The measure in which paths are drawn. [none]
    steps, paths, seed : int
        As in ``simulate``; if Sobol, paths is a power of two times ``scrambles``. [count], [count], [none]
    antithetic, sobol : bool
        As in ``simulate``. [bool]
    scrambles : int
        Independent scramblings of the Sobol points, between which the standard error is measured; 2 or more. [count]

    Returns
    -------
    SimulatedPrices
        Prices and standard errors. [quote if linear, coin if inverse]

    Raises
    ------
    InputError
        If an argument is outside its domain, or the model cannot be simulated so.

    References
    ----------
    Geman, El Karoui, Rochet (1995), J. Applied Probability 32:443, doi 10.2307/3215299, theorem 1. Running variance:
    Chan, Golub, LeVeque (1983), The American Statistician 37:242, doi 10.1080/00031305.1983.10483115, eq. 2.1.

    Examples
    --------
    >>> from hedgerow.pricing.models import Merton
    >>> model = Merton(vol=0.6, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.0)
    >>> drawn = dict(steps=1, paths=1 << 14, seed=1, sobol=True)
    >>> found = simulated_prices(model, 2000.0, 2000.0, 0.25, True, inverse=True, measure="coin", **drawn)
    >>> abs(found.price - 0.119235) < 4.0 * found.standard_error  # Black-76, divided by the forward
    array([ True])
    """
    check_inverse(inverse)
    strikes, signs = _read_options(strike, is_call)
    steps, years = whole_number("steps", steps, 1), positive_number("expiry_years", expiry_years)
    given: dict[str, Any] = {"forward": forward, "years": years, "steps": 1, "substeps": steps}
    given |= {"measure": measure, "antithetic": antithetic, "sobol": sobol}
    given["block"] = max(min(_BLOCK_NUMBERS // steps, _BLOCK_PAYOFFS // strikes.size), 2)
    running = _Running(strikes.size)
    if sobol:
        for seed_of_one in _scramblings(seed, paths, scrambles):
            one = _Running(strikes.size)
            for block in simulate(model, paths=paths // scrambles, seed=seed_of_one, **given):
                one.add(_payoffs(block.forward[:, -1], strikes, signs, measure))
            running.add(one.mean[:, None])
    else:
        for block in simulate(model, paths=paths, seed=seed, **given):
            payoffs = _payoffs(block.forward[:, -1], strikes, signs, measure)
            running.add(0.5 * (payoffs[:, 0::2] + payoffs[:, 1::2]) if antithetic else payoffs)
    # A payoff under the measure of the quote currency is worth its mean there, in coin that over the forward.
    scale = (1.0 if measure == "coin" else 1.0 / forward) if inverse else (forward if measure == "coin" else 1.0)
    price, error = frozen(scale * running.mean), frozen(scale * running.standard_error())
    return SimulatedPrices(price=price, standard_error=error, samples=running.count)


class _Running:
    """Mean and sum of squared deviations of many samples, block after block."""

    def __init__(self, size: int) -> None:
        self.count, self.mean, self._squares = 0, np.zeros(size), np.zeros(size)

    def add(self, samples: Float64[np.ndarray, "n_option n_sample"]) -> None:
        fresh, before = samples.shape[1], self.count
        means = samples.mean(axis=1)
        away = means - self.mean
        self.count += fresh
        self._squares += ((samples - means[:, None]) ** 2).sum(axis=1) + away**2 * (before * fresh / self.count)
        self.mean += away * (fresh / self.count)

    def standard_error(self) -> np.ndarray:
        if self.count < 2:
            raise InputError("a single sample has no standard error", "take more paths")
        return np.asarray(np.sqrt(self._squares / (self.count - 1.0) / self.count))


def _payoffs(
    ends: Float64[np.ndarray, " n_path"], strikes: np.ndarray, signs: np.ndarray, measure: Measure
) -> Float64[np.ndarray, "n_option n_path"]:
    """Return payoffs in the numeraire of the measure: (F - K)+ in the quote currency, (1 - K/F)+ in coin."""
    value = 1.0 - strikes[:, None] / ends if measure == "coin" else ends - strikes[:, None]
    return np.asarray(np.maximum(signs[:, None] * value, 0.0))


def _read_options(strike: ArrayLike, is_call: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    calls = np.asarray(is_call)
    try:
        strikes = np.atleast_1d(np.asarray(strike, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError(f"strike is {strike!r}", "give numbers") from None
    if calls.ndim > 1:
        raise InputError(f"is_call has the shape {calls.shape}", "give one flag per strike")
    if calls.dtype != np.bool_:
        raise InputError(f"is_call is of type {calls.dtype}", "give True for calls and False for puts")
    if strikes.ndim != 1 or not strikes.size or not np.all((strikes > 0.0) & np.isfinite(strikes)):
        raise InputError("a strike is no positive number, or they are no vector", "give positive strikes")
    try:
        strikes, signs = np.broadcast_arrays(strikes, np.where(calls, 1.0, -1.0))
    except ValueError:
        raise InputError(f"{strikes.size} strikes and {calls.size} flags", "give one flag per strike") from None
    return strikes, signs


def _scramblings(seed: int, paths: int, scrambles: int) -> Iterator[int]:
    scrambles, paths = whole_number("scrambles", scrambles, 2), whole_number("paths", paths, 1)
    if paths % scrambles:
        raise InputError(f"{scrambles} scrambles of {paths} paths", "give a power of two times as many paths")
    yield from np.random.SeedSequence(whole_number("seed", seed, 0)).generate_state(scrambles, np.uint64).tolist()
