"""The main job: from a desk and a market to a hedge ticket."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from hedgerow.book import check_numeraire, exposure_of, sensitivities_by_group
from hedgerow.config import Desk
from hedgerow.config.desk import Target
from hedgerow.core.errors import HedgerowError, InputError
from hedgerow.hedging import marginal_answers
from hedgerow.hedging.frontier import frontier as trace
from hedgerow.market import Snapshot
from hedgerow.oneshot.account_margins import account_results
from hedgerow.oneshot.compile_desk import compile_desk
from hedgerow.oneshot.costing import cost_curves
from hedgerow.oneshot.holdings import Holdings, positions_held
from hedgerow.oneshot.kept_margins import keep_margins
from hedgerow.oneshot.leverage import with_leverage_costs
from hedgerow.oneshot.next_best import best_additions
from hedgerow.oneshot.resolve import hedge_instruments
from hedgerow.oneshot.smile import chosen_convention
from hedgerow.oneshot.state_problem import state_problem
from hedgerow.oneshot.targets import goals
from hedgerow.oneshot.trades import compile_trades
from hedgerow.oneshot.write_ticket import Solved, write_ticket
from hedgerow.report import Ticket


def hedge(
    desk: Desk,
    market: Snapshot,
    *,
    numeraire: str | None = None,
    neutral: Mapping[str, Target] | None = None,
    instruments: Sequence[str] | None = None,
    leave_out: bool = False,
    delta_convention: str | None = None,
    frontier: int | None = None,
    next_best: int = 0,
    progress: Callable[[int, int], None] | None = None,
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
    frontier : int or None
        Number of points of the cost-risk frontier, 2 to 200; None computes none. [count]
    next_best : int
        How many instruments that are not in the list shall be named for what they would save. [count]
    progress : callable or None
        Told how many plans of the frontier are done and how many there are. [count]

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
    names = desk.hedge.instruments if instruments is None else tuple(instruments)
    ready = compile_desk(desk, market, instruments=names, leave_out=leave_out, delta_convention=delta_convention)
    book, marking, smile = ready.book, ready.marking, ready.smile
    market = marking.snapshot
    convention = chosen_convention(desk, smile, delta_convention)
    tools = hedge_instruments(desk, market, names, from_file=instruments is None)
    trades = compile_trades(tools, marking)
    wanted = goals(desk, neutral, numeraire=currency, spot=market.index_price)
    try:
        deltas, lost = smile.deltas(book, trades, currency, convention)
    except HedgerowError as error:
        raise desk.error(
            "hedge", f"the delta {convention.value} cannot be had: {error.problem}", error.advice
        ) from None
    holdings = Holdings(
        desk=desk,
        marking=marking,
        book=book,
        trades=trades,
        tools=tools,
        held=positions_held(desk, tools),
        numeraire=currency,
    )
    costing = with_leverage_costs(holdings, cost_curves(desk, marking, tools, currency))
    stated = state_problem(holdings, wanted, deltas, costing)
    problem, plan = keep_margins(holdings, stated.problem)
    solved = Solved(
        exposure=exposure_of(book, numeraire=currency),
        model=stated.model,
        problem=problem,
        plan=plan,
        marginal=marginal_answers(problem, plan.solution),
        tools=tuple(tools),
        units=sensitivities_by_group(trades, numeraire=currency),
        deltas=deltas,
        costing=costing,
    )
    notes = (*wanted.notes, *costing.notes, *smile.notes, *lost)
    ticket = write_ticket(desk, market, solved, ready.rejected, notes)
    paid = {trade.instrument: trade.cost for trade in ticket.trades}
    ticket = replace(ticket, accounts=account_results(holdings, plan.quantity, paid))
    if next_best:
        ticket = replace(ticket, next_best=best_additions(holdings, wanted, smile, solved, next_best))
    return ticket if frontier is None else replace(ticket, frontier=trace(problem, frontier, progress))
