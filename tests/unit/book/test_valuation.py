"""Bad input to the book room, and its factor model."""

import math

import numpy as np
import pytest
from scipy import stats

import hedgerow as hr
from hedgerow.book import Balance, Marking, RiskSettings, assemble, factor_model, rows_of, value_book
from hedgerow.book.positions import ContractPosition
from hedgerow.core.errors import DataFault
from hedgerow.core.ids import Currency
from hedgerow.instruments import parse_deribit
from hedgerow.market import Snapshot
from hedgerow.pricing import mark_vols

DAY_NS = 86_400 * 10**9
SETTINGS = RiskSettings(horizon_hours=24.0, spot_vol=0.6, vol_of_vol=0.9, spot_vol_correlation=-0.2)


def marking(market: Snapshot) -> Marking:
    return Marking(snapshot=market, vols=mark_vols(market).as_dict())


@pytest.mark.parametrize(
    ("name", "entry", "error", "text"),
    [
        (
            "ETH-26JAN24-2301-C",
            None,
            hr.MarketDataError,
            "not quoted in this market; the nearest names are ETH-26JAN24-2300-C",
        ),
        ("ETH-8JAN24-2300-C", None, hr.MarketDataError, "expired at 2024-01-08T08:00:00.000Z"),
        ("ETH-12JAN24-1200-C", None, hr.MarketDataError, "its mark implies no vol"),
        ("ETH-26JAN24-2300-C", 0.05, hr.InputError, "what was paid has left the balances already"),
        ("BTC-26JAN24-40000-C", None, hr.InputError, "is on BTC, the market on ETH"),
        ("ETH-PERPETUAL", 2200.0, hr.MarketDataError, "not quoted"),
    ],
)
def test_a_position_that_cannot_be_valued_is_refused_by_name(
    market: Snapshot, name: str, entry: float | None, error: type[Exception], text: str
) -> None:
    held = ContractPosition(instrument=parse_deribit(name), quantity=1.0, entry_price=entry)
    with pytest.raises(error, match=text) as caught:
        rows_of(held, marking(market), 0)
    assert name in str(caught.value)


def test_a_currency_without_a_rate_is_refused(market: Snapshot) -> None:
    with pytest.raises(hr.MarketDataError, match=r"EUR: has no USD rate; state it: \[rates\] EUR") as caught:
        rows_of(Balance(currency=Currency("EUR"), amount=1.0), marking(market), 0)
    assert caught.value.fault is DataFault.MISSING


def test_the_numeraire_has_no_default_and_must_be_one_of_two(market: Snapshot) -> None:
    book = assemble(
        rows_of(Balance(currency=Currency("ETH"), amount=1.0), marking(market), 0),
        base=Currency("ETH"),
        spot=2000.0,
        n_group=1,
    )
    with pytest.raises(TypeError, match="numeraire"):
        value_book(book)  # type: ignore[call-arg]
    with pytest.raises(hr.NumeraireError, match="state USD or ETH"):
        value_book(book, numeraire="EUR")
    with pytest.raises(hr.InputError, match="prices are positive"):
        value_book(book, numeraire="USD", spot=-1.0)


def test_a_shift_must_leave_vol_and_time(market: Snapshot) -> None:
    held = ContractPosition(instrument=parse_deribit("ETH-26JAN24-2300-C"), quantity=1.0)
    book = assemble(rows_of(held, marking(market), 0), base=Currency("ETH"), spot=2000.0, n_group=1)
    with pytest.raises(hr.InputError, match="without vol"):
        value_book(book, numeraire="USD", vol_shift=-5.0)
    with pytest.raises(hr.InputError, match="past its expiry"):
        value_book(book, numeraire="USD", years_passed=1.0)


@pytest.mark.parametrize("rho", [-0.99, -0.2, 0.0, 0.7])
def test_factor_covariance_is_positive_semidefinite_with_the_stated_moments(rho: float) -> None:
    settings = RiskSettings(horizon_hours=24.0, spot_vol=0.6, vol_of_vol=0.9, spot_vol_correlation=rho)
    expiries = [DAY_NS * days for days in (1, 2, 4, 18, 30, 46, 80, 170, 350)]
    model = factor_model(settings, expiries, 0)
    assert np.linalg.eigvalsh(model.covariance).min() >= -1e-18
    deviation = np.sqrt(np.diag(model.covariance))
    day = 1.0 / 365.0
    assert deviation[0] == pytest.approx(0.6 * math.sqrt(day))
    assert deviation[2 + expiries.index(30 * DAY_NS)] == pytest.approx(0.9 * math.sqrt(day))
    assert deviation[2] == pytest.approx(0.9 * math.sqrt(day) * math.sqrt(30.0))
    correlation = model.covariance[0, 2:] / deviation[0] / deviation[2:]
    np.testing.assert_allclose(correlation, rho, rtol=1e-12, atol=1e-15)


def test_the_variance_is_exact_for_gaussian_moves() -> None:
    model = factor_model(SETTINGS, [10 * DAY_NS, 60 * DAY_NS], 0)
    loads = np.array([3.0e4, -2.0e5, 1.5e4, -2.5e4])
    gauss = model.covariance[np.ix_([0, 2, 3], [0, 2, 3])]
    moves = np.random.default_rng(5).multivariate_normal(np.zeros(3), gauss, size=1_000_000, method="cholesky")
    pnl = loads[0] * moves[:, 0] + 0.5 * loads[1] * moves[:, 0] ** 2 + moves[:, 1:] @ loads[2:]
    sampled, error = pnl.var(), math.sqrt((stats.moment(pnl, 4) - pnl.var() ** 2) / pnl.size)
    assert abs(sampled - model.deviation(loads) ** 2) < 4.0 * error


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("horizon_hours", 0.0),
        ("spot_vol", 60.0),
        ("vol_of_vol", -0.1),
        ("spot_vol_correlation", 1.0),
        ("vol_term_exponent", -1.0),
        ("vol_decorrelation", -0.1),
    ],
)
def test_risk_settings_refuse_nonsense(name: str, value: float) -> None:
    fields = {"horizon_hours": 24.0, "spot_vol": 0.6, "vol_of_vol": 0.9, "spot_vol_correlation": 0.0, name: value}
    with pytest.raises(hr.InputError, match=f"{name} = {value:g}"):
        RiskSettings(**fields)
