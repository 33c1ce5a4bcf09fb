"""The slow work of a backtest: pure functions of what is known at an instant."""

import itertools
import math

from hedgerow.backtesting.load import Recorded
from hedgerow.config import Study
from hedgerow.core.instants import YEAR_NS, seconds_ns
from hedgerow.events import FitDone, RequestFit

_MS_NS = 1_000_000
_LEAST_RETURNS = 10


class VolFitter:
    """Fits one realised vol to recorded prices, known late by the latency of the data.

    Parameters
    ----------
    study : Study
        Window and duration of a fit.
    recorded : Recorded
        Prices.
    """

    def __init__(self, study: Study, recorded: Recorded) -> None:
        self._window_ns = seconds_ns(study.refit.window_s)
        self._takes_ns = seconds_ns(study.refit.takes_s)
        # The jitter of single rows is not repeated here: three times its mean keeps clear of looking ahead.
        self._late_ns = round((study.latency.data_ms + 3.0 * study.latency.jitter_ms) * _MS_NS)
        self._at_ns, self._price = recorded.price_at_ns, recorded.price

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
        last = int(self._at_ns.searchsorted(now_ns - self._late_ns, side="right"))
        first = int(self._at_ns.searchsorted(now_ns - self._late_ns - self._window_ns))
        done = now_ns + self._takes_ns
        values: dict[str, float] = {}
        if last - first > _LEAST_RETURNS:
            prices = self._price[first:last].tolist()
            squares = sum(math.log(b / a) ** 2 for a, b in itertools.pairwise(prices))
            years = (int(self._at_ns[last - 1]) - int(self._at_ns[first])) / YEAR_NS
            if squares > 0.0:
                values = {"vol": math.sqrt(squares / years)}
        return FitDone(done, done, request.name, request.input_seq, values)
