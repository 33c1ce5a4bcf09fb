"""How long messages take: distributions of a delay, drawn by seed."""

from itertools import pairwise
from typing import TypeAlias

import msgspec
import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError


class ConstantLatency(msgspec.Struct, frozen=True, kw_only=True, tag="constant", forbid_unknown_fields=True):
    """Always the same.

    Parameters
    ----------
    ns : int
        The delay. [ns]
    """

    ns: int

    def __post_init__(self) -> None:
        _check(self.ns >= 0, "ns >= 0")


class ExponentialLatency(msgspec.Struct, frozen=True, kw_only=True, tag="exponential", forbid_unknown_fields=True):
    """A floor and an exponential wait on top.

    Parameters
    ----------
    least_ns, mean_ns : int
        The floor; the mean of what comes on top. [ns]
    """

    least_ns: int
    mean_ns: int

    def __post_init__(self) -> None:
        _check(self.least_ns >= 0 and self.mean_ns >= 0, "least_ns and mean_ns >= 0")


class LogNormalLatency(msgspec.Struct, frozen=True, kw_only=True, tag="lognormal", forbid_unknown_fields=True):
    """A floor and a log-normal wait on top.

    Parameters
    ----------
    median_ns : int
        Median of what comes on top. [ns]
    sigma : float
        Standard deviation of its logarithm. [pure]
    least_ns : int
        The floor. [ns]
    """

    median_ns: int
    sigma: float
    least_ns: int = 0

    def __post_init__(self) -> None:
        _check(self.median_ns > 0 and 0.0 <= self.sigma <= 5.0, "median_ns > 0 and sigma from 0 to 5")
        _check(self.least_ns >= 0, "least_ns >= 0")


class QuantileLatency(msgspec.Struct, frozen=True, kw_only=True, tag="quantiles", forbid_unknown_fields=True):
    """Measured quantiles, straight lines between them.

    Parameters
    ----------
    probabilities : tuple of float
        Rising from 0 to 1, both included. [probability]
    ns : tuple of int
        The delay at each, never falling. [ns]
    """

    probabilities: tuple[float, ...]
    ns: tuple[int, ...]

    def __post_init__(self) -> None:
        p, ns = self.probabilities, self.ns
        _check(len(p) == len(ns) >= 2 and p[0] == 0.0 and p[-1] == 1.0, "one delay for each probability from 0 to 1")
        _check(all(a < b for a, b in pairwise(p)), "rising probabilities")
        _check(ns[0] >= 0 and all(a <= b for a, b in pairwise(ns)), "delays that never fall")


Latency: TypeAlias = ConstantLatency | ExponentialLatency | LogNormalLatency | QuantileLatency


def _check(holds: bool, rule: str) -> None:
    if not holds:
        raise InputError("a latency that cannot be", f"give {rule}")


def samples(latency: Latency, random: np.random.Generator, n: int) -> Int64[np.ndarray, " n"]:
    """Draw delays.

    Parameters
    ----------
    latency : Latency
        Their distribution.
    random : Generator
        Where chance comes from.
    n : int
        How many. [count]

    Returns
    -------
    ndarray of shape (n,)
        Never negative. [ns]

    References
    ----------
    Devroye (1986), Non-Uniform Random Variate Generation, section II.2 (inversion), for the quantiles.
    """
    drawn: Float64[np.ndarray, " n"]
    match latency:
        case ConstantLatency():
            return np.full(n, latency.ns, dtype=np.int64)
        case ExponentialLatency():
            drawn = latency.least_ns + random.exponential(latency.mean_ns, n)
        case LogNormalLatency():
            drawn = latency.least_ns + latency.median_ns * np.exp(latency.sigma * random.standard_normal(n))
        case QuantileLatency():
            drawn = np.interp(random.random(n), latency.probabilities, latency.ns)
    return drawn.astype(np.int64)


def sample(latency: Latency, random: np.random.Generator) -> int:
    """Draw one delay.

    Parameters
    ----------
    latency : Latency
        Its distribution.
    random : Generator
        Where chance comes from.

    Returns
    -------
    int
        Never negative. [ns]
    """
    return int(samples(latency, random, 1)[0])
