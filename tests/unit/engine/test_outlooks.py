"""What a band is drawn from: against differences of the ideal holding, in both numeraires."""

import math

import pytest

from hedgerow.book import CompiledBook, Row, assemble, kernels, value_book
from hedgerow.core.ids import Currency
from hedgerow.core.instants import YEAR_NS
from hedgerow.engine.outlooks import outlook_of
from hedgerow.hedging import NeutralPlan, neutral_plan
from hedgerow.policy import Outlook

ETH = Currency("ETH")
LOTS = 300
CALLS = Row(
    kernels.LINEAR_OPTION, 0, "option", YEAR_NS // 4, -10.0, strike=2100.0, expiry_years=0.25, vol=0.6, sign=1.0
)
PUTS = Row(kernels.INVERSE_OPTION, 0, "put", YEAR_NS, -4.0, strike=1900.0, expiry_years=1.0, vol=0.8, sign=-1.0)
RANGE = Row(kernels.RANGE, 0, "range", None, 5000.0, lower=1600.0, upper=2500.0)
CASH = Row(kernels.CASH, 1, "cash", None, 20_000.0)
COINS = Row(kernels.COIN, 1, "coin", None, 7.0)
LINEAR = Row(kernels.LINEAR_FUTURE, 2, "perpetual", None, LOTS * 0.1, entry=1950.0)
INVERSE = Row(kernels.INVERSE_FUTURE, 2, "perpetual", None, LOTS * 10.0, entry=1950.0)
BOOK = (CALLS, PUTS, RANGE, CASH, COINS)


def seen(
    numeraire: str, spot: float, rows: tuple[Row, ...], *, inverse: bool = False, wanted: float = 3.0
) -> tuple[Outlook, NeutralPlan, CompiledBook]:
    hedge = INVERSE if inverse else LINEAR
    book = assemble([*rows, hedge], base=ETH, spot=spot, n_group=3)
    plan = neutral_plan(
        delta=float(value_book(book, numeraire=numeraire)[1].sum()),
        hedge_delta=0.0,
        expected_lots=LOTS,
        unit_delta=10.0 / spot if inverse else 0.1,
        wanted=wanted,
    )
    outlook = outlook_of(book, plan, LOTS, numeraire=numeraire, wanted=wanted, fitted=None)
    return outlook, plan, book


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
@pytest.mark.parametrize("inverse", [False, True])
def test_gamma_is_minus_the_derivative_of_the_ideal_holding(numeraire: str, inverse: bool) -> None:
    """The distance from the ideal, with the hedge's own holding constant, moves by minus gamma times the price."""

    def price_and_short(spot: float) -> tuple[float, float]:
        outlook, plan, _ = seen(numeraire, spot, BOOK, inverse=inverse)
        # In dollars for the coin numeraire, where a hedge of futures, coins and cash holds a constant number of them.
        return outlook.spot, (plan.ideal - LOTS) * outlook.unit

    step = 0.5
    (low, before), (high, after) = price_and_short(2000.0 - step), price_and_short(2000.0 + step)
    outlook, _, _ = seen(numeraire, 2000.0, BOOK, inverse=inverse)
    assert -(after - before) / (high - low) == pytest.approx(outlook.gamma, rel=1e-6)


@pytest.mark.parametrize(
    ("numeraire", "held"), [("USD", 7.0 - 3.0), ("ETH", 20_000.0 + 300 * 0.1 * 50.0 + 3.0 * 2000.0)]
)
def test_outright_is_what_is_neither_hedge_nor_curved(numeraire: str, held: float) -> None:
    """Coins less the wanted delta; in coins the dollars, the hedge's profit since its entry at 1950 among them."""
    outlook, _, _ = seen(numeraire, 2000.0, BOOK)
    assert outlook.outright == pytest.approx(held)


def test_in_coins_the_asset_is_the_dollar() -> None:
    outlook, plan, _ = seen("ETH", 2000.0, BOOK, wanted=0.0)
    assert outlook.spot == 1.0 / 2000.0
    assert outlook.unit == pytest.approx(-200.0)  # a lot of 0.1 coins is 200 dollars short
    assert plan.unit_delta == 0.1


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_what_has_no_curvature_has_no_gamma(numeraire: str) -> None:
    outlook, _, _ = seen(numeraire, 2000.0, (CASH, COINS), wanted=0.0)
    scale = 1.0 if numeraire == "USD" else 2000.0**3
    assert outlook.gamma == pytest.approx(0.0, abs=1e-9 * scale)
    assert math.isnan(outlook.vol)
    assert outlook.years == math.inf
    assert outlook.ideal_at(2.0) == outlook.ideal_at(1.0)


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_the_ideal_at_another_vol_is_the_ideal_of_a_book_at_that_vol(numeraire: str) -> None:
    factor = 1.3
    others = tuple(row._replace(vol=row.vol * factor) for row in (CALLS, PUTS))
    outlook, plan, _ = seen(numeraire, 2000.0, BOOK)
    _, wanted, _ = seen(numeraire, 2000.0, (*others, *BOOK[2:]))
    assert outlook.ideal_at(factor) / outlook.unit == pytest.approx(wanted.ideal, rel=1e-12)
    assert outlook.ideal_at(1.0) / outlook.unit == pytest.approx(plan.ideal, rel=1e-12)
    assert wanted.ideal != pytest.approx(plan.ideal, rel=1e-6)


def test_vol_and_time_are_weighted_by_the_gamma_at_the_money() -> None:
    outlook, _, _ = seen("USD", 2000.0, BOOK)
    calls, puts = 10.0 / (0.6 * 0.5), 4.0 / 0.8
    assert outlook.vol == pytest.approx((0.6 * calls + 0.8 * puts) / (calls + puts))
    assert outlook.years == pytest.approx((0.25 * calls + 1.0 * puts) / (calls + puts))


def test_without_options_the_fitted_vol_counts() -> None:
    _, plan, book = seen("USD", 2000.0, (RANGE,))
    assert outlook_of(book, plan, LOTS, numeraire="USD", wanted=0.0, fitted=0.7).vol == 0.7
