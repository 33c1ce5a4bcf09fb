"""Full revaluation in scenarios: against the valuation cell by cell, closed forms, and its own parts."""

import dataclasses
import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from hedgerow.book import (
    LEAST_VOL_SHARE,
    CompiledBook,
    Row,
    Scenarios,
    assemble,
    kernels,
    make_scenarios,
    scenario_grid,
    scenario_pnl,
    scenario_pnl_by_group,
    value_book,
)
from hedgerow.core.errors import InputError, NumeraireError
from hedgerow.core.ids import Currency

ETH, SPOT, DAY_NS = Currency("ETH"), 2_222.19, 86_400 * 10**9
YEAR_NS = 365 * DAY_NS
DAYS = (0.6, 4.0, 18.0, 60.0, 200.0)


def option(i: int, days: float, **terms: Any) -> Row:
    """An option whose terms vary with its number."""
    given: dict[str, Any] = {
        "ratio": 1.0 + 0.04 * days / 365.0,
        "strike": SPOT * (0.7 + 0.15 * (i % 5)),
        "expiry_years": days / 365.0,
        "vol": 0.45 + 0.03 * (i % 7),
        "sign": 1.0 if i % 2 else -1.0,
    } | terms
    kind = kernels.INVERSE_OPTION if i % 3 else kernels.LINEAR_OPTION
    return Row(kind, i % 4, "option", int(days * DAY_NS), (-1.0) ** i * (1.0 + i), **given)


def mixed_book() -> CompiledBook:
    """Options of both settlements and five expiries, in no order, among everything else."""
    rows = [option(i, DAYS[(3 * i) % 5]) for i in range(31)]
    rows[4:4] = [
        Row(kernels.COIN, 4, "spot", None, 3.0),
        Row(kernels.CASH, 4, "cash", None, -500.0),
        Row(
            kernels.INVERSE_FUTURE, 5, "future", 90 * DAY_NS, 4_000.0, ratio=1.01, entry=2_150.0, expiry_years=90 / 365
        ),
        Row(kernels.LINEAR_FUTURE, 5, "perpetual", None, -2.0, ratio=1.001, entry=2_150.0),
        Row(kernels.RANGE, 6, "range", None, 40.0, lower=2_000.0, upper=2_500.0),
    ]
    return assemble(rows, base=ETH, spot=SPOT, n_group=7)


def book_of(*rows: Row) -> CompiledBook:
    return assemble(rows, base=ETH, spot=SPOT, n_group=1)


def gross(book: CompiledBook, numeraire: str) -> float:
    return float(np.abs(value_book(book, numeraire=numeraire)[0]).sum())


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_every_cell_of_a_grid_is_the_valuation_there(numeraire: str) -> None:
    book, years = mixed_book(), 0.3 / 365.0
    spots, vols, times = [0.4, 0.9, 1.0, 1.0001, 2.5], [-0.3, 0.0, 0.25], [0.0, years]
    grid = scenario_grid(spots, vols, times, vol_term_exponent=0.0)
    cells = scenario_pnl(book, grid, numeraire=numeraire).reshape(5, 3, 2)
    now = value_book(book, numeraire=numeraire)[0].sum()
    for i, spot in enumerate(spots):
        for j, vol in enumerate(vols):
            for k, passed in enumerate(times):
                move: dict[str, float] = {"spot": spot * SPOT, "vol_shift": vol, "years_passed": passed}
                there = value_book(book, numeraire=numeraire, **move)[0]
                scale = gross(book, numeraire) + np.abs(there).sum()
                assert abs(cells[i, j, k] - (there.sum() - now)) < 1e-12 * scale


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_no_move_is_no_pnl(numeraire: str) -> None:
    grid = scenario_grid([0.8, 1.0], [0.0, 0.1], vol_term_exponent=0.5)
    assert scenario_pnl(mixed_book(), grid, numeraire=numeraire)[2] == 0.0
    by_group = scenario_pnl_by_group(mixed_book(), grid, numeraire=numeraire)
    np.testing.assert_array_equal(by_group[2], np.zeros(7))
    assert (by_group[[0, 1, 3]] != 0.0).any(axis=1).all()


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_groups_add_up_to_the_book_and_each_is_its_own_book(numeraire: str) -> None:
    book = mixed_book()
    rng = np.random.default_rng(3)
    moves = make_scenarios(
        spot=np.exp(rng.normal(0.0, 0.3, 40)),
        vol=rng.normal(0.0, 0.2, 40),
        skew=rng.normal(0.0, 0.05, 40),
        basis=rng.normal(0.0, 0.1, 40),
        years_passed=rng.uniform(0.0, 0.1, 40),
        vol_term_exponent=0.5,
    )
    by_group = scenario_pnl_by_group(book, moves, numeraire=numeraire)
    scale = 1e-12 * gross(book, numeraire)
    np.testing.assert_allclose(by_group.sum(axis=1), scenario_pnl(book, moves, numeraire=numeraire), rtol=0, atol=scale)
    for group in range(book.n_group):
        mine = book.group == group
        alone = dataclasses.replace(
            book,
            kinds=book.kinds[mine],
            table=book.table[mine],
            group=book.group[mine],
            bucket=book.bucket[mine],
            option_expiry_ns=book.option_expiry_ns[mine],
        )
        found = scenario_pnl(alone, moves, numeraire=numeraire)
        np.testing.assert_allclose(by_group[:, group], found, rtol=0, atol=scale)


