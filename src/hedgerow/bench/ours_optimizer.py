"""Hedgerow's own optimizer runs, in a process of their own: ``python -m hedgerow.bench.ours_optimizer``.

``WORD DATA RESULT RUNS CALLS`` as for the peers: times the call that the word names on one case after the other, keeps
the answers in RESULT, and prints one JSON object. Problems are made before; what is timed begins with a problem, or
with a tick's exposures.
"""

import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from hedgerow.bench.optimizer_task import case_of, count_cases
from hedgerow.bench.rooms import room_jobs
from hedgerow.bench.timing import Columns, Job, measure
from hedgerow.core.arrays import Float64
from hedgerow.costs import proportional
from hedgerow.hedging import (
    GreekBand,
    HedgeProblem,
    HedgeSession,
    Limit,
    RiskMeasure,
    ScenarioRisk,
    Solution,
    plan_hedge,
    solve,
    solve_convex,
)
from hedgerow.hedging.branch_kernels import BUY, OFF, SELL
from hedgerow.hedging.branching import branch
from hedgerow.hedging.methods import without_charges
from hedgerow.hedging.tail import solve_tail


class Answer(NamedTuple):
    """What a call found.

    Parameters
    ----------
    x : ndarray of shape (n_instrument,)
        Trade. [contracts]
    lower : float or None
        Lower bound of the objective, if one is stated. [numeraire]
    """

    x: Float64[np.ndarray, " n_instrument"]
    lower: float | None = None


def problem_of(case: Columns) -> HedgeProblem:
    """Return one case of a task as a hedge problem.

    Parameters
    ----------
    case : dict of str to ndarray
        One case, as in ``optimizer_task``. [one numeraire, contracts]

    Returns
    -------
    HedgeProblem
        The same problem. [one numeraire, contracts]

    References
    ----------
    The display in ``optimizer_task.py`` beside that in ``hedging/problem.py``.
    """
    n = case["cost"].size
    power, fixed = case.get("power", np.zeros(n)), case.get("fixed", np.zeros(n))
    margin = Limit(
        name="margin",
        upper=float(case["most_margin"]),
        start=0.0,
        linear=np.zeros(n),
        long=case["margin"],
        short=case["margin"],
    )
    return HedgeProblem(
        names=tuple(f"instrument {i}" for i in range(n)),
        book_loads=case["book_loads"],
        unit_loads=case["unit_loads"],
        covariance=case["covariance"],
        risk_aversion=1.0,
        curves=tuple(
            proportional(float(c), quadratic=float(q), impact=float(p), fixed=float(k))
            for c, q, p, k in zip(case["cost"], case["quadratic"], power, fixed, strict=True)
        ),
        lot=case["lot"],
        bands=tuple(GreekBand(name=f"greek {j}", lower=-b, upper=b) for j, b in enumerate(case["band"].tolist())),
        book_greeks=case["book_greeks"],
        unit_greeks=case["unit_greeks"],
        limits=(margin,),
        trade_lower=-case["most"],
        trade_upper=case["most"],
        tail=_tail_of(case),
    )


def _tail_of(case: Columns) -> ScenarioRisk | None:
    if "book_pnl" not in case:
        return None
    return ScenarioRisk(
        measure=RiskMeasure.CVAR,
        weight=1.0,
        level=float(case["level"]),
        book_pnl=case["book_pnl"],
        unit_pnl=case["unit_pnl"],
    )


def _job(columns: Columns, answer: Callable[[int], Answer], what: str, *, stream: bool) -> Job:
    """Answer one case with each call: a stream's forth and back, others one after the other."""
    count = count_cases(columns)
    back = range(count - 2, 0, -1) if stream else ()
    cases: Iterator[int] = itertools.cycle([*range(count), *back])
    found = np.full((count, columns["cost"].shape[-1] + 1), np.nan)

    def call() -> None:
        case = next(cases)
        x, lower = answer(case)
        found[case, :-1] = x
        if lower is not None:
            found[case, -1] = lower

    return Job(call, lambda _: found, what)


def _problems(columns: Columns) -> list[HedgeProblem]:
    return [problem_of(case_of(columns, i)) for i in range(count_cases(columns))]


def _session(columns: Columns) -> Job:
    session = HedgeSession(problem_of(case_of(columns, 0)))
    loads = columns["book_loads"]
    rows = np.hstack([columns["book_greeks"], np.zeros((len(loads), 1))])  # the margin starts from nothing

    def answer(tick: int) -> Answer:
        return Answer(session.tick(loads[tick], rows[tick]).x)

    return _job(columns, answer, "equilibrated, warm, certified in original units", stream=True)


def _warm(columns: Columns, solver: Callable[..., Solution], what: str) -> Job:
    problems, last = _problems(columns), None

    def answer(tick: int) -> Answer:
        nonlocal last
        last = solver(problems[tick], warm=last)
        return Answer(last.x, last.certificate.lower_bound)

    return _job(columns, answer, what, stream=True)


def _cold(columns: Columns, solver: Callable[[HedgeProblem], Answer], what: str) -> Job:
    problems = _problems(columns)
    return _job(columns, lambda case: solver(problems[case]), what, stream=False)


def _bounded(solution: Solution) -> Answer:
    return Answer(solution.x, solution.certificate.lower_bound)


def _branched(problem: HedgeProblem) -> Answer:
    """Close the gap to the 1e-4 that the peers stop at, then solve for what was chosen."""
    found = branch(problem, gap=1e-4)
    if found is None:
        return Answer(np.full(len(problem.names), np.inf))
    lower = np.where(found.choice & (OFF | BUY), 0.0, problem.trade_lower)
    upper = np.where(found.choice & (OFF | SELL), 0.0, problem.trade_upper)
    chosen = solve_convex(replace(without_charges(problem), trade_lower=lower, trade_upper=upper))
    return Answer(chosen.x, found.lower)


def _planned(problem: HedgeProblem) -> Answer:
    plan = plan_hedge(problem)
    return Answer(plan.quantity, plan.certificate.lower_bound)


_JOBS: Final[dict[str, Callable[[Columns], Job]]] = {
    "HedgeSession.tick": _session,
    "solve_convex, warm": lambda columns: _warm(columns, solve_convex, "from a problem to a certified answer"),
    "solve_tail": lambda columns: _cold(columns, lambda given: _bounded(solve_tail(given)), "cold, with a bound"),
    "solve_tail, warm": lambda columns: _warm(columns, solve_tail, "cuts recycled, with a bound"),
    "solve": lambda columns: _cold(columns, lambda given: _bounded(solve(given)), "gap 1e-5, with a bound"),
    "branch, 1e-4": lambda columns: _cold(columns, _branched, "gap 1e-4, with a bound"),
    "plan_hedge": lambda columns: _cold(columns, _planned, "branch and bound, lots, with a bound"),
    **room_jobs(),
}


def main(words: list[str]) -> None:
    """Run what the words say, and print one JSON object.

    Parameters
    ----------
    words : list of str
        ``WORD DATA RESULT RUNS CALLS``.
    """
    measure(words, _JOBS)


if __name__ == "__main__":
    main(sys.argv[1:])
