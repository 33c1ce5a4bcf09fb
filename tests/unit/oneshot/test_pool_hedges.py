"""The hedge of a position: what counts as money, whole contracts, and which cost makes the band."""

import dataclasses
import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.ids import Currency, PoolName
from hedgerow.hedging.liquidity import CoinExposure, HedgeContract, hedge_liquidity
from hedgerow.instruments import PoolShare, RangePosition
from hedgerow.market import BalancerStablePool, BalancerWeightedPool, CurveCryptoPool, PoolToken, UniswapV3Pool
from hedgerow.oneshot.pool_hedges import asset_hedges, whole_contracts
from hedgerow.policy import fixed_cost_half, whalley_wilmott_half
from hedgerow.pools import Alias, position_curve, position_greeks
from hedgerow.pools.fees import swap_fee
from hedgerow.pools.ladder import range_ladder
from hedgerow.report.pool_hedge import hedge_figures

ROOT = 3_799_725_000_000_000_000_000_000  # 2,300 USDC
LOW, HIGH, SIZE = 1.0001**-200_010 * 1e12, 1.0001**-197_000 * 1e12, 10**17 / 1e12
RANGE = RangePosition(name="r", pool=PoolName("p"), liquidity=10**17, tick_lower=-200_010, tick_upper=-197_000)


def _tokens(*ends: tuple[str, int]) -> tuple[PoolToken, ...]:
    return tuple(PoolToken(symbol=Currency(symbol), decimals=digits) for symbol, digits in ends)


POOL = UniswapV3Pool(
    name=PoolName("p"), tokens=_tokens(("WETH", 18), ("USDC", 6)), sqrt_price_x96=ROOT, tick=-198_914,
    liquidity=10**18, tick_spacing=10, fee_pips=500, ticks={},
)  # fmt: skip


def report(price: float = 2_301.0, **terms: Any) -> Any:
    given = {"numeraire": "USDC", "prices": {"WETH": price}} | terms
    return hr.pool_report(POOL, RANGE, hr.PoolTerms(**given))


def _delta(price: float) -> float:
    return SIZE * float(np.clip(price, LOW, HIGH) ** -0.5 - HIGH**-0.5)


@settings(max_examples=200, deadline=None)
@given(
    price=st.one_of(st.sampled_from([LOW, HIGH]), st.floats(1_500.0, 4_500.0)),
    gas=st.one_of(st.none(), st.floats(0.1, 200.0)),
    rate=st.one_of(st.none(), st.floats(1e-5, 0.01)),
    aversion=st.floats(1e-6, 0.01),
)
def test_the_band_follows_its_rule_and_ends_where_delta_leaves_it(
    price: float, gas: float | None, rate: float | None, aversion: float
) -> None:
    terms = hr.PoolTerms(numeraire="USDC", trade_cost=gas, cost_rate=rate, risk_aversion=aversion)
    greeks = position_greeks(POOL, [RANGE], np.array([price, 1.0]), "USDC")
    band: Any = hedge_figures(asset_hedges(greeks, position_curve(POOL, RANGE), terms)[0])["band"]
    if gas is None and rate is None:
        assert band is None
        return
    change = _delta(band["gamma_high"]) - _delta(band["gamma_low"])
    assert band["gamma"] * (band["gamma_high"] - band["gamma_low"]) == pytest.approx(change, rel=1e-6, abs=1e-7)
    halves = {"gas_aware": fixed_cost_half(gas or 0.0, aversion, band["gamma"])}
    halves["whalley_wilmott"] = whalley_wilmott_half(rate or 0.0, aversion, price, band["gamma"])
    assert band["half_width"] == pytest.approx(float(halves[band["rule"]]), rel=1e-9)
    assert (gas, rate)[band["rule"] == "whalley_wilmott"] is not None
    for end in (band["low"], band["high"]):
        if end is not None:
            assert abs(_delta(end) - _delta(price)) == pytest.approx(band["half_width"], rel=1e-6, abs=1e-7)
    if not (math.isclose(price, LOW) or math.isclose(price, HIGH)):
        expected = -0.5 * SIZE * price**-1.5 if LOW < price < HIGH else 0.0
        assert band["point_gamma"] == pytest.approx(expected, rel=1e-9)


