"""Hedgerow's own pricing runs, in a process of their own: ``python -m hedgerow.bench.ours_pricing``.

``WORD DATA RESULT RUNS`` as for the peers: times the call that the word names over the columns in DATA, keeps what the
last one returned in RESULT, and prints one JSON object.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from hedgerow.bench.timing import Columns, Job, measure
from hedgerow.pricing import OptionColumns, black76, greeks_into, implied_vol, implied_vol_into, workspace
from hedgerow.pricing.surface import SmileQuotes, Surface, SurfaceParameters, fit_surface


def _black76(columns: Columns) -> Job:
    given = [columns[name] for name in ("forward", "strike", "expiry_years", "vol", "is_call")]
    rate = columns["rate"]
    return Job(
        lambda: black76(*given, inverse=False, rate=rate), lambda greeks: greeks.price, "price + 7 Greeks, 1 call"
    )


def _options(columns: Columns) -> OptionColumns:
    names = ("forward", "strike", "expiry_years", "vol", "rate")
    return OptionColumns(sign=np.where(columns["is_call"], 1.0, -1.0), **{name: columns[name] for name in names})


def _greeks_into(columns: Columns) -> Job:
    options, scratch = _options(columns), workspace()
    out, fault = np.empty((8, options.sign.size)), np.empty(options.sign.size, dtype=np.int64)

    def call() -> NDArray[np.float64]:
        greeks_into(options, out, fault, scratch, inverse=False)
        return out

    return Job(call, lambda rows: rows[0], "price + 7 Greeks, 1 call, into arrays at hand")


def _implied_vol_into(columns: Columns) -> Job:
    price, scratch = columns["price"], workspace()
    vol, fault = np.full(price.size, np.nan), np.empty(price.size, dtype=np.int64)
    options = replace(_options(columns), vol=vol)  # the true vols stay out of sight

    def call() -> NDArray[np.float64]:
        implied_vol_into(price, options, vol, fault, scratch, inverse=False)
        return vol

    return Job(call, lambda found: found, "discounted prices, into arrays at hand")


def _implied_vol(columns: Columns) -> Job:
    given = [columns[name] for name in ("price", "forward", "strike", "expiry_years", "is_call")]
    rate = columns["rate"]
    return Job(lambda: implied_vol(*given, inverse=False, rate=rate), lambda found: found[0], "discounted prices")


def _surface(columns: Columns, *, kind: Literal["svi", "essvi"], again: bool) -> Job:
    """Fit the first quotes, or the moved ones from the first fit."""
    years, expiry, k = (columns[name] for name in ("expiry_years", "expiry", "log_moneyness"))

    def quotes(vol: NDArray[np.float64]) -> SmileQuotes:
        return SmileQuotes(expiry_years=years, expiry=expiry, log_moneyness=k, vol_bid=vol, vol_ask=vol)

    first, moved = quotes(columns["vol"]), quotes(columns["moved_vol"])
    before = fit_surface(first, kind=kind)

    def call() -> SurfaceParameters:
        return fit_surface(moved, kind=kind, previous=before) if again else fit_surface(first, kind=kind)

    def column(fitted: SurfaceParameters) -> NDArray[np.float64]:
        return Surface.from_parameters(fitted).vol(k, years[expiry])

    fitted = call().kind  # another kind where no slices without arbitrage are found: then the table says so
    return Job(call, column, f"{fitted} without arbitrage, {'from the fit before' if again else 'cold'}")


_JOBS: Final[dict[str, Callable[[Columns], Job]]] = {
    "black76": _black76,
    "greeks_into": _greeks_into,
    "implied_vol": _implied_vol,
    "implied_vol_into": _implied_vol_into,
    "svi": lambda columns: _surface(columns, kind="svi", again=False),
    "svi again": lambda columns: _surface(columns, kind="svi", again=True),
    "essvi": lambda columns: _surface(columns, kind="essvi", again=False),
}


def main(words: list[str]) -> None:
    """Run what the words say, and print one JSON object.

    Parameters
    ----------
    words : list of str
        ``WORD DATA RESULT RUNS``.
    """
    measure(words, _JOBS)


if __name__ == "__main__":
    main(sys.argv[1:])
