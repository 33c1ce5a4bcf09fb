"""Parts of a hedge ticket: trades, what was asked and reached, what constraints cost, risk in the tail."""

import math
from dataclasses import dataclass
from typing import Any

from hedgerow.book import Sensitivities
from hedgerow.pricing import DeltaConvention


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One line of the ticket.

    Parameters
    ----------
    instrument, kind : str
        What is traded.
    lots : int
        Signed number of lots. [lots]
    lot_size : float
        Size of a lot. [contracts]
    quantity : float
        lots times lot_size. [contracts]
    contract_unit : str
        What one contract is, for people. [text]
    change : Sensitivities
        What the trade adds to the book, its premium paid. [numeraire]
    hedge_ratio : float or None
        Its delta over minus the book's; None where the book is delta-flat. [fraction]
    hedge_ratio_reason : str
        Why it is None. [text]
    fee, half_spread : float
        Expected cost at the touch. [numeraire]
    impact : float
        What depth, impact and other listings add to it, or save. [numeraire]
    fixed : float
        Charged once. [numeraire]
    ideal : float
        The trade if trading and holding were free. [contracts]
    venues : tuple of (str, float)
        How it divides over the listings of one exposure; empty where there is one. [contracts]
    assumed : tuple of str
        What the user stated and no data hold: quote, lot, fee.
    fee_source : str
        Where the fee comes from. [text]
    reason : str
        Why it is on the ticket. [text]
    """

    instrument: str
    kind: str
    lots: int
    lot_size: float
    quantity: float
    contract_unit: str
    change: Sensitivities
    hedge_ratio: float | None
    hedge_ratio_reason: str
    fee: float
    half_spread: float
    impact: float
    fixed: float
    ideal: float
    venues: tuple[tuple[str, float], ...]
    assumed: tuple[str, ...]
    fee_source: str
    reason: str

    @property
    def cost(self) -> float:
        """Everything that the trade is expected to cost. [numeraire]"""
        return self.fee + self.half_spread + self.impact + self.fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintPrice:
    """What a band or limit costs at the optimum.

    Parameters
    ----------
    name, kind : str
        Its name; ``band``, ``limit`` or ``trade``.
    value : float
        What it comes to after the trades in whole lots. [its unit]
    lower, upper : float
        Its ends. [its unit]
    price : float
        What a unit more room at the end that binds would save; negative at a lower end, zero where none binds.
        [numeraire per unit]
    """

    name: str
    kind: str
    value: float
    lower: float
    upper: float
    price: float

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines.

        Returns
        -------
        dict
            Ends that are open are None. [its unit]
        """
        return {
            "name": self.name,
            "kind": self.kind,
            "value": self.value,
            "lower": self.lower if math.isfinite(self.lower) else None,
            "upper": self.upper if math.isfinite(self.upper) else None,
            "price": self.price,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NextBest:
    """An instrument that is not in the list, and what it would save.

    Parameters
    ----------
    instrument : str
        Its name.
    saves : float
        By how much risk and cost would fall with it in the list. [numeraire]
    quantity : float
        What would be traded of it. [contracts]
    """

    instrument: str
    saves: float
    quantity: float

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines.

        Returns
        -------
        dict
            Its fields. [numeraire], [contracts]
        """
        return {"instrument": self.instrument, "saves": self.saves, "quantity": self.quantity}


@dataclass(frozen=True, slots=True, kw_only=True)
class PerAversion:
    """How the continuous plan changes if risk aversion rises by 1 %.

    Parameters
    ----------
    trades : tuple of (str, float)
        By instrument. [contracts]
    risk, cost : float
        Change of the standard deviation and of the cost. [numeraire]
    """

    trades: tuple[tuple[str, float], ...]
    risk: float
    cost: float

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines.

        Returns
        -------
        dict
            With the rise of risk aversion. [numeraire]
        """
        return {"rise": 0.01, "trades": dict(self.trades), "risk": self.risk, "cost": self.cost}


@dataclass(frozen=True, slots=True, kw_only=True)
class TailResult:
    """Risk over scenarios by full revaluation.

    Parameters
    ----------
    measure : str
        ``cvar``, ``entropic`` or ``worst``.
    level : float or None
        Its level. [fraction, or per numeraire]
    scenarios : int
        How many. [count]
    before, after : float
        The measure of losses before the trades, and after them in whole lots. [numeraire]
    """

    measure: str
    level: float | None
    scenarios: int
    before: float
    after: float

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines.

        Returns
        -------
        dict
            Its fields. [numeraire]
        """
        return {
            "measure": self.measure,
            "level": self.level,
            "scenarios": self.scenarios,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """A Greek that was asked to be neutral, and where it ended.

    Parameters
    ----------
    name : str
        Desk name of the Greek.
    lower, upper : float
        What was asked; equal ends mean exact. [desk unit]
    before, after : float
        The Greek before the trades, and after them in whole lots. [desk unit]
    met : bool
        True if it ended inside, or, where exactness was asked, within half of the finest lot.
    note : str
        What lots leave over. [text]
    """

    name: str
    lower: float
    upper: float
    before: float
    after: float
    met: bool
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines.

        Returns
        -------
        dict
            Its fields; no note is None. [desk unit]
        """
        return {
            "name": self.name,
            "lower": self.lower,
            "upper": self.upper,
            "before": self.before,
            "after": self.after,
            "met": self.met,
            "note": self.note or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConventionDelta:
    """The book's delta under one convention.

    Parameters
    ----------
    convention : DeltaConvention
        What vols are taken to do when the forward moves.
    before, after : float
        Before the trades, and after them in whole lots. [coin]
    """

    convention: DeltaConvention
    before: float
    after: float
