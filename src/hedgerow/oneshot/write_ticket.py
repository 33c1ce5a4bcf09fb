"""From a solved problem to the lines of the ticket."""

import math
from dataclasses import dataclass

import numpy as np

from hedgerow.book import Exposure, FactorModel, Sensitivities
from hedgerow.config import Desk
from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.core.instants import HOUR_NS, to_iso
from hedgerow.costs import Composite
from hedgerow.hedging import GreekBand, HedgePlan, HedgeProblem, Marginal
from hedgerow.instruments import Perpetual, is_inverse, kind_of
from hedgerow.instruments.contracts import Future, Instrument
from hedgerow.market import Rejection, Snapshot
from hedgerow.oneshot.costing import Costing
from hedgerow.oneshot.pool_notes import pool_notes
from hedgerow.oneshot.resolve import HedgeInstrument
from hedgerow.pricing import DeltaConvention
from hedgerow.report import ConstraintPrice, ConventionDelta, PerAversion, TailResult, TargetResult, Ticket, Trade

_FLAT = 1e-9
"""A book delta below this share of the gross delta counts as zero. [pure]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deltas:
    """Deltas under every convention that the market allows.

    Parameters
    ----------
    chosen : DeltaConvention
        The one that a delta target holds neutral.
    book : dict of DeltaConvention to ndarray of shape (n_group,)
        Of the book's positions. [coin]
    units : dict of DeltaConvention to ndarray of shape (n_instrument,)
        Of one contract bought and paid for. [coin per contract]
    """

    chosen: DeltaConvention
    book: dict[DeltaConvention, Float64[np.ndarray, " n_group"]]
    units: dict[DeltaConvention, Float64[np.ndarray, " n_instrument"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """Everything that the ticket is written from.

    Parameters
    ----------
    exposure : Exposure
        The book before. [numeraire]
    model : FactorModel
        The factor model.
    problem : HedgeProblem
        What was solved; Greeks of its bands in desk units.
    plan : HedgePlan
        The solution.
    marginal : Marginal
        What each constraint costs, what a contract more would save.
    tools : tuple of HedgeInstrument
        Hedging instruments, in the problem's order.
    units : ndarray of shape (8, n_instrument)
        Value and raw Greeks of one contract bought and paid for. [numeraire]
    deltas : Deltas
        The same book and contracts under every delta convention.
    costing : Costing
        What trading and holding costs, and how trades divide over listings.
    """

    exposure: Exposure
    model: FactorModel
    problem: HedgeProblem
    plan: HedgePlan
    marginal: Marginal
    tools: tuple[HedgeInstrument, ...]
    units: Float64[np.ndarray, "8 n_instrument"]
    deltas: Deltas
    costing: Costing


def write_ticket(
    desk: Desk, market: Snapshot, solved: Solved, rejected: tuple[Rejection, ...], notes: tuple[str, ...]
) -> Ticket:
    """Write the ticket of a solved hedge.

    Parameters
    ----------
    desk : Desk
        The desk file.
    market : Snapshot
        The market, assumed quotes included.
    solved : Solved
        Problem and plan.
    rejected : tuple of Rejection
        What was left out.
    notes : tuple of str
        What else to say. [text]

    Returns
    -------
    Ticket
        The ticket. [raw inside]
    """
    problem, plan = solved.problem, solved.plan
    trades = tuple(_trade(solved, i) for i in range(len(solved.tools)) if plan.lots[i])
    residual = solved.exposure.total
    for trade in trades:
        residual = residual.plus(trade.change)
    cost = sum(trade.cost for trade in trades)
    residual = residual.plus(Sensitivities(value=-cost, delta=0.0, gamma=0.0, vega=0.0, theta=0.0))
    return Ticket(
        desk=desk.name,
        source=market.source,
        as_of_ns=market.as_of_ns,
        exposure=solved.exposure,
        residual=residual,
        trades=trades,
        untraded=tuple(_untraded(solved, i) for i in range(len(solved.tools)) if not plan.lots[i]),
        targets=tuple(_target(solved, j) for j in range(len(problem.bands))),
        risk_before=_risk(solved, np.zeros_like(plan.quantity)),
        risk_after=_risk(solved, plan.quantity),
        risk_model=desk.risk.describe(),
        horizon_hours=desk.risk.horizon_hours,
        certificate=plan.certificate,
        chain=plan.chain,
        cost_delta=_cost_delta(solved, trades),
        rounding_loss=plan.objective_lots - plan.objective_continuous,
        holding_cost=problem.holding_cost(plan.quantity) - problem.holding_cost(np.zeros_like(plan.quantity)),
        constraints=_constraints(solved),
        per_aversion=_per_aversion(solved),
        tail=_tail(solved),
        delta_convention=solved.deltas.chosen,
        delta_by_convention=_by_convention(solved),
        rejected=rejected,
        notes=(*_notes(desk, market, solved), *notes),
        ages_ns=market.ages_ns(),
    )


def _by_convention(solved: Solved) -> tuple[ConventionDelta, ...]:
    """Return the book's delta under each convention, before the trades and after them."""
    found = []
    for convention, held in solved.deltas.book.items():
        before = float(held.sum())
        after = before + float(solved.deltas.units[convention] @ solved.plan.quantity)
        found.append(ConventionDelta(convention=convention, before=before, after=after))
    return tuple(found)


