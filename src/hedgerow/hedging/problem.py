"""The hedge as a convex problem.

With x the contracts to trade, e the book's factor loadings and B those of one contract,

    minimise   ½·g·(e + Bx)'·Sigma·(e + Bx) + sum_i c_i·|x_i|
    subject to lower <= g0 + Gx <= upper      (Greek bands; lower = upper is exact neutrality)
               |x_i| <= u_i                   (boxes)

Book positions enter only through e and g0, so their number does not matter to the solver.
"""

from dataclasses import dataclass, field

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class GreekBand:
    """A Greek of the hedged book that must end inside a band.

    Parameters
    ----------
    name : str
        Its name, for messages.
    lower, upper : float
        The band; equal ends ask for exact neutrality. [unit of the Greek]
    """

    name: str
    lower: float
    upper: float

    def __post_init__(self) -> None:
        if not self.lower <= self.upper:
            raise InputError(
                f"{self.name}: a band from {self.lower:g} to {self.upper:g}",
                "give [lower, upper] in that order",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeProblem:
    """Data of the convex problem.

    Parameters
    ----------
    names : tuple of str
        Hedging instruments.
    book_loads : ndarray of shape (n_factor,)
        P&L of the book per unit of each factor. [numeraire]
    unit_loads : ndarray of shape (n_factor, n_instrument)
        The same of one contract. [numeraire per contract]
    covariance : ndarray of shape (n_factor, n_factor)
        Covariance of the factors over the horizon. [pure]
    risk_aversion : float
        Weight of half the variance against cost. [per numeraire]
    cost : ndarray of shape (n_instrument,)
        Cost of trading one contract either way. [numeraire per contract]
    bands : tuple of GreekBand
        Greeks that are bound.
    book_greeks : ndarray of shape (n_band,)
        Those Greeks of the book. [unit of each Greek]
    unit_greeks : ndarray of shape (n_band, n_instrument)
        Those Greeks of one contract. [unit per contract]
    box : ndarray of shape (n_instrument,)
        Largest absolute trade; inf for none. [contracts]
    lot : ndarray of shape (n_instrument,)
        Smallest trade. [contracts]
    hessian, gradient_at_zero : ndarrays of shape (n_instrument, n_instrument) and (n_instrument,)
        Derivatives of the risk term, derived. [numeraire per contract², numeraire per contract]
    lower, upper : ndarray of shape (n_band,)
        Ends of the bands, derived. [unit of each Greek]

    Raises
    ------
    InputError
        If a number is not finite or shapes do not fit.
    """

    names: tuple[str, ...]
    book_loads: Float64[np.ndarray, " n_factor"]
    unit_loads: Float64[np.ndarray, "n_factor n_instrument"]
    covariance: Float64[np.ndarray, "n_factor n_factor"]
    risk_aversion: float
    cost: Float64[np.ndarray, " n_instrument"]
    bands: tuple[GreekBand, ...]
    book_greeks: Float64[np.ndarray, " n_band"]
    unit_greeks: Float64[np.ndarray, "n_band n_instrument"]
    box: Float64[np.ndarray, " n_instrument"]
    lot: Float64[np.ndarray, " n_instrument"]
    hessian: Float64[np.ndarray, "n_instrument n_instrument"] = field(init=False, repr=False)
    gradient_at_zero: Float64[np.ndarray, " n_instrument"] = field(init=False, repr=False)
    lower: Float64[np.ndarray, " n_band"] = field(init=False, repr=False)
    upper: Float64[np.ndarray, " n_band"] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._check()
        pull = self.risk_aversion * (self.unit_loads.T @ self.covariance)
        derived = {
            "hessian": pull @ self.unit_loads,
            "gradient_at_zero": pull @ self.book_loads,
            "lower": np.array([band.lower for band in self.bands], dtype=np.float64),
            "upper": np.array([band.upper for band in self.bands], dtype=np.float64),
        }
        for name, values in derived.items():
            object.__setattr__(self, name, frozen(values))

    def _check(self) -> None:
        n_factor, n, m = self.book_loads.size, len(self.names), len(self.bands)
        shapes = {
            "unit_loads": (n_factor, n),
            "covariance": (n_factor, n_factor),
            "cost": (n,),
            "book_greeks": (m,),
            "unit_greeks": (m, n),
            "lot": (n,),
            "box": (n,),
        }
        for name, shape in shapes.items():
            values = getattr(self, name)
            if values.shape != shape:
                raise InputError(f"{name} has shape {values.shape}", f"{shape} is needed")
            if name != "box" and not np.all(np.isfinite(values)):
                raise InputError(f"{name} holds a number that is not finite", "check the inputs")
        if not np.all(np.isfinite(self.book_loads)):
            raise InputError("book_loads holds a number that is not finite", "check the inputs")
        if not (np.all(self.cost >= 0.0) and np.all(self.box >= 0.0) and np.all(self.lot > 0.0)):
            raise InputError("a cost or box is negative, or a lot not positive", "check the instruments")
        if not (self.risk_aversion > 0.0 and np.isfinite(self.risk_aversion)):
            raise InputError(f"risk_aversion = {self.risk_aversion:g}", "it is positive, per unit of the numeraire")

    def objective(self, x: Float64[np.ndarray, " n_instrument"]) -> float:
        """Return risk and cost of a trade.

        Parameters
        ----------
        x : ndarray of shape (n_instrument,)
            Trade. [contracts]

        Returns
        -------
        float
            Half the risk aversion times the variance, plus the cost. [numeraire]

        References
        ----------
        The first display of this module's docstring.
        """
        loads = self.book_loads + self.unit_loads @ x
        return float(0.5 * self.risk_aversion * (loads @ self.covariance @ loads) + self.cost @ np.abs(x))
