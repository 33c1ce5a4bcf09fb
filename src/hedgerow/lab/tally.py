"""Running figures of losses: memory that does not grow, and error bars that do not assume a law.

Paths belong to fifty groups. Every figure is a function of sums over groups, so it can be formed again with each group
left out: the scatter of those is its standard error (the delete-one-group jackknife), and the scatter of differences
between two policies on the same paths is that of a paired difference. Mirrored paths stay in one group.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.lab.tail import Tail, folds
from hedgerow.lab.tally_kernels import count_rows
from hedgerow.lab.trading import PARTS, Outcome

GROUPS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of one policy; entry 0 is that of all paths, the others leave one group out each.

    Parameters
    ----------
    mean, std, cvar : ndarray of shape (51,)
        Of losses; a CVaR whose tail could not be told from the rest is NaN. [money]
    certainty_equivalent : ndarray of shape (51,)
        (1/g)·ln E[exp(g·loss)]; NaN without a risk aversion. [money]
    parts : ndarray of shape (5, 51)
        Means of what ``PARTS`` names. [money], [count]
    heaviest : float
        Share of E[exp(g·loss)] that the heaviest group of paths has: a fiftieth if all are alike; NaN without a risk
        aversion. [fraction]
    """

    mean: Float64[np.ndarray, " n_fold"]
    std: Float64[np.ndarray, " n_fold"]
    cvar: Float64[np.ndarray, " n_fold"]
    certainty_equivalent: Float64[np.ndarray, " n_fold"]
    parts: Float64[np.ndarray, "5 n_fold"]
    heaviest: float = np.nan


class Tally:
    """Sums over groups of the paths of one policy.

    Parameters
    ----------
    risk_aversion : float or None
        Of the certainty equivalent. [per money]
    level : float
        Of the CVaR. [probability]
    """

    def __init__(self, *, risk_aversion: float | None, level: float) -> None:
        self._aversion, self._centre = risk_aversion, np.nan
        self._count = np.zeros(GROUPS)
        self._sums = np.zeros((2 + len(PARTS), GROUPS))
        self._lacking, self._shifts = np.zeros(GROUPS), np.full(GROUPS, -np.inf)
        self._tail = Tail(level=level, groups=GROUPS)

    def add(self, offset: int, outcome: Outcome) -> None:
        """Count the paths of a block.

        Parameters
        ----------
        offset : int
            Number of its first path. [index]
        outcome : Outcome
            What the policy came to there.
        """
        losses, tail = outcome.losses, self._tail
        if np.isnan(self._centre):
            self._centre = float(losses.mean())
        group = (np.arange(offset, offset + losses.size) // 2) % GROUPS
        if self._aversion is not None:
            self._add_exponentials(group, self._aversion * losses)
        count_rows(
            offset,
            losses,
            outcome.parts,
            self._centre,
            tail.low,
            tail.width,
            self._count,
            self._sums,
            tail.counts,
            tail.sums,
        )
        if tail.is_kept:
            tail.keep(group, losses)

    def figures(self) -> Figures:
        """Return the figures of all paths, and with each group left out.

        Returns
        -------
        Figures
            Means, deviations, tails. [money]

        References
        ----------
        Acerbi, Tasche (2002), J. Banking and Finance 26:1487, doi 10.1016/S0378-4266(02)00283-2, eq. 4.2, for the CVaR.
        """
        count = folds(self._count)
        sums = folds(self._sums) / count
        spread = np.maximum(sums[1] - sums[0] ** 2, 0.0) * count / (count - 1.0)
        certain, heaviest = self._certain(count)
        return Figures(
            mean=self._centre + sums[0],
            std=np.sqrt(spread),
            cvar=self._tail.cvar(count),
            certainty_equivalent=certain,
            heaviest=heaviest,
            parts=sums[2:],
        )

    def _add_exponentials(self, group: np.ndarray, exponents: np.ndarray) -> None:
        """Add what exp of them over exp of the largest one of their group so far lacks to one.

        So no risk aversion is too large, as nothing overflows and no group vanishes beside another, and none too small,
        as what differs from one keeps its digits.
        """
        largest = self._shifts.copy()
        np.maximum.at(largest, group, exponents)
        seen = np.isfinite(self._shifts)
        fall = self._shifts[seen] - largest[seen]
        self._lacking[seen] = np.exp(fall) * self._lacking[seen] + self._count[seen] * np.expm1(fall)
        self._shifts = largest
        self._lacking += np.bincount(group, np.expm1(exponents - largest[group]), GROUPS)

    def _certain(self, count: Float64[np.ndarray, " n_fold"]) -> tuple[Float64[np.ndarray, " n_fold"], float]:
        """Return certainty equivalents, and which share of the exponentials the heaviest group has."""
        if self._aversion is None:
            return np.full(GROUPS + 1, np.nan), np.nan
        # Each sum over its own groups, not the total less one: of a group that has it all nothing would be left.
        counted = np.vstack([np.ones(GROUPS, dtype=np.bool_), ~np.eye(GROUPS, dtype=np.bool_)])
        shifts = np.where(counted, self._shifts, -np.inf)
        top = shifts.max(axis=1)
        fall = shifts - top[:, None]
        lacking = np.where(counted, np.exp(fall) * self._lacking + self._count * np.expm1(fall), 0.0)
        total = lacking.sum(axis=1)
        heaviest = (self._count + lacking[0]).max() / (count[0] + total[0])
        return (np.log1p(total / count) + top) / self._aversion, float(heaviest)


def standard_error(values: Float64[np.ndarray, " n_fold"]) -> float:
    """Return the standard error of a figure from its values with one group left out.

    Parameters
    ----------
    values : ndarray of shape (51,)
        The figure of all paths first. [any]

    Returns
    -------
    float
        Its standard deviation over studies with other seeds. [as the figure]

    References
    ----------
    Efron, Tibshirani (1993), "An Introduction to the Bootstrap", eq. 11.5, with groups in the place of single values.
    """
    left_out = values[1:]
    return float(np.sqrt((GROUPS - 1.0) / GROUPS * np.sum((left_out - left_out.mean()) ** 2)))
