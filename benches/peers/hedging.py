"""What the optimizer's peers share: the cases of a task as quadratic, linear and mixed-integer programs.

It stands alone, as `stopwatch.py` does. A trade x is split into z = (bought, sold), both 0 or more, so that cost and
margin are linear; variance is left in x, and quadratic cost is put on both parts.
"""

# mypy: disable-error-code="import-not-found"
# The peers find each other beside themselves.

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from stopwatch import Columns, Job

Array = NDArray[np.float64]
NO_LIMIT = 1e30


class Program(NamedTuple):
    """Minimise ½z'Hz + f'z with lower <= (z, Az) <= upper."""

    H: Array
    f: Array
    A: Array
    lower: Array
    upper: Array


def case_of(columns: Columns, index: int) -> Columns:
    """Return one case: columns of one entry are shared by all."""
    return {name: values[index if len(values) > 1 else 0] for name, values in columns.items()}


def count_cases(columns: Columns) -> int:
    """Return how many ticks or problems there are."""
    return len(columns["book_loads"])


def program_of(case: Columns) -> Program:
    """Return a case without scenarios, charges, lots and 3/2 powers."""
    loads, greeks, margin, band = case["unit_loads"], case["unit_greeks"], case["margin"], case["band"]
    risk = loads.T @ case["covariance"] @ loads
    pull = loads.T @ (case["covariance"] @ case["book_loads"])
    impact = np.diag(np.tile(case["quadratic"], 2))
    return Program(
        H=np.block([[risk, -risk], [-risk, risk]]) + impact,
        f=np.concatenate([pull + case["cost"], case["cost"] - pull]),
        A=np.vstack([np.hstack([greeks, -greeks]), np.tile(margin, 2)]),
        lower=np.concatenate([np.zeros(2 * margin.size), -band - case["book_greeks"], [-NO_LIMIT]]),
        upper=np.concatenate([np.tile(case["most"], 2), band - case["book_greeks"], [case["most_margin"]]]),
    )


def programs_of(columns: Columns) -> list[Program]:
    """Return every case as a program; of a stream only `f`, `lower` and `upper` differ."""
    return [program_of(case_of(columns, i)) for i in range(count_cases(columns))]


def stream(columns: Columns, answer: Callable[[int], Any], what: str) -> Job:
    """Answer one tick with each call, forth and back; an answer is a trade, split or not, or None."""
    return _job(columns, answer, what, range(count_cases(columns) - 2, 0, -1))


def one_by_one(columns: Columns, answer: Callable[[int], Any], what: str) -> Job:
    """Answer one case with each call, in turn."""
    return _job(columns, answer, what, ())


def _job(columns: Columns, answer: Callable[[int], Any], what: str, back: Any) -> Job:
    count, n = count_cases(columns), columns["cost"].shape[-1]
    cases: Iterator[int] = itertools.cycle([*range(count), *back])
    answers: list[Any] = [np.full(n, np.nan)] * count

    def call() -> None:
        case = next(cases)
        answers[case] = answer(case)

    def column(_: Any) -> Array:
        found = np.full((count, n + 1), np.nan)
        for row, z in zip(found, answers, strict=True):
            row[:n] = np.inf if z is None else z[:n] - z[n : 2 * n] if len(z) > n else z
        return found

    return Job(call, column, what)


class TailDual(NamedTuple):
    """The dual of min c'(p + n) + a + sum(u)/count with u >= loss - a: one column for each scenario.

    Maximise cost'y with lower <= matrix·y <= upper and 0 <= y <= most; y holds scenarios, upper and lower bands, the
    margin and limits. The rows' multipliers are the trade.
    """

    cost: Array
    matrix: Array
    lower: Array
    upper: Array
    most: Array


def tail_dual_cost(case: Columns) -> Array:
    """Return what a tick changes of the dual."""
    band, greeks, most = case["band"], case["book_greeks"], case["most"]
    rows = np.concatenate([greeks - band, -greeks - band, [-case["most_margin"]], -np.tile(most, 2)])
    return np.concatenate([-case["book_pnl"], rows])


def tail_dual_of(case: Columns) -> TailDual:
    """Return the dual of a case with scenarios: Rockafellar, Uryasev (2000), J. Risk 2:21, eq. 17."""
    pnl, greeks, n = case["unit_pnl"], case["unit_greeks"], case["cost"].size
    scenarios = pnl.shape[0]
    rest = np.hstack([greeks.T, -greeks.T])
    margin, one = case["margin"][:, None], np.eye(n)
    buy = np.hstack([-pnl.T, rest, margin, one, np.zeros((n, n))])
    sell = np.hstack([pnl.T, -rest, margin, np.zeros((n, n)), one])
    total = np.zeros((1, buy.shape[1]))
    total[0, :scenarios] = 1.0
    most = np.full(buy.shape[1], np.inf)
    most[:scenarios] = 1.0 / ((1.0 - float(case["level"])) * scenarios)
    return TailDual(
        cost=tail_dual_cost(case),
        matrix=np.vstack([buy, sell, total]),
        lower=np.concatenate([-np.tile(case["cost"], 2), [1.0]]),
        upper=np.concatenate([np.full(2 * n, np.inf), [1.0]]),
        most=most,
    )