def test_with_both_costs_the_wider_band_holds() -> None:
    both = report(trade_cost=5.0, cost_rate=0.0005, risk_aversion=1e-4).hedges[0].band.half_width
    alone = [report(**cost, risk_aversion=1e-4).hedges[0].band.half_width for cost in ({"trade_cost": 5.0}, {"cost_rate": 0.0005})]  # fmt: skip # noqa: E501
    assert both == max(alone)
    assert min(alone) < both


def test_a_position_far_out_of_range_has_no_band() -> None:
    root = int((50.0 / 1e12) ** 0.5 * 2**96)
    there = msgspec.structs.replace(POOL, sqrt_price_x96=root, tick=math.floor(math.log(50.0 / 1e12, 1.0001)))
    terms = hr.PoolTerms(numeraire="USDC", prices={"WETH": 50.0}, cost_rate=0.001, risk_aversion=1e-4)
    found = hr.pool_report(there, RANGE, terms)
    band = found.to_dict()["hedges"][0]["band"]
    assert (band["half_width"], band["low"], band["high"]) == (0.0, None, None)
    assert "no band" in str(found)
    assert "delta does not move" in str(found)


@settings(max_examples=200, deadline=None)
@given(
    coins=st.floats(0.001, 1e4),
    margin=st.floats(0.0, 100.0),
    price=st.floats(0.01, 1e5),
    size=st.floats(1e-3, 1e3),
    inverse=st.booleans(),
)
def test_whole_contracts_are_the_nearest(coins: float, margin: float, price: float, size: float, inverse: bool) -> None:
    unit = size / price if inverse else size
    hedge = hedge_liquidity(
        CoinExposure(liquidity=coins, margin_coins=margin), HedgeContract(inverse=inverse, price=price, spot=price)
    )
    whole = whole_contracts(hedge, size)
    left = coins + margin + whole.number * unit
    assert whole.delta_left == pytest.approx(left, abs=1e-9 * (coins + margin))
    # One contract more or less leaves no less.
    for other in (whole.number - 1, whole.number + 1):
        assert abs(left) <= abs(coins + margin + other * unit) * (1 + 1e-9) + 1e-9 * (coins + margin)


def test_contracts_of_the_report_are_those_of_the_ticket() -> None:
    sizes = {"linear": 0.1, "inverse": 10.0, "future": 1.0}
    (hedge,) = report(contract_sizes=sizes, future_price=2_330.0, margin_coins=1.5).to_dict()["hedges"]
    delta = hedge["delta"]
    for name, unit, exposure in (
        ("linear", 0.1, delta), ("inverse", 10.0 / 2_301.0, delta + 1.5), ("future", 2_330.0 / 2_301.0, delta),
    ):  # fmt: skip
        whole = hedge[name]["contracts"]
        assert (whole["size"], whole["number"]) == (sizes[name], round(-exposure / unit))
        assert whole["delta_left"] == pytest.approx(exposure + whole["number"] * unit, abs=1e-9)
    assert report().to_dict()["hedges"][0]["linear"]["contracts"] is None


THREE = BalancerStablePool(
    name=PoolName("s"), tokens=_tokens(("DAI", 18), ("USDC", 6), ("USDT", 6)), balances=(10**24, 10**12, 10**12),
    amplification=200_000, swap_fee=10**14, total_supply=3 * 10**24,
)  # fmt: skip
SHARE = PoolShare(name="s", pool=PoolName("s"), shares=10**22)