def _cost_delta(solved: Solved, trades: tuple[Trade, ...]) -> float:
    """Return what paying the cost does to delta: coins that leave in USD, cash that leaves in coin."""
    exposure = solved.exposure
    in_usd = exposure.numeraire == "USD"
    total = 0.0
    for trade in trades:
        tool = next(tool for tool in solved.tools if tool.instrument.name == trade.instrument)
        paid_in_coin = tool.instrument.settle == exposure.base
        if paid_in_coin == in_usd:
            total += trade.cost * (-1.0 / exposure.spot if in_usd else 1.0)
    return total


def _risk(solved: Solved, quantity: Float64[np.ndarray, " n_instrument"]) -> float:
    """Return the standard deviation of P&L over the horizon with a trade, of what counts as risk."""
    problem = solved.problem
    loads = problem.book_loads + problem.unit_loads @ quantity
    return math.sqrt(max(float(loads @ problem.covariance @ loads), 0.0))


def _trade(solved: Solved, i: int) -> Trade:
    tool, quantity = solved.tools[i], float(solved.plan.quantity[i])
    change = Sensitivities.of(solved.units[:, i] * quantity)
    ratio, ratio_reason = _hedge_ratio(solved, change.delta)
    curve, costing, name = solved.problem.curves[i], solved.costing, tool.instrument.name
    fee, half_spread = abs(quantity) * float(costing.fee[i]), abs(quantity) * float(costing.half_spread[i])
    composite = costing.composites.get(name)
    return Trade(
        instrument=tool.instrument.name,
        kind=kind_of(tool.instrument),
        lots=int(solved.plan.lots[i]),
        lot_size=tool.lot,
        quantity=quantity,
        contract_unit=_contract_unit(tool.instrument),
        change=change,
        hedge_ratio=ratio,
        hedge_ratio_reason=ratio_reason,
        fee=fee,
        half_spread=half_spread,
        impact=_beyond(float(curve.at(quantity)) - curve.fixed, fee + half_spread),
        fixed=curve.fixed,
        ideal=float(solved.plan.ideal[i]),
        venues=() if composite is None else _venues(composite, int(solved.plan.lots[i]), tool.lot),
        assumed=tool.assumed,
        fee_source=tool.fee.source,
        reason=_reason(solved, i, change),
    )


def _contract_unit(instrument: Instrument) -> str:
    inverse_future = isinstance(instrument, Perpetual | Future) and is_inverse(instrument)
    return f"{instrument.contract_size:g} {instrument.quote if inverse_future else instrument.base}"


