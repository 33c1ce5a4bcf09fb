"""Models of the forward as plain numbers, fit for an event or a file, each with the domain in which it makes sense.

All are driftless under the measure in which options in the quote currency are priced. With X = ln(F_t/F_0):

    Heston, Bates, SVCJ  dX = -v/2 dt + sqrt(v) dW + J_x dN - lambda·m dt
                         dv = kappa(theta - v) dt + nu sqrt(v) dZ + J_v dN
    Merton               the same with a constant v
    SABR                 dF = alpha F^beta dW,  dalpha = nu alpha dZ
    log-normal SV        dF = sigma F dW
                         dsigma = (kappa1 + kappa2 sigma)(theta - sigma) dt + beta sigma dW + eps sigma dZ

with dW dZ = rho dt (in the last one dZ is independent of dW) and m = E[exp(J_x)] - 1.
"""

import math
from numbers import Real
from typing import TypeAlias

import msgspec

from hedgerow.core.errors import InputError

_LARGEST = 1e6
"""No parameter may be larger than this. [as the parameter]"""


class Heston(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="heston"):
    """Variance that reverts to a mean, square-root diffusion.

    Parameters
    ----------
    v0, theta : float
        Variance now and in the long run. [per year]
    kappa : float
        Speed of mean reversion, positive. [per year]
    vol_of_vol : float
        Vol of the variance, nu above. [per year]
    rho : float
        Correlation of variance and forward, strictly between -1 and 1. [pure]

    Raises
    ------
    InputError
        If a parameter is outside its domain.

    References
    ----------
    Heston (1993), "A closed-form solution for options with stochastic volatility", Review of Financial Studies 6:327,
    doi 10.1093/rfs/6.2.327, eq. 1 and 4.
    """

    v0: float
    kappa: float
    theta: float
    vol_of_vol: float
    rho: float

    def __post_init__(self) -> None:
        _check_variance(self)

    @property
    def feller(self) -> float:
        """2·kappa·theta/nu²: from 1 on the variance stays away from zero; infinite without vol of vol. [pure]"""
        return 2.0 * self.kappa * self.theta / self.vol_of_vol**2 if self.vol_of_vol else math.inf


class Bates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="bates"):
    """Heston's variance, and log-normal jumps of the forward.

    Parameters
    ----------
    v0, kappa, theta, vol_of_vol, rho : float
        As in ``Heston``.
    jump_intensity : float
        Jumps expected, lambda above. [per year]
    jump_mean, jump_vol : float
        Mean and standard deviation of the jump of ln F. [pure]

    Raises
    ------
    InputError
        If a parameter is outside its domain.

    References
    ----------
    Bates (1996), "Jumps and stochastic volatility", Review of Financial Studies 9:69, doi 10.1093/rfs/9.1.69, eq. 1.
    """

    v0: float
    kappa: float
    theta: float
    vol_of_vol: float
    rho: float
    jump_intensity: float
    jump_mean: float
    jump_vol: float

    def __post_init__(self) -> None:
        _check_variance(self)
        _check_jumps(self)


class Merton(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="merton"):
    """A constant vol, and log-normal jumps of the forward.

    Parameters
    ----------
    vol : float
        Vol between jumps, positive. [fraction per square root of a year]
    jump_intensity, jump_mean, jump_vol : float
        As in ``Bates``.

    Raises
    ------
    InputError
        If a parameter is outside its domain.

    References
    ----------
    Merton (1976), "Option pricing when underlying stock returns are discontinuous", J. Financial Economics 3:125,
    doi 10.1016/0304-405X(76)90022-2, eq. 3.
    """

    vol: float
    jump_intensity: float
    jump_mean: float
    jump_vol: float

    def __post_init__(self) -> None:
        _check_finite(self)
        _refuse_unless(self.vol > 0.0, self, "vol", "give a positive number")
        _check_jumps(self)


class SVCJ(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="svcj"):
    """Heston's variance, and jumps that hit forward and variance at once.

    The variance jumps by an exponential J_v of mean ``variance_jump_mean``; given it, ln F jumps by a normal of mean
    ``jump_mean + jump_correlation·J_v`` and standard deviation ``jump_vol``.

    Parameters
    ----------
    v0, kappa, theta, vol_of_vol, rho : float
        As in ``Heston``.
    jump_intensity : float
        Jumps expected. [per year]
    jump_mean, jump_vol : float
        Mean at J_v = 0, and standard deviation, of the jump of ln F. [pure]
    variance_jump_mean : float
        Mean jump of the variance. [per year]
    jump_correlation : float
        What a unit of J_v adds to the jump of ln F; times ``variance_jump_mean`` below 1. [years]

    Raises
    ------
    InputError
        If a parameter is outside its domain.

    References
    ----------
    Duffie, Pan, Singleton (2000), "Transform analysis and asset pricing for affine jump-diffusions", Econometrica
    68:1343, doi 10.1111/1468-0262.00164, section 4; on bitcoin options: Hou, Wang, Chen, Härdle (2020), "Pricing
    cryptocurrency options", J. Financial Econometrics 18:250, doi 10.1093/jjfinec/nbaa006, eq. 1 to 5.
    """

    v0: float
    kappa: float
    theta: float
    vol_of_vol: float
    rho: float
    jump_intensity: float
    jump_mean: float
    jump_vol: float
    variance_jump_mean: float
    jump_correlation: float

    def __post_init__(self) -> None:
        _check_variance(self)
        _check_jumps(self)
        _refuse_unless(self.variance_jump_mean >= 0.0, self, "variance_jump_mean", "give zero or more")
        room = self.jump_correlation * self.variance_jump_mean < 1.0
        _refuse_unless(room, self, "jump_correlation", "times variance_jump_mean it must be below 1: lower it")