def test_money_is_not_hedged_and_named() -> None:
    stated: dict[str, Any] = {"numeraire": "USD", "prices": {"USDC": 1.0, "DAI": 1.0, "USDT": 0.999}}
    dollars = {name: Alias(asset=Currency("USD"), rate=1.0) for name in ("DAI", "USDC")}
    found = hr.pool_report(THREE, SHARE, hr.PoolTerms(**stated, aliases=dollars))
    assert [one.asset for one in found.hedges] == ["USDT"]
    assert "not hedged, because by what they stand for they count as USD: DAI, USDC" in found.notes
    # A price of one is no statement that it stays one.
    coins = hr.pool_report(THREE, SHARE, hr.PoolTerms(**stated))
    assert [one.asset for one in coins.hedges] == ["DAI", "USDC", "USDT"]
    assert sum("hedged like any coin, though its price is one" in note for note in coins.notes) == 2
    asked = hr.pool_report(THREE, SHARE, hr.PoolTerms(**stated, assets=("DAI",)))
    assert [one.asset for one in asked.hedges] == ["DAI"]
    assert not any("not hedged" in note for note in asked.notes)
    # An alias of the numeraire is money at whatever rate; a price of the pool's own is no statement.
    alias = {"DAI": Alias(asset=Currency("USDC"), rate=1.01)}
    aliased = hr.pool_report(THREE, SHARE, hr.PoolTerms(numeraire="USDC", aliases=alias))
    assert [one.asset for one in aliased.hedges] == ["USDT"]
    assert "not hedged, because by what they stand for they count as USDC: DAI (one is 1.01)" in aliased.notes
    assert aliased.to_dict()["prices"]["DAI"] == 1.01


def test_nothing_but_money_has_no_ticket() -> None:
    dollars = {str(token.symbol): Alias(asset=Currency("USD"), rate=1.0) for token in THREE.tokens}
    found = hr.pool_report(THREE, SHARE, hr.PoolTerms(numeraire="USD", aliases=dollars))
    assert found.to_dict()["prices"] == dict.fromkeys(("DAI", "USDC", "USDT"), 1.0)
    assert found.hedges == ()
    assert "nothing to hedge: every token counts as money" in str(found)
    assert "nothing to hedge" in found.to_html()
    assert found.profiles == ()


def test_the_profile_is_the_report_at_other_prices() -> None:
    # Two forms of ETH and USDC: the delta and gamma of a moved price are those of a report at that price.
    pool = BalancerWeightedPool(
        name=PoolName("w"), tokens=_tokens(("WETH", 18), ("stETH", 18), ("USDC", 6)),
        balances=(300 * 10**18, 200 * 10**18, 10**12), weights=(3 * 10**17, 2 * 10**17, 5 * 10**17),
        swap_fee=10**15, total_supply=10**20,
    )  # fmt: skip
    terms = hr.PoolTerms(
        numeraire="USDC",
        prices={"WETH": 2_000.0, "stETH": 2_200.0},
        aliases={"stETH": Alias(asset=Currency("ETH"), rate=1.1)},
    )
    share = PoolShare(name="w", pool=PoolName("w"), shares=10**18)
    found = hr.pool_report(pool, share, terms)
    (profile,) = found.profiles
    assert (profile.prices[0], profile.prices[-1]) == pytest.approx((1_000.0, 4_000.0))
    for i in (40, 100, 120, 200):
        ratio = float(profile.prices[i]) / 2_000.0
        there = dataclasses.replace(terms, prices={"WETH": 2_000.0 * ratio, "stETH": 2_200.0 * ratio})
        (hedge,) = hr.pool_report(pool, share, there).hedges
        assert profile.delta[i] == pytest.approx(hedge.delta, rel=1e-9)
        assert profile.gamma[i] == pytest.approx(hedge.gamma, rel=1e-9)


