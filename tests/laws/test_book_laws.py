"""Greeks of every kind of position equal finite differences of the full valuation, in both numeraires."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.book import (
    Balance,
    CompiledBook,
    ContractPosition,
    LiquidityPosition,
    Marking,
    Position,
    assemble,
    exposure_of,
    rows_of,
    sensitivities_by_group,
    trade_rows,
    value_book,
)
from hedgerow.core.arrays import frozen, vector
from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments import EuropeanOption, RangePosition, Spot, parse_deribit
from hedgerow.market import PoolState, QuoteTable, Snapshot
from hedgerow.pricing import black76
from numerics import five_point

INDEX, FORWARD = 2_222.19, 2_240.0
AS_OF = 1_704_712_781_429_000_000
USDC_RATE = 0.9973  # away from one, so that a forgotten rate shows
VOLS = {"ETH-26JAN24-2300-C": 0.61, "ETH-26JAN24-2100-P": 0.58, "ETH_USDC-26JAN24-2300-C": 0.6}
NAMES = (
    *VOLS,
    "ETH-PERPETUAL",
    "ETH-26JAN24",
    "ETH_USDC-PERPETUAL",
    "ETH_USDC-26JAN24",
    "ETH_USDC",
)
POOL = PoolName("pool")


def fair_price(name: str) -> float:
    """Price an option at its vol, spot at the index, anything else at the forward."""
    instrument = parse_deribit(name)
    if isinstance(instrument, Spot):
        return INDEX / USDC_RATE
    if not isinstance(instrument, EuropeanOption):
        return FORWARD
    years = (instrument.expiry_ns - AS_OF) / (365 * 86_400 * 1e9)
    inverse = instrument.settle == "ETH"
    return float(black76(FORWARD, instrument.strike, years, VOLS[name], instrument.is_call, inverse=inverse).price[0])


def market() -> Snapshot:
    """A small market in which every kind of instrument is quoted."""
    n = len(NAMES)
    mark = np.array([fair_price(name) for name in NAMES])
    return Snapshot(
        source="made here",
        as_of_ns=AS_OF,
        base=Currency("ETH"),
        index_price=INDEX,
        index_at_ns=AS_OF,
        quotes=QuoteTable(
            names=NAMES,
            bid=vector(mark * 0.99),
            ask=vector(mark * 1.01),
            mark=vector(mark),
            forward=vector(np.full(n, FORWARD)),
            at_ns=frozen(np.full(n, AS_OF)),
        ),
        pools={
            POOL: PoolState(
                name=POOL,
                token0=Currency("USDC"),
                token1=Currency("ETH"),
                decimals0=6,
                decimals1=18,
                fee=0.0005,
                price=INDEX,
                base_is_token0=False,
                liquidity=10**19,
                tick_spacing=10,
                known_at_ns=AS_OF,
                resolution="as stated",
            )
        },
    )


MARKING = Marking(snapshot=market(), vols=VOLS, usd_rates={Currency("USDC"): USDC_RATE})


def contract(name: str, quantity: float, entry: float | None = None) -> Position:
    return ContractPosition(instrument=parse_deribit(name), quantity=quantity, entry_price=entry)


POSITIONS: dict[str, Position] = {
    "coin": Balance(currency=Currency("ETH"), amount=3.0),
    "cash": Balance(currency=Currency("USDC"), amount=-5_000.0),
    "spot pair": contract("ETH_USDC", 2.0),
    "inverse perpetual": contract("ETH-PERPETUAL", 10_000.0, 2_100.0),
    "inverse future": contract("ETH-26JAN24", -4_000.0, 2_300.0),
    "linear perpetual": contract("ETH_USDC-PERPETUAL", -3.0, 2_100.0),
    "linear future": contract("ETH_USDC-26JAN24", 5.0, 2_300.0),
    "inverse call": contract("ETH-26JAN24-2300-C", -7.0),
    "inverse put": contract("ETH-26JAN24-2100-P", 4.0),
    "linear call": contract("ETH_USDC-26JAN24-2300-C", 6.0),
    "liquidity range": LiquidityPosition(
        position=RangePosition(name="lp", pool=POOL, liquidity=10**16, tick_lower=198_260, tick_upper=200_260),
        fees_base=0.1,
        fees_quote=55.0,
    ),
}


def compiled(*positions: Position) -> CompiledBook:
    rows = [row for group, held in enumerate(positions) for row in rows_of(held, MARKING, group)]
    return assemble(rows, base=Currency("ETH"), spot=INDEX, n_group=len(positions))


@pytest.mark.parametrize("name", POSITIONS)
@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
@given(move=st.floats(0.93, 1.07))
def test_greeks_equal_finite_differences(name: str, numeraire: str, move: float) -> None:
    book = compiled(POSITIONS[name])
    spot = INDEX * move

    def value(s: float = spot, vol: float = 0.0, passed: float = 0.0) -> float:
        shifts = {"spot": s, "vol_shift": vol, "years_passed": passed}
        return float(value_book(book, numeraire=numeraire, **shifts)[0].sum())

    worth, delta, gamma, vega, theta, vanna, volga, _ = value_book(book, numeraire=numeraire, spot=spot).sum(axis=1)
    slope, bend = five_point(lambda s: value(s=s), spot, 5.0)
    size = abs(value_book(book, numeraire="USD", spot=spot)).sum() + spot * abs(delta)
    size /= spot if numeraire == "ETH" else 1.0
    assert worth == value()
    # In coin, delta is the net transaction delta S·dW/dS.
    assert abs(delta - slope * (spot if numeraire == "ETH" else 1.0)) <= 1e-7 * size / (
        1 if numeraire == "ETH" else spot
    )
    assert abs(gamma - bend) <= 1e-5 * size / spot**2
    by_vol, _ = five_point(lambda v: value(vol=v), 0.0, 0.01)
    assert abs(vega - by_vol) <= 1e-7 * size
    by_time, _ = five_point(lambda t: value(passed=t), 0.0, 1e-4)
    assert abs(theta - by_time) <= 1e-6 * size

    def vega_at(s: float = spot, vol: float = 0.0) -> float:
        return float(value_book(book, numeraire=numeraire, spot=s, vol_shift=vol)[3].sum())

    by_spot, _ = five_point(lambda s: vega_at(s=s), spot, 5.0)
    assert abs(vanna - by_spot) <= 1e-6 * size / spot
    twice, _ = five_point(lambda v: vega_at(vol=v), 0.0, 0.01)
    assert abs(volga - twice) <= 1e-5 * size


@given(move=st.floats(0.8, 1.25))
def test_coin_delta_is_usd_delta_minus_value_for_every_kind(move: float) -> None:
    spot = INDEX * move
    for name, held in POSITIONS.items():
        book = compiled(held)
        usd = value_book(book, numeraire="USD", spot=spot).sum(axis=1)
        coin = value_book(book, numeraire="ETH", spot=spot).sum(axis=1)
        size = abs(usd[1]) + abs(coin[0])
        assert abs(coin[0] - usd[0] / spot) <= 1e-13 * size, name
        assert abs(coin[1] - (usd[1] - coin[0])) <= 1e-12 * size, name


def test_values_are_what_the_contracts_pay() -> None:
    usd = {name: float(value_book(compiled(held), numeraire="USD")[0].sum()) for name, held in POSITIONS.items()}
    assert usd["coin"] == pytest.approx(3.0 * INDEX)
    assert usd["cash"] == pytest.approx(-5_000.0 * USDC_RATE)
    # Coin P&L N·(1/P0 - 1/P), valued at the index.
    assert usd["inverse perpetual"] == pytest.approx(INDEX * 10_000.0 * (1 / 2_100.0 - 1 / FORWARD))
    assert usd["linear future"] == pytest.approx(5.0 * (FORWARD - 2_300.0) * USDC_RATE)


def test_margin_coins_are_part_of_the_exposure() -> None:
    # Short N dollars of inverse perpetual at P0 with m coins of margin: delta = m - N/P0, whatever the price is now.
    book = compiled(Balance(currency=Currency("ETH"), amount=12.0), contract("ETH-PERPETUAL", -20_000.0, 2_100.0))
    assert exposure_of(book, numeraire="USD").total.delta == pytest.approx(12.0 - 20_000.0 / 2_100.0, rel=1e-14)


@pytest.mark.parametrize("name", NAMES)
def test_a_trade_at_its_mark_is_worth_nothing_and_has_one_delta_in_both_numeraires(name: str) -> None:
    book = assemble(trade_rows(parse_deribit(name), MARKING, 0), base=Currency("ETH"), spot=INDEX, n_group=1)
    usd, coin = (sensitivities_by_group(book, numeraire=numeraire)[:, 0] for numeraire in ("USD", "ETH"))
    assert abs(usd[0]) <= 1e-12 * INDEX
    assert abs(coin[0]) <= 1e-12
    assert coin[1] == pytest.approx(usd[1], rel=1e-12)


def test_a_bought_coin_settled_option_has_the_net_transaction_delta() -> None:
    name = "ETH-26JAN24-2300-C"
    book = assemble(trade_rows(parse_deribit(name), MARKING, 0), base=Currency("ETH"), spot=INDEX, n_group=1)
    held = value_book(compiled(contract(name, 1.0)), numeraire="USD")[1].sum()
    bought = sensitivities_by_group(book, numeraire="USD")[1, 0]
    assert bought == pytest.approx(held - fair_price(name), rel=1e-12)  # delta_BS less the coins paid for it


@given(scale=st.floats(-50.0, 50.0))
def test_exposure_is_linear_in_the_positions(scale: float) -> None:
    one = exposure_of(compiled(*POSITIONS.values()), numeraire="USD").total
    scaled = [
        ContractPosition(instrument=p.instrument, quantity=scale * p.quantity, entry_price=p.entry_price)
        if isinstance(p, ContractPosition)
        else Balance(currency=p.currency, amount=scale * p.amount)
        for p in POSITIONS.values()
        if not isinstance(p, LiquidityPosition)
    ]
    rest = exposure_of(compiled(POSITIONS["liquidity range"]), numeraire="USD").total
    many = exposure_of(compiled(*scaled), numeraire="USD").total
    for greek in ("value", "delta", "gamma", "vega", "theta"):
        expected = scale * (getattr(one, greek) - getattr(rest, greek))
        assert getattr(many, greek) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_buckets_add_up_to_the_whole() -> None:
    exposure = exposure_of(compiled(*POSITIONS.values()), numeraire="ETH")
    for greek in ("value", "delta", "gamma", "vega", "theta"):
        parts = sum(getattr(bucket.sensitivities, greek) for bucket in exposure.buckets)
        assert parts == pytest.approx(getattr(exposure.total, greek), rel=1e-12)
