"""The worst losses of many paths: all of them while paths are few, then bins around where the tail begins."""

import math
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, Int64

_FEW: Final = 1 << 14
"""So many losses are kept as they are; bins are laid from them, so that a first block of a few hundred decides nothing.
[count]"""
_BINS: Final = 2048
_ROOM: Final = 8.0
"""Bins reach to where the tail begins if the first paths hold so many standard deviations too few or too many of it."""
_TINY: Final = 1e-300


class Tail:
    """The losses that a CVaR is made of, by group of paths.

    Parameters
    ----------
    level : float
        The worst 1 - level count. [probability]
    groups : int
        Groups that paths belong to. [count]

    Attributes
    ----------
    low, width : float
        Where bins begin, and how wide they are. [money]
    counts, sums : ndarray of shape (n_group, n_bin + 2)
        Paths and losses in each bin, the open ones at both ends included; of no meaning before bins are laid.
        [count], [money]
    """

    def __init__(self, *, level: float, groups: int) -> None:
        self._level, self._groups, self._paths = level, groups, 0
        self._kept: list[tuple[Int64[np.ndarray, " n_path"], Float64[np.ndarray, " n_path"]]] | None = []
        self.low, self.width = 0.0, 1.0
        self.counts, self.sums = np.zeros((groups, 3)), np.zeros((groups, 3))

    @property
    def is_kept(self) -> bool:
        """Whether every loss is still there as it is. [bool]"""
        return self._kept is not None

    def keep(self, group: Int64[np.ndarray, " n_path"], losses: Float64[np.ndarray, " n_path"]) -> None:
        """Keep the losses of a block; too many of them are put into bins.

        Parameters
        ----------
        group : ndarray of shape (n_path,)
            The group of each path. [index]
        losses : ndarray of shape (n_path,)
            Their losses. [money]
        """
        if self._kept is None:
            return
        self._kept.append((group, losses))
        self._paths += losses.size
        if self._paths > _FEW:
            self._lay(*self._all(self._kept))
            self._kept = None

    def cvar(self, count: Float64[np.ndarray, " n_fold"]) -> Float64[np.ndarray, " n_fold"]:
        """Return the mean of the worst paths.

        Parameters
        ----------
        count : ndarray of shape (n_group + 1,)
            Paths in all, then with each group left out. [count]

        Returns
        -------
        ndarray of shape (n_group + 1,)
            CVaR of all paths, then with each group left out; NaN where the tail begins outside of all bins. [money]

        References
        ----------
        Acerbi, Tasche (2002), J. Banking and Finance 26:1487, doi 10.1016/S0378-4266(02)00283-2, eq. 4.2.
        """
        if self._kept is None:
            return self._from_bins(count)
        group, losses = self._all(self._kept)
        # What is among the worst without a group is among the worst of all, or ranks behind them by no more than it.
        most = math.ceil((1.0 - self._level) * count[0]) + 1 + int(np.bincount(group, minlength=self._groups).max())
        worst = np.argsort(-losses, kind="stable")[:most]
        left = [np.ones(worst.size, dtype=np.bool_), *(group[worst] != g for g in range(self._groups))]
        ranked, tails = losses[worst], (1.0 - self._level) * count
        return np.array([_mean_of_worst(ranked[keep], tail) for keep, tail in zip(left, tails, strict=True)])

    def _all(self, kept: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate([group for group, _ in kept]), np.concatenate([losses for _, losses in kept])

    def _lay(self, group: np.ndarray, losses: np.ndarray) -> None:
        """Lay bins where the tail begins, with room to both sides, and put losses into them."""
        ranked, tail = np.sort(losses), (1.0 - self._level) * losses.size
        room = _ROOM * math.sqrt(tail)
        low = float(ranked[max(losses.size - math.ceil(tail + room + _ROOM), 0)])
        high = float(ranked[-int(max(tail - room, 0.25 * tail, 1.0))])
        span = max(high - low, 1e-9 * max(abs(high), abs(low)), _TINY)
        self.low, self.width = low - 0.25 * span, 2.25 * span / _BINS
        place = np.clip(np.floor((losses - self.low) / self.width), -1.0, float(_BINS)).astype(np.int64) + 1
        at, shape = group * (_BINS + 2) + place, (self._groups, _BINS + 2)
        self.counts = np.bincount(at, minlength=math.prod(shape)).reshape(shape).astype(np.float64)
        self.sums = np.asarray(np.bincount(at, losses, minlength=math.prod(shape)).reshape(shape), dtype=np.float64)

    def _from_bins(self, count: Float64[np.ndarray, " n_fold"]) -> Float64[np.ndarray, " n_fold"]:
        """Return the mean of the worst paths, from the bins, worst first."""
        counts, sums = folds(self.counts.T[::-1]), folds(self.sums.T[::-1])
        tail = (1.0 - self._level) * count
        above, summed = np.cumsum(counts, axis=0), np.cumsum(sums, axis=0)
        at = np.argmax(above >= tail, axis=0)
        fold = np.arange(self._groups + 1)
        inside, worth = counts[at, fold], sums[at, fold]
        part = tail - (above[at, fold] - inside)
        # Of a bin that is split, the worst part: losses lie evenly in it.
        mean = worth / inside + 0.5 * self.width * (1.0 - part / inside)
        found = (summed[at, fold] - worth + part * mean) / tail
        return np.where((at > 0) & (at < _BINS + 1), found, np.nan)  # an open bin does not say how it splits


def folds(values: np.ndarray) -> np.ndarray:
    """Add up groups of paths, and leave each out.

    Parameters
    ----------
    values : ndarray of shape (..., n_group)
        Sums of groups. [any]

    Returns
    -------
    ndarray of shape (..., n_group + 1)
        The total, then the total less each group. [as given]

    References
    ----------
    Efron, Tibshirani (1993), "An Introduction to the Bootstrap", section 11.2.
    """
    total = values.sum(axis=-1, keepdims=True)
    return np.concatenate([total, total - values], axis=-1)


def _mean_of_worst(ranked: np.ndarray, tail: float) -> float:
    """Return the mean of the first ``tail`` of them, the last one in part."""
    whole = min(int(tail), ranked.size)
    rest = (tail - whole) * float(ranked[min(whole, ranked.size - 1)])
    return (float(ranked[:whole].sum()) + rest) / tail
