"""How losses are spread: bins that the first block of paths lays, common to all policies."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.report.simulation import LossBins

_BINS: Final = 60
_TAIL: Final = 1e-3
"""Bins reach from this quantile of a policy to the one as far from the other end."""
_MARGIN: Final = 0.25
_TINY: Final = 1e-300


class LossHistogram:
    """Counts of losses in bins, policy by policy.

    Half of the policies have their tails inside; those of a policy that hedges much less are counted beyond.
    """

    def __init__(self) -> None:
        self._low, self._width = np.nan, 1.0
        self._counts = np.zeros((0, _BINS + 2))

    def add(self, losses: Sequence[Float64[np.ndarray, " n_path"]]) -> None:
        """Count the paths of a block.

        Parameters
        ----------
        losses : sequence of ndarray of shape (n_path,)
            One array for each policy. [money]
        """
        if not self._counts.shape[0]:
            self._lay(losses)
        for row, values in zip(self._counts, losses, strict=True):
            place = np.clip(np.floor((values - self._low) / self._width), -1.0, float(_BINS)).astype(np.int64) + 1
            row += np.bincount(place, minlength=_BINS + 2)

    def bins(self, scale: float) -> LossBins:
        """Return what was counted.

        Parameters
        ----------
        scale : float
            From money to the report unit. [report unit per money]

        Returns
        -------
        LossBins
            Edges and counts. [report unit, count]

        References
        ----------
        A definition, no formula.
        """
        edges = scale * (self._low + self._width * np.arange(_BINS + 1))
        counts = self._counts
        return LossBins(
            edges=frozen(edges), counts=frozen(counts[:, 1:-1].copy()), beyond=frozen(counts[:, [0, -1]].copy())
        )

    def _lay(self, losses: Sequence[Float64[np.ndarray, " n_path"]]) -> None:
        ends = np.array([np.quantile(values, (_TAIL, 1.0 - _TAIL)) for values in losses])
        low, high = (float(np.median(column)) for column in ends.T)
        span = max(high - low, 1e-9 * max(abs(low), abs(high)), _TINY)
        self._low, self._width = low - _MARGIN * span, (1.0 + 2.0 * _MARGIN) * span / _BINS
        self._counts = np.zeros((len(losses), _BINS + 2))