def _hedge_ratio(solved: Solved, delta: float) -> tuple[float | None, str]:
    """Return minus the trade's delta over the book's, or None with the reason where the book is delta-flat."""
    book = solved.exposure.total.delta
    finest = float(np.min(np.abs(solved.units[1]) * solved.problem.lot, initial=np.inf))
    flat = max(_FLAT * solved.exposure.gross_delta, 0.5 * finest if np.isfinite(finest) else 0.0)
    if abs(book) <= flat:
        return None, f"the book's delta of {book:.3g} is flat within half a lot ({flat:.3g})"
    return -delta / book, ""


def _reason(solved: Solved, i: int, change: Sensitivities) -> str:
    """Say which Greek a trade takes away most of, and what risk would be without it."""
    book = solved.exposure.total
    shares = {
        name: -getattr(change, name) / getattr(book, name)
        for name in ("delta", "gamma", "vega")
        if getattr(book, name) and abs(getattr(change, name)) > _FLAT * abs(getattr(book, name))
    }
    without = solved.plan.quantity.copy()
    without[i] = 0.0
    risk = f"risk without it {_risk(solved, without):,.6g} {solved.exposure.numeraire}"
    best = max(shares, key=lambda name: shares[name], default=None)
    if best is None or shares[best] <= 0.0:
        return f"offsets what the other trades add; {risk}"
    return f"takes away {shares[best]:.0%} of {best}; {risk}"


def _untraded(solved: Solved, i: int) -> tuple[str, str]:
    """Say why an instrument is not traded: what it would gain against what it would cost, per lot."""
    problem, step = solved.problem, float(solved.problem.lot[i])
    # Where a smallest trade is stated, nothing smaller can be compared with no trade.
    count = max(math.ceil(float(problem.least[i]) / step * (1.0 - 1e-12)), 1)
    lot, least = count * step, "a lot" if count == 1 else f"the smallest trade of {count} lots"
    name, unit = problem.names[i], solved.exposure.numeraire
    if max(problem.trade_upper[i], -problem.trade_lower[i]) < lot:
        return name, f"its limit is below {'one lot' if count == 1 else least}"
    curve = problem.curves[i]
    gain = float(solved.marginal.gain[i]) * lot
    one_lot = [step for step in (lot, -lot) if problem.trade_lower[i] <= step <= problem.trade_upper[i]]
    cost = min(float(curve.at(step)) for step in one_lot)
    if abs(solved.plan.continuous[i]) > 1e-9 * lot:
        return name, f"the plan asks for {solved.plan.continuous[i] / lot:.2g} of {least}, which rounds to none"
    return name, f"{least} would gain at most {gain:.3g} {unit} and costs {cost:.3g} {unit}"


def _target(solved: Solved, j: int) -> TargetResult:
    band: GreekBand = solved.problem.bands[j]
    per_lot = np.abs(solved.problem.unit_greeks[j]) * solved.problem.lot
    before = float(solved.problem.book_greeks[j])
    after = before + float(solved.problem.unit_greeks[j] @ solved.plan.quantity)
    away = max(band.lower - after, after - band.upper, 0.0)
    most = np.maximum(solved.problem.trade_upper, -solved.problem.trade_lower)
    tradable = per_lot[(per_lot > 0.0) & (most >= solved.problem.lot)]
    finest = 0.5 * float(np.min(tradable, initial=np.inf))
    inside = away <= 1e-9 * max(abs(before), abs(band.lower), abs(band.upper))
    note = "" if inside else f"whole lots leave {away:.3g} over (half of the finest lot is {finest:.3g})"
    # What half of the finest lot leaves of an exact target cannot be traded away; a band has room of its own.
    unavoidable = band.lower == band.upper and away <= finest * (1.0 + 1e-9)
    return TargetResult(
        name=band.name,
        lower=band.lower,
        upper=band.upper,
        before=before,
        after=after,
        met=bool(inside or (unavoidable and np.isfinite(finest))),
        note=note,
    )


def _beyond(cost: float, touch: float) -> float:
    """Return what a trade costs beyond the touch, rounding taken for none."""
    return cost - touch if abs(cost - touch) > 1e-9 * abs(touch) else 0.0


