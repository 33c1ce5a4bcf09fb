"""Which scheme simulates a model under a measure, and the bias that it states."""

import functools
import math
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pricing.models import SABR, LogNormalSV, Merton, Model, coefficients, seen_from_coin
from hedgerow.pricing.paths import affine_kernels, lognormal_kernels
from hedgerow.pricing.paths.constants import affine_constants, lognormal_constants, sabr_constants

Measure: TypeAlias = Literal["quote", "coin"]
"""Whose money is the numeraire: with "quote" the forward has no drift, with "coin" one over the forward has none."""

Drawn: TypeAlias = list[Float64[np.ndarray, "n_path n_step"]]
Paths: TypeAlias = Float64[np.ndarray, "n_path n_date"]
Filler: TypeAlias = Callable[[Drawn, Drawn, Paths, Paths], None]
"""Takes normals, uniforms, and the arrays of forward and variance to fill."""


class Bias(NamedTuple):
    """What steps of finite length do to expectations.

    Parameters
    ----------
    scheme : str
        Name of the scheme. [text]
    order : float
        Expectations of smooth functions are off by the step to this power; infinite if they are exact. [pure]
    says : str
        What is exact, and where the order is not reached. [text]
    """

    scheme: str
    order: float
    says: str


_NORMAL: Final = Bias("normal increments", math.inf, "Exact at the dates.")
_QUADRATIC_EXPONENTIAL: Final = Bias(
    "quadratic-exponential with martingale correction",
    2.0,
    "Exact: E[F_T] or E[1/F_T]; mean and variance of v_T, with jumps of the variance its mean. Where the variance is"
    " often at zero errors fall as fast on the whole, but unevenly.",
)
_LOGNORMAL: Final = Bias(
    "log-normal vol, normal ln F given the vol",
    2.0,
    "Exact for SABR: the law of alpha, and E[ln F_T]. E[F_T] or E[1/F_T] is off by the order 2, less than the rest."
    " SABR with rho > 0 loses its martingale, as it does in continuous time.",
)
_LAMPERTI: Final = Bias(
    "log-normal vol, split steps of F^(1 - beta)",
    2.0,
    "Exact: the law of alpha. Zero absorbs, but is seen at steps only: where paths get there the order is 1/2.",
)
_UNREAD: Final = np.empty((0, 0))


class Scheme(NamedTuple):
    """A kernel with its constants, and the random numbers that it takes per step.

    Parameters
    ----------
    fill : callable
        Turns drivers into paths. [function]
    variance : float
        Squared vol of ln F at the start. [per year]
    normals, uniforms : int
        Random numbers per step. [count]
    bias : Bias
        What it states. [none]
    """

    fill: Filler
    variance: float
    normals: int
    uniforms: int
    bias: Bias


def choose_scheme(model: Model, measure: Measure, forward: float, step: float, drift: float = 0.0) -> Scheme:
    """Return the scheme of a model under a measure.

    Parameters
    ----------
    model : Model
        The model. [none]
    measure : {"quote", "coin"}
        The measure. [none]
    forward : float
        The forward now. [quote per coin]
    step : float
        Length of a step. [years, Act/365]
    drift : float
        Drift of the forward, zero under the measure of the coin. [per year]

    Returns
    -------
    Scheme
        The scheme. [none]

    Raises
    ------
    InputError
        If the model cannot be simulated with this step under this measure.
    """
    coin = measure == "coin"
    if isinstance(model, SABR) and model.beta < 1.0:
        if coin:
            told = f"SABR with beta {model.beta:g} under the measure of the coin: its forward can get to zero"
            raise InputError(told, 'simulate with measure="quote" and weigh every path by F_T/F_0')
        constants = sabr_constants(model, forward, step, drift)
        return Scheme(functools.partial(_fill_lognormal, constants, False), float(constants[2] ** 2), 2, 0, _LAMPERTI)
    if isinstance(model, SABR | LogNormalSV):
        constants = lognormal_constants(model, coin, forward, step, drift)
        return Scheme(functools.partial(_fill_lognormal, constants, True), float(constants[2] ** 2), 2, 0, _LOGNORMAL)
    c = coefficients(model)
    seen = seen_from_coin(c) if coin else c
    constants = affine_constants(seen, forward, -1.0 if coin else 1.0, step, drift)
    jumps = 0 if c.jump_intensity == 0.0 else 1 if c.variance_jump_mean == 0.0 else 2
    bias = _NORMAL if isinstance(model, Merton) else _QUADRATIC_EXPONENTIAL
    normals = 1 if isinstance(model, Merton) else 2
    return Scheme(functools.partial(_fill_affine, constants), c.v0, normals, jumps, bias)


def stated_bias(model: Model) -> Bias:
    """Return what the scheme of a model states about its bias, the same under both measures.

    Parameters
    ----------
    model : Model
        The model. [none]

    Returns
    -------
    Bias
        Scheme, order, and what is exact. [none]

    Examples
    --------
    >>> from hedgerow.pricing.models import Merton
    >>> stated_bias(Merton(vol=0.6, jump_intensity=5.0, jump_mean=-0.05, jump_vol=0.1)).order
    inf
    """
    return choose_scheme(model, "quote", 1.0, 1e-12).bias


def _fill_affine(constants: Any, normals: Drawn, uniforms: Drawn, forward: Paths, variance: Paths) -> None:
    jumps = [*uniforms, _UNREAD, _UNREAD][:2]  # Merton's variance reads no driver: any will do
    affine_kernels.affine_paths(constants, normals[0], normals[-1], *jumps, forward, variance)


def _fill_lognormal(constants: Any, reverting: bool, normals: Drawn, _: Drawn, forward: Paths, variance: Paths) -> None:
    lognormal_kernels.lognormal_paths(constants, reverting, *normals, forward, variance)
