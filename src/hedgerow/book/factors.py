"""The factor model under which risk is stated: Gaussian moves of spot and of each expiry's vol.

Over the horizon the spot return r has standard deviation s = spot_vol·sqrt(h). The vol of expiry T moves by
m(T) = vol_of_vol·(reference/T)^a·sqrt(h) times a standard normal that correlates with r by rho and otherwise decays
in the log distance of expiries. P&L to second order in r and first order in vol is

    b·r + ½·c·r² + sum_T vega_T·dvol_T,      b = S·dW/dS, c = S²·d²W/dS²,

whose variance is exact for Gaussian moves: the convexity term enters as one more factor (r² - s²)/2 with variance
s⁴/2, uncorrelated with the others (odd moments vanish).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from hedgerow.book.compiled import CompiledBook, value_book
from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.core.instants import DAYS_PER_YEAR, years_between

REFERENCE_YEARS = 30.0 / DAYS_PER_YEAR
"""The expiry of which ``vol_of_vol`` speaks. [years]"""
SHORTEST_YEARS = 1.0 / DAYS_PER_YEAR
"""Vols of nearer expiries move as those of this one. [years]"""


class RiskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Parameters of the factor model.

    Parameters
    ----------
    horizon_hours : float
        Over which the P&L is looked at. [hours]
    spot_vol : float
        Vol of the spot. [fraction per square root of a year]
    vol_of_vol : float
        Standard deviation of the 30-day vol over one year. [vol, 1.00 = 100 points, per square root of a year]
    spot_vol_correlation : float
        Correlation of spot and vol moves. [-1 to 1]
    vol_term_exponent : float
        Vols of expiry T move as (30 days/T) to this power; expiries below a day move as one of a day. [pure]
    vol_decorrelation : float
        Correlation of two expiries' vols falls as exp(-this·|ln(T1/T2)|). [pure]
    skew_vol : float
        Standard deviation over one year of the skew, the slope of vols in ln(K/F)/sqrt(T); zero for no such factor.
        [vol per square root of a year]
    basis_vol : float
        That of the annualised basis of dated contracts. [fraction per year, per square root of a year]
    funding_vol : float
        Standard deviation of the annualised funding over the horizon about what is expected. [fraction per year]
    """

    horizon_hours: float
    spot_vol: float
    vol_of_vol: float
    spot_vol_correlation: float
    vol_term_exponent: float = 0.5
    vol_decorrelation: float = 0.2
    skew_vol: float = 0.0
    basis_vol: float = 0.0
    funding_vol: float = 0.0

    def __post_init__(self) -> None:
        def refuse(name: str, rule: str) -> None:
            raise InputError(f"{name} = {getattr(self, name):g}", rule)

        if not 1e-3 <= self.horizon_hours <= 24.0 * 366.0:
            refuse("horizon_hours", "a horizon is positive, from 0.001 hours to a year")
        for name in ("spot_vol", "vol_of_vol"):
            if not 0.0 < getattr(self, name) <= 10.0:
                refuse(name, "vols are positive fractions: write 0.55 for 55 %")
        if not abs(self.spot_vol_correlation) < 1.0:
            refuse("spot_vol_correlation", "a correlation lies between -1 and 1")
        if not 0.0 <= self.vol_term_exponent <= 2.0:
            refuse("vol_term_exponent", "give a number from 0 to 2")
        if not 0.0 <= self.vol_decorrelation <= 100.0:
            refuse("vol_decorrelation", "give a number from 0 to 100")
        for name in ("skew_vol", "basis_vol", "funding_vol"):
            if not 0.0 <= getattr(self, name) <= 10.0:
                refuse(name, "give a fraction from 0 to 10: 0.05 for 5 % a year")

    def describe(self) -> str:
        """Say in one line what is assumed.

        Returns
        -------
        str
            For the ticket. [text]
        """
        return (
            f"Gaussian moves over {self.horizon_hours:g} h: spot vol {self.spot_vol:.0%}, vol of the 30-day vol "
            f"{self.vol_of_vol:.0%} a year scaled by (30 d/T)^{self.vol_term_exponent:g}, spot-vol correlation "
            f"{self.spot_vol_correlation:g}; P&L to second order in spot, first in vol"
            + "".join(
                f"; {name} {value:.3g}"
                for name, value in (("skew", self.skew_vol), ("basis", self.basis_vol), ("funding", self.funding_vol))
                if value > 0.0
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorModel:
    """Factors: spot return, its square, and one vol per expiry.

    Parameters
    ----------
    expiries_ns : tuple of int
        Expiries, in order of the vol factors. [UTC epoch ns]
    covariance : ndarray of shape (n_factor, n_factor)
        Covariance of the factors over the horizon. [pure]
    """

    expiries_ns: tuple[int, ...]
    covariance: Float64[np.ndarray, "n_factor n_factor"]

    def loadings(self, book: CompiledBook, *, numeraire: str) -> Float64[np.ndarray, "n_factor n_group"]:
        """Return the P&L of each position per unit of each factor.

        Parameters
        ----------
        book : CompiledBook
            A book whose expiries the model knows.
        numeraire : str
            ``USD`` or the base coin.

        Returns
        -------
        ndarray of shape (n_factor, n_group)
            Loadings. [numeraire per unit of factor]

        Raises
        ------
        NumeraireError
            If the numeraire is neither USD nor the base coin.

        References
        ----------
        Glasserman (2003), "Monte Carlo Methods in Financial Engineering", section 9.2 (delta-gamma approximation),
        doi 10.1007/978-0-387-21617-1.
        """
        rows = value_book(book, numeraire=numeraire)
        # The coin delta S·dW/dS is already the derivative in the relative move.
        first = rows[1] * (1.0 if numeraire == book.base else book.spot)
        second = rows[2] * book.spot**2
        place = {expiry: 2 + i for i, expiry in enumerate(self.expiries_ns)}
        out = np.zeros((2 + len(self.expiries_ns), book.n_group))
        np.add.at(out[0], book.group, first)
        np.add.at(out[1], book.group, second)
        for expiry in book.option_expiries_ns:
            mine = book.option_expiry_ns == expiry
            np.add.at(out[place[expiry]], book.group[mine], rows[3][mine])
        return out

    def deviation(self, loads: Float64[np.ndarray, " n_factor"]) -> float:
        """Return the standard deviation of P&L over the horizon.

        Parameters
        ----------
        loads : ndarray of shape (n_factor,)
            Loadings of a book. [numeraire per unit of factor]

        Returns
        -------
        float
            Standard deviation. [numeraire]

        References
        ----------
        Glasserman (2003), section 9.2, doi 10.1007/978-0-387-21617-1.
        """
        return math.sqrt(max(float(loads @ self.covariance @ loads), 0.0))


def vol_scale(years: Float64[np.ndarray, " n_expiry"], vol_term_exponent: float) -> Float64[np.ndarray, " n_expiry"]:
    """Return by how much the vol of each expiry moves when that of 30 days moves by one.

    Parameters
    ----------
    years : ndarray of shape (n_expiry,)
        Times to expiry; less than a day counts as a day. [years]
    vol_term_exponent : float
        The power of (30 days/T). [pure]

    Returns
    -------
    ndarray of shape (n_expiry,)
        The scale. [pure]

    References
    ----------
    The square-root rule of Taleb (1997), "Dynamic Hedging", chapter 9, with the exponent free.
    """
    scale: np.ndarray = (REFERENCE_YEARS / np.maximum(years, SHORTEST_YEARS)) ** vol_term_exponent
    return scale


def factor_model(settings: RiskSettings, expiries_ns: Sequence[int], as_of_ns: int) -> FactorModel:
    """Build the covariance of the factors.

    Parameters
    ----------
    settings : RiskSettings
        Parameters.
    expiries_ns : sequence of int
        Expiries whose vols are factors. [UTC epoch ns]
    as_of_ns : int
        The instant of the market. [UTC epoch ns]

    Returns
    -------
    FactorModel
        Factors and covariance, positive semidefinite by construction. [pure]

    References
    ----------
    Glasserman (2003), section 9.2, doi 10.1007/978-0-387-21617-1. The term structure of vol moves follows the
    square-root rule of Taleb (1997), "Dynamic Hedging", chapter 9.
    """
    expiries = tuple(sorted(set(expiries_ns)))
    horizon = settings.horizon_hours / (24.0 * DAYS_PER_YEAR)
    spot_move = settings.spot_vol * math.sqrt(horizon)
    years = np.array([max(years_between(as_of_ns, expiry), SHORTEST_YEARS) for expiry in expiries])
    vol_move = settings.vol_of_vol * math.sqrt(horizon) * vol_scale(years, settings.vol_term_exponent)
    distance = np.abs(np.subtract.outer(np.log(years), np.log(years)))
    rho = settings.spot_vol_correlation
    among = rho**2 + (1.0 - rho**2) * np.exp(-settings.vol_decorrelation * distance)
    n = 2 + len(expiries)
    covariance = np.zeros((n, n))
    covariance[0, 0] = spot_move**2
    covariance[1, 1] = 0.5 * spot_move**4
    covariance[0, 2:] = covariance[2:, 0] = rho * spot_move * vol_move
    covariance[2:, 2:] = among * np.outer(vol_move, vol_move)
    return FactorModel(expiries_ns=expiries, covariance=frozen(covariance))
