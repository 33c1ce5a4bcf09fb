"""Paradex's scan by a loop over its scenarios on numpy and scipy: the reference of `hedgerow bench exchange`."""

# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
from scipy.special import ndtr
from stopwatch import Columns, Job, itself, measure


def margin(given: Columns) -> Job:
    """Initial and maintenance margin of the account; options are one column, all else arithmetic."""
    spot, strike, years, vol, sign = (given[name] for name in ("spot", "strike", "years", "vol", "sign"))
    n = strike.size
    held, perpetuals = given["quantity"][:n], given["quantity"][n:]
    days = 365.0 * years
    power = np.where(days < 30.0, given["short_power"], given["long_power"])
    scale = (30.0 / np.maximum(days, given["day_floor"])) ** power
    root = np.sqrt(years)

    def black(price: Any, vols: Any) -> tuple[Any, Any]:
        width = vols * root
        d1 = np.log(price / strike) / width + 0.5 * width
        first = ndtr(sign * d1)
        return sign * (price * first - strike * ndtr(sign * (d1 - width))), sign * first

    def call() -> Any:
        worth, delta = black(spot, vol)
        pnl = np.array(
            [
                held @ (black(spot * (1.0 + move), vol * (1.0 + shock * scale))[0] - worth)
                + perpetuals.sum() * spot * move
                for move, shock in zip(given["move"], given["shock"], strict=True)
            ]
        )
        scan = max(0.0, float((-given["weight"] * pnl).max()))
        deltas = np.concatenate([held * delta, perpetuals])
        net, gross = abs(deltas.sum()), np.abs(deltas).sum()
        floor = (given["net_delta"] * net + given["hedged_delta"] * 0.5 * (gross - net)) * spot
        fees = np.abs(held) @ np.minimum(given["fee"] * spot, given["fee_cap"] * worth)
        fees += np.abs(perpetuals).sum() * given["fee"] * spot
        worst = max(scan, floor)
        return np.array([worst + fees, given["maintenance"] * worst + fees, scan, floor])

    return Job(call, itself, "margin, columns at hand; no Greeks but delta")


if __name__ == "__main__":
    measure("numpy + scipy", "scipy", {"margin": margin})
