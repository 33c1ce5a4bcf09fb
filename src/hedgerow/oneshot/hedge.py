"""The main job: from a desk and a market to a hedge ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.book import (
    CompiledBook,
    Marking,
    assemble,
    check_numeraire,
    exposure_of,
    factor_model,
    sensitivities_by_group,
    trade_rows,
)
from hedgerow.config import Desk
from hedgerow.config.desk import Target
from hedgerow.core.arrays import Float64
from hedgerow.core.errors import HedgerowError, InputError
from hedgerow.core.ids import Currency
from hedgerow.costs import UnitCost, unit_cost
from hedgerow.hedging import HedgeProblem, plan_hedge
from hedgerow.market import Snapshot
from hedgerow.oneshot.resolve import (
    HedgeInstrument,
    compile_positions,
    hedge_instruments,
    with_assumed_quotes,
)
from hedgerow.oneshot.smile import chosen_convention, fit_smile, interpolate
from hedgerow.oneshot.targets import Goals, goals
from hedgerow.oneshot.write_ticket import Deltas, Solved, write_ticket
from hedgerow.pricing import mark_vols
from hedgerow.report import Ticket
from hedgerow.report.units import TARGETS

_RAW_ROW = {"value": 0, "delta": 1, "gamma": 2, "vega": 3, "theta": 4}


def hedge(
    desk: Desk,
    market: Snapshot,
    *,
    numeraire: str | None = None,
    neutral: Mapping[str, Target] | None = None,
    instruments: Sequence[str] | None = None,
    leave_out: bool = False,
    delta_convention: str | None = None,
) -> Ticket:
    """Compute the hedge of a desk in one market.

    Parameters
    ----------
    desk : Desk
        What is held, what may be traded, what is assumed.
    market : Snapshot
        The market at one instant.
    numeraire : str or None
        ``USD`` or the coin; None takes what the desk file states.
    neutral : mapping of str to float or (float, float), or None
        Greeks to hold: an exact value or a band. None takes the desk file's, converted at the index if the
        numeraire differs. [desk units]
    instruments : sequence of str or None
        What may be traded. None takes the desk file's.
    leave_out : bool
        True to leave out positions that the market cannot value, by name and reason; by default they are refused.
    delta_convention : str or None
        Name of the ``DeltaConvention`` whose delta is held neutral. None takes the desk file's, else sticky strike.

    Returns
    -------
    Ticket
        Exposure, trades, residual risk, cost and the proof of optimality. [desk units outside, raw inside]

    Raises
    ------
    ConfigError
        If the desk names something that does not exist or cannot be used.
    InputError
        If an argument does.
    NumeraireError
        If the numeraire is neither USD nor the coin.
    SolveError
        If targets cannot be met, or no certified optimum was found.

    References
    ----------
    Each room names its own; the problem stands in ``hedging/problem.py``.

    Examples
    --------
    >>> import hedgerow as hr
    >>> folder = hr.example("eth-2024-01-08")
    >>> ticket = hr.hedge(hr.load_desk(folder / "desk.toml"), hr.load_snapshot(folder), neutral={"delta": 0.0})
    >>> ticket.certificate.holds, abs(ticket.residual.delta) < 0.01
    (True, True)
    """
    if isinstance(instruments, str) or not all(isinstance(name, str) for name in instruments or ()):
        raise InputError(f"instruments is {instruments!r}", "give a list of names")
    currency = desk.numeraire if numeraire is None else numeraire
    check_numeraire(currency, desk.base)
    if market.base != desk.base:
        raise desk.error("base", f"is {desk.base}, the market's is {market.base}", "use the market of that coin")
    market = with_assumed_quotes(desk, market)
    vols = mark_vols(market)
    smile = fit_smile(desk, market, delta_convention)
    convention = chosen_convention(desk, smile, delta_convention)
    names = desk.hedge.instruments if instruments is None else tuple(instruments)
    interpolated, told = interpolate([*(line.instrument for line in desk.position), *names], market, vols, smile)
    unpriced = [item for item in vols.rejected if item.name not in interpolated]
    rates = {Currency(name): rate for name, rate in desk.rates.items()}
    marking = Marking(snapshot=market, vols=vols.as_dict(), usd_rates=rates, interpolated=interpolated)
    rows, n_position, left_out = compile_positions(desk, marking, leave_out=leave_out)
    if not rows:
        raise desk.error("", "the book is empty", "add balances, [[position]] or [[liquidity]]")
    book = assemble(rows, base=market.base, spot=market.index_price, n_group=n_position)
    tools = hedge_instruments(desk, market, names, from_file=instruments is None)
    trades = _compile_trades(tools, marking)
    wanted = goals(desk, neutral, numeraire=currency, spot=market.index_price)
    try:
        deltas, lost = smile.deltas(book, trades.book, currency, convention)
    except HedgerowError as error:
        raise desk.error(
            "hedge", f"the delta {convention.value} cannot be had: {error.problem}", error.advice
        ) from None
    solved = _solve(desk, marking, book, trades, tools, currency, wanted, deltas)
    # What is missing from the book weighs most, then what cannot be valued, then what cannot be traded.
    return write_ticket(
        desk, market, solved, (*left_out, *told, *unpriced, *market.rejected), (*wanted.notes, *smile.notes, *lost)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trades:
    """The hedging instruments as compiled self-financing purchases, and their unit costs."""

    book: CompiledBook
    costs: list[UnitCost]


def _compile_trades(tools: Sequence[HedgeInstrument], marking: Marking) -> _Trades:
    rows, costs = [], []
    for i, tool in enumerate(tools):
        try:
            costs.append(unit_cost(tool.instrument, tool.quote, tool.fee))
            rows += trade_rows(tool.instrument, marking, i)
        except HedgerowError as error:
            raise tool.place.error(error.problem, error.advice) from None
    snapshot = marking.snapshot
    book = assemble(rows, base=snapshot.base, spot=snapshot.index_price, n_group=len(tools))
    return _Trades(book=book, costs=costs)


def _solve(
    desk: Desk,
    marking: Marking,
    book: CompiledBook,
    trades: _Trades,
    tools: Sequence[HedgeInstrument],
    numeraire: str,
    wanted: Goals,
    deltas: Deltas,
) -> Solved:
    """State the convex problem in one numeraire and solve it."""
    exposure = exposure_of(book, numeraire=numeraire)
    units = sensitivities_by_group(trades.book, numeraire=numeraire)
    expiries = (*book.option_expiries_ns, *trades.book.option_expiries_ns)
    model = factor_model(desk.risk, expiries, marking.snapshot.as_of_ns)
    bands = wanted.bands
    rows = [_RAW_ROW[TARGETS[band.name].raw] for band in bands]
    scale = np.array([TARGETS[band.name].per_raw for band in bands])
    raw = exposure.total
    book_greeks = np.array([getattr(raw, TARGETS[band.name].raw) for band in bands]) * scale
    unit_greeks = units[rows] * scale[:, None]
    for j, band in enumerate(bands):
        if band.name == "delta":
            book_greeks[j], unit_greeks[j] = deltas.book[deltas.chosen].sum(), deltas.units[deltas.chosen]
    fee, half_spread = _unit_costs(marking, trades, tools, numeraire)
    problem = HedgeProblem(
        names=tuple(tool.instrument.name for tool in tools),
        book_loads=model.loadings(book, numeraire=numeraire).sum(axis=1),
        unit_loads=model.loadings(trades.book, numeraire=numeraire),
        covariance=model.covariance,
        risk_aversion=wanted.risk_aversion,
        cost=fee + half_spread,
        bands=bands,
        book_greeks=book_greeks.reshape(len(bands)),
        unit_greeks=unit_greeks.reshape(len(bands), len(tools)),
        box=np.array([tool.box for tool in tools]),
        lot=np.array([tool.lot for tool in tools]),
    )
    return Solved(
        exposure=exposure,
        model=model,
        problem=problem,
        plan=plan_hedge(problem),
        tools=tuple(tools),
        units=units,
        deltas=deltas,
        fee=fee,
        half_spread=half_spread,
    )


def _unit_costs(
    marking: Marking, trades: _Trades, tools: Sequence[HedgeInstrument], numeraire: str
) -> tuple[Float64[np.ndarray, " n_instrument"], Float64[np.ndarray, " n_instrument"]]:
    """Convert unit costs from each settlement currency to the numeraire."""
    base, spot = marking.snapshot.base, marking.snapshot.index_price
    rates = []
    for tool in tools:
        settle = tool.instrument.settle
        usd = spot if settle == base else marking.usd_rate(settle)
        rates.append(usd / spot if numeraire == base else usd)
    rate = np.array(rates)
    fee = np.array([cost.fee for cost in trades.costs]) * rate
    half_spread = np.array([cost.half_spread for cost in trades.costs]) * rate
    return fee.reshape(len(tools)), half_spread.reshape(len(tools))
