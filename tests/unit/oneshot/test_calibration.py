"""``hr.calibrate``: known models come out again, and the residuals are those of an independent recomputation."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.market import Snapshot
from hedgerow.oneshot import calibrate
from hedgerow.report import CalibrationReport
from quoted_markets import EXPIRIES, STRIKES, YEAR_NS, coin_price, quoted_market
from smiles import Heston, Merton

TRUTH = {"v0": 0.36, "kappa": 3.0, "theta": 0.49, "vol_of_vol": 1.5, "rho": -0.3}
SMILE = Heston(start=0.36, level=0.49, speed=3.0, vol_of_vol=1.5, rho=-0.3)
JUMPS = Merton(diffusion=0.5, intensity=2.0, jump_mean=-0.1, jump_vol=0.2)


@pytest.fixture(scope="module")
def quoted(market: Snapshot) -> Snapshot:
    return quoted_market(market, SMILE.vol)


@pytest.fixture(scope="module")
def known(quoted: Snapshot) -> CalibrationReport:
    return calibrate(quoted)


@pytest.fixture(scope="module")
def real(market: Snapshot) -> CalibrationReport:
    return calibrate(market)


def values(report: CalibrationReport) -> dict[str, float]:
    return {one.name: one.value for one in report.fits[0].parameters}


def test_a_known_heston_comes_out_again(known: CalibrationReport) -> None:
    # The quotes are vols by Lewis's integral with scipy's quadrature, not by the code that is fitted.
    assert values(known) == pytest.approx(TRUTH, rel=1e-3)
    assert isinstance(known.model, hr.Heston)
    assert known.quotes.two_sided == known.quotes.used == known.quotes.inside == len(EXPIRIES) * len(STRIKES)
    assert known.quotes.rmse_vol_points < 0.01
    assert abs(known.bias_vol_points) < 0.01
    assert known.readings.vol_now == pytest.approx(0.6, rel=1e-3)
    assert known.readings.vol_long_run == pytest.approx(0.7, rel=1e-3)
    assert known.readings.half_life_days == pytest.approx(365.0 * math.log(2.0) / 3.0, rel=2e-3)
    assert known.readings.feller == pytest.approx(2.0 * 3.0 * 0.49 / 1.5**2, rel=2e-3)
    assert math.isnan(known.readings.jumps_per_year)


def test_a_known_merton_comes_out_again(market: Snapshot) -> None:
    told: list[tuple[int, int]] = []
    quoted = quoted_market(market, JUMPS.vol)
    report = calibrate(quoted, model="merton", progress=lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1] > 0
    assert told == sorted(told)
    assert values(report) == pytest.approx(
        {"vol": 0.5, "jump_intensity": 2.0, "jump_mean": -0.1, "jump_vol": 0.2}, rel=2e-3
    )
    assert report.readings.jumps_per_year == pytest.approx(2.0, rel=2e-3)
    assert report.readings.mean_jump_percent == pytest.approx(100.0 * math.expm1(-0.1 + 0.02), rel=2e-3)
    # A variance swap of a jump diffusion: vol² + intensity·E[jump²] (Merton 1976, the variance of eq. 14's normal mix).
    assert report.readings.vol_long_run_with_jumps == pytest.approx(math.sqrt(0.25 + 2.0 * (0.01 + 0.04)), rel=2e-3)


def hagan(alpha: float, nu: float, rho: float, k: np.ndarray, years: float) -> np.ndarray:
    """Return SABR's vols with a beta of one (Hagan et al. 2002, eq. 2.17c with z = nu/alpha·ln(F/K))."""
    z = -nu / alpha * np.where(k == 0.0, 1e-12, k)
    x = np.log((np.sqrt(1.0 - 2.0 * rho * z + z * z) + z - rho) / (1.0 - rho))
    return np.asarray(alpha * z / x * (1.0 + (0.25 * rho * nu * alpha + (2.0 - 3.0 * rho**2) * nu**2 / 24.0) * years))


