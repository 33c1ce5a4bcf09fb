"""Policies compared on common paths: shares that are known, and errors that a repetition of the experiment shows."""

import numpy as np
import pytest

from hedgerow.lab.comparing import Needs, beaten, bends, cheapest_crossing, saved
from hedgerow.lab.tally import GROUPS, standard_error


def made(cost: list[float], deviation: list[float], trades: list[float] | None = None) -> Needs:
    """One fold: what all paths say."""
    columns = (deviation, cost, cost if trades is None else trades)
    return Needs(*(np.array(column)[:, None] for column in columns))


def test_a_crossing_has_the_deviation_between_its_ends_and_the_least_cost() -> None:
    needs = made([5.0, 3.0, 2.0, 1.0], [1.0, 2.0, 4.0, 8.0])
    assert cheapest_crossing(needs, (0, 1, 2, 3), 5.0) == (3, 2)
    assert cheapest_crossing(needs, (0, 1, 2, 3), 0.9) is None
    assert cheapest_crossing(needs, (0, 1, 2, 3), 8.1) is None
    assert cheapest_crossing(needs, (2,), 4.0) is None
    # Noise can make a curve turn back: of two crossings the cheaper counts.
    turned = made([5.0, 3.0, 9.0], [1.0, 4.0, 2.0])
    assert cheapest_crossing(turned, (0, 1, 2), 3.0) == (1, 0)


def test_shares_are_of_the_clocks_needs() -> None:
    found = saved(made([4.0, 2.0, 6.0], [1.0, 3.0, 2.0], trades=[10.0, 20.0, 60.0]), (1, 0), 2)
    numbers = (found.cost[0], found.trades[0], found.place, found.less_cost[0], found.fewer_trades[0])
    assert numbers == pytest.approx((3.0, 15.0, 0.5, 0.5, 0.75))
    free = made([0.0, 0.0, 0.0], [1.0, 3.0, 2.0], trades=[10.0, 20.0, 60.0])
    assert np.isnan(saved(free, (1, 0), 2).less_cost[0])
    flat = saved(made([4.0, 2.0, 6.0], [2.0, 2.0, 2.0]), (1, 0), 2)
    assert (flat.cost[0], flat.place) == (2.0, 0.0)


def test_the_errors_are_the_scatter_of_repeated_experiments() -> None:
    """Three policies on common shocks; the shares are computed in 400 experiments, and 40 times with their error."""

    def experiment(rng: np.random.Generator) -> Needs:
        shock, own = rng.standard_normal(3000), rng.standard_normal((3, 3000))
        loss = np.array([[1.0], [3.0], [2.0]]) * shock + 0.3 * own
        cost = np.array([[4.0], [2.0], [6.0]]) * np.exp(0.3 * np.abs(shock) + 0.1 * own - 0.2)
        group = np.arange(3000) % GROUPS
        kept = [np.full(3000, True), *(group != g for g in range(GROUPS))]
        folds = [(loss[:, k].std(axis=1, ddof=1), cost[:, k].mean(axis=1), (cost**2)[:, k].mean(axis=1)) for k in kept]
        return Needs(*(np.stack(column, axis=1) for column in zip(*folds, strict=True)))

    def shares(needs: Needs) -> tuple[np.ndarray, np.ndarray]:
        found = saved(needs, (1, 0), 2)
        return found.less_cost, found.fewer_trades

    rng = np.random.default_rng(3)
    repeated = np.array([[column[0] for column in shares(experiment(rng))] for _ in range(400)])
    stated = np.mean([[standard_error(column) for column in shares(experiment(rng))] for _ in range(40)], axis=0)
    # 400 repetitions know the scatter to 3.5 %, 40 jackknifes of 50 groups to 2 %.
    assert stated == pytest.approx(repeated.std(axis=0, ddof=1), rel=0.16)


def test_what_bends_between_two_settings_is_told() -> None:
    """A cost of 100/risk: at 2 the line between 1 and 4 has 75, the power law 50."""
    needs = made([100.0, 25.0, 200.0], [1.0, 4.0, 2.0], trades=[8.0, 2.0, 16.0])
    assert bends(needs, (1, 0), 2) == pytest.approx((25.0 / 200.0, 2.0 / 16.0))
    assert bends(made([100.0, 0.0, 200.0], [1.0, 4.0, 2.0], trades=[0.0, 2.0, 16.0]), (1, 0), 2) == (0.0, 0.0)
    assert bends(made([100.0, 25.0, 200.0], [2.0, 2.0, 2.0]), (1, 0), 2) == (0.0, 0.0)


def test_a_setting_is_beaten_by_another_that_is_nowhere_worse() -> None:
    needs = made([5.0, 3.0, 4.0, 3.0, 1.0], [1.0, 2.0, 2.5, 2.0, 1.0])
    assert beaten(needs, (0, 1, 2, 3)) == [False, False, True, False]
    assert beaten(needs, (0, 1, 2, 3, 4)) == [True, True, True, True, False]
    assert beaten(needs, (2,)) == [False]
