"""Hedgerow's own runs under models, in a process of their own: ``python -m hedgerow.bench.ours_models``.

``WORD DATA RESULT RUNS CALLS`` as for the peers: times the call that the word names over the columns in DATA, keeps
what the last one returned in RESULT, and prints one JSON object.
"""

import math
import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hedgerow.bench.models_reference import HESTON, JUMPS
from hedgerow.bench.timing import Columns, Job, measure
from hedgerow.pricing.models import Bates, Calibration, Heston, LogNormalSV, Model, calibrate_model, price_model
from hedgerow.pricing.paths import simulate
from hedgerow.pricing.surface import SmileQuotes


def _numbers(columns: Columns, names: tuple[str, ...]) -> dict[str, float]:
    return {name: float(columns[name]) for name in names}


def _model(columns: Columns) -> Model:
    if "vol0" in columns:
        return LogNormalSV(**_numbers(columns, ("vol0", "theta", "kappa1", "kappa2", "beta", "vol_of_vol")))
    if "jump_mean" in columns:
        return Bates(**_numbers(columns, HESTON + JUMPS))
    return Heston(**_numbers(columns, HESTON))


def _price_model(columns: Columns, tolerance: float) -> Job:
    model, forward = _model(columns), columns["forward"]
    strike, years = columns["strike"], columns["days"] / 365.0

    def call() -> Any:
        return price_model(model, forward, strike, years, True, inverse=False, tolerance=tolerance)

    def column(greeks: Any) -> NDArray[np.float64]:
        return np.stack((greeks.price, greeks.error))

    return Job(call, column, f"price, 5 Greeks and a bound on the error, tolerance {tolerance:g}")


def _calibrate_model(columns: Columns, *, started: bool) -> Job:
    days, expiry = np.unique(columns["days"], return_inverse=True)
    quotes = SmileQuotes(
        expiry_years=days / 365.0,
        expiry=expiry.astype(np.int64),
        log_moneyness=np.log(columns["strike"] / columns["forward"]),
        vol_bid=columns["vol"],
        vol_ask=columns["vol"],
    )
    start = Heston(**_numbers(columns, HESTON)) if started else None

    def column(found: Calibration) -> NDArray[np.float64]:
        return np.array([getattr(found.model, name) for name in HESTON])

    what = "vol errors, with standard errors" + ("" if started else "; looks for starts of its own")
    return Job(lambda: calibrate_model("heston", quotes, start=start), column, what)


def _simulate(columns: Columns, *, every_date: bool) -> Job:
    """Price one call at the money; its payoffs are taken block by block."""
    model, forward, years = _model(columns), float(columns["forward"]), float(columns["days"]) / 365.0
    paths, steps = int(columns["paths"]), int(columns["steps"])
    dates, between = (steps, 1) if every_date else (1, steps)

    def call() -> tuple[float, float]:
        total = squares = 0.0
        blocks = simulate(
            model, forward=forward, years=years, steps=dates, substeps=between, paths=paths, seed=1, measure="quote"
        )
        for block in blocks:
            payoff = np.maximum(block.forward[:, -1] - forward, 0.0)
            total += float(payoff.sum())
            squares += float(payoff @ payoff)
        mean = total / paths
        return mean, math.sqrt((squares / paths - mean**2) / (paths - 1))

    return Job(call, np.array, "QE, " + ("every date of every path" if every_date else "the ends of the paths"))


_JOBS: Final[dict[str, Callable[[Columns], Job]]] = {
    "price_model": lambda columns: _price_model(columns, 1e-10),
    "price_model, 1e-13": lambda columns: _price_model(columns, 1e-13),
    "calibrate_model": lambda columns: _calibrate_model(columns, started=True),
    "calibrate_model, no start": lambda columns: _calibrate_model(columns, started=False),
    "simulate": lambda columns: _simulate(columns, every_date=False),
    "simulate, every date": lambda columns: _simulate(columns, every_date=True),
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
