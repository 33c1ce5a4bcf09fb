"""Values under shocks: each level of vol by itself, in any order, and rows in lanes."""

import msgspec
import numpy as np
import pytest

from hedgerow.book import make_scenarios, scenario_values_by_group
from hedgerow.margin.shocks import as_one, shocked_values, shocked_vols
from hedgerow.venue_rules.tables import VolShocks
from margin_books import black, book_of, option, perpetual

SPOT = 50_000.0
TERMS = VolShocks(short_power=0.3, long_power=0.13, day_floor=1.0)


def test_sets_of_scenarios_do_not_see_each_others_vols() -> None:
    row = option(2.0, SPOT, 52_000.0, 30.0, 0.6, call=True, inverse=False)
    book = book_of(row, spot=SPOT)
    still = make_scenarios(spot=[1.0], vol_term_exponent=0.0)
    found = scenario_values_by_group(book, [(still, None), (still, np.array([0.9])), (still, None)])
    for values, vol in zip(found, (0.6, 0.9, 0.6), strict=True):
        assert values[0, 0] == pytest.approx(2.0 * black(SPOT, 52_000.0, 30 / 365, vol, call=True), rel=1e-9)


def test_shocked_values_by_hand_and_in_lanes() -> None:
    rows = [
        option(2.0, SPOT, 52_000.0, 30.0, 0.6, call=True, inverse=False),
        option(-3.0, SPOT, 45_000.0, 7.0, 0.8, call=False, inverse=False),
        perpetual(1.5, SPOT, inverse=False),
    ]
    book = book_of(*rows, spot=SPOT)
    spots, vols = [0.1, -0.2, 0.0, 0.1], [0.4, -0.22, 0.0, -0.22]
    after, now = shocked_values(book, spots, vols, TERMS)
    for k, (move, shock) in enumerate(zip(spots, vols, strict=True)):
        at = SPOT * (1.0 + move)
        first = 2.0 * black(at, 52_000.0, 30 / 365, 0.6 * (1.0 + shock), call=True)
        second = -3.0 * black(at, 45_000.0, 7 / 365, 0.8 * (1.0 + shock * (30 / 7) ** 0.3), call=False)
        np.testing.assert_allclose(after[k], [first, second, 1.5 * (at - SPOT)], rtol=1e-9, atol=1e-6)
    lanes, lanes_now = shocked_values(as_one(book), spots, vols, TERMS)
    np.testing.assert_allclose(lanes.sum(axis=1), after.sum(axis=1), rtol=1e-12)
    assert lanes_now.sum() == pytest.approx(now.sum(), rel=1e-12)


def test_a_table_states_its_floor_of_days() -> None:
    with pytest.raises(msgspec.ValidationError, match="missing required field `day_floor`"):
        msgspec.convert({"short_power": 0.3, "long_power": 0.13}, VolShocks)


@pytest.mark.parametrize("days", [0.0, 1e-9, 1e-4, 0.1, 0.9])
def test_without_a_floor_shocks_grow_until_the_last_second(days: float) -> None:
    terms = VolShocks(short_power=0.3, long_power=0.13, day_floor=0.0)
    (up,) = shocked_vols(np.array([0.6]), np.array([days / 365]), 0.5, terms)
    counted = max(days, 1 / 86_400)
    assert up == pytest.approx(0.6 * (1.0 + 0.5 * (30.0 / counted) ** 0.3), rel=1e-12)
    assert up <= 0.6 * 43.0
    (down,) = shocked_vols(np.array([0.6]), np.array([days / 365]), -0.25, terms)
    assert 0.0 < down < 0.6
