"""Laws of revaluation in scenarios: parity, additivity, the order of rows and scenarios, convexity."""

import dataclasses
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.book import CompiledBook, Row, assemble, kernels, make_scenarios, scenario_pnl
from hedgerow.core.ids import Currency

ETH, SPOT, DAY_NS = Currency("ETH"), 2_000.0, 86_400 * 10**9
KINDS = (
    kernels.CASH,
    kernels.COIN,
    kernels.LINEAR_FUTURE,
    kernels.INVERSE_FUTURE,
    kernels.LINEAR_OPTION,
    kernels.INVERSE_OPTION,
    kernels.RANGE,
)


@st.composite
def rows(draw: st.DrawFn, kinds: tuple[int, ...] = KINDS) -> Row:
    kind, days = draw(st.sampled_from(kinds)), draw(st.integers(1, 400))
    expires = kind in (kernels.LINEAR_FUTURE, kernels.INVERSE_FUTURE, kernels.LINEAR_OPTION, kernels.INVERSE_OPTION)
    terms: dict[str, Any] = {
        "ratio": draw(st.floats(0.9, 1.1)),
        "entry": draw(st.floats(1_000.0, 4_000.0)),
        "strike": draw(st.floats(500.0, 8_000.0)),
        "expiry_years": days / 365.0,
        "vol": draw(st.floats(0.1, 2.0)),
        "sign": draw(st.sampled_from((-1.0, 1.0))),
        "lower": draw(st.floats(500.0, 1_900.0)),
        "upper": draw(st.floats(1_950.0, 6_000.0)),
    }
    return Row(kind, 0, str(kind), days * DAY_NS if expires else None, draw(st.floats(-10.0, 10.0)), **terms)


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """What ``make_scenarios`` takes; made in the test, since checking shapes draws random numbers of its own."""
    count = draw(st.integers(1, 5))

    def column(low: float, high: float) -> list[float]:
        return draw(st.lists(st.floats(low, high), min_size=count, max_size=count))

    return {
        "spot": column(0.05, 10.0),
        "vol": column(-1.0, 2.0),
        "skew": column(-0.1, 0.1),
        "basis": column(-0.5, 0.5),
        "years_passed": column(0.0, 1.5),
        "vol_term_exponent": draw(st.floats(0.0, 1.0)),
    }


def book_of(*found: Row) -> CompiledBook:
    return assemble(found, base=ETH, spot=SPOT, n_group=1)


numeraires = st.sampled_from(("USD", "ETH"))


@given(rows((kernels.LINEAR_OPTION, kernels.INVERSE_OPTION)), scenarios(), numeraires)
def test_a_call_less_a_put_is_a_forward_in_every_scenario(
    option: Row, given_moves: dict[str, Any], numeraire: str
) -> None:
    moves = make_scenarios(**given_moves)
    # Whatever vols do: a linear forward struck at K, or the inverse one; after expiry as well.
    call, put = option._replace(sign=1.0), option._replace(sign=-1.0, quantity=-option.quantity)
    linear = option.kind == kernels.LINEAR_OPTION
    kind = kernels.LINEAR_FUTURE if linear else kernels.INVERSE_FUTURE
    # C - P pays F - K in USD, or 1 - K/F in coin: K times an inverse future entered at K.
    size = option.quantity * (1.0 if linear else option.strike)
    forward = option._replace(kind=kind, entry=option.strike, quantity=size)
    pair = scenario_pnl(book_of(call, put), moves, numeraire=numeraire)
    alone = scenario_pnl(book_of(forward), moves, numeraire=numeraire)
    unit = 1.0 if numeraire == "USD" else SPOT * float(np.minimum(moves.spot, 1.0).min())
    scale = 10.0 * (SPOT * 15.0 + option.strike) / unit
    np.testing.assert_allclose(pair, alone, rtol=0, atol=1e-12 * scale)


@given(st.lists(rows(), min_size=1, max_size=6), scenarios(), numeraires, st.randoms())
def test_a_book_is_the_sum_of_its_rows_in_any_order(
    found: list[Row], given_moves: dict[str, Any], numeraire: str, random: Any
) -> None:
    moves = make_scenarios(**given_moves)
    parts = [scenario_pnl(book_of(row), moves, numeraire=numeraire) for row in found]
    mixed = list(found)
    random.shuffle(mixed)
    total = scenario_pnl(book_of(*mixed), moves, numeraire=numeraire)
    scale = 1.0 + np.abs(parts).sum() + SPOT
    np.testing.assert_allclose(total, np.sum(parts, axis=0), rtol=0, atol=1e-11 * scale)


@given(st.lists(rows(), min_size=1, max_size=4), scenarios(), numeraires)
def test_scenarios_do_not_know_each_other(found: list[Row], given_moves: dict[str, Any], numeraire: str) -> None:
    moves = make_scenarios(**given_moves)
    book = book_of(*found)
    together = scenario_pnl(book, moves, numeraire=numeraire)
    for k in range(moves.count):
        names = ("spot", "vol", "skew", "basis", "years_passed")
        one = dataclasses.replace(moves, **{name: getattr(moves, name)[k : k + 1] for name in names})
        np.testing.assert_array_equal(scenario_pnl(book, one, numeraire=numeraire), together[k : k + 1])


@given(rows((kernels.LINEAR_OPTION,)), st.floats(0.2, 4.0), st.floats(0.01, 0.2), st.floats(0.0, 1.5))
def test_a_bought_option_is_convex_in_the_spot_and_gains_from_vol(
    option: Row, spot: float, step: float, passed: float
) -> None:
    bought = book_of(option._replace(quantity=1.0))
    moves = make_scenarios(
        spot=[spot * (1.0 - step), spot, spot * (1.0 + step)], years_passed=passed, vol_term_exponent=0.5
    )
    low, middle, high = scenario_pnl(bought, moves, numeraire="USD")
    assert low + high - 2.0 * middle >= -1e-10 * SPOT
    vols = make_scenarios(spot=spot, vol=[-0.1, 0.0, 0.1], years_passed=passed, vol_term_exponent=0.5)
    less, same, more = scenario_pnl(bought, vols, numeraire="USD")
    assert less <= same + 1e-10 * SPOT
    assert same <= more + 1e-10 * SPOT
