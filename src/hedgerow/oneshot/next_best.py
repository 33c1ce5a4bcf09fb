"""Which instrument that is not in the list would save most.

Every quoted contract of the market is priced at the optimum: what its next contract would take away in risk and in the
prices of bands and limits, less what it costs. The parabola through that slope ranks them; the best are then added to
the problem, one at a time, and solved for.
"""

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import HedgerowError
from hedgerow.costs import CostCurve
from hedgerow.hedging import HedgeProblem, solve
from hedgerow.hedging.marginal import next_contract_gain
from hedgerow.oneshot.costing import cost_curves
from hedgerow.oneshot.holdings import Holdings, positions_held
from hedgerow.oneshot.leverage import with_leverage_costs
from hedgerow.oneshot.resolve import HedgeInstrument, hedge_instruments
from hedgerow.oneshot.smile import Smile
from hedgerow.oneshot.state_problem import state_problem
from hedgerow.oneshot.targets import Goals
from hedgerow.oneshot.trades import compile_trades
from hedgerow.oneshot.write_ticket import Solved
from hedgerow.report import NextBest

_TRIED, _LEAST = 4, 24
"""So many are solved for, for each one that is named, and at least. [count]"""


def best_additions(holdings: Holdings, wanted: Goals, smile: Smile, solved: Solved, count: int) -> tuple[NextBest, ...]:
    """Find the instruments that would save most if they were added, one at a time.

    Parameters
    ----------
    holdings : Holdings
        Book and hedging instruments.
    wanted : Goals
        What shall be neutral.
    smile : Smile
        For deltas under the chosen convention.
    solved : Solved
        The plan without them.
    count : int
        How many to name at most. [count]

    Returns
    -------
    tuple of NextBest
        The best first; none where nothing would save. [numeraire]
    """
    tools = [*holdings.tools, *_candidates(holdings)]
    if len(tools) == len(holdings.tools):
        return ()
    larger = Holdings(
        desk=holdings.desk,
        marking=holdings.marking,
        book=holdings.book,
        trades=compile_trades(tools, holdings.marking),
        tools=tools,
        held=positions_held(holdings.desk, tools),
        numeraire=holdings.numeraire,
    )
    deltas, _ = smile.deltas(larger.book, larger.trades, larger.numeraire, solved.deltas.chosen)
    costing = with_leverage_costs(larger, cost_curves(larger.desk, larger.marking, tools, larger.numeraire))
    problem = state_problem(larger, wanted, deltas, costing).problem
    first = len(holdings.tools)
    order = _ranked(problem, solved, first)[: max(_TRIED * count, _LEAST)]
    found = [_added(problem, solved, first, i) for i in order]
    named = sorted((one for one in found if one is not None), key=lambda one: -one.saves)
    return tuple(named[:count])


def _candidates(holdings: Holdings) -> list[HedgeInstrument]:
    """Return every quoted contract that could be traded and is not in the list."""
    market, desk = holdings.marking.snapshot, holdings.desk
    known = {tool.instrument.name for tool in holdings.tools}
    found = []
    for name in market.quotes.names:
        if name not in known:
            try:
                tool = hedge_instruments(desk, market, [name], from_file=False)[0]
                compile_trades([tool], holdings.marking)
                cost_curves(desk, holdings.marking, [tool], holdings.numeraire)
            except HedgerowError:
                continue  # one-sided, without a lot, a fee or a vol: not to be traded
            found.append(tool)
    return found


def _ranked(problem: HedgeProblem, solved: Solved, first: int) -> list[int]:
    """Return the candidates in the order of what a parabola says that they save, the best first."""
    n = len(problem.names)
    x = np.concatenate([solved.plan.continuous, np.zeros(n - first)])
    gain = next_contract_gain(problem, x, solved.plan.prices)
    cost = np.array([_first_contract(curve) for curve in problem.curves])
    net = np.maximum(gain - cost, 0.0)[first:]
    bend = np.diag(problem.hessian)[first:]
    saves: Float64[np.ndarray, " n"] = np.where(bend > 0.0, net**2 / np.where(bend > 0.0, 2.0 * bend, 1.0), net)
    return [first + int(i) for i in np.argsort(-saves, kind="stable") if saves[i] > 0.0]


def _first_contract(curve: CostCurve) -> float:
    return float(min(curve.buy.price[0], curve.sell.price[0]))


def _added(problem: HedgeProblem, solved: Solved, first: int, i: int) -> NextBest | None:
    """Solve with one more instrument; None if nothing is saved."""
    one = problem.select([*range(first), i])
    try:
        solution = solve(one)
    except HedgerowError:
        return None
    saves = solved.plan.objective_continuous - one.objective(solution.x)
    if not saves > 0.0:
        return None
    return NextBest(instrument=problem.names[i], saves=saves, quantity=float(solution.x[-1]))