def test_coin_values_are_usd_values_at_the_spot_of_the_scenario() -> None:
    book = mixed_book()
    moves = make_scenarios(
        spot=[0.5, 1.0, 1.7], vol=[0.2, -0.1, 0.0], basis=0.05, years_passed=0.02, vol_term_exponent=0.5
    )
    usd_now, coin_now = (value_book(book, numeraire=unit)[0].sum() for unit in ("USD", "ETH"))
    usd = scenario_pnl(book, moves, numeraire="USD") + usd_now
    coin = scenario_pnl(book, moves, numeraire="ETH") + coin_now
    np.testing.assert_allclose(coin, usd / (SPOT * moves.spot), rtol=1e-12)


def test_futures_have_their_closed_forms() -> None:
    # A dated one with a third of a year left of a half, at a basis that rises by 10 % a year.
    spot, left, ratio, entry = np.array([0.6, 1.0, 1.8]) * SPOT, 1.0 / 3.0, 1.02, 2_100.0
    moves = make_scenarios(spot=spot / SPOT, basis=0.1, years_passed=0.5 - left, vol_term_exponent=0.0)
    forward = ratio * spot * math.exp(0.1 * left)
    terms = {"ratio": ratio, "entry": entry, "expiry_years": 0.5}
    linear = book_of(Row(kernels.LINEAR_FUTURE, 0, "future", YEAR_NS // 2, 3.0, **terms))
    inverse = book_of(Row(kernels.INVERSE_FUTURE, 0, "future", YEAR_NS // 2, 5_000.0, **terms))
    np.testing.assert_allclose(scenario_pnl(linear, moves, numeraire="USD"), 3.0 * (forward - ratio * SPOT), rtol=1e-12)
    coin = 5_000.0 * (1.0 / (ratio * SPOT) - 1.0 / forward)
    np.testing.assert_allclose(scenario_pnl(inverse, moves, numeraire="ETH"), coin, rtol=1e-12)
    usd = 5_000.0 * (spot / entry - spot / forward) - 5_000.0 * (SPOT / entry - 1.0 / ratio)
    np.testing.assert_allclose(scenario_pnl(inverse, moves, numeraire="USD"), usd, rtol=1e-12)


def test_what_does_not_expire_has_no_basis() -> None:
    perpetual = book_of(Row(kernels.LINEAR_FUTURE, 0, "perpetual", None, 2.0, ratio=1.001, entry=2_150.0))
    moves = make_scenarios(spot=[0.9, 1.2], basis=0.5, years_passed=3.0, vol_term_exponent=0.0)
    found = scenario_pnl(perpetual, moves, numeraire="USD")
    np.testing.assert_allclose(found, 2.0 * 1.001 * SPOT * np.array([-0.1, 0.2]), rtol=1e-12)


def test_a_future_that_expires_is_settled_at_the_spot() -> None:
    terms = {"ratio": 1.02, "entry": 2_100.0, "expiry_years": 0.1}
    moves = make_scenarios(spot=[0.8, 1.1], basis=0.3, years_passed=[0.1, 0.2], vol_term_exponent=0.0)
    for kind, numeraire in ((kernels.LINEAR_FUTURE, "USD"), (kernels.INVERSE_FUTURE, "ETH")):
        book = book_of(Row(kind, 0, "future", YEAR_NS // 10, 7.0, **terms))
        spot = SPOT * moves.spot
        paid = spot - 2_100.0 if numeraire == "USD" else 1.0 / 2_100.0 - 1.0 / spot
        before = 1.02 * SPOT - 2_100.0 if numeraire == "USD" else 1.0 / 2_100.0 - 1.0 / (1.02 * SPOT)
        found = scenario_pnl(book, moves, numeraire=numeraire)
        np.testing.assert_allclose(found, 7.0 * (paid - before), rtol=1e-11)


@pytest.mark.parametrize("inverse", [True, False])
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_an_option_that_expires_pays_its_intrinsic_value_at_the_spot(
    inverse: bool, sign: float, numeraire: str
) -> None:
    kind = kernels.INVERSE_OPTION if inverse else kernels.LINEAR_OPTION
    terms = {"ratio": 1.03, "strike": 2_300.0, "expiry_years": 0.1, "vol": 0.6, "sign": sign}
    book = book_of(Row(kind, 0, "option", YEAR_NS // 10, 4.0, **terms))
    moves = make_scenarios(
        spot=[0.7, 1.0, 1.4, 1.4], vol=0.3, basis=0.2, years_passed=[0.1, 0.1, 0.1, 5.0], vol_term_exponent=0.5
    )
    spot = SPOT * moves.spot
    pays = 4.0 * np.maximum(sign * (spot - 2_300.0), 0.0) / (1.0 if numeraire == "USD" else spot)
    now = value_book(book, numeraire=numeraire)[0, 0]
    np.testing.assert_allclose(scenario_pnl(book, moves, numeraire=numeraire), pays - now, rtol=1e-12, atol=1e-12)


def black(forward: float, strike: float, years: float, vol: float, sign: float) -> float:
    """Black (1976), eq. 16, undiscounted."""
    v = vol * math.sqrt(years)
    d1 = math.log(forward / strike) / v + 0.5 * v
    return float(sign * (forward * norm.cdf(sign * d1) - strike * norm.cdf(sign * (d1 - v))))


@pytest.mark.parametrize("days", [0.4, 12.0, 200.0])
def test_vol_skew_and_basis_move_an_option_as_stated(days: float) -> None:
    years, strike, ratio = days / 365.0, 2_500.0, 1.02
    terms = {"ratio": ratio, "strike": strike, "expiry_years": years, "vol": 0.6, "sign": 1.0}
    book = book_of(Row(kernels.INVERSE_OPTION, 0, "option", int(days * DAY_NS), 1.0, **terms))
    passed = 0.25 * years
    moves = make_scenarios(spot=[1.1], vol=0.08, skew=-0.03, basis=0.15, years_passed=passed, vol_term_exponent=0.7)
    counted = max(days, 1.0)
    slope = math.log(strike / (ratio * SPOT)) / math.sqrt(counted / 365.0)
    vol = 0.6 + 0.08 * (30.0 / counted) ** 0.7 - 0.03 * slope
    spot, left = 1.1 * SPOT, years - passed
    forward = ratio * spot * math.exp(0.15 * left)
    coins = black(forward, strike, left, vol, 1.0) / forward
    now = black(ratio * SPOT, strike, years, 0.6, 1.0) / (ratio * SPOT)
    assert scenario_pnl(book, moves, numeraire="ETH")[0] == pytest.approx(coins - now, rel=1e-9, abs=1e-12)


def test_no_vol_ends_below_its_floor() -> None:
    terms = {"strike": SPOT, "expiry_years": 0.1, "vol": 0.6, "sign": 1.0}
    book = book_of(Row(kernels.LINEAR_OPTION, 0, "option", YEAR_NS // 10, 1.0, **terms))
    least = LEAST_VOL_SHARE * 0.6
    moves = make_scenarios(spot=1.0, vol=[-0.6, -5.0, least - 0.6 - 1e-3, least - 0.6 + 1e-3], vol_term_exponent=0.0)
    now = black(SPOT, SPOT, 0.1, 0.6, 1.0)
    expected = [black(SPOT, SPOT, 0.1, vol, 1.0) - now for vol in (least, least, least, least + 1e-3)]
    np.testing.assert_allclose(scenario_pnl(book, moves, numeraire="USD"), expected, rtol=1e-11)


def test_own_moves_of_expiries_come_on_top() -> None:
    book = mixed_book()
    expiries = book.option_expiries_ns
    rng = np.random.default_rng(8)
    own = rng.normal(0.0, 0.1, (6, len(expiries)))
    backwards = np.ascontiguousarray(own[:, ::-1])
    moves = make_scenarios(spot=rng.uniform(0.8, 1.2, 6), vol=0.02, vol_term_exponent=0.5)
    moved = dataclasses.replace(moves, by_expiry=backwards, expiries_ns=expiries[::-1])
    found = scenario_pnl(book, moved, numeraire="USD")
    total = np.zeros(6)
    for e, expiry in enumerate(expiries):
        table = book.table.copy()
        mine = book.option_expiry_ns == expiry
        days = max(float(table[mine, kernels.EXPIRY][0]) * 365.0, 1.0)
        for k in range(6):
            changed = table.copy()
            changed[mine, kernels.VOL] += own[k, e] + 0.02 * math.sqrt(30.0 / days)
            there = value_book(dataclasses.replace(book, table=changed), numeraire="USD", spot=SPOT * moves.spot[k])
            total[k] += there[0, mine].sum()
    others = book.option_expiry_ns == 0
    for k in range(6):
        total[k] += value_book(book, numeraire="USD", spot=SPOT * moves.spot[k])[0, others].sum()
    now = value_book(book, numeraire="USD")[0].sum()
    np.testing.assert_allclose(found, total - now, rtol=0, atol=1e-12 * gross(book, "USD"))


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_small_moves_are_what_the_greeks_say(numeraire: str) -> None:
    # Only far expiries: the third derivative of the others is too large for a move of a percent.
    book = assemble([option(i, 200.0) for i in range(12)], base=ETH, spot=SPOT, n_group=4)
    value = value_book(book, numeraire=numeraire).sum(axis=1)
    slope = value[1] / (SPOT if numeraire == "ETH" else 1.0)
    errors = []
    for size in (1e-2, 1e-3):
        moves = make_scenarios(spot=[1.0 + size, 1.0 - size], vol=[size, -size], vol_term_exponent=0.0)
        ds, dv = SPOT * size, size
        second = 0.5 * (value[2] * ds**2 + value[6] * dv**2) + value[5] * ds * dv
        taylor = np.array([1.0, -1.0]) * (slope * ds + value[3] * dv) + second
        errors.append(np.abs(scenario_pnl(book, moves, numeraire=numeraire) - taylor).max())
    # What is left is of the third order.
    assert 0.0 < errors[1] < 2e-3 * errors[0]


def test_a_book_larger_than_a_block_and_of_many_expiries() -> None:
    rows = [option(i, 3.0 + (i % 3)) for i in range(1_700)] + [option(i, 20.0 + 0.5 * i) for i in range(40)]
    book = assemble(rows, base=ETH, spot=SPOT, n_group=4)
    moves = scenario_grid([0.85, 1.1], [-0.1, 0.1], [0.0, 0.002], vol_term_exponent=0.0)
    found, now = scenario_pnl(book, moves, numeraire="ETH"), value_book(book, numeraire="ETH")[0].sum()
    for k in range(moves.count):
        there = value_book(
            book,
            numeraire="ETH",
            spot=SPOT * moves.spot[k],
            vol_shift=moves.vol[k],
            years_passed=moves.years_passed[k],
        )[0]
        assert abs(found[k] - (there.sum() - now)) < 1e-12 * (np.abs(there).sum() + gross(book, "ETH"))


def test_memory_does_not_grow_with_scenarios_times_rows() -> None:
    book = assemble([option(i, DAYS[i % 5]) for i in range(2_000)], base=ETH, spot=SPOT, n_group=4)
    moves = make_scenarios(spot=np.linspace(0.7, 1.3, 1_000), vol_term_exponent=0.5)
    scenario_pnl(book, moves, numeraire="USD")
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        scenario_pnl(book, moves, numeraire="USD")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The whole matrix would be 16 MB.
    assert peak - before < 2_000_000


def test_grids_are_spot_major() -> None:
    grid = scenario_grid([0.9, 1.0, 1.1], [-0.1, 0.1], [0.0, 0.5], vol_term_exponent=0.5)
    shaped = [part.reshape(3, 2, 2) for part in (grid.spot, grid.vol, grid.years_passed)]
    np.testing.assert_array_equal(shaped[0][:, 1, 1], [0.9, 1.0, 1.1])
    np.testing.assert_array_equal(shaped[1][2, :, 0], [-0.1, 0.1])
    np.testing.assert_array_equal(shaped[2][0, 0, :], [0.0, 0.5])
    assert grid.count == 12


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ({"spot": [1.0, 0.0]}, "spot is not positive; give spot after over spot now"),
        ({"spot": [1.0, -0.1]}, "spot is not positive"),
        ({"spot": [1.0, math.nan]}, "spot holds numbers that are not finite"),
        ({"vol": [math.inf, 0.0]}, "vol holds numbers that are not finite; moves are finite"),
        ({"skew": math.nan}, "skew holds numbers"),
        ({"basis": math.nan}, "basis holds numbers"),
        ({"years_passed": [0.0, -1e-9]}, "years_passed is negative; time only passes"),
        ({"vol": [0.0, 0.0, 0.0]}, "give one number, or one for each scenario"),
        ({"spot": []}, "one scenario at least"),
        ({"spot": [[1.0, 1.0]]}, "give vectors; scenario_grid makes grids"),
        ({"vol_term_exponent": -0.5}, "give a number from 0 to 2"),
        ({"vol_term_exponent": math.nan}, "give a number from 0 to 2"),
    ],
)
def test_moves_that_break_a_rule_are_refused(moves: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        make_scenarios(**{"spot": [1.0, 1.1], "vol_term_exponent": 0.5, **moves})


@pytest.mark.usefixtures("unchecked")
def test_columns_that_do_not_fit_are_refused() -> None:
    good = make_scenarios(spot=[1.0, 1.1], vol_term_exponent=0.5)
    with pytest.raises(InputError, match="give one number for each scenario"):
        dataclasses.replace(good, vol=np.zeros(3))
    with pytest.raises(InputError, match="name the expiry of each column"):
        dataclasses.replace(good, by_expiry=np.zeros((2, 2)), expiries_ns=(DAY_NS,))
    with pytest.raises(InputError, match="name the expiry of each column of by_expiry once"):
        dataclasses.replace(good, by_expiry=np.zeros((2, 2)), expiries_ns=(DAY_NS, DAY_NS))
    with pytest.raises(InputError, match="by_expiry is of shape"):
        dataclasses.replace(good, by_expiry=np.zeros((3, 1)), expiries_ns=(DAY_NS,))
    some, none = [1.0], list[float]()
    for axes in ((none, some, some), (some, none, some), (some, some, none)):
        with pytest.raises(InputError, match=r"a grid without \w+; give at least one"):
            scenario_grid(*axes, vol_term_exponent=0.5)


def test_an_expiry_that_the_scenarios_do_not_know_is_refused() -> None:
    book = mixed_book()
    moves: Scenarios = dataclasses.replace(
        make_scenarios(spot=[1.0], vol_term_exponent=0.5), by_expiry=np.zeros((1, 1)), expiries_ns=(4 * DAY_NS,)
    )
    with pytest.raises(InputError, match=r"move no vol of the expiry 1970-01-01T14:24:00.000Z.*option_expiries_ns"):
        scenario_pnl(book, moves, numeraire="USD")


def test_a_scenario_without_a_value_is_named() -> None:
    moves = make_scenarios(spot=[1.0, 1e308], vol_term_exponent=0.5)
    with pytest.raises(InputError, match=r"scenario 1 .* has no value; check"):
        scenario_pnl(mixed_book(), moves, numeraire="USD")


def test_the_numeraire_is_one_of_two() -> None:
    moves = make_scenarios(spot=[1.0], vol_term_exponent=0.5)
    with pytest.raises(NumeraireError, match="state USD or ETH"):
        scenario_pnl(mixed_book(), moves, numeraire="BTC")
    with pytest.raises(TypeError, match="numeraire"):
        scenario_pnl_by_group(mixed_book(), moves)  # type: ignore[call-arg]


def test_a_book_without_options() -> None:
    coins = book_of(Row(kernels.COIN, 0, "spot", None, 3.0), Row(kernels.CASH, 0, "cash", None, 1_000.0))
    moves = make_scenarios(spot=[0.5, 2.0], vol=9.0, years_passed=9.0, vol_term_exponent=0.5)
    np.testing.assert_allclose(scenario_pnl(coins, moves, numeraire="USD"), [-1.5 * SPOT, 3.0 * SPOT], rtol=1e-14)
    coin = [1_000.0 / SPOT, -500.0 / SPOT]
    np.testing.assert_allclose(scenario_pnl(coins, moves, numeraire="ETH"), coin, rtol=1e-12)
