"""The slow work of a backtest: pure functions of what is known at an instant."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from hedgerow.config import Study
from hedgerow.core.instants import YEAR_NS, seconds_ns
from hedgerow.events import FitDone, RequestFit
from hedgerow.venues import Chunk

_LEAST_RETURNS = 10


class VolFitter:
    """Fits one realised vol to the prices that are known here.

    Parameters
    ----------
    study : Study
        Window and duration of a fit.
    chunks : sequence of Chunk
        The tape; its source 0 is the price.
    """

    def __init__(self, study: Study, chunks: Sequence[Chunk]) -> None:
        self._window_ns = seconds_ns(study.refit.window_s)
        self._takes_ns = seconds_ns(study.refit.takes_s)
        own = [(chunk, chunk.source == 0) for chunk in chunks]
        self._known_ns = np.concatenate([chunk.known_ns[price] for chunk, price in own])
        self._at_ns = np.concatenate([chunk.at_ns[price] for chunk, price in own])
        self._price = np.concatenate([0.5 * (chunk.a[price] + chunk.b[price]) for chunk, price in own])

    def __call__(self, request: RequestFit, now_ns: int) -> FitDone:
        """Fit the vol of the window that ends now.

        Parameters
        ----------
        request : RequestFit
            What is asked for.
        now_ns : int
            When. [UTC epoch ns]

        Returns
        -------
        FitDone
            The vol, known when the fit is finished; no values if the window holds too few returns.
            [fraction per square root of a year]

        References
        ----------
        Andersen, Bollerslev, Diebold, Labys (2003), Econometrica 71:579, eq. 8: realised variance.
        """
        last = int(self._known_ns.searchsorted(now_ns, side="right"))
        first = int(self._known_ns.searchsorted(now_ns - self._window_ns))
        done = now_ns + self._takes_ns
        values: dict[str, float] = {}
        if last - first > _LEAST_RETURNS:
            prices = self._price[first:last].tolist()
            squares = sum(math.log(b / a) ** 2 for a, b in itertools.pairwise(prices))
            years = (int(self._at_ns[last - 1]) - int(self._at_ns[first])) / YEAR_NS
            if squares > 0.0:
                values = {"vol": math.sqrt(squares / years)}
        return FitDone(done, done, request.name, request.input_seq, values)