def test_known_sabr_smiles_come_out_again_and_thin_expiries_are_named(market: Snapshot) -> None:
    def vols(k: np.ndarray, years: float) -> np.ndarray:
        return hagan(0.5 + 0.1 * years, 0.4 / math.sqrt(years), -0.3, k, years)

    quoted = quoted_market(market, vols)
    few = [i for i, name in enumerate(quoted.quotes.names) if "-28JUN24-" not in name or "-2200-" in name]
    report = calibrate(dataclasses.replace(quoted, quotes=quoted.quotes.take(few)), model="sabr")
    assert len(report.fits) == len(report.expiries) == len(EXPIRIES) - 1
    for one, fit in zip(report.expiries, report.fits, strict=True):
        found, years = {each.name: each for each in fit.parameters}, one.svi.years
        assert found["alpha"].value == pytest.approx(0.5 + 0.1 * years, rel=1e-3)
        assert found["vol_of_vol"].value == pytest.approx(0.4 / math.sqrt(years), rel=1e-2)
        assert found["rho"].value == pytest.approx(-0.3, abs=5e-3)
        assert (found["beta"].value, found["beta"].state) == (1.0, "held")
        assert one.quotes.inside == one.quotes.two_sided
        assert one.quotes.rmse_vol_points < 0.02
    thin = {item.name: item.reason for item in report.rejected}
    assert thin == {"ETH-28JUN24-2200-P": "too few quotes at its expiry"}
    assert report.quotes.used == report.quotes.two_sided - 1
    assert any("172 days" in note or "171.9 days" in note for note in report.notes)
    assert report.bias_vol_points == pytest.approx(0.0, abs=0.01)


def test_residuals_are_those_of_other_code(real: CalibrationReport) -> None:
    # From the JSON and the recorded rows: Lewis's integral by quadrature, Black by scipy, mid vols of the chain.
    written = real.to_dict()
    numbers = {name: one["value"] for name, one in written["parameters"].items()}
    model = Heston(
        start=numbers["v0"],
        level=numbers["theta"],
        speed=numbers["kappa"],
        vol_of_vol=numbers["vol_of_vol"],
        rho=numbers["rho"],
    )
    chain = real.chain
    for one in (written["expiries"][i] for i in (0, 5, 10)):
        rows = [i for i, name in enumerate(chain.names) if expiry_of(name) == one["expiry"]]
        years, forward = one["days"] / 365.0, chain.forward[rows[0]]
        k = np.log(chain.strike[rows] / forward)
        vols = model.vol(k, years)
        prices = [coin_price(k[j], vols[j], years, is_call=chain.is_call[i]) for j, i in enumerate(rows)]
        inside = sum(bool(chain.bid[i] <= prices[j] <= chain.ask[i]) for j, i in enumerate(rows))
        both = [j for j, i in enumerate(rows) if chain.vol_bid[i] > 0.0 and math.isfinite(chain.vol_ask[i])]
        misses = [100.0 * (vols[j] - 0.5 * (chain.vol_bid[rows[j]] + chain.vol_ask[rows[j]])) for j in both]
        assert (inside, len(rows)) == (one["inside_quotes"], one["two_sided_quotes"])
        assert one["bias_vol_points"] == pytest.approx(float(np.mean(misses)), abs=1e-5)
        assert one["rmse_vol_points"] == pytest.approx(float(np.sqrt(np.mean(np.square(misses)))), abs=1e-5)


def expiry_of(name: str) -> str:
    option = parse_deribit(name)
    assert isinstance(option, EuropeanOption)
    return f"{np.datetime64(option.expiry_ns, 'ns').astype('datetime64[ms]')}Z"


def test_the_surface_beside_it_is_that_of_the_surface_command(real: CalibrationReport, market: Snapshot) -> None:
    beside = hr.surface(market)
    assert real.svi.quotes == beside.svi.quotes
    assert [one.svi for one in real.expiries] == list(beside.svi.slices)
    # A quote without a bid's vol holds the surface from above, and has no middle that a model could be fitted to.
    bare = set(real.rejected) - set(beside.rejected)
    assert {item.reason for item in bare} == {"the bid implies no vol"}
    assert {item.name for item in bare} == {
        name
        for name, usable, low in zip(beside.chain.names, beside.chain.usable, beside.chain.vol_bid, strict=True)
        if usable and low == 0.0
    }
    assert real.quotes.used == beside.svi.quotes.used - len(bare)


def test_every_option_is_used_or_named(real: CalibrationReport, market: Snapshot) -> None:
    used = {name for name, usable in zip(real.chain.names, real.chain.usable, strict=True) if usable}
    refused = {item.name for item in real.rejected}
    assert used & refused == set()
    assert used | refused == set(market.quotes.names)
    assert len(used) == real.quotes.used


def test_counts_of_expiries_add_up(real: CalibrationReport) -> None:
    for field in ("two_sided", "used", "inside"):
        assert sum(getattr(one.quotes, field) for one in real.expiries) == getattr(real.quotes, field)


def test_what_is_refused_is_named_and_not_fitted_to(quoted: Snapshot) -> None:
    row, names = quoted.quotes.quote("ETH-28JUN24-2600-C"), quoted.quotes.names
    gone = [quoted.quotes.quote(name) for name in names if "-29MAR24-" in name]
    rows = [
        dataclasses.replace(row, bid=3.0 * row.bid, ask=3.0 * row.ask),
        *(dataclasses.replace(one, bid=math.nan, ask=math.nan) for one in gone),
    ]
    report = calibrate(dataclasses.replace(quoted, quotes=quoted.quotes.with_quotes(rows)))
    assert {item.name for item in report.rejected} == {row.name, *(one.name for one in gone)}
    assert report.quotes.two_sided == report.quotes.used + 1 == len(names) - len(gone)
    assert any(note.startswith("the expiry 2024-03-29 has no usable quote") for note in report.notes)
    assert len(report.expiries) == len(EXPIRIES) - 1
    assert values(report) == pytest.approx(TRUTH, rel=1e-3)


