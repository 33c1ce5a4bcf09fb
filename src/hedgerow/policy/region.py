"""Several hedging instruments: the band becomes a region, and the trade ends on its boundary.

With h the holdings, h* the ideal ones and Sigma the covariance rate of the instruments' values, the region is

    abs(Sigma·(h - h*))_i <= Sigma_ii·b_i    for every instrument i,

and from outside it the trade goes to the h' that minimises

    ½·(h' - h*)'·Sigma·(h' - h*) + sum_i Sigma_ii·b_i·abs(h'_i - h_i).

Its optimality conditions say that h' is in the region, and on the face of every instrument that trades. So the hedge
optimizer projects onto the region in the metric of local risk, if its trading costs are spread over a holding period:
c_i/(g·T_i) = Sigma_ii·b_i. The period is what is stated in words as "costs count over so long".
"""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Bool, Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.costs.curves import proportional
from hedgerow.hedging import HedgeProblem, solve_convex


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTradeRegion:
    """Holdings that small proportional costs make worth leaving alone.

    Each half-band is that of Whalley and Wilmott as if the instrument were alone. To leading order that is exact for
    one instrument and for independent ones; for others the true region has curved faces, which have no closed form.

    Parameters
    ----------
    ideal : ndarray of shape (n_instrument,)
        Holdings without costs. [base]
    covariance : ndarray of shape (n_instrument, n_instrument)
        Covariance rate of the instruments' values, its diagonal positive. [quote² per base² per year]
    cost : ndarray of shape (n_instrument,)
        Cost of trading one unit. [quote per base]
    wander : ndarray of shape (n_instrument,)
        Variance rate of each ideal holding: of one option gamma²·sigma²·S². [base² per year]
    risk_aversion : float
        Constant absolute risk aversion. [1/quote]

    Raises
    ------
    InputError
        If shapes do not fit, an instrument has no risk of its own, or a cost or a rate is negative.

    References
    ----------
    Whalley, Wilmott (1997), Mathematical Finance 7:307, doi 10.1111/1467-9965.00034, section 3, for one instrument;
    Possamai, Soner, Touzi (2012), arXiv 1212.6275, for several.
    """

    ideal: Float64[np.ndarray, " n_instrument"]
    covariance: Float64[np.ndarray, "n_instrument n_instrument"]
    cost: Float64[np.ndarray, " n_instrument"]
    wander: Float64[np.ndarray, " n_instrument"]
    risk_aversion: float

    def __post_init__(self) -> None:
        size = self.ideal.size
        for name, shape in (("covariance", (size, size)), ("cost", (size,)), ("wander", (size,))):
            if getattr(self, name).shape != shape:
                raise InputError(f"{name} has shape {getattr(self, name).shape}", f"{shape} is needed")
        for name in ("cost", "wander"):
            values = getattr(self, name)
            if not np.all((values >= 0.0) & (values < np.inf)):
                raise InputError(f"{name} holds {values.min():g}", "give finite numbers, zero or more")
        if not 0.0 < self.risk_aversion < np.inf:
            raise InputError(f"risk_aversion = {self.risk_aversion:g}", "it is positive, per unit of the money")
        _own_risk(self.covariance)

    @property
    def half_widths(self) -> Float64[np.ndarray, " n_instrument"]:
        """Half-band of each instrument, the others held at their ideals. [base]"""
        rate = 1.5 * self.cost * self.wander / (self.risk_aversion * np.diag(self.covariance))
        return frozen(np.cbrt(rate))

    @property
    def holding_years(self) -> Float64[np.ndarray, " n_instrument"]:
        """Period over which the optimizer has to spread the cost of each instrument; NaN where it is free. [years]"""
        weight = self.risk_aversion * np.diag(self.covariance) * self.half_widths
        years = np.full(weight.size, np.nan)
        np.divide(self.cost, weight, out=years, where=weight > 0.0)
        return frozen(years)

    def contains(self, held: Float64[np.ndarray, " n_instrument"]) -> Bool[np.ndarray, ""]:
        """Tell whether holdings are left alone.

        Parameters
        ----------
        held : ndarray of shape (n_instrument,)
            Holdings. [base]

        Returns
        -------
        bool
            True inside and on the boundary. [bool]

        References
        ----------
        The first display of this module's docstring.
        """
        return np.asarray(np.all(self.to_faces(held) >= 0.0))

    def to_faces(self, held: Float64[np.ndarray, " n_instrument"]) -> Float64[np.ndarray, " n_instrument"]:
        """Return how far each instrument alone could trade before it meets its own nearer face.

        Parameters
        ----------
        held : ndarray of shape (n_instrument,)
            Holdings. [base]

        Returns
        -------
        ndarray of shape (n_instrument,)
            Negative beyond the face. [base]

        References
        ----------
        The first display of this module's docstring.
        """
        own = np.diag(self.covariance)
        return np.asarray(self.half_widths - np.abs(self.covariance @ (held - self.ideal)) / own)

    def goal(self, held: Float64[np.ndarray, " n_instrument"]) -> Float64[np.ndarray, " n_instrument"]:
        """Return where holdings go: nowhere from inside, to the boundary from outside.

        Parameters
        ----------
        held : ndarray of shape (n_instrument,)
            Holdings. [base]

        Returns
        -------
        ndarray of shape (n_instrument,)
            Holdings after the trade. [base]

        References
        ----------
        The second display of this module's docstring.
        """
        return project(self.ideal, self.covariance, self.half_widths, held)


