"""From a compiled desk to the hedge problem: risk, costs, targets and limits in one numeraire."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from hedgerow.book import (
    CompiledBook,
    FactorModel,
    factor_model,
    other_loadings,
    other_moves,
    scenario_grid,
    scenario_pnl,
    scenario_pnl_by_group,
    simulate_scenarios,
    value_book,
)
from hedgerow.book.scenarios import Scenarios
from hedgerow.config import Desk, Measure, ScenarioTerms
from hedgerow.core.arrays import Float64
from hedgerow.core.instants import DAYS_PER_YEAR
from hedgerow.hedging import HedgeProblem, RiskMeasure, ScenarioRisk
from hedgerow.oneshot.costing import Costing
from hedgerow.oneshot.holdings import Holdings
from hedgerow.oneshot.limits import account_limits
from hedgerow.oneshot.resolve import HedgeInstrument
from hedgerow.oneshot.risk import SPOTS, VOLS
from hedgerow.oneshot.targets import Goals
from hedgerow.oneshot.write_ticket import Deltas
from hedgerow.report.units import target_weights

_FACTORS = {"delta": slice(0, 1), "gamma": slice(1, 2), "vega": slice(2, None)}
"""Factors of the model that carry a Greek's risk: the spot, its square, the vols of expiries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A hedge problem, and the model that its variance comes from.

    Parameters
    ----------
    problem : HedgeProblem
        The problem; Greeks of its bands in desk units.
    model : FactorModel
        The factor model.
    """

    problem: HedgeProblem
    model: FactorModel


def state_problem(holdings: Holdings, wanted: Goals, deltas: Deltas, costing: Costing) -> Stated:
    """State the hedge of a desk as an optimization problem.

    Parameters
    ----------
    holdings : Holdings
        Book, hedging instruments and market.
    wanted : Goals
        What shall be neutral, and what risk may cost.
    deltas : Deltas
        Deltas under the chosen convention.
    costing : Costing
        What trading and holding costs.

    Returns
    -------
    Stated
        Problem and factor model. [numeraire]
    """
    desk, tools = holdings.desk, holdings.tools
    book, trades, numeraire = holdings.book, holdings.trades, holdings.numeraire
    expiries = (*book.option_expiries_ns, *trades.option_expiries_ns)
    model = factor_model(desk.risk, expiries, holdings.marking.snapshot.as_of_ns)
    book_loads = model.loadings(book, numeraire=numeraire).sum(axis=1)
    unit_loads = model.loadings(trades, numeraire=numeraire)
    for greek in desk.hedge.hold_open:
        book_loads[_FACTORS[greek]] = 0.0
        unit_loads[_FACTORS[greek]] = 0.0
    moves = np.array(list(other_moves(desk.risk).values()), dtype=np.float64)
    book_others, unit_others = (other_loadings(one, desk.risk, numeraire=numeraire) for one in (book, trades))
    book_greeks, unit_greeks = _greeks(holdings, wanted, deltas)
    lower, upper = _trade_limits(desk, tools, holdings.held)
    problem = HedgeProblem(
        names=tuple(tool.instrument.name for tool in tools),
        book_loads=np.concatenate([book_loads, book_others.sum(axis=1)]),
        unit_loads=np.vstack([unit_loads, unit_others]),
        covariance=block_diag(model.covariance, np.diag(moves**2)) if moves.size else model.covariance,
        risk_aversion=wanted.risk_aversion,
        curves=costing.curves,
        holding=costing.holding,
        held=holdings.held,
        lot=np.array([tool.lot for tool in tools], dtype=np.float64),
        bands=wanted.bands,
        book_greeks=book_greeks,
        unit_greeks=unit_greeks,
        limits=account_limits(holdings, costing),
        least=_smallest_trades(desk, tools),
        trade_lower=lower,
        trade_upper=upper,
        tail=None if desk.hedge.scenarios is None else _tail(holdings, desk.hedge.scenarios, wanted.periods),
    )
    return Stated(problem=problem, model=model)


def _greeks(
    holdings: Holdings, wanted: Goals, deltas: Deltas
) -> tuple[Float64[np.ndarray, " n_band"], Float64[np.ndarray, "n_band n_instrument"]]:
    """Return the bound Greeks of the book and of one contract each, in desk units."""
    n, m = len(holdings.tools), len(wanted.bands)
    book_greeks, unit_greeks = np.zeros(m), np.zeros((m, n))
    spot, base = holdings.marking.snapshot.index_price, holdings.desk.base
    book_rows = value_book(holdings.book, numeraire=holdings.numeraire)
    trade_rows = value_book(holdings.trades, numeraire=holdings.numeraire)
    for j, (greek, expiry) in enumerate(wanted.buckets):
        if greek == "delta" and expiry is None:
            book_greeks[j], unit_greeks[j] = deltas.book[deltas.chosen].sum(), deltas.units[deltas.chosen]
            continue
        weights = target_weights(greek, numeraire=holdings.numeraire, base=base, spot=spot)
        book_greeks[j] = (weights @ book_rows)[_of_expiry(holdings.book, expiry)].sum()
        mine = _of_expiry(holdings.trades, expiry)
        unit_greeks[j] = np.bincount(holdings.trades.group[mine], weights=(weights @ trade_rows)[mine], minlength=n)
    return book_greeks, unit_greeks


def _of_expiry(book: CompiledBook, expiry_ns: int | None) -> np.ndarray:
    """Tell which rows belong to a bucket; all of them if it is none."""
    if expiry_ns is None:
        return np.ones(book.kinds.size, dtype=bool)
    mine = np.array([expiry == expiry_ns for _, expiry in book.buckets], dtype=bool)
    return mine[book.bucket] if book.kinds.size else np.zeros(0, dtype=bool)


def _trade_limits(
    desk: Desk, tools: Sequence[HedgeInstrument], held: Float64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Return the least and the most that may be traded: the stated size, and what the position may come to."""
    lower, upper = np.zeros(len(tools)), np.zeros(len(tools))
    for i, tool in enumerate(tools):
        most = desk.hedge.position_limits.get(tool.instrument.name, float("inf"))
        lower[i], upper[i] = max(-tool.box, -most - held[i]), min(tool.box, most - held[i])
        if lower[i] > upper[i]:
            raise desk.error(
                f"hedge.position_limits.{tool.instrument.name}",
                f"{held[i]:g} contracts are held, which at most {tool.box:g} traded do not bring within {most:g}",
                "raise one of the two limits",
            )
    return lower, upper


