"""ammbt: swaps through a v3 pool in floats, compiled, with the balances and fees of every strategy after every swap."""

# mypy: disable-error-code="import-not-found, import-untyped"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
import pandas as pd
from ammbt.portfolio.base import LPBacktester
from numpy.typing import NDArray
from stopwatch import Columns, Job, measure
from whole_units import numbers

FEE = 3000


def replay(columns: Columns) -> Job:
    """Run its backtest of static ranges, which makes metrics of what its simulator finds."""
    bench, swaps, strategies = given(columns)
    table = pd.DataFrame({name: strategies[name] for name in strategies.dtype.names})
    return Job(lambda: bench.run(swaps, table).positions, fees, "floats; balances and fees after every swap, metrics")


def simulation(columns: Columns) -> Job:
    """Ask its simulator alone."""
    bench, swaps, strategies = given(columns)
    simulator = bench.simulator

    def call() -> Any:
        first = simulator.initialize_positions(strategies.size, len(swaps), strategies)
        return simulator.simulate(swaps, first, strategies)[0]

    return Job(call, fees, "floats; balances and fees after every swap, no metrics")


def fees(positions: Any) -> NDArray[np.float64]:
    """Return the fees of every strategy at the end."""
    return np.array([positions[-1][f"uncollected_fees_{token}"] for token in (0, 1)])


def given(columns: Columns) -> tuple[Any, pd.DataFrame, Any]:
    """Return its backtest of the pool, the swaps and the strategies."""
    bench = LPBacktester(
        amm_type="v3",
        initial_sqrt_price_x96=float(numbers(columns["sqrt_price_x96"])[0]),
        initial_liquidity=float(numbers(columns["base"])[0]),
        fee_tier=FEE,
    )
    down, paid = columns["zero_for_one"], np.array([float(one) for one in numbers(columns["paid"])])
    swaps = pd.DataFrame({"amount0": np.where(down, paid, 0.0), "amount1": np.where(down, 0.0, paid)})
    return bench, swaps, strategies_of(bench.simulator, columns)


def strategies_of(simulator: Any, columns: Columns) -> Any:
    """Return strategies of the wanted liquidity: it takes a capital, so one unit of it is asked for first."""
    kinds = [("initial_capital", "f8"), ("tick_lower", "i4"), ("tick_upper", "i4")]
    kinds += [("rebalance_threshold", "f8"), ("rebalance_frequency", "i4")]
    wanted = np.array([float(one) for one in numbers(columns["held"])])
    strategies = np.zeros(wanted.size, dtype=kinds)
    strategies["tick_lower"], strategies["tick_upper"] = columns["tick_lower"], columns["tick_upper"]
    strategies["initial_capital"] = 1.0
    unit = simulator.initialize_positions(wanted.size, 1, strategies)[0]["liquidity"]
    strategies["initial_capital"] = wanted / unit
    return strategies


if __name__ == "__main__":
    measure("ammbt", "ammbt", {"replay": replay, "replay, simulator alone": simulation})