def test_a_profile_goes_over_the_range_from_either_token() -> None:
    (coin,) = report().profiles
    assert coin.edges == pytest.approx((LOW, HIGH), rel=1e-9)
    assert coin.prices[0] == pytest.approx(LOW * (LOW / HIGH) ** 0.25)
    assert coin.prices[-1] == pytest.approx(HIGH * (HIGH / LOW) ** 0.25)
    (money,) = report(1.0, numeraire="WETH").profiles  # of USDC, counted in coins
    assert money.edges == pytest.approx((1.0 / HIGH, 1.0 / LOW), rel=1e-9)


CRYPTO = CurveCryptoPool(
    name=PoolName("c"), tokens=_tokens(("USDC", 6), ("WETH", 18), ("WBTC", 8)),
    balances=(2_000_000 * 10**6, 1000 * 10**18, 50 * 10**8), amplification=2_700_000, gamma=1_300_000_000_000,
    invariant=6_000_000 * 10**18, price_scale=(2000 * 10**18, 40_000 * 10**18), mid_fee=3 * 10**6, out_fee=3 * 10**7,
    fee_gamma=5 * 10**14, total_supply=10**22,
)  # fmt: skip
PART = PoolShare(name="c", pool=PoolName("c"), shares=10**20)


def _crypto(**terms: Any) -> Any:
    return hr.pool_report(CRYPTO, PART, hr.PoolTerms(**{"numeraire": "USDC"} | terms))


def test_the_loss_is_that_of_a_day_not_of_a_point() -> None:
    found = _crypto(vols={"WETH": 0.6, "WBTC": 0.5})
    loss = found.to_dict()["rebalancing"]
    # Without drift, what is lost in a day is the fall of the mean value: drawn here.
    curve = position_curve(CRYPTO, PART)
    draws = np.random.default_rng(5).standard_normal((20_000, 2))
    vols = np.array([0.6, 0.5]) / 365**0.5
    both = np.concatenate((draws, -draws)) * vols - 0.5 * vols**2
    prices = np.column_stack((np.ones(len(both)), np.exp(both))) * np.array(found.greeks.prices)
    held = np.array(found.greeks.amounts[0])
    lost = prices @ held - curve.at(prices).value
    error = float(np.std(lost)) / len(lost) ** 0.5
    assert loss["loss_per_day"] == pytest.approx(float(np.mean(lost)), abs=5 * error)
    assert loss["point_loss_per_year"] > 10 * loss["loss_per_year"]
    assert loss["horizon_days"] == 1.0
    assert "on average over a day" in str(found)
    assert any(note.startswith("loss-versus-rebalancing is") for note in found.notes)
    calm = report(vols={"": 0.6})
    assert not any(note.startswith("loss-versus-rebalancing is") for note in calm.notes)


def test_the_mean_gamma_is_the_one_of_the_book() -> None:
    found = _crypto(prices={"WETH": 2_000.0})
    hedge = next(one for one in found.hedges if one.asset == "ETH")
    curve = position_curve(CRYPTO, PART)
    ladder = range_ladder(
        curve,
        spot=hedge.price,
        coins_per_token=np.array([0.0, 1.0, 0.0]),
        money_per_token=np.array([1.0, 0.0, found.to_dict()["prices"]["WBTC"]]),
    )
    assert hedge.mean_gamma == pytest.approx(ladder.gamma, rel=1e-3)
    assert hedge.gamma == pytest.approx(ladder.point_gamma, rel=1e-6)
    assert sum(note.startswith("gamma to ETH is") for note in found.notes) == 1
    assert not any(note.startswith("gamma to") for note in report().notes)