class SABR(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="sabr"):
    """The smile of one expiry: a vol without mean reversion.

    Parameters
    ----------
    alpha : float
        Vol now, positive; with ``beta`` 1 the vol of ln F. [quote^(1 - beta) per square root of a year]
    beta : float
        How the vol depends on the level of the forward: 1 for log-normal, 0 for normal. [pure]
    vol_of_vol : float
        Vol of alpha. [per square root of a year]
    rho : float
        Correlation of alpha and forward, strictly between -1 and 1. [pure]

    Raises
    ------
    InputError
        If a parameter is outside its domain.

    References
    ----------
    Hagan, Kumar, Lesniewski, Woodward (2002), "Managing smile risk", Wilmott September 2002:84, eq. 2.15.
    """

    alpha: float
    beta: float
    vol_of_vol: float
    rho: float

    def __post_init__(self) -> None:
        _check_finite(self)
        _refuse_unless(self.alpha > 0.0, self, "alpha", "give a positive number")
        _refuse_unless(0.0 <= self.beta <= 1.0, self, "beta", "give a number from 0 to 1")
        _refuse_unless(self.vol_of_vol >= 0.0, self, "vol_of_vol", "give zero or more")
        _refuse_unless(-1.0 < self.rho < 1.0, self, "rho", "give a number strictly between -1 and 1")


class LogNormalSV(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="lognormal_sv"
):
    """A log-normal vol with quadratic drift (Karasinski-Sepp).

    Parameters
    ----------
    vol0, theta : float
        Vol now and in the long run, positive. [fraction per square root of a year]
    kappa1, kappa2 : float
        Linear and quadratic speeds of mean reversion. [per year], [per year and unit of vol]
    beta : float
        What the vol moves by, relatively, per unit of the forward's Brownian motion. [per square root of a year]
    vol_of_vol : float
        Vol of the vol that is its own. [per square root of a year]

    Raises
    ------
    InputError
        If a parameter is outside its domain.

    References
    ----------
    Sepp, Rakhmonov (2023), "Log-normal stochastic volatility model with quadratic drift", International J. Theoretical
    and Applied Finance 26:2450003, doi 10.1142/S0219024924500031, section 3, with its conditions: kappa2 >= beta for
    the forward to be a martingale and kappa2 >= 2·beta for the coin to be a numeraire.
    """

    vol0: float
    theta: float
    kappa1: float
    kappa2: float
    beta: float
    vol_of_vol: float

    def __post_init__(self) -> None:
        _check_finite(self)
        for name in ("vol0", "theta"):
            _refuse_unless(getattr(self, name) > 0.0, self, name, "give a positive number")
        for name in ("kappa1", "kappa2", "vol_of_vol"):
            _refuse_unless(getattr(self, name) >= 0.0, self, name, "give zero or more")
        _refuse_unless(self.kappa2 >= self.beta, self, "kappa2", "the forward is a martingale from kappa2 = beta on")


AffineModel: TypeAlias = Heston | Bates | Merton | SVCJ
"""Models whose characteristic function is known in closed form."""

Model: TypeAlias = AffineModel | SABR | LogNormalSV
"""Every model."""


def _check_variance(model: Heston | Bates | SVCJ) -> None:
    _check_finite(model)
    _refuse_unless(model.v0 >= 0.0, model, "v0", "give a variance, zero or more")
    _refuse_unless(model.theta >= 0.0, model, "theta", "give a variance, zero or more")
    _refuse_unless(model.v0 + model.theta > 0.0, model, "v0", "one of v0 and theta must be positive")
    _refuse_unless(model.kappa > 0.0, model, "kappa", "give a positive number")
    _refuse_unless(model.vol_of_vol >= 0.0, model, "vol_of_vol", "give zero or more")
    _refuse_unless(-1.0 < model.rho < 1.0, model, "rho", "give a number strictly between -1 and 1")


def _check_jumps(model: Bates | Merton | SVCJ) -> None:
    _refuse_unless(model.jump_intensity >= 0.0, model, "jump_intensity", "give zero or more")
    _refuse_unless(abs(model.jump_mean) <= 10.0, model, "jump_mean", "give a mean jump of ln F between -10 and 10")
    _refuse_unless(0.0 <= model.jump_vol <= 10.0, model, "jump_vol", "give a number from 0 to 10")


def _check_finite(model: msgspec.Struct) -> None:
    for name in model.__struct_fields__:
        value = getattr(model, name)
        number = isinstance(value, Real) and not isinstance(value, bool)
        _refuse_unless(number and abs(value) <= _LARGEST, model, name, f"give a finite number, at most {_LARGEST:g}")


def _refuse_unless(good: object, model: msgspec.Struct, name: str, advice: str) -> None:
    if not good:
        raise InputError(f"{name} = {getattr(model, name)!r} in {type(model).__name__}", advice)
