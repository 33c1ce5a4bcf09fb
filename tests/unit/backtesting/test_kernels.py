"""The compiled scan sees rows as the engine does."""

import numpy as np
import pytest

from hedgerow.backtesting import kernels
from hedgerow.market import LARGEST_PRICE


def test_both_know_the_same_largest_price() -> None:
    assert kernels.LARGEST_PRICE == LARGEST_PRICE


@pytest.mark.parametrize(("bid", "ask"), [(2.0, 1.0), (0.0, 1.0), (np.nan, 1.0), (1.0, np.nan), (1.0, np.inf)])
def test_a_row_that_cannot_be_true_is_not_passed_over(bid: float, ask: float) -> None:
    source, block = np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)
    a, b = np.array([1.0, bid, 1.0]), np.array([1.0, ask, 1.0])
    kinds = np.array([kernels.QUOTE])
    assert kernels.next_wake(kinds, source, a, b, block, 0, 0.0, 9.0, 2**63 - 1, 0, 3) == 1
    # Nor is it where another source is the reference.
    assert kernels.next_wake(kinds, source, a, b, block, 1, 0.0, 9.0, 2**63 - 1, 0, 3) == 1
