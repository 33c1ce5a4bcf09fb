"""What a book loses where: P&L on a grid, in named moves and in simulated ones, each by full revaluation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.book import Exposure, Stress
from hedgerow.core.arrays import Float64
from hedgerow.core.instants import to_iso
from hedgerow.market import Rejection
from hedgerow.report.units import desk_numbers, unit_names

GREEKS = ("value", "delta", "gamma_per_1pct", "vega_per_volpoint", "theta_per_day")
"""Of the whole book, by the names of ``desk_numbers``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlGrid:
    """P&L of a book on a grid of moves.

    Parameters
    ----------
    spots : tuple of float
        Spots after over spot now, rising. [pure]
    vols : tuple of float
        Added to the vol of a 30-day expiry, rising. [vol per square root of a year]
    hours : tuple of float
        Time that passes. [hours]
    pnl : ndarray of shape (n_spot, n_vol, n_hour)
        Profit and loss. [numeraire]
    """

    spots: tuple[float, ...]
    vols: tuple[float, ...]
    hours: tuple[float, ...]
    pnl: Float64[np.ndarray, "n_spot n_vol n_hour"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCell:
    """The cell of a grid with the largest loss, and what loses there.

    Parameters
    ----------
    spot, vol, hours : float
        Its moves. [pure], [vol per square root of a year], [hours]
    pnl : float
        Profit and loss. [numeraire]
    buckets : tuple of (str, int or None, float)
        Kind, expiry and P&L of each part of the book. [UTC epoch ns], [numeraire]
    """

    spot: float
    vol: float
    hours: float
    pnl: float
    buckets: tuple[tuple[str, int | None, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPnl:
    """P&L in scenarios drawn from the factor model of the desk file.

    Parameters
    ----------
    pnl : ndarray of shape (n_scenario,)
        Profit and loss. [numeraire]
    seed : int
        The seed that they come from. [pure]
    model_deviation : float
        Standard deviation that the ticket's second-order formula gives. [numeraire]
    """

    pnl: Float64[np.ndarray, " n_scenario"]
    seed: int
    model_deviation: float

    def value_at_risk(self, level: float) -> float:
        """Return the loss that is not exceeded with a probability.

        Parameters
        ----------
        level : float
            The probability. [fraction]

        Returns
        -------
        float
            A loss is positive. [numeraire]

        References
        ----------
        McNeil, Frey, Embrechts (2015), "Quantitative Risk Management", definition 2.8: the smallest such loss.
        """
        return float(np.quantile(-self.pnl, level, method="inverted_cdf"))

    def expected_shortfall(self, level: float) -> float:
        """Return the mean of the worst losses that have one minus this probability together.

        Parameters
        ----------
        level : float
            The probability. [fraction]

        Returns
        -------
        float
            A loss is positive. [numeraire]

        References
        ----------
        Rockafellar, Uryasev (2002), Journal of Banking & Finance 26:1443, proposition 8, doi
        10.1016/S0378-4266(02)00271-6: the scenario on the boundary counts in part.
        """
        at = self.value_at_risk(level)
        return at + float(np.maximum(-self.pnl - at, 0.0).mean()) / (1.0 - level)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReport:
    """Scenarios of one desk in one market.

    Parameters
    ----------
    desk, source : str
        Name of the desk; where the market came from.
    as_of_ns : int
        Instant of the market. [UTC epoch ns]
    exposure : Exposure
        The book.
    horizon_hours : float
        Of the desk file's risk model. [hours]
    grid : PnlGrid
        At once, and after the horizon.
    profile : PnlGrid
        The same with the spots close together, for pictures.
    worst : WorstCell
        Of the grid.
    stresses : tuple of Stress
        Named moves.
    stress_pnl : tuple of float
        P&L in each. [numeraire]
    simulated : SimulatedPnl
        P&L in simulated moves.
    rejected : tuple of Rejection
        What was left out, or priced from the surface.
    notes : tuple of str
        What is assumed. [text]
    """

    desk: str
    source: str
    as_of_ns: int
    exposure: Exposure
    horizon_hours: float
    grid: PnlGrid
    profile: PnlGrid
    worst: WorstCell
    stresses: tuple[Stress, ...]
    stress_pnl: tuple[float, ...]
    simulated: SimulatedPnl
    rejected: tuple[Rejection, ...]
    notes: tuple[str, ...]

    @property
    def numeraire(self) -> str:
        """Currency of all P&L. [text]"""
        return self.exposure.numeraire

    @property
    def base(self) -> str:
        """The coin. [text]"""
        return self.exposure.base

    def greeks(self) -> dict[str, float]:
        """Return value and Greeks of the whole book.

        Returns
        -------
        dict of str to float
            By desk name. [see ``to_dict()["units"]``]
        """
        found = desk_numbers(self.exposure.total, numeraire=self.numeraire, base=self.base, spot=self.exposure.spot)
        return {name: found[name] for name in GREEKS}

    def to_dict(self) -> dict[str, Any]:
        """Return the report for machines: what ``--json`` prints.

        Returns
        -------
        dict
            Plain numbers, texts and lists; ``units`` names the unit of each. [as ``units`` says]
        """
        return {
            "desk": self.desk,
            "source": self.source,
            "numeraire": self.numeraire,
            "base": self.base,
            "as_of": to_iso(self.as_of_ns),
            "index": self.exposure.spot,
            "units": _units(self.numeraire, self.base),
            "exposure": self.greeks(),
            "horizon_hours": self.horizon_hours,
            "grid": {
                "spot": list(self.grid.spots),
                "vol": list(self.grid.vols),
                "hours": list(self.grid.hours),
                "pnl": self.grid.pnl.tolist(),
            },
            "worst": self._worst(),
            "stresses": [
                {
                    "name": one.name,
                    "start": one.start,
                    "end": one.end,
                    "spot": one.spot,
                    "vol": one.vol,
                    "vol_source": one.vol_source,
                    "pnl": pnl,
                }
                for one, pnl in zip(self.stresses, self.stress_pnl, strict=True)
            ],
            "simulated": self._simulated(),
            "rejected": [
                {"name": one.name, "kind": one.kind, "reason": one.reason, "left_out_of": one.use}
                for one in self.rejected
            ],
            "notes": list(self.notes),
        }

    def _worst(self) -> dict[str, Any]:
        return {
            "spot": self.worst.spot,
            "vol": self.worst.vol,
            "hours": self.worst.hours,
            "pnl": self.worst.pnl,
            "buckets": [
                {"kind": kind, "expiry": None if expiry is None else to_iso(expiry), "pnl": pnl}
                for kind, expiry, pnl in self.worst.buckets
            ],
        }

    def _simulated(self) -> dict[str, Any]:
        drawn = self.simulated
        return {
            "scenarios": int(drawn.pnl.size),
            "seed": drawn.seed,
            "mean": float(drawn.pnl.mean()),
            "std": float(drawn.pnl.std()),
            "std_second_order": drawn.model_deviation,
            "value_at_risk_99": drawn.value_at_risk(0.99),
            "expected_shortfall_99": drawn.expected_shortfall(0.99),
            "least": float(drawn.pnl.min()),
        }

    def to_html(self) -> str:
        """Return the report as one page with pictures, which needs no other file and no network.

        Returns
        -------
        str
            Without scripts and without links. [HTML]

        Raises
        ------
        InputError
            If matplotlib is not installed.
        """
        from hedgerow.report.risk_page import risk_page

        return risk_page(self)

    def __str__(self) -> str:
        from hedgerow.report.render_risk import risk_view
        from hedgerow.report.text import plain_text

        return plain_text(risk_view(self))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from hedgerow.report.render_risk import risk_view
        from hedgerow.report.text import notebook_html

        return notebook_html(risk_view(self))


def _units(numeraire: str, base: str) -> dict[str, str]:
    named = unit_names(numeraire, base)
    return {
        "index": f"USD/{base}",
        **{name: named[name] for name in GREEKS},
        "hours": "hours",
        "spot": "spot after over spot now",
        "vol": "added to the vol of a 30-day expiry, 1.00 = 100 points",
        "pnl": numeraire,
        "mean": numeraire,
        "std": numeraire,
        "std_second_order": numeraire,
        "value_at_risk_99": f"{numeraire}, a loss is positive",
        "expected_shortfall_99": f"{numeraire}, a loss is positive",
        "least": numeraire,
    }
