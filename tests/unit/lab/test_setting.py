"""A study in numbers: prices, vols, dates, premiums; and what cannot be turned into them."""

import math
from pathlib import Path

import numpy as np
import pytest

from hedgerow.core.errors import ConfigError
from hedgerow.lab.setting import make_setting
from hedgerow.pricing import black76
from hedgerow.pricing.models import Heston, price_model
from simulated_studies import MODELS, load, text

CALL = '[[position]]\nkind = "call"\nstrike = 100.0\nexpiry_days = 5\nquantity = -2.0\n'
PUT = '[[position]]\nkind = "put"\nstrike = 90.0\nexpiry_days = 20\nquantity = 1.0\n'
RANGE = '[[position]]\nkind = "liquidity_v3"\nliquidity = 10.0\nlower = 80.0\nupper = 120.0\n'


def test_one_date_per_day_unless_stated(tmp_path: Path) -> None:
    held = "[option]\nexpiry_days = 7\ndays_per_year = 250\n"
    setting = make_setting(load(tmp_path, text(held=held, hedge="")), None)
    assert setting.steps == 7
    assert setting.step_years == pytest.approx(1.0 / 250.0)
    assert setting.step_ns == 86_400 * 10**9
    finer = make_setting(load(tmp_path, text(held=held, hedge="[hedge]\nsteps = 14\n")), None)
    assert finer.step_ns * 14 == setting.step_ns * 7


def test_the_price_is_the_models_and_the_vol_that_of_the_price(tmp_path: Path) -> None:
    heston = Heston(v0=0.4, kappa=3.0, theta=0.5, vol_of_vol=1.0, rho=-0.3)
    for kind, call in (("call", True), ("put", False)):
        for strike in (70.0, 100.0, 140.0):
            held = f'[option]\nkind = "{kind}"\nstrike = {strike}\nexpiry_days = 30\nquantity = 2.0\n'
            setting = make_setting(load(tmp_path, text(model=MODELS["heston"], held=held)), None)
            price = price_model(heston, 100.0, strike, 30.0 / 365.0, call, inverse=False).price[0]
            assert setting.worth == pytest.approx(2.0 * price, rel=1e-12)
            assert setting.premium == abs(setting.worth)
            again = black76(100.0, strike, 30.0 / 365.0, setting.legs[0, 4], call, inverse=False).price[0]
            assert again == pytest.approx(price, abs=1e-7)


def test_a_stated_vol_is_for_deltas_not_for_the_price(tmp_path: Path) -> None:
    hedge = "[hedge]\nvol = 0.9\n"
    setting = make_setting(load(tmp_path, text(hedge=hedge)), None)
    assert setting.legs[0, 4] == 0.9
    assert setting.worth == -black76(100.0, 105.0, 10.0 / 365.0, 0.6, True, inverse=False).price[0]


def test_an_inverse_option_costs_coins(tmp_path: Path) -> None:
    held = '[option]\nstrike = 105.0\nexpiry_days = 10\nsettlement = "inverse"\n'
    setting = make_setting(load(tmp_path, text(held=held)), None)
    assert setting.worth == pytest.approx(-black76(100.0, 105.0, 10.0 / 365.0, 0.6, True, inverse=True).price[0])
    assert setting.spot == 0.01
    book = setting.book(np.array([0.01]), setting.years_left(0), valued=True)
    assert book.value[0] == pytest.approx(setting.worth, rel=1e-12)


def test_books_have_dates_and_a_mean_clock(tmp_path: Path) -> None:
    hedge = "[hedge]\nsteps = 8\nhorizon_days = 10\n"
    setting = make_setting(load(tmp_path, text(held=CALL + PUT + RANGE, hedge=hedge)), None)
    assert setting.expiry_step[0] == 4
    assert (setting.expiry_step[1:] > setting.steps).all()
    assert setting.years_left(4) * 365.0 == pytest.approx([0.0, 15.0, math.inf])
    start, at_expiry = setting.date(0), setting.date(4)
    assert (start.expires is None, at_expiry.expires is None) == (True, False)
    weight = np.array([2.0 / math.sqrt(5.0), 1.0 / math.sqrt(20.0)])
    assert start.left * 365.0 == pytest.approx(weight @ [5.0, 20.0] / weight.sum())
    assert at_expiry.left * 365.0 == pytest.approx(15.0)
    assert start.vol == pytest.approx(0.6)


