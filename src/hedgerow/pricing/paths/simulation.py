"""``simulate``: paths of any model under the measure of the quote currency or of the coin, block by block."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pricing.models import Model
from hedgerow.pricing.paths.checks import LARGEST, positive_number, whole_number
from hedgerow.pricing.paths.drivers import Drivers, SobolPoints, Streams
from hedgerow.pricing.paths.schemes import Measure, Scheme, choose_scheme

_BLOCK_NUMBERS = 1 << 15
"""Random numbers of one driver in a block: all arrays of a block then take one or two megabytes."""
_MOST_STEPS = 10_000_000
"""Of one path, and of all paths of a block together. [count]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathBlock:
    """Some of the paths of a simulation, in fresh arrays that nobody writes to again.

    Parameters
    ----------
    offset : int
        Number of the first path of the block. [index]
    times : ndarray of shape (n_date,)
        Dates, the first is 0. [years, Act/365]
    forward : ndarray of shape (n_path, n_date)
        The forward, under either measure. [quote per coin]
    variance : ndarray of shape (n_path, n_date)
        v of affine models; of the others the squared vol of ln F. [per year]
    """

    offset: int
    times: Float64[np.ndarray, " n_date"]
    forward: Float64[np.ndarray, "n_path n_date"]
    variance: Float64[np.ndarray, "n_path n_date"]


def simulate(
    model: Model,
    *,
    forward: float,
    years: float,
    steps: int,
    paths: int,
    seed: int,
    measure: Measure,
    substeps: int = 1,
    drift: float = 0.0,
    antithetic: bool = False,
    sobol: bool = False,
    block: int | None = None,
) -> Iterator[PathBlock]:
    """Simulate paths, in blocks, so that memory does not grow with their number.

    Path p depends on the model, the dates and the seed; not on the block it lies in, nor on how many paths follow it.

    Parameters
    ----------
    model : Model
        The model; a geometric Brownian motion is ``Merton`` without jumps. [none]
    forward : float
        The forward now, positive. [quote per coin]
    years : float
        Length of the paths, positive. [years, Act/365]
    steps : int
        Dates after the first, evenly spaced. [count]
    paths : int
        Paths in all; even if antithetic, a power of two if Sobol. [count]
    seed : int
        Seed, zero or more: the same seed gives the same paths. [none]
    measure : {"quote", "coin"}
        With "quote" the forward has no drift, with "coin" one over the forward has none: there E[payoff in coin] is
        the price of an inverse option. [none]
    substeps : int
        Steps of the scheme from one date to the next; ``steps=1`` keeps the end of the paths only. [count]
    drift : float
        Real-world drift of the forward: E[F_t] = F_0·exp(drift·t); only with "quote". [per year]
    antithetic : bool
        Paths 2i and 2i + 1 come from mirrored random numbers. [bool]
    sobol : bool
        Scrambled Sobol points along a Brownian bridge in place of pseudo-random numbers. [bool]
    block : int or None
        Paths per block; by default so many that a block takes one or two megabytes. [count]

    Yields
    ------
    PathBlock
        Consecutive paths. [none]

    Raises
    ------
    InputError
        If an argument is outside its domain, or the model cannot be simulated so.

    References
    ----------
    Per scheme in ``affine_kernels`` and ``lognormal_kernels``; ``stated_bias`` says what each is exact in. Geman, El
    Karoui, Rochet (1995), J. Applied Probability 32:443, doi 10.2307/3215299, on the change of numeraire.

    Examples
    --------
    >>> from hedgerow.pricing.models import Heston
    >>> model = Heston(v0=0.36, kappa=3.0, theta=0.4, vol_of_vol=1.0, rho=-0.4)
    >>> given = dict(forward=2000.0, years=0.25, steps=1, substeps=91, paths=4096, seed=7, sobol=True)
    >>> ends = [block.forward[:, -1] for block in simulate(model, measure="coin", **given)]
    >>> round(float(np.mean(np.maximum(1.0 - 2000.0 / np.concatenate(ends), 0.0))), 3)  # a call, in coin
    0.118
    """
    counts = {"steps": steps, "substeps": substeps, "paths": paths}
    steps, substeps, paths = (whole_number(name, value, 1) for name, value in counts.items())
    seed = whole_number("seed", seed, 0)
    forward, years = positive_number("forward", forward), positive_number("years", years)
    _check_measure(measure, drift)
    total = steps * substeps
    if total > _MOST_STEPS:
        raise InputError(f"{total:,} steps in one path", f"give at most {_MOST_STEPS:,}: one path must fit in memory")
    scheme = choose_scheme(model, measure, forward, years / total, drift)
    drivers = _drivers(scheme, seed, total, paths, antithetic, sobol)
    size = max(_BLOCK_NUMBERS // total, 1) if block is None else whole_number("block", block, 1)
    size = min(size, max(_MOST_STEPS // total, 1), paths)
    if antithetic:
        size += size % 2
    times = frozen(np.arange(steps + 1) * (years / steps))
    return _blocks(scheme, drivers, forward, times, paths, size, measure)


def _blocks(
    scheme: Scheme, drivers: Drivers, start: float, times: np.ndarray, paths: int, size: int, measure: Measure
) -> Iterator[PathBlock]:
    for offset in range(0, paths, size):
        shape = (min(size, paths - offset), times.size)
        forward, variance = np.empty(shape), np.empty(shape)
        forward[:, 0], variance[:, 0] = start, scheme.variance
        scheme.fill(*drivers.draw(shape[0]), forward, variance)
        # NaN fails the first test; where the coin is the numeraire, one over the forward must be finite.
        if not (forward < LARGEST).all() or (measure == "coin" and not (forward > 1.0 / LARGEST).all()):
            advice = "lower the vols, their vols or the years"
            raise InputError(f"forwards of paths {offset} to {offset + shape[0]} leave the range of numbers", advice)
        yield PathBlock(offset=offset, times=times, forward=frozen(forward), variance=frozen(variance))


def _drivers(scheme: Scheme, seed: int, total: int, paths: int, antithetic: bool, sobol: bool) -> Drivers:
    if antithetic and sobol:
        raise InputError("antithetic=True and sobol=True", "choose one: Sobol points are even already")
    if antithetic and paths % 2:
        raise InputError(f"antithetic=True with {paths} paths", f"give an even number, say {paths + 1}")
    if sobol and paths & (paths - 1):
        raise InputError(f"sobol=True with {paths} paths", f"give a power of two, say {1 << paths.bit_length()}")
    if sobol:
        return SobolPoints(seed, total, scheme.normals, scheme.uniforms)
    return Streams(seed, total, scheme.normals, scheme.uniforms, antithetic=antithetic)


def _check_measure(measure: object, drift: float) -> None:
    if measure not in get_args(Measure):
        raise InputError(f"measure is {measure!r}", 'give "quote" or "coin"')
    if not isinstance(drift, int | float) or not math.isfinite(drift):
        raise InputError(f"drift is {drift!r}", "give a finite number per year")
    if measure == "coin" and drift != 0.0:
        raise InputError(f"drift is {drift:g} under the measure of the coin", 'a drift needs measure="quote"')