def _smallest_trades(desk: Desk, tools: Sequence[HedgeInstrument]) -> Float64[np.ndarray, " n"]:
    """Return what a trade comes to at least, if there is one; zero where the desk file states nothing."""
    stated = {line.instrument: line.minimum_trade or 0.0 for line in desk.contract}
    return np.array([stated.get(tool.instrument.name, 0.0) for tool in tools], dtype=np.float64)


def _tail(holdings: Holdings, terms: ScenarioTerms, periods: float) -> ScenarioRisk:
    """Revalue book and hedging instruments in every scenario; the horizon counts as often as it is held for."""
    scenarios = _scenarios(holdings, terms)
    level = float("nan") if terms.level is None else terms.level
    if terms.measure is Measure.ENTROPIC:
        level /= holdings.stated
    return ScenarioRisk(
        measure=RiskMeasure(terms.measure.value),
        level=level,
        weight=terms.weight * periods,
        book_pnl=scenario_pnl(holdings.book, scenarios, numeraire=holdings.numeraire),
        unit_pnl=scenario_pnl_by_group(holdings.trades, scenarios, numeraire=holdings.numeraire),
    )


def _scenarios(holdings: Holdings, terms: ScenarioTerms) -> Scenarios:
    desk, as_of = holdings.desk, holdings.marking.snapshot.as_of_ns
    years = desk.risk.horizon_hours / (24.0 * DAYS_PER_YEAR)
    if terms.measure is Measure.WORST:
        return scenario_grid(SPOTS, VOLS, (0.0, years), vol_term_exponent=desk.risk.vol_term_exponent)
    expiries = (*holdings.book.option_expiries_ns, *holdings.trades.option_expiries_ns)
    return simulate_scenarios(
        desk.risk, sorted(set(expiries)), as_of, count=terms.count, seed=terms.seed, time_passes=True
    )
