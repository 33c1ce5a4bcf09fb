"""The hedge ticket: everything that the desk needs to decide, and the same as JSON."""

import math
from dataclasses import dataclass
from typing import Any

from hedgerow.book import Exposure, Sensitivities
from hedgerow.core.instants import SECOND_NS, to_iso
from hedgerow.hedging import Certificate
from hedgerow.hedging.frontier import Frontier
from hedgerow.market import Rejection
from hedgerow.pricing import DeltaConvention
from hedgerow.report.accounts import AccountResult
from hedgerow.report.frontier import frontier_list, missing_notes
from hedgerow.report.units import desk_numbers, unit_names


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A hedge ticket.

    Parameters
    ----------
    desk, source : str
        Name of the desk; where the market came from.
    as_of_ns : int
        Instant of the market. [UTC epoch ns]
    exposure : Exposure
        The book before the trades.
    residual : Sensitivities
        The book after the trades in whole lots and their cost. [numeraire]
    trades : tuple of Trade
        What to trade.
    untraded : tuple of (str, str)
        Hedging instruments that are not traded, and why.
    targets : tuple of TargetResult
        What was asked to be neutral.
    risk_before, risk_after : float
        Standard deviation of P&L over the horizon. [numeraire]
    risk_model : str
        Under which assumptions. [text]
    horizon_hours : float
        The horizon. [hours]
    certificate : Certificate
        Proof of the continuous plan.
    chain : tuple of str
        Solvers tried.
    cost_delta : float
        What paying the cost will do to delta, because it is paid in coin or in cash; not in the residual. [coin]
    rounding_loss : float
        What whole lots cost against the continuous optimum, in units of the objective. [numeraire]
    holding_cost : float
        What the positions after the trades cost over the holding period, more than those before. [numeraire]
    constraints : tuple of ConstraintPrice
        What bands and limits cost.
    per_aversion : PerAversion or None
        How the plan answers risk aversion; nothing is said with scenarios.
    tail : TailResult or None
        Risk over scenarios, if the desk counts it.
    delta_convention : DeltaConvention
        The one whose delta was to be held.
    delta_by_convention : tuple of ConventionDelta
        How much the delta depends on what vols do: its range is model risk.
    rejected : tuple of Rejection
        What was left out, or priced from the surface.
    notes : tuple of str
        What the data do not hold and what is assumed. [text]
    ages_ns : dict of str to int
        Age of every input. [ns]
    next_best : tuple of NextBest
        What would save most if it were in the list; empty unless it was asked for.
    accounts : tuple of AccountResult
        Margin of the accounts under a venue's rule.
    frontier : Frontier or None
        The plans over the risk aversion, if asked for.
    """

    desk: str
    source: str
    as_of_ns: int
    exposure: Exposure
    residual: Sensitivities
    trades: tuple[Trade, ...]
    untraded: tuple[tuple[str, str], ...]
    targets: tuple[TargetResult, ...]
    risk_before: float
    risk_after: float
    risk_model: str
    horizon_hours: float
    certificate: Certificate
    chain: tuple[str, ...]
    cost_delta: float
    rounding_loss: float
    holding_cost: float
    constraints: tuple[ConstraintPrice, ...]
    per_aversion: PerAversion | None
    tail: TailResult | None
    delta_convention: DeltaConvention
    delta_by_convention: tuple[ConventionDelta, ...]
    rejected: tuple[Rejection, ...]
    notes: tuple[str, ...]
    ages_ns: dict[str, int]
    next_best: tuple[NextBest, ...] = ()
    accounts: tuple[AccountResult, ...] = ()
    frontier: Frontier | None = None

    @property
    def numeraire(self) -> str:
        """Currency of all values. [text]"""
        return self.exposure.numeraire

    @property
    def cost(self) -> float:
        """Expected cost of all trades. [numeraire]"""
        return sum(trade.cost for trade in self.trades)

    def desk_numbers(self, raw: Sensitivities) -> dict[str, float]:
        """Express raw sensitivities in desk units.

        Parameters
        ----------
        raw : Sensitivities
            Raw value and Greeks. [numeraire]

        Returns
        -------
        dict of str to float
            By desk name. [see ``to_dict()["units"]``]
        """
        return desk_numbers(raw, numeraire=self.numeraire, base=self.exposure.base, spot=self.exposure.spot)

    def to_dict(self) -> dict[str, Any]:
        """Return the ticket for machines: what ``--json`` prints.

        Returns
        -------
        dict
            Plain numbers, texts and lists; ``units`` names the unit of each. [desk units]
        """
        return {
            "desk": self.desk,
            "market": self.source,
            "numeraire": self.numeraire,
            "base": self.exposure.base,
            "as_of": to_iso(self.as_of_ns),
            "index_price": self.exposure.spot,
            "units": unit_names(self.numeraire, self.exposure.base),
            "exposure": self.desk_numbers(self.exposure.total) | {"buckets": self._buckets()},
            "trades": [self._trade(trade) for trade in self.trades],
            "untraded": [{"instrument": name, "reason": reason} for name, reason in self.untraded],
            "targets": [_target(target) for target in self.targets],
            "residual": self.desk_numbers(self.residual),
            "risk_before": self.risk_before,
            "risk_after": self.risk_after,
            "risk_model": {"horizon_hours": self.horizon_hours, "statement": self.risk_model},
            "cost": self.cost,
            "cost_delta": self.cost_delta,
            "holding_cost": self.holding_cost,
            "rounding_loss": self.rounding_loss,
            "constraints": [_constraint(one) for one in self.constraints],
            "per_aversion": _per_aversion(self.per_aversion),
            "next_best": [
                {"instrument": one.instrument, "saves": one.saves, "quantity": one.quantity} for one in self.next_best
            ],
            "scenario_risk": _tail(self.tail),
            "accounts": [one.to_dict(self.exposure.spot) for one in self.accounts],
            "certificate": {
                "kkt_residual": self.certificate.kkt_residual,
                "stationarity": self.certificate.stationarity,
                "feasibility": self.certificate.feasibility,
                "complementarity": self.certificate.complementarity,
                "loss": self.certificate.loss,
                "lower_bound": self.certificate.lower_bound,
                "gap": self.certificate.gap,
                "holds": self.certificate.holds,
                "of": "the continuous plan, in original units",
                "solver_chain": list(self.chain),
            },
            "delta_convention": self.delta_convention.value,
            "delta_by_convention": {
                one.convention.value: {"before": one.before, "after": one.after} for one in self.delta_by_convention
            },
            "delta_range": self._delta_range(),
            "interpolated": [
                {"name": item.name, "reason": item.reason} for item in self.rejected if item.use == "interpolated"
            ],
            "rejected": [_rejection(item) for item in self.rejected if item.use != "interpolated"],
            "rejected_quotes": [_rejection(item) for item in self.rejected if item.kind == "quote"],
            "notes": [*self.notes, *missing_notes(self.frontier)],
            "data_age": {name: age / SECOND_NS for name, age in self.ages_ns.items()},
            "frontier": None
            if self.frontier is None
            else frontier_list(self.frontier, scenarios=self.tail is not None),
        }

    def _delta_range(self) -> dict[str, list[float]]:
        """Return the least and the largest delta over the conventions."""
        before = [one.before for one in self.delta_by_convention]
        after = [one.after for one in self.delta_by_convention]
        return {"before": [min(before), max(before)], "after": [min(after), max(after)]}

    def _buckets(self) -> list[dict[str, Any]]:
        return [
            {"kind": bucket.kind, "expiry": None if bucket.expiry_ns is None else to_iso(bucket.expiry_ns)}
            | self.desk_numbers(bucket.sensitivities)
            for bucket in self.exposure.buckets
        ]

    def _trade(self, trade: Trade) -> dict[str, Any]:
        change = self.desk_numbers(trade.change)
        return {
            "instrument": trade.instrument,
            "kind": trade.kind,
            "quantity": trade.quantity,
            "lots": trade.lots,
            "lot_size": trade.lot_size,
            "contract_unit": trade.contract_unit,
            "hedge_ratio": trade.hedge_ratio,
            "hedge_ratio_reason": trade.hedge_ratio_reason or None,
            "value": change["value"],
            "delta": change["delta"],
            "gamma": change["gamma"],
            "vega_per_volpoint": change["vega_per_volpoint"],
            "fee": trade.fee,
            "half_spread": trade.half_spread,
            "impact": trade.impact,
            "fixed": trade.fixed,
            "ideal": trade.ideal,
            "venues": dict(trade.venues),
            "assumed": "quote" in trade.assumed,
            "assumed_fields": list(trade.assumed),
            "fee_source": trade.fee_source,
            "reason": trade.reason,
        }

    def to_html(self) -> str:
        """Return the ticket as one page without scripts or links: what ``--html`` writes.

        Returns
        -------
        str
            A whole document, with pictures of the frontier if there is one. [HTML]

        Raises
        ------
        InputError
            If there is a frontier to draw and matplotlib is not installed.
        """
        from hedgerow.report.ticket_page import ticket_page

        return ticket_page(self)

    def __str__(self) -> str:
        from hedgerow.report.render import ticket_text

        return ticket_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from hedgerow.report.render import ticket_html

        return ticket_html(self)


def _target(target: TargetResult) -> dict[str, Any]:
    return {
        "name": target.name,
        "lower": target.lower,
        "upper": target.upper,
        "before": target.before,
        "after": target.after,
        "met": target.met,
        "note": target.note or None,
    }


def _constraint(one: ConstraintPrice) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "value": one.value,
        "lower": one.lower if math.isfinite(one.lower) else None,
        "upper": one.upper if math.isfinite(one.upper) else None,
        "price": one.price,
    }


def _per_aversion(answer: PerAversion | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {"rise": 0.01, "trades": dict(answer.trades), "risk": answer.risk, "cost": answer.cost}


def _tail(tail: TailResult | None) -> dict[str, Any] | None:
    if tail is None:
        return None
    return {
        "measure": tail.measure,
        "level": tail.level,
        "scenarios": tail.scenarios,
        "before": tail.before,
        "after": tail.after,
    }


def _rejection(item: Rejection) -> dict[str, str]:
    return {"name": item.name, "kind": item.kind, "reason": item.reason, "left_out_of": item.use}