def test_liquidity_alone_does_not_expire(tmp_path: Path) -> None:
    setting = make_setting(load(tmp_path, text(held=RANGE, hedge="[hedge]\nhorizon_days = 30\n")), None)
    assert (setting.steps, setting.date(0).left, setting.date(0).vol) == (30, math.inf, 0.6)
    roots = math.sqrt(80.0), 10.0, math.sqrt(120.0)
    value = 10.0 * ((1.0 / roots[1] - 1.0 / roots[2]) * 100.0 + roots[1] - roots[0])
    assert setting.worth == pytest.approx(value, rel=1e-12)
    assert setting.premium == 0.0


def test_expiries_lie_on_dates(tmp_path: Path) -> None:
    study = load(tmp_path, text(held=CALL + PUT, hedge="[hedge]\nsteps = 7\n"))
    with pytest.raises(ConfigError, match=r"position\[0\]\.expiry_days: is 5, between two dates .*choose hedge\.steps"):
        make_setting(study, None)


def test_a_premium_of_nothing_is_no_unit(tmp_path: Path) -> None:
    objective = '[objective]\nreport = "percent_of_premium"\n'
    pool = load(tmp_path, text(held=RANGE, hedge="[hedge]\nhorizon_days = 5\n", more=objective))
    with pytest.raises(ConfigError, match=r'objective\.report: .*the premium is 0; write report = "money"'):
        make_setting(pool, None)
    flat = CALL + CALL.replace("-2.0", "2.0")
    with pytest.raises(ConfigError, match=r"objective\.report"):
        make_setting(load(tmp_path, text(held=flat, more=objective)), None)


def test_an_option_without_a_vol_is_told(tmp_path: Path) -> None:
    held = "[option]\nstrike = 100000.0\nexpiry_days = 1\n"
    study = load(tmp_path, text(model=MODELS["sabr"].replace("alpha = 0.6", "alpha = 0.01"), held=held))
    with pytest.raises(ConfigError, match=r"option: has no implied vol: .*state hedge\.vol"):
        make_setting(study, None)


def test_a_coin_that_can_get_to_zero_settles_nothing(tmp_path: Path) -> None:
    model = MODELS["sabr"].replace("beta = 1.0", "beta = 0.5").replace("alpha = 0.6", "alpha = 6.0")
    held = '[option]\nsettlement = "inverse"\n'
    with pytest.raises(ConfigError, match=r"model\.beta: is 0\.5: the coin can get to zero"):
        make_setting(load(tmp_path, text(model=model, held=held)), None)
    assert make_setting(load(tmp_path, text(model=model)), None).steps == 10


@pytest.mark.parametrize("kind", ["call", "put"])
def test_the_books_greeks_are_blacks_and_differences(tmp_path: Path, kind: str) -> None:
    held = f'[option]\nkind = "{kind}"\nstrike = 105.0\nexpiry_days = 10\nquantity = 1.5\n'
    setting = make_setting(load(tmp_path, text(held=held)), None)
    y = np.concatenate([np.geomspace(1e-3, 1e5, 700), np.linspace(80.0, 130.0, 400)])
    years = setting.years_left(3)
    found = setting.book(y, years, valued=True)
    black = black76(y, 105.0, 7.0 / 365.0, 0.6, kind == "call", inverse=False)
    assert found.value == pytest.approx(1.5 * black.price, rel=1e-12, abs=1e-12)
    assert found.delta == pytest.approx(1.5 * black.delta, rel=1e-12, abs=1e-15)
    assert found.gamma == pytest.approx(1.5 * black.gamma, rel=1e-10, abs=1e-15)
    factor = np.linspace(0.3, 2.0, y.size)
    other = black76(y, 105.0, 7.0 / 365.0, 0.6 * factor, kind == "call", inverse=False)
    assert setting.book(y, years, factor=factor).delta == pytest.approx(1.5 * other.delta, rel=1e-12, abs=1e-15)


def test_no_price_is_too_far_and_no_time_too_short(tmp_path: Path) -> None:
    setting = make_setting(load(tmp_path, text()), None)
    y = np.array([0.0, 1e-300, 1e-9, 105.0, 1e12, 1e250])
    for years in (0.0, 1e-12, 1e-3, 50.0):
        book = setting.book(y, np.array([years]), valued=True)
        assert all(np.isfinite(column).all() for column in (book.value, book.delta, book.gamma))
        assert (np.abs(book.delta) <= 1.0).all()
    assert setting.book(y, np.array([0.0])).value == pytest.approx(-np.maximum(y - 105.0, 0.0))