def project(
    ideal: Float64[np.ndarray, " n_instrument"],
    covariance: Float64[np.ndarray, "n_instrument n_instrument"],
    half_widths: Float64[np.ndarray, " n_instrument"],
    held: Float64[np.ndarray, " n_instrument"],
) -> Float64[np.ndarray, " n_instrument"]:
    """Trade to the boundary of a no-trade region with the hedge optimizer.

    With one instrument that is clipping to [ideal - half_width, ideal + half_width], whatever drew the band.

    Parameters
    ----------
    ideal : ndarray of shape (n_instrument,)
        Middle of the region. [base]
    covariance : ndarray of shape (n_instrument, n_instrument)
        The metric of local risk: only its proportions count. [quote² per base² per year]
    half_widths : ndarray of shape (n_instrument,)
        Half-band of each instrument, the others held at the middle. [base]
    held : ndarray of shape (n_instrument,)
        Holdings. [base]

    Returns
    -------
    ndarray of shape (n_instrument,)
        Holdings after the trade; the same ones from inside. [base]

    Raises
    ------
    InputError
        If an instrument has no risk of its own, or a half-width is negative.
    SolveError
        If the optimizer cannot prove an answer.

    References
    ----------
    Possamai, Soner, Touzi (2012), arXiv 1212.6275, section 2: the region where the subgradient of the cost covers
    that of the risk.

    Examples
    --------
    >>> import numpy as np
    >>> project(np.array([1.0]), np.array([[400.0]]), np.array([0.25]), np.array([0.0])).round(9)
    array([0.75])
    """
    own = _own_risk(covariance)
    if not np.all((half_widths >= 0.0) & (half_widths < np.inf)):
        raise InputError(f"a half-width of {half_widths.min():g}", "give finite numbers, zero or more")
    away = held - ideal
    if np.all(np.abs(covariance @ away) <= own * half_widths):
        return frozen(held.copy())
    unit = 1.0 / own.max()
    problem = HedgeProblem(
        names=tuple(f"instrument {i}" for i in range(held.size)),
        book_loads=away,
        unit_loads=np.eye(held.size),
        covariance=covariance * unit,
        risk_aversion=1.0,
        curves=tuple(proportional(float(weight)) for weight in unit * own * half_widths),
        lot=np.full(held.size, 1.0),
    )
    return frozen(held + solve_convex(problem).x)


def _own_risk(covariance: Float64[np.ndarray, "n_instrument n_instrument"]) -> Float64[np.ndarray, " n_instrument"]:
    """Return the diagonal of a covariance, which must be positive."""
    own = np.diag(covariance)
    if not np.all((own > 0.0) & (own < np.inf)):
        raise InputError(f"an instrument with a variance of {own.min():g}", "hedge with what moves")
    return own
