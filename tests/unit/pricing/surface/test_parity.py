"""Forwards of put-call parity, by hand."""

import math

import numpy as np
import pytest

from hedgerow.pricing.surface import ImpliedForward, implied_forward


def make_forward(rows: list[tuple[float, float, float]], *, stated: float, inverse: bool = False) -> ImpliedForward:
    """Imply from (strike, call bid - put ask, call ask - put bid)."""
    strike, low, high = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return implied_forward(7, strike, low, high, stated=stated, inverse=inverse)


def test_linear_pairs_contradict_the_stated_price() -> None:
    # F = K + synthetic: 100 + [4, 6] = [104, 106] and 110 + [-5, -3] = [105, 107]; both hold in [105, 106].
    rows = [(100.0, 4.0, 6.0), (110.0, -5.0, -3.0)]
    one = make_forward(rows, stated=103.0)
    assert (one.low, one.high, one.forward, one.source) == (105.0, 106.0, 105.0, "parity")
    assert (one.expiry_ns, one.inverse, one.stated, one.pairs) == (7, False, 103.0, 2)
    assert one.fitted == pytest.approx(0.5 * (105.0 + 106.0))  # equal spreads: the mean of both middles
    # At F = 105 the middles 5 and -4 are 0 and 1 away from 105 - K.
    assert one.residual == pytest.approx(math.sqrt(0.5))
    assert make_forward(rows, stated=109.0).forward == 106.0


def test_a_stated_price_that_violates_no_pair_is_kept() -> None:
    one = make_forward([(100.0, 4.0, 6.0), (110.0, -5.0, -3.0)], stated=105.9)
    assert (one.forward, one.source) == (105.9, "stated")
    wide = make_forward([(100.0, -40.0, 90.0)], stated=101.0)
    assert (wide.forward, wide.source, wide.low, wide.high) == (101.0, "stated", 60.0, 190.0)


def test_one_wrong_pair_does_not_move_the_forward_however_narrow_it_is() -> None:
    # Two pairs hold at 103 to 105; the third says 120 and is very sure.
    rows = [(90.0, 12.0, 15.0), (100.0, 3.0, 5.0), (110.0, 9.99, 10.01)]
    one = make_forward(rows, stated=104.0)
    assert (one.forward, one.source, one.low, one.high, one.violated) == (104.0, "stated", 103.0, 105.0, (110.0,))
    moved = make_forward(rows, stated=101.0)
    assert (moved.forward, moved.source, moved.violated) == (103.0, "parity", (110.0,))


def test_a_lone_pair_does_not_outvote_the_stated_price() -> None:
    one = make_forward([(100.0, 4.0, 6.0)], stated=109.0)
    assert (one.forward, one.source, one.violated) == (109.0, "stated", (100.0,))
    assert math.isnan(one.fitted)


def test_pairs_that_say_nothing_positive_leave_the_stated_price() -> None:
    one = make_forward([(2300.0, -9000.0, -8998.0), (2400.0, -9500.0, -9498.0)], stated=2300.0)
    assert (one.forward, one.source) == (2300.0, "stated")


def test_coin_settled_pairs() -> None:
    # C - P = 1 - K/F: at K = 2000, [0.1, 0.2] means F in [2000/0.9, 2000/0.8] = [2222.2, 2500].
    one = make_forward([(2000.0, 0.1, 0.2)], stated=2400.0, inverse=True)
    assert one.low == pytest.approx(2000.0 / 0.9)
    assert one.high == pytest.approx(2500.0)
    assert (one.forward, one.source) == (2400.0, "stated")
    assert one.fitted == pytest.approx(2000.0 / 0.85)
    assert one.residual == pytest.approx(abs(0.15 - (1.0 - 2000.0 / 2400.0)))
    both = [(2000.0, 0.1, 0.2), (2100.0, 0.0, 0.3)]
    assert make_forward(both, stated=3200.0, inverse=True).forward == pytest.approx(2500.0)
    assert make_forward(both, stated=2000.0, inverse=True).forward == pytest.approx(2000.0 / 0.9)


def test_a_coin_settled_pair_worth_a_coin_bounds_from_below_only() -> None:
    one = make_forward([(2000.0, 0.5, 1.5)], stated=5000.0, inverse=True)
    assert (one.low, one.high, one.forward) == (4000.0, math.inf, 5000.0)
    assert math.isnan(one.fitted)  # its middle is a whole coin


def test_without_pairs_the_stated_price_stands() -> None:
    one = make_forward([], stated=100.0)
    assert (one.forward, one.source, one.pairs) == (100.0, "stated", 0)
    assert all(math.isnan(number) for number in (one.low, one.high, one.fitted, one.residual))
