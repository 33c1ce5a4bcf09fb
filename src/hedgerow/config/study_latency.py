"""Distributions of a delay in ``[latency]`` of a study file. Every key is described in ``docs/study-file.md``."""

import math
from itertools import pairwise
from typing import Final, TypeAlias

import msgspec

_LONGEST_MS: Final = 1e7


class ConstantDelay(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="distribution", tag="constant"
):
    """Always the same.

    Parameters
    ----------
    ms : float
        The delay. [milliseconds]
    """

    ms: float

    @property
    def mean_ms(self) -> float:
        """Expected delay. [milliseconds]"""
        return self.ms

    def problem(self) -> tuple[str, str] | None:
        """Say what cannot be.

        Returns
        -------
        tuple of (str, str) or None
            Key and remedy; None where all is well. [text]
        """
        return _out_of_range(ms=self.ms)


class ExponentialDelay(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="distribution", tag="exponential"
):
    """A floor and an exponential wait on top.

    Parameters
    ----------
    extra_ms : float
        Mean of the wait on top. [milliseconds]
    least_ms : float
        The floor. [milliseconds]
    """

    extra_ms: float
    least_ms: float = 0.0

    @property
    def mean_ms(self) -> float:
        """Expected delay. [milliseconds]"""
        return self.least_ms + self.extra_ms

    def problem(self) -> tuple[str, str] | None:
        """Say what cannot be.

        Returns
        -------
        tuple of (str, str) or None
            Key and remedy; None where all is well. [text]
        """
        return _out_of_range(extra_ms=self.extra_ms, least_ms=self.least_ms)


class LogNormalDelay(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="distribution", tag="lognormal"
):
    """A floor and a log-normal wait on top.

    Parameters
    ----------
    median_ms : float
        Median of the wait on top. [milliseconds]
    sigma : float
        Standard deviation of its logarithm. [pure]
    least_ms : float
        The floor. [milliseconds]
    """

    median_ms: float
    sigma: float
    least_ms: float = 0.0

    @property
    def mean_ms(self) -> float:
        """Expected delay. [milliseconds]"""
        return self.least_ms + self.median_ms * math.exp(0.5 * self.sigma**2)

    def problem(self) -> tuple[str, str] | None:
        """Say what cannot be.

        Returns
        -------
        tuple of (str, str) or None
            Key and remedy; None where all is well. [text]
        """
        if not 1e-3 <= self.median_ms <= _LONGEST_MS:
            return "median_ms", f"give milliseconds from 0.001 to {_LONGEST_MS:g}"
        if not 0.0 <= self.sigma <= 5.0:
            return "sigma", "give a number from 0 to 5: 0.5 is usual"
        return _out_of_range(least_ms=self.least_ms)


class QuantileDelay(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="distribution", tag="quantiles"
):
    """Measured quantiles, straight lines between them.

    Parameters
    ----------
    probabilities : tuple of float
        Rising from 0 to 1, both included. [probability]
    quantiles_ms : tuple of float
        The delay at each, never falling. [milliseconds]
    """

    probabilities: tuple[float, ...]
    quantiles_ms: tuple[float, ...]

    @property
    def mean_ms(self) -> float:
        """Expected delay. [milliseconds]"""
        points = pairwise(zip(self.probabilities, self.quantiles_ms, strict=True))
        return sum(0.5 * (low + high) * (q - p) for (p, low), (q, high) in points)

    def problem(self) -> tuple[str, str] | None:
        """Say what cannot be.

        Returns
        -------
        tuple of (str, str) or None
            Key and remedy; None where all is well. [text]
        """
        p, ms = self.probabilities, self.quantiles_ms
        if not (len(p) >= 2 and p[0] == 0.0 and p[-1] == 1.0 and all(a < b for a, b in pairwise(p))):
            return "probabilities", "let them rise from 0 to 1, both included"
        if not (len(ms) == len(p) and all(a <= b for a, b in pairwise(ms))):
            return "quantiles_ms", "give one delay for each probability, never falling"
        return _out_of_range(quantiles_ms=ms[0]) or _out_of_range(quantiles_ms=ms[-1])


Delay: TypeAlias = ConstantDelay | ExponentialDelay | LogNormalDelay | QuantileDelay


def _out_of_range(**keys: float) -> tuple[str, str] | None:
    wrong = (key for key, ms in keys.items() if not 0.0 <= ms <= _LONGEST_MS)
    return next(((key, f"give milliseconds from 0 to {_LONGEST_MS:g}") for key in wrong), None)
