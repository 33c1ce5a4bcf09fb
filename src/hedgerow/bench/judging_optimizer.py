"""How far answers of optimizers lie from the best known, by one measure for every framework."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hedgerow.bench.judging import plain
from hedgerow.bench.optimizer_task import Columns, case_of, count_cases, objective, violation

FEASIBLE: Final = 1e-6
"""A larger violation makes an answer unusable. [fraction]"""

_EXACT: Final = 1e-9
"""A larger one may pay, so that the answer is no candidate for the best known. [fraction]"""


def judge_answers(data: Path, result: Path, others: Sequence[Path]) -> dict[str, Any]:
    """Compare a framework's answers with the best known ones.

    Parameters
    ----------
    data, result : Path
        The task's ``.npz`` and the ``.npy`` that the framework left: a row for each case, trades and then a lower
        bound; NaN where it was not asked or states none, inf where it has no answer. [path]
    others : sequence of Path
        What every framework left on this task, this one too. [path]

    Returns
    -------
    dict
        ``largest_gap`` and ``mean_gap``, the objective's distance from the best of all answers that break nothing, over
        it; ``largest_violation``; ``unusable``, how many answers are missing or break something by more than 1e-6;
        ``answers``, how many cases it was asked; ``bound_gap``, the largest distance of the objective from the bound
        that was stated; ``false_bounds``, how many of these lie above the best answer. [fraction; count]
    """
    with np.load(data) as stored:
        columns = dict(stored)
    best = np.full(count_cases(columns), np.inf)
    for path in others:
        worth, broken, _ = _weighed(columns, np.load(path))
        best = np.fmin(best, np.where(broken <= _EXACT, worth, np.inf))
    worth, broken, bound = _weighed(columns, np.load(result))
    asked, given = ~np.isnan(worth), np.isfinite(worth)
    known, stated = given & np.isfinite(best), given & np.isfinite(bound)
    gap = (worth[known] - best[known]) / np.abs(best[known])
    left = (worth[stated] - bound[stated]) / np.abs(worth[stated])
    return {
        "largest_gap": plain(gap[np.argmax(np.abs(gap))]) if gap.size else None,
        "mean_gap": plain(np.mean(gap)) if gap.size else None,
        "largest_violation": plain(np.max(broken[given])) if given.any() else None,
        "unusable": int(np.sum(asked & ~(broken <= FEASIBLE))),
        "answers": int(np.sum(asked)),
        "bound_gap": plain(np.max(left)) if left.size else None,
        "false_bounds": int(np.sum(bound[stated] > best[stated] + FEASIBLE * np.abs(best[stated]))),
    }


def _weighed(
    columns: Columns, found: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return objective, violation and stated bound of every answer; NaN where none was asked, inf where none came."""
    worth, broken = np.full((2, len(found)), np.nan)
    for i, row in enumerate(found):
        x = row[:-1]
        if np.isnan(x).any():
            continue
        answered = bool(np.isfinite(x).all())
        case = case_of(columns, i)
        worth[i] = objective(case, x) if answered else np.inf
        broken[i] = violation(case, x) if answered else np.inf
    return worth, broken, found[:, -1]
