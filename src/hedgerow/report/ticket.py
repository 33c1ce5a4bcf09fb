"""The hedge ticket: everything that the desk needs to decide, and the same as JSON."""

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
from hedgerow.report.ticket_parts import (
    ConstraintPrice,
    ConventionDelta,
    NextBest,
    PerAversion,
    TailResult,
    TargetResult,
    Trade,
)
from hedgerow.report.units import desk_numbers, unit_names


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
            "targets": [target.to_dict() for target in self.targets],
            "residual": self.desk_numbers(self.residual),
            "risk_before": self.risk_before,
            "risk_after": self.risk_after,
            "risk_model": {"horizon_hours": self.horizon_hours, "statement": self.risk_model},
            "cost": self.cost,
            "cost_delta": self.cost_delta,
            "holding_cost": self.holding_cost,
            "rounding_loss": self.rounding_loss,
            "constraints": [one.to_dict() for one in self.constraints],
            "per_aversion": None if self.per_aversion is None else self.per_aversion.to_dict(),
            "next_best": [one.to_dict() for one in self.next_best],
            "scenario_risk": None if self.tail is None else self.tail.to_dict(),
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


def _rejection(item: Rejection) -> dict[str, str]:
    return {"name": item.name, "kind": item.kind, "reason": item.reason, "left_out_of": item.use}