def test_models_that_are_none_are_refused_before_anything_is_read(market: Snapshot) -> None:
    for wrong in ("hesston", "", "HESTON"):
        with pytest.raises(hr.InputError, match="give one of heston, bates, merton, svcj, sabr, lognormal_sv"):
            calibrate(market, model=wrong)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_an_age_that_is_none_is_refused(market: Snapshot, wrong: Any) -> None:
    with pytest.raises(hr.InputError, match="give seconds, more than none and at most"):
        calibrate(market, max_age_s=wrong)


def test_chains_too_thin_are_refused(market: Snapshot, quoted: Snapshot) -> None:
    few = quoted_market(market, JUMPS.vol, expiries=EXPIRIES[:2], strikes=(2000, 2200, 2400))
    with pytest.raises(hr.MarketDataError, match=r"6 quotes with a bid in 2 expiries, 3 strikes cannot be .*; heston"):
        calibrate(few)
    single = quoted_market(market, JUMPS.vol, expiries=EXPIRIES[:1])
    with pytest.raises(hr.MarketDataError, match=r"quotes with a bid in 1 expiry, 12 strikes cannot"):
        calibrate(single)
    names = [name for name in quoted.quotes.names if name.endswith("-C")]
    deep = [dataclasses.replace(quoted.quotes.quote(name), name=name.replace("-C", "-P"), bid=1e-4) for name in names]
    bidless = [
        dataclasses.replace(row, ask=1.01 * (row.ask + int(row.name.split("-")[2]) / 2250.0 - 1.0)) for row in deep
    ]
    with pytest.raises(hr.MarketDataError, match="no option quote has a bid that implies a vol"):
        calibrate(dataclasses.replace(quoted, quotes=quoted.quotes.take([]).with_quotes(bidless)))
    with pytest.raises(hr.MarketDataError, match="quotes no options"):
        calibrate(dataclasses.replace(quoted, quotes=quoted.quotes.take([]), rejected=()))
    late = dataclasses.replace(quoted, as_of_ns=quoted.as_of_ns + 7_200 * 10**9)
    with pytest.raises(hr.MarketDataError, match=r"52 stale.*longer max age"):
        calibrate(late)


def test_the_years_of_the_test_are_those_of_the_house(known: CalibrationReport, quoted: Snapshot) -> None:
    for one in known.expiries:
        assert one.svi.years == pytest.approx((one.svi.expiry_ns - quoted.as_of_ns) / YEAR_NS, rel=1e-12)


def test_expiries_can_be_left_out_by_their_days() -> None:
    market = hr.load_snapshot(hr.example("eth-2024-01-08"))
    whole = hr.calibrate(market, model="merton")
    part = hr.calibrate(market, model="merton", min_days=7.0, max_days=90.0)
    kept = [one.svi.expiry_ns for one in whole.expiries if 7.0 <= one.svi.days <= 90.0]
    assert [one.svi.expiry_ns for one in part.expiries] == kept
    assert part.quotes.two_sided == sum(one.quotes.two_sided for one in whole.expiries if one.svi.expiry_ns in kept)
    assert part.fits[0].noise_vol_points < whole.fits[0].noise_vol_points
    with pytest.raises(hr.MarketDataError, match=r"no usable option expires in 400 to 500 days, but in 0.86 to 353.86"):
        hr.calibrate(market, model="merton", min_days=400.0, max_days=500.0)
    with pytest.raises(hr.InputError, match=r"min_days is 9.0 and max_days is 7.0; give 0 <= min_days"):
        hr.calibrate(market, model="merton", min_days=9.0, max_days=7.0)
    with pytest.raises(hr.InputError, match="min_days is nan"):
        hr.calibrate(market, model="merton", min_days=math.nan)


def test_the_table_for_the_desk_file_is_one_that_it_reads(tmp_path: Path) -> None:
    folder = hr.example("eth-2024-01-08")
    report = hr.calibrate(hr.load_snapshot(folder), model="merton")
    path = tmp_path / "desk.toml"
    path.write_text((folder / "desk.toml").read_text() + report.to_toml())
    stated = hr.load_desk(path).hedge.model
    assert type(stated) is hr.Merton
    for name in report.model.__struct_fields__:
        assert getattr(stated, name) == pytest.approx(getattr(report.model, name), rel=1e-5)