def _venues(composite: Composite, lots: int, lot: float) -> tuple[tuple[str, float], ...]:
    """Divide a trade over the listings of one exposure, each in whole lots."""
    try:
        parts = composite.split_lots(lots, lot)
    except InputError:  # depth that ends within a lot at every listing: whole lots fit together only
        parts = composite.split(lots * lot)
    return tuple((one.name, float(part)) for one, part in zip(composite.listings, parts, strict=True) if part)


def _constraints(solved: Solved) -> tuple[ConstraintPrice, ...]:
    """Price every band, limit and trade limit at the continuous optimum; what costs nothing is left out, save bands."""
    problem, plan, prices = solved.problem, solved.plan, solved.marginal.row_prices
    after = problem.held + plan.quantity
    found = [
        ConstraintPrice(
            name=band.name,
            kind="band",
            value=float(problem.book_greeks[j] + problem.unit_greeks[j] @ plan.quantity),
            lower=band.lower,
            upper=band.upper,
            price=float(prices[j]),
        )
        for j, band in enumerate(problem.bands)
    ]
    for price, limit in zip(prices[len(problem.bands) :], problem.limits, strict=True):
        value = limit.at(after, plan.quantity)
        # Of the many cells of a scenario margin those that bind, or nearly.
        if price > 0.0 or value > 0.8 * limit.upper or limit.name.count(" at spot ") == 0:
            found.append(
                ConstraintPrice(
                    name=limit.name, kind="limit", value=value, lower=-np.inf, upper=limit.upper, price=float(price)
                )
            )
    for i, price in enumerate(solved.marginal.limit_prices):
        if price:
            found.append(
                ConstraintPrice(
                    name=f"the limit on {problem.names[i]}",
                    kind="trade",
                    value=float(plan.quantity[i]),
                    lower=float(problem.trade_lower[i]),
                    upper=float(problem.trade_upper[i]),
                    price=float(price),
                )
            )
    return tuple(found)


def _per_aversion(solved: Solved) -> PerAversion | None:
    """Say how the continuous plan changes with risk aversion, for an aversion one per cent higher."""
    if not solved.marginal.is_smooth:
        return None
    marginal, share = solved.marginal, 0.01 * solved.problem.risk_aversion
    return PerAversion(
        trades=tuple(
            (name, float(change) * share)
            for name, change in zip(solved.problem.names, marginal.trade_per_aversion, strict=True)
        ),
        risk=marginal.risk_per_aversion * share,
        cost=marginal.cost_per_aversion * share,
    )


def _tail(solved: Solved) -> TailResult | None:
    """State the measure over scenarios before the trades, and after them in whole lots."""
    risk = solved.problem.tail
    if risk is None:
        return None
    nothing = np.zeros_like(solved.plan.quantity)
    return TailResult(
        measure=risk.measure.value,
        level=None if np.isnan(risk.level) else risk.level,
        scenarios=int(risk.book_pnl.size),
        before=risk.at(nothing) / risk.weight,
        after=risk.at(solved.plan.quantity) / risk.weight,
    )


def _notes(desk: Desk, market: Snapshot, solved: Solved) -> tuple[str, ...]:
    """Collect what is assumed and what the data do not hold."""
    notes = list(market.notes)
    if market.quotes.assumed:
        stated = ", ".join(sorted(market.quotes.assumed))
        notes.append(f"assumed, not data: the quote of {stated} (desk file)")
    for tool in solved.tools:
        rest = [field for field in tool.assumed if field != "quote"]
        if rest:
            notes.append(f"assumed, not data: {' and '.join(rest)} of {tool.instrument.name} (desk file)")
    for currency, rate in desk.rates.items():
        notes.append(f"assumed, not data: 1 {currency} = {rate:g} USD (desk file)")
    horizon_ns = int(desk.risk.horizon_hours * HOUR_NS)
    soon = [expiry for expiry in solved.model.expiries_ns if expiry - market.as_of_ns <= horizon_ns]
    if soon:
        notes.append(
            f"options expire within the horizon, the first at {to_iso(soon[0])}: the risk model does not see expiry, "
            "nor the venue's averaging of the settlement price"
        )
    notes += pool_notes(desk, market)
    return tuple(notes)
