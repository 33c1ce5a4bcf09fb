"""Heston, Bates, Merton and SVCJ as one set of coefficients, and the same seen by who counts in coin."""

from typing import NamedTuple, NoReturn

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pricing.models.parameters import SVCJ, AffineModel, Bates, Heston, Merton


class AffineCoefficients(NamedTuple):
    """The dynamics that all affine models share; without jumps or vol of vol the rest is zero.

    Parameters
    ----------
    pull : float
        kappa·theta, the drift of a variance of zero. [per year²]
    kappa, vol_of_vol, rho, v0 : float
        As in ``Heston``; kappa may be negative, which a change of measure can bring about.
    jump_intensity, jump_mean, jump_vol, variance_jump_mean, jump_correlation : float
        As in ``SVCJ``.
    """

    pull: float
    kappa: float
    vol_of_vol: float
    rho: float
    v0: float
    jump_intensity: float = 0.0
    jump_mean: float = 0.0
    jump_vol: float = 0.0
    variance_jump_mean: float = 0.0
    jump_correlation: float = 0.0

    @property
    def jump_drift(self) -> float:
        """M = E[exp(J_x)] - 1: the mean relative jump of the forward. [pure]"""
        room = 1.0 - self.jump_correlation * self.variance_jump_mean
        return float(np.exp(self.jump_mean + 0.5 * self.jump_vol**2) / room - 1.0)

    def array(self) -> Float64[np.ndarray, " 10"]:
        """Return the coefficients in the order of the fields, for kernels.

        Returns
        -------
        ndarray of shape (10,)
            The coefficients. [as the fields]
        """
        return np.array(self, dtype=np.float64)


def coefficients(model: AffineModel) -> AffineCoefficients:
    """Return the coefficients of a model.

    Parameters
    ----------
    model : Heston, Bates, Merton or SVCJ
        The model.

    Returns
    -------
    AffineCoefficients
        Its coefficients under the measure of the quote currency. [as the fields]

    Raises
    ------
    InputError
        If the model is not one of these.

    References
    ----------
    Duffie, Pan, Singleton (2000), section 4.1, eq. 4.1, which nests the others.
    """
    match model:
        case Merton():
            found = AffineCoefficients(pull=0.0, kappa=0.0, vol_of_vol=0.0, rho=0.0, v0=model.vol**2)
        case Heston() | Bates() | SVCJ():
            pull = model.kappa * model.theta
            found = AffineCoefficients(pull, model.kappa, model.vol_of_vol, model.rho, model.v0)
        case _:
            _not_affine(model)
    if isinstance(model, Bates | Merton | SVCJ):
        found = found._replace(jump_intensity=model.jump_intensity, jump_mean=model.jump_mean, jump_vol=model.jump_vol)
    if isinstance(model, SVCJ):
        found = found._replace(variance_jump_mean=model.variance_jump_mean, jump_correlation=model.jump_correlation)
    return found


def _not_affine(model: object) -> NoReturn:
    raise InputError(f"a model of type {type(model).__name__}", "give Heston, Bates, Merton or SVCJ")


def seen_from_coin(c: AffineCoefficients) -> AffineCoefficients:
    """Return the dynamics of 1/F under the measure whose numeraire is the coin.

    There dQ_coin/dQ = F_T/F_0: Brownian motions gain drifts sqrt(v) dt and rho·sqrt(v) dt, and jumps are tilted by
    exp(J_x). A call on F in coin pays (F - K)+/F = K·(1/K - 1/F)+: K puts on 1/F struck at 1/K.

    Parameters
    ----------
    c : AffineCoefficients
        Dynamics of F under the measure of the quote currency.

    Returns
    -------
    AffineCoefficients
        Dynamics of 1/F, which has no drift under the measure of the coin. [as the fields]

    References
    ----------
    Lewis (2000), "Option valuation under stochastic volatility", chapter 2 on the share measure; Geman, El Karoui,
    Rochet (1995), J. Applied Probability 32:443, doi 10.2307/3215299, theorem 1.
    """
    room = 1.0 - c.jump_correlation * c.variance_jump_mean
    return AffineCoefficients(
        pull=c.pull,
        kappa=c.kappa - c.rho * c.vol_of_vol,
        vol_of_vol=c.vol_of_vol,
        rho=-c.rho,
        v0=c.v0,
        jump_intensity=c.jump_intensity * (1.0 + c.jump_drift),
        jump_mean=-(c.jump_mean + c.jump_vol**2),
        jump_vol=c.jump_vol,
        variance_jump_mean=c.variance_jump_mean / room,
        jump_correlation=-c.jump_correlation,
    )
