"""The hedge as an optimization problem.

With x the contracts to trade, e the book's factor loadings, B those of one contract, h what is held of each already,

    minimise   ½·g·(e + Bx)'·Sigma·(e + Bx) + w·rho(L + Rx) + sum_i c_i(x_i) + sum_i k_i(h_i + x_i)
    subject to lower <= g0 + Gx <= upper               Greek bands; lower = upper is exact neutrality
               a0 + a'x + l'(h + x)+ + s'(h + x)- <= b  limits: margin, exposure of a venue, notional, leverage
               lower_i <= x_i <= upper_i                positions and liquidity
               x_i in whole lots, and either none or at least the smallest trade

rho is a risk measure over scenarios of P&L (``tail.py``), c_i a convex cost with a fixed charge, k_i what holding a
position costs over the stated period. The book's positions enter only through e, L, g0 and a0, so their number does
not matter to the solver.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.costs.curves import CostCurve, HoldingCost
from hedgerow.hedging.scenario_risk import ScenarioRisk

_ROUNDING = 1e-10
_NO_HOLDING = HoldingCost(long=0.0, short=0.0)
_NONE = frozen(np.zeros(0))
_NO_ROWS = frozen(np.zeros((0, 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class GreekBand:
    """A Greek of the hedged book that must end inside a band.

    Parameters
    ----------
    name : str
        Its name, for messages.
    lower, upper : float
        The band; equal ends ask for exact neutrality, infinite ones for nothing. [unit of the Greek]
    """

    name: str
    lower: float
    upper: float

    def __post_init__(self) -> None:
        if not (self.lower <= self.upper and self.lower < np.inf and self.upper > -np.inf):
            raise InputError(
                f"{self.name}: a band from {self.lower:g} to {self.upper:g}",
                "give [lower, upper] in that order",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A sum over instruments that may not grow beyond an end.

    Parameters
    ----------
    name : str
        Its name, for messages: "initial margin of account deribit".
    upper : float
        The most that it may come to. [its unit]
    start : float
        What no trade changes. [its unit]
    linear : ndarray of shape (n_instrument,)
        Per contract traded. [its unit per contract]
    long, short : ndarray of shape (n_instrument,)
        Per contract of the position held long, and short, afterwards. [its unit per contract]
    """

    name: str
    upper: float
    start: float
    linear: Float64[np.ndarray, " n_instrument"]
    long: Float64[np.ndarray, " n_instrument"]
    short: Float64[np.ndarray, " n_instrument"]

    def at(self, after: Float64[np.ndarray, " n_instrument"], x: Float64[np.ndarray, " n_instrument"]) -> float:
        """Return what the limit comes to.

        Parameters
        ----------
        after : ndarray of shape (n_instrument,)
            Positions afterwards. [contracts]
        x : ndarray of shape (n_instrument,)
            Trade. [contracts]

        Returns
        -------
        float
            The sum. [its unit]

        References
        ----------
        The second constraint of this module's docstring.
        """
        held = self.long @ np.maximum(after, 0.0) + self.short @ np.maximum(-after, 0.0)
        return float(self.start + self.linear @ x + held)


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeProblem:
    """Data of the problem.

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
    curves : tuple of CostCurve
        Cost of trading each instrument. [numeraire]
    lot : ndarray of shape (n_instrument,)
        Smallest step of a trade. [contracts]
    bands : tuple of GreekBand
        Greeks that are bound.
    book_greeks : ndarray of shape (n_band,)
        Those Greeks of the book. [unit of each Greek]
    unit_greeks : ndarray of shape (n_band, n_instrument)
        Those Greeks of one contract. [unit per contract]
    limits : tuple of Limit
        Margin, exposure, notional, leverage.
    trade_lower, trade_upper : ndarray of shape (n_instrument,)
        What may be traded, selling negative; infinite for no limit. [contracts]
    least : ndarray of shape (n_instrument,)
        Smallest trade, if any is made. [contracts]
    held : ndarray of shape (n_instrument,)
        Position before. [contracts]
    holding : tuple of HoldingCost
        Cost of the position afterwards, over the stated period. [numeraire per contract]
    tail : ScenarioRisk or None
        Risk over scenarios, added to half the variance.
    hessian, gradient_at_zero : ndarrays of shape (n_instrument, n_instrument) and (n_instrument,)
        Derivatives of the variance term, derived. [numeraire per contract², numeraire per contract]
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
    curves: tuple[CostCurve, ...]
    lot: Float64[np.ndarray, " n_instrument"]
    bands: tuple[GreekBand, ...] = ()
    book_greeks: Float64[np.ndarray, " n_band"] = field(default_factory=lambda: _NONE)
    unit_greeks: Float64[np.ndarray, "n_band _"] = field(default_factory=lambda: _NO_ROWS)
    limits: tuple[Limit, ...] = ()
    trade_lower: Float64[np.ndarray, " _"] = field(default_factory=lambda: _NONE)
    trade_upper: Float64[np.ndarray, " _"] = field(default_factory=lambda: _NONE)
    least: Float64[np.ndarray, " _"] = field(default_factory=lambda: _NONE)
    held: Float64[np.ndarray, " _"] = field(default_factory=lambda: _NONE)
    holding: tuple[HoldingCost, ...] = ()
    tail: ScenarioRisk | None = None
    hessian: Float64[np.ndarray, "n_instrument n_instrument"] = field(init=False, repr=False)
    gradient_at_zero: Float64[np.ndarray, " n_instrument"] = field(init=False, repr=False)
    lower: Float64[np.ndarray, " n_band"] = field(init=False, repr=False)
    upper: Float64[np.ndarray, " n_band"] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._fill()
        self._check()
        pull = self.risk_aversion * (self.unit_loads.T @ self.covariance)
        # What may be traded is what is allowed and there: the depth of the book ends where its levels end.
        allowed = [max(low, -curve.most_sell) for low, curve in zip(self.trade_lower, self.curves, strict=True)]
        there = [min(high, curve.most_buy) for high, curve in zip(self.trade_upper, self.curves, strict=True)]
        derived = {
            "hessian": pull @ self.unit_loads,
            "gradient_at_zero": pull @ self.book_loads,
            "lower": np.array([band.lower for band in self.bands], dtype=np.float64),
            "upper": np.array([band.upper for band in self.bands], dtype=np.float64),
            "trade_lower": np.array(allowed, dtype=np.float64),
            "trade_upper": np.array(there, dtype=np.float64),
        }
        for name, values in derived.items():
            object.__setattr__(self, name, frozen(values))

    def _fill(self) -> None:
        """Put what was left out in place."""
        n = len(self.names)
        for name, value in (("trade_lower", -np.inf), ("trade_upper", np.inf), ("least", 0.0), ("held", 0.0)):
            if getattr(self, name).size == 0:
                object.__setattr__(self, name, frozen(np.full(n, value)))
        if not self.bands and self.unit_greeks.size == 0:
            object.__setattr__(self, "unit_greeks", frozen(np.zeros((0, n))))
        if not self.holding:
            object.__setattr__(self, "holding", (_NO_HOLDING,) * n)

    def _check(self) -> None:
        self._check_arrays()
        n = len(self.names)
        for name, count in (("curves", len(self.curves)), ("holding", len(self.holding))):
            if count != n:
                raise InputError(f"{name} has {count} entries", f"{n} are needed, one for each instrument")
        for limit in self.limits:
            _check_limit(limit, n)
        if self.tail is not None and self.tail.unit_pnl.shape[1] != n:
            raise InputError(f"scenario P&L of {self.tail.unit_pnl.shape[1]} instruments", f"{n} are needed")
        if not (self.risk_aversion > 0.0 and np.isfinite(self.risk_aversion)):
            raise InputError(f"risk_aversion = {self.risk_aversion:g}", "it is positive, per unit of the numeraire")

    def _check_arrays(self) -> None:
        n_factor, n, m = self.book_loads.size, len(self.names), len(self.bands)
        shapes = {
            "book_loads": (n_factor,),
            "unit_loads": (n_factor, n),
            "covariance": (n_factor, n_factor),
            "book_greeks": (m,),
            "unit_greeks": (m, n),
            "lot": (n,),
            "least": (n,),
            "held": (n,),
            "trade_lower": (n,),
            "trade_upper": (n,),
        }
        for name, shape in shapes.items():
            values = getattr(self, name)
            if values.shape != shape:
                raise InputError(f"{name} has shape {values.shape}", f"{shape} is needed")
            if not (np.all(np.isfinite(values)) or (name.startswith("trade") and not np.any(np.isnan(values)))):
                raise InputError(f"{name} holds a number that is not finite", "check the inputs")
        spread = self.covariance
        scale = max(float(np.max(np.abs(spread), initial=0.0)), 1e-300)
        if spread.size and np.max(np.abs(spread - spread.T)) > _ROUNDING * scale:
            raise InputError("covariance is not symmetric", "give a covariance matrix")
        if spread.size and float(np.linalg.eigvalsh(spread / scale)[0]) < -_ROUNDING * n_factor:
            raise InputError("covariance has an eigenvalue below zero", "no factors can move together so")
        if np.any(self.trade_lower == np.inf) or np.any(self.trade_upper == -np.inf):
            raise InputError("trade_lower or trade_upper allows nothing finite", "inf stands for no limit")
        if not (np.all(self.lot > 0.0) and np.all(self.least >= 0.0)):
            raise InputError("a lot is not positive, or a smallest trade negative", "check the instruments")
        if np.any(self.trade_lower > self.trade_upper):
            i = int(np.argmax(self.trade_lower > self.trade_upper))
            raise InputError(
                f"{self.names[i]}: trades from {self.trade_lower[i]:g} to {self.trade_upper[i]:g}",
                "give the lower end first",
            )

    @property
    def has_fixed(self) -> bool:
        """True if something is charged once, or a trade has a smallest size. [bool]"""
        return any(curve.fixed > 0.0 for curve in self.curves) or bool(np.any(self.least > 0.0))

    def select(self, keep: Sequence[int]) -> "HedgeProblem":
        """Return the same problem with some of the instruments only.

        Parameters
        ----------
        keep : sequence of int
            Which ones. [0-based]

        Returns
        -------
        HedgeProblem
            The problem in them. [as its fields]
        """
        kept = list(keep)
        tail = self.tail
        return replace(
            self,
            names=tuple(self.names[i] for i in kept),
            unit_loads=np.ascontiguousarray(self.unit_loads[:, kept]),
            curves=tuple(self.curves[i] for i in kept),
            unit_greeks=np.ascontiguousarray(self.unit_greeks[:, kept]),
            limits=tuple(
                replace(limit, linear=limit.linear[kept], long=limit.long[kept], short=limit.short[kept])
                for limit in self.limits
            ),
            holding=tuple(self.holding[i] for i in kept),
            tail=None if tail is None else replace(tail, unit_pnl=np.ascontiguousarray(tail.unit_pnl[:, kept])),
            **{name: getattr(self, name)[kept] for name in ("lot", "trade_lower", "trade_upper", "least", "held")},
        )

    def risk(self, x: Float64[np.ndarray, " n_instrument"]) -> float:
        """Return what the risk of the hedged book counts.

        Parameters
        ----------
        x : ndarray of shape (n_instrument,)
            Trade. [contracts]

        Returns
        -------
        float
            Half the risk aversion times the variance, and the weighted measure over scenarios. [numeraire]

        References
        ----------
        The first display of this module's docstring.
        """
        loads = self.book_loads + self.unit_loads @ x
        variance = float(0.5 * self.risk_aversion * (loads @ self.covariance @ loads))
        return variance if self.tail is None else variance + self.tail.at(x)

    def cost(self, x: Float64[np.ndarray, " n_instrument"]) -> float:
        """Return what trading costs.

        Parameters
        ----------
        x : ndarray of shape (n_instrument,)
            Trade. [contracts]

        Returns
        -------
        float
            Fees, spreads, impact and fixed charges. [numeraire]

        References
        ----------
        ``costs/curves.py``.
        """
        return float(sum(curve.at(float(trade)) for curve, trade in zip(self.curves, x, strict=True)))

    def holding_cost(self, x: Float64[np.ndarray, " n_instrument"]) -> float:
        """Return what the positions in the hedging instruments cost over the holding period.

        Parameters
        ----------
        x : ndarray of shape (n_instrument,)
            Trade. [contracts]

        Returns
        -------
        float
            Carry and capital of the positions afterwards. [numeraire]

        References
        ----------
        ``costs/holding.py``.
        """
        after = self.held + x
        return float(
            sum(
                cost.long * max(position, 0.0) + cost.short * max(-position, 0.0)
                for cost, position in zip(self.holding, after, strict=True)
            )
        )

    def objective(self, x: Float64[np.ndarray, " n_instrument"]) -> float:
        """Return risk and cost of a trade.

        Parameters
        ----------
        x : ndarray of shape (n_instrument,)
            Trade. [contracts]

        Returns
        -------
        float
            Risk, cost of trading and cost of holding. [numeraire]

        References
        ----------
        The first display of this module's docstring.
        """
        return self.risk(x) + self.cost(x) + self.holding_cost(x)


def _check_limit(limit: Limit, n: int) -> None:
    for name in ("linear", "long", "short"):
        values = getattr(limit, name)
        if values.shape != (n,) or not np.all(np.isfinite(values)):
            raise InputError(f"{limit.name}: {name} is not {n} finite numbers", "give one for each instrument")
    if np.any(limit.long + limit.short < 0.0):
        raise InputError(f"{limit.name}: a position counts less than nothing", "long + short must not be negative")
    if not np.isfinite(limit.start) or not limit.upper > -np.inf:
        raise InputError(f"{limit.name}: {limit.start:g} of at most {limit.upper:g}", "give finite numbers")
