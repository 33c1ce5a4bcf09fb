"""pfhedge: paths of a geometric Brownian motion, and one short call hedged on them by its Black-Scholes delta."""

# mypy: disable-error-code="import-not-found, import-untyped, no-any-return"
# The framework is not installed where the repository is type-checked.

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pfhedge.instruments import BrownianStock, EuropeanOption
from pfhedge.nn import BlackScholes, Hedger
from stopwatch import Columns, Job, measure

AT_ONCE = 5_000
"""Paths of a block whose arrays stay in the cache."""


def hedging(dtype: torch.dtype, at_once: int | None) -> Callable[[Columns], Job]:
    """Return the task in one precision, all paths at once or in blocks."""

    def prepare(columns: Columns) -> Job:
        spot, strike, vol, years, cost = (float(columns[name]) for name in ("spot", "strike", "vol", "years", "cost"))
        paths, steps = int(columns["paths"]), int(columns["steps"])
        # It rounds the number of steps up; a step that is longer by rounding gives as many as asked.
        stock = BrownianStock(sigma=vol, mu=0.0, cost=cost, dt=years / steps * (1.0 + 1e-12), dtype=dtype)
        option = EuropeanOption(stock, strike=strike, maturity=years)
        model = BlackScholes(option)
        hedger = Hedger(model, model.inputs())
        torch.manual_seed(1)

        def call() -> torch.Tensor:
            block = at_once or paths
            made = []
            with torch.no_grad():
                for first in range(0, paths, block):
                    option.simulate(n_paths=min(block, paths - first), init_state=(spot,))
                    if stock.spot.shape[1] != steps + 1:
                        raise ValueError(f"{stock.spot.shape[1] - 1} steps instead of {steps}")
                    made.append(hedger.compute_pl(option))
                return torch.cat(made)

        def column(profits: torch.Tensor) -> NDArray[np.float64]:
            return moments(profits.double().numpy())

        said = "all paths" if at_once is None else f"{at_once:,} paths"
        return Job(call, column, f"{str(dtype).removeprefix('torch.')}, {said} at once")

    return prepare


def moments(profits: NDArray[Any]) -> NDArray[np.float64]:
    """Return mean and standard deviation, and the standard errors of both."""
    away = profits - profits.mean()
    variance, fourth = np.mean(away**2), np.mean(away**4)
    deviation = np.sqrt(variance)
    errors = np.sqrt(variance / away.size), np.sqrt((fourth - variance**2) / (4.0 * variance * away.size))
    return np.array([profits.mean(), deviation, *errors])


if __name__ == "__main__":
    tasks = {
        "hedge": hedging(torch.float32, None),
        "hedge, float64": hedging(torch.float64, None),
        "hedge, float64 in blocks": hedging(torch.float64, AT_ONCE),
    }
    measure("pfhedge", "pfhedge", tasks)