def test_a_stated_rate_makes_the_price_and_rounding_makes_no_gamma() -> None:
    pool = BalancerStablePool(
        name=PoolName("s"), tokens=_tokens(("WETH", 18), ("stETH", 18)), balances=(10**22, 10**22),
        amplification=200_000, swap_fee=10**14, total_supply=2 * 10**22,
    )  # fmt: skip
    terms = hr.PoolTerms(
        numeraire="USD", prices={"WETH": 2_000.0}, aliases={"stETH": Alias(asset=Currency("ETH"), rate=1.0001)},
        vols={"WETH": 0.6}, risk_aversion=1e-4, trade_cost=5.0,
    )  # fmt: skip
    found = hr.pool_report(pool, PoolShare(name="s", pool=PoolName("s"), shares=10**20), terms)
    assert found.to_dict()["prices"]["stETH"] == pytest.approx(2_000.2)
    (hedge,) = found.hedges
    assert (hedge.gamma, hedge.mean_gamma) == (0.0, 0.0)
    assert not np.any(found.profiles[0].gamma)
    assert found.to_dict()["rebalancing"]["loss_per_year"] == 0.0  # both move together
    assert "gamma to ETH is zero: no band" in str(found)
    assert "-0.0000" not in str(found)
    assert found.to_html().count("<figure>") == 2


def test_every_token_but_money_needs_a_vol() -> None:
    with pytest.raises(hr.InputError, match="no vol of WBTC; give one of every token but USDC"):
        _crypto(vols={"WETH": 0.6})
    with pytest.raises(hr.InputError, match="a vol of 60; it is a fraction of up to 10"):
        report(vols={"": 60.0})


def test_far_prices_are_told_from_stale_ones() -> None:
    near, far = (" ".join(str(report(price)).split()) for price in (2_300.5, 2_900.0))
    assert "while they are within the fee delta is off by at most" in near
    assert "more than its fee of 0.050%: arbitrage will move the pool" in far
    assert "at most" not in far
    assert "out of range at these prices, in range at the pool's own" in far
    for price in (4_700.0, 1_149.0):
        with pytest.raises(hr.InputError, match="a factor of two or more is a mistake"):
            report(price)


def test_the_fee_is_that_of_the_present_balances() -> None:
    fee = _crypto().to_dict()["stale"]["fee"]
    assert 3e-4 <= fee < 3e-3
    balanced = msgspec.structs.replace(CRYPTO, balances=(2_000_000 * 10**6, 1000 * 10**18, 50 * 10**8))
    assert swap_fee(balanced) == pytest.approx(3e-4, rel=1e-6)
    skewed = msgspec.structs.replace(CRYPTO, balances=(4_000_000 * 10**6, 500 * 10**18, 50 * 10**8))
    assert swap_fee(skewed) > swap_fee(balanced)


def test_an_inverse_contract_needs_money() -> None:
    assert "inverse perpetual" not in str(report(1.0, numeraire="WETH"))
    with pytest.raises(hr.InputError, match="its contracts are money and its margin is the coin"):
        report(1.0, numeraire="WETH", margin_coins=5.0)
    assert "inverse perpetuals are of USD: the ticket takes one USD for one USDC" in report().notes


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"trade_cost": 5.0}, "a trade cost without a risk aversion; a band needs both"),
        ({"cost_rate": 1.5, "risk_aversion": 1.0}, "cost_rate = 1.5; it is a fraction"),
        ({"contract_sizes": {"linear": -1.0}}, "a contract size of -1.0 for linear"),
        ({"assets": ("BTC",)}, "BTC to hedge: no token stands for it"),
        ({"assets": ("USDC",)}, "USDC to hedge in USDC; it is the money"),
        ({"entry": {"USDC": 2.0, "WETH": 2_000.0}}, "an entry price of 2 of USDC; prices are counted in it"),
        ({"aliases": {"XYZ": Alias(asset=Currency("ETH"), rate=1.0)}}, "an alias of XYZ: p has no such token"),
        ({"prices": {"BTC": 5.0}}, "a price of BTC: p has no such token"),
        ({"entry": {"USDC": 1.0}, "numeraire": "USD", "prices": {"WETH": 1.0}}, "no entry price of WETH"),
    ],
)
def test_what_python_is_told_names_no_flags(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(hr.InputError, match=message) as caught:
        report(**terms)
    assert "--" not in str(caught.value)
