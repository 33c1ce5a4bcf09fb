"""A market on a chain: which block takes a transaction, what it pays for gas, what reverts and what that costs."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from exchange_worlds import AT_ONCE, NEVER, ONE, SECOND, ledger, told
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.events import Fill, PlaceOrder, Reject
from hedgerow.instruments import parse_deribit
from hedgerow.market.pool_states import PoolToken, UniswapV2Pool
from hedgerow.venues import (
    ChainMarket,
    Chunk,
    Execution,
    GasAuction,
    Listing,
    PoolMarket,
    SimulatedExchange,
    Source,
    StoredPool,
    Tape,
)

SPOT = parse_deribit("ETH_USDC")
BLOCK = 12 * SECOND
BID = GasAuction(priority_gwei=2.0, max_fee_gwei=60.0, gas_units=150_000, revert_units=40_000)


def tape(base_fees: list[float]) -> Tape:
    """A pool at 2000 that does not move, and a base fee for each block."""
    at = np.array([0, *(i * BLOCK for i in range(len(base_fees)))])
    source = np.array([0, *[1] * len(base_fees)])
    a, b = np.array([2_000.0, *base_fees]), np.array([1e5, *[0.0] * len(base_fees)])
    rows = Chunk(known_ns=at, at_ns=at, source=source, a=a, b=b, block=np.zeros(at.size, dtype=np.int64))
    return Tape([Source(kind="pool", name="pool"), Source(kind="gas", name="gas")], [rows])


def chain(base_fees: list[float], auction: GasAuction = BID, pool: Any = None, seed: int = 0) -> ChainMarket:
    rows = tape(base_fees)
    curve = pool or PoolMarket(
        tape=rows,
        source=0,
        gas_source=1,
        pool_fee=0.0005,
        lot=Decimal("0.01"),
        block_ns=BLOCK,
        gas_units=1,
        max_age_ns=NEVER,
    )
    return ChainMarket(
        pool=curve, tape=rows, gas_source=1, lot=Decimal("0.01"), block_ns=BLOCK, auction=auction, seed=seed
    )


def exchange(market: ChainMarket) -> SimulatedExchange:
    return SimulatedExchange(
        listings=(Listing(instrument=SPOT, lot=Decimal("0.01"), market=market),),
        books=ledger(one={"ETH": "10", "USDC": "50000"}),
        delays=AT_ONCE,
        seed=0,
        usd_rates={Currency("USDC"): 1.0},
    )


def place(lots: int, until: int = NEVER - 1, limit: float | None = None) -> PlaceOrder:
    return PlaceOrder(1, ONE, SPOT.name, lots, until, limit)


def test_a_transaction_waits_until_the_base_fee_is_below_its_bid() -> None:
    """EIP-1559: 70 and 61 gwei are above the maximum of 60; at 59 the builder gets 1."""
    venue = exchange(chain([20.0, 70.0, 61.0, 59.0, 20.0]))
    venue.take(place(100), 1)
    (fill,) = told(venue, 100 * BLOCK, Fill)
    assert fill.at_ns == 3 * BLOCK
    assert fill.gas == Decimal(60) * 150_000 * Decimal("1e-9")
    assert venue.books.account(ONE).flow("ETH", "gas").amount == -fill.gas


def test_gas_is_the_base_fee_and_the_priority() -> None:
    venue = exchange(chain([20.0] * 3))
    venue.take(place(100), 1)
    (fill,) = told(venue, 100 * BLOCK, Fill)
    assert (fill.at_ns, fill.gas) == (BLOCK, Decimal(22) * 150_000 * Decimal("1e-9"))


def test_blocks_take_a_transaction_as_often_as_stated() -> None:
    """Geometric: at a chance of 0.3, the mean wait is 1/0.3 blocks and 30 % are in the first."""
    chances = ((0.0, 0.1), (1.5, 0.3), (5.0, 0.9))
    bid = structs.replace(BID, inclusion=chances)
    market = chain([20.0] * 2, bid)
    waits = np.array([market.dealt_with_ns(i) // BLOCK for i in range(4_000)])
    assert waits.mean() == pytest.approx(1 / 0.3, rel=0.05)
    assert (waits == 1).mean() == pytest.approx(0.3, abs=0.025)
    assert [market.dealt_with_ns(i) // BLOCK for i in range(50)] == waits[:50].tolist()
    other = chain([20.0] * 2, bid, seed=1)
    assert [other.dealt_with_ns(i) // BLOCK for i in range(50)] != waits[:50].tolist()


@pytest.mark.parametrize(
    ("limit", "until", "reason"),
    [
        (2_000.0, NEVER - 1, "reverted: the price is beyond the limit"),
        (None, 2 * BLOCK, "reverted: its deadline has passed"),
    ],
)
def test_what_reverts_costs_its_gas_and_trades_nothing(limit: float | None, until: int, reason: str) -> None:
    venue = exchange(chain([70.0, 70.0, 70.0, 40.0]))
    venue.take(place(100, until, limit), 1)
    (answer,) = told(venue, 100 * BLOCK, (Fill, Reject))
    gas = Decimal(42) * 40_000 * Decimal("1e-9")
    assert answer == Reject(3 * BLOCK, 3 * BLOCK, 1, reason, gas)
    assert venue.wasted_gas == [(3 * BLOCK, gas)]
    assert venue.books.account(ONE).balance("USDC").amount == 50_000
    assert venue.books.account(ONE).balance("ETH").amount == 10 - gas


def test_a_bid_that_no_block_takes_is_refused_and_costs_nothing() -> None:
    venue = exchange(chain([70.0] * 3))
    venue.take(place(100, until=50 * BLOCK), 1)
    (answer,) = told(venue, NEVER - 1, Reject)
    assert (answer.reason, answer.gas) == ("it came too late", 0)


PAIR = UniswapV2Pool(
    name=PoolName("pair"),
    tokens=(PoolToken(symbol=Currency("ETH"), decimals=18), PoolToken(symbol=Currency("USDC"), decimals=6)),
    reserve0=1_000 * 10**18,
    reserve1=2_000_000 * 10**6,
    total_supply=10**18,
)


@pytest.mark.parametrize("lots", [1, 250, -1, -250, 40_000])
def test_a_stored_pair_gives_what_its_contract_gives(lots: int) -> None:
    """UniswapV2Library.getAmountOut and getAmountIn, in whole numbers."""
    pool = StoredPool(states=[(5, PAIR)], base=0, quote=1, lot=Decimal("0.01"))
    got = pool.swap(lots, 10)
    assert isinstance(got, Execution)
    coins = abs(lots) * 10**16
    if lots > 0:
        cash = PAIR.reserve1 * coins * 1000 // ((PAIR.reserve0 - coins) * 997) + 1
    else:
        cash = coins * 997 * PAIR.reserve1 // (PAIR.reserve0 * 1000 + coins * 997)
    expected = Fraction(cash, 10**6) / Fraction(coins, 10**18)
    assert abs(Fraction(got.price) - expected) < Fraction(1, 10**20)
    assert (got.price > 2_000) == (lots > 0)
    assert pool.mid(10) == pytest.approx(2_000.0, rel=1e-4)
    assert pool.mid(4) is None


def test_a_stored_pool_on_a_chain_refuses_what_it_does_not_hold() -> None:
    pool = StoredPool(states=[(0, PAIR)], base=0, quote=1, lot=Decimal("0.01"))
    venue = exchange(chain([20.0] * 3, pool=pool))
    venue.take(place(100_001), 1)
    (answer,) = told(venue, 100 * BLOCK, Reject)
    assert answer.reason.startswith("reverted: ")
    assert answer.gas > 0


@pytest.mark.parametrize(
    "terms",
    [
        {"inclusion": ((0.0, 0.9), (1.0, 0.5))},
        {"inclusion": ((0.0, 1.5),)},
        {"max_fee_gwei": 0.0},
        {"revert_units": 10**9},
    ],
)
def test_bids_that_cannot_be_are_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        GasAuction(**({"priority_gwei": 1.0, "max_fee_gwei": 2.0, "gas_units": 10, "revert_units": 5} | terms))
