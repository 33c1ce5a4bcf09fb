"""Histories of real v3 pools, from the logs of the contract: replayed fees are what it pays, to the unit."""

import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import v4_twin
from chain_evm import OWNER
from chain_pools import read_v4
from hedgerow.core.errors import InputError, MarketDataError
from hedgerow.instruments.liquidity import RangePosition
from hedgerow.market.pool_states import UniswapV3Pool
from hedgerow.pools.exact import preview_collect
from hedgerow.pools.exact.ranges import checkpoint
from hedgerow.pools.exact.ticks import sqrt_price_at_tick
from hedgerow.pools.history import (
    CollectProtocolEvent,
    GiftEvent,
    LiquidityEvent,
    PoolEvent,
    ProtocolFeeEvent,
    SwapEvent,
)
from hedgerow.pools.replay import replay_pool
from hedgerow.pools.replay_fees import HeldRanges, fees_of
from pool_lives import Step, do, growths, lives, starts
from v3_twin import MOST, SPACINGS, Twin, borrower, the_world, twin_of

History = tuple[UniswapV3Pool, list[PoolEvent]]


def held_ranges(positions: list[RangePosition], from_rows: list[int], n_row: int, in_pool: bool) -> HeldRanges:
    """Positions to the end of a history."""
    return HeldRanges(
        tick_lower=np.array([held.tick_lower for held in positions], dtype=np.int64),
        tick_upper=np.array([held.tick_upper for held in positions], dtype=np.int64),
        liquidity=np.array([held.liquidity for held in positions], dtype=object),
        from_row=np.array(from_rows, dtype=np.int64),
        to_row=np.full(len(positions), n_row, dtype=np.int64),
        in_pool=np.full(len(positions), in_pool),
    )


def untouched(twin: Twin | v4_twin.Twin, steps: list[Step]) -> None:
    """Live, but let nobody touch a position between its mint and the end, except to burn it whole."""
    for step in steps:
        if step[0] == "burn":
            do(twin, ("burn", step[1], 3))
        elif step[0] != "collect":
            do(twin, step)


@settings(max_examples=200, deadline=None)
@given(
    data=st.data(),
    fee=st.sampled_from(sorted(SPACINGS)),
    growth=st.tuples(growths, growths),
    shares=st.sampled_from([(0, 0), (4, 0), (5, 10)]),
    steps=lives(),
    more=lives(),
)
def test_replayed_fees_are_paid_by_the_contract(
    data: st.DataObject, fee: int, growth: tuple[int, int], shares: tuple[int, int], steps: list[Step], more: list[Step]
) -> None:
    """Mints, swaps and burns on the chain; its logs replayed; every position collects what was replayed."""
    world = the_world()
    price = data.draw(starts(SPACINGS[fee]))
    with world.chain.undone():
        twin = twin_of(world, fee, price, growth, shares)
        before = twin.pool
        untouched(twin, steps)
        twin.contract.call("setFeeProtocol", 6, 0)
        twin.log()
        twin.pool = twin.read()
        untouched(twin, more)
        positions, starts_at = list(twin.held.values()), [twin.minted_before[number] for number in twin.held]
        held = held_ranges(positions, starts_at, len(twin.events), in_pool=True)
        replay = replay_pool(before, twin.events, held.edges() if positions else [])
        assert replay.pool == twin.read()
        if positions:
            fees = fees_of(replay, held, np.array([0, replay.n_row]))
            assert not fees.amounts0[0].any()
            assert not fees.amounts1[0].any()
            paid = [world.manager.call("collect", (number, OWNER, MOST, MOST)) for number in twin.held]
            assert list(zip(fees.amounts0[-1], fees.amounts1[-1], strict=True)) == paid


@settings(max_examples=200, deadline=None)
@given(
    data=st.data(),
    fee=st.sampled_from([0, 100, 3_000, 500_000]),
    spacing=st.sampled_from([10, 60, 200]),
    growth=st.tuples(growths, growths),
    protocol=st.sampled_from([(0, 0), (1_000, 0), (333, 1_000)]),
    gift=st.tuples(st.integers(0, 10**20), st.integers(0, 10**20)),
    steps=lives(),
    more=lives(),
)
def test_v4_pays_what_is_replayed(
    data: st.DataObject,
    fee: int,
    spacing: int,
    growth: tuple[int, int],
    protocol: tuple[int, int],
    gift: tuple[int, int],
    steps: list[Step],
    more: list[Step],
) -> None:
    """The same of v4, whose fees come first for the protocol, with a donation between."""
    world = v4_twin.the_world()
    v4_twin.the_donor()
    price = data.draw(starts(spacing))
    with world.chain.undone():
        twin = v4_twin.twin_of(world, world.key(fee, spacing), price, growth, protocol)
        before = twin.pool
        untouched(twin, steps)
        if twin.pool.liquidity:
            twin.donate(*gift)
        untouched(twin, more)
        positions, starts_at = list(twin.held.values()), [twin.minted_before[number] for number in twin.held]
        held = held_ranges(positions, starts_at, len(twin.events), in_pool=True)
        replay = replay_pool(before, twin.events, held.edges() if positions else [])
        assert replay.pool == read_v4(world, twin.key, twin.touched)
        if positions:
            fees = fees_of(replay, held, np.array([replay.n_row]))
            paid = [
                twin.change(position.tick_lower, position.tick_upper, 0, number)
                for number, position in twin.held.items()
            ]
            assert list(zip(fees.amounts0[-1], fees.amounts1[-1], strict=True)) == paid


@settings(max_examples=200, deadline=None)
@given(
    lent=st.tuples(st.integers(0, 10**18), st.integers(0, 10**18)),
    extra=st.tuples(st.integers(0, 10**24), st.integers(0, 10**24)),
    shares=st.sampled_from([(0, 0), (4, 0), (5, 10)]),
    growth=st.tuples(growths, growths),
)
def test_flash_loans_of_v3(
    lent: tuple[int, int], extra: tuple[int, int], shares: tuple[int, int], growth: tuple[int, int]
) -> None:
    """What a flash loan pays goes to the liquidity in range, less the protocol's part."""
    world = the_world()
    with world.chain.undone():
        twin = twin_of(world, 3_000, sqrt_price_at_tick(7), growth, shares)
        twin.mint(-600, 600, 10**24)
        before, first = twin.pool, len(twin.events)
        payments = tuple(loan - (-loan * 3_000 // 10**6) + more for loan, more in zip(lent, extra, strict=True))
        friend = borrower(twin, (payments[0], payments[1]))
        for token, payment in zip(world.tokens, payments, strict=True):
            token.call("transfer", friend.address, payment)
        friend.call("flash", friend.address, *lent, b"")
        twin.log()
        replay = replay_pool(before, twin.events[first:])
        assert replay.n_row == 1
        assert replay.pool == twin.read()


def test_a_closing_state_shows_what_swaps_do_not() -> None:
    """A gift, a fee of the protocol and its collection show only in the state that was read at the end."""
    world = the_world()
    with world.chain.undone():
        twin = twin_of(world, 3_000, sqrt_price_at_tick(7))
        twin.mint(-600, 600, 10**24)
        before, first = twin.pool, len(twin.events)
        twin.contract.call("setFeeProtocol", 4, 5)
        twin.log()
        friend = borrower(twin, (10**18, 10**17))
        for token in world.tokens:
            token.call("transfer", friend.address, 10**20)
        friend.call("flash", friend.address, 0, 0, b"")
        twin.log()
        twin.pool = twin.read()
        twin.swap(True, True, 10**20, None)
        owed = twin.read()
        events = list(twin.events[first:])
        assert replay_pool(before, events, closing=owed).pool == owed
        assert [type(one) for one in events] == [ProtocolFeeEvent, GiftEvent, SwapEvent]
        for hole, words in ((0, "fee_protocol is 0"), (1, "fee_growth_global0_x128 is")):
            short = events[:hole] + events[hole + 1 :]
            replay_pool(before, short)  # every swap fits all the same
            with pytest.raises(MarketDataError, match=f"does not lead to its closing state: .*{words}"):
                replay_pool(before, short, closing=owed)
        taken = twin.contract.call("collectProtocol", OWNER, MOST, MOST)
        whole = [*events, CollectProtocolEvent(amount0=taken[0], amount1=taken[1])]
        assert taken[0] > 0
        assert replay_pool(before, whole, closing=twin.read()).pool == twin.read()
        with pytest.raises(MarketDataError, match="row 4 of its history: the protocol takes"):
            replay_pool(before, [*whole, whole[-1]])


@pytest.fixture(scope="module")
def history() -> History:
    """A pool that was swapped up and down through its ranges for a while, on the chain."""
    world = the_world()
    draws = np.random.default_rng(5)
    with world.chain.undone():
        twin = twin_of(world, 3_000, sqrt_price_at_tick(-100) + 5)
        for width in (2, 4, 9, 30):
            twin.mint(-60 * width, 60 * (width + 1), 10**20)
        before, first = twin.pool, len(twin.events)
        for _ in range(60):
            down = bool(draws.random() < (0.3 if twin.pool.tick < 0 else 0.7))
            twin.swap(down, bool(draws.random() < 0.7), int(draws.integers(10, 150)) * 10**18, None)
    return before, twin.events[first:]


def test_rows_between(history: History) -> None:
    """Fees at every row are those of the pool as it stood there."""
    pool, events = history
    position = RangePosition(
        name="one", pool=pool.name, liquidity=10**15, tick_lower=-120, tick_upper=180, fees=checkpoint(pool, -120, 180)
    )
    held = held_ranges([position], [0], len(events), in_pool=True)
    fees = fees_of(replay_pool(pool, events, held.edges()), held, np.arange(len(events) + 1))
    for row in range(0, len(events) + 1, 7):
        there = replay_pool(pool, events[:row]).pool
        assert preview_collect(there, position) == (fees.amounts0[row, 0], fees.amounts1[row, 0])


def test_a_virtual_range_shares_at_the_margin(history: History) -> None:
    """Ranges that tile the pool's earn together what the whole earns, though the pool knows none of their edges."""
    pool, events = history
    liquidity = 10**18
    tiles = list(range(-240, 301, 60))
    inner = [tick for tick in tiles if tick not in pool.ticks]
    assert inner
    parts = [
        RangePosition(name=f"{low}", pool=pool.name, liquidity=liquidity, tick_lower=low, tick_upper=high)
        for low, high in itertools.pairwise(tiles)
    ]
    whole = RangePosition(name="whole", pool=pool.name, liquidity=liquidity, tick_lower=-240, tick_upper=300)
    held = held_ranges([whole, *parts], [0] * (len(parts) + 1), len(events), in_pool=False)
    fees = fees_of(replay_pool(pool, events, held.edges()), held, np.array([len(events)]))
    for paid in (fees.amounts0[0], fees.amounts1[0]):
        assert paid[0] > 0
        assert sum(part > 0 for part in paid[1:]) > 1
        assert 0 <= paid[0] - sum(paid[1:]) <= len(parts)  # each is rounded down


def test_a_virtual_range_earns_what_a_tiny_real_one_is_paid() -> None:
    """The same swaps with a tiny position in the pool: its fees are the virtual one's, but for its own dilution."""
    world = the_world()
    paid = []
    for real in (False, True):
        with world.chain.undone():
            twin = twin_of(world, 500, sqrt_price_at_tick(3))
            twin.mint(-3_000, 3_000, 10**24)
            if real:
                twin.mint(-70, 90, 10**12)
            before, first = twin.pool, len(twin.events)
            draws = np.random.default_rng(9)
            for turn in range(40):
                twin.swap(turn % 2 == 0, True, int(draws.integers(1_000, 90_000)) * 10**18, None)
            position = RangePosition(name="tiny", pool=before.name, liquidity=2 * 10**14, tick_lower=-70, tick_upper=90)
            held = held_ranges([position], [0], len(twin.events) - first, in_pool=real)
            fees = fees_of(
                replay_pool(before, twin.events[first:], held.edges()), held, np.array([len(twin.events) - first])
            )
            paid.append((int(fees.amounts0[0, 0]), int(fees.amounts1[0, 0])))
    assert min(paid[0]) > 10**9
    assert paid[0] == pytest.approx(paid[1], rel=1e-7)


def test_a_history_with_a_hole_or_a_lie(history: History) -> None:
    """Whatever event is missing or changed, the replay names a row."""
    pool, events = history
    with pytest.raises(MarketDataError, match="row 10 of its history"):
        replay_pool(pool, events[:10] + events[11:])
    for field, by in (("amount0", 1), ("amount1", 1), ("sqrt_price_x96", 1), ("liquidity", -1), ("tick", 1)):
        event = events[20]
        assert isinstance(event, SwapEvent)
        lie = msgspec.structs.replace(event, **{field: getattr(event, field) + by})
        with pytest.raises(MarketDataError, match="row 20 of its history"):
            replay_pool(pool, [*events[:20], lie, *events[21:]])
    mint = LiquidityEvent(tick_lower=-60, tick_upper=60, delta=10**18, amounts=(1, 1))
    with pytest.raises(MarketDataError, match="row 0 of its history: amounts of"):
        replay_pool(pool, [mint])
    with pytest.raises(MarketDataError, match="row 0 of its history"):
        replay_pool(pool, [LiquidityEvent(tick_lower=-60, tick_upper=60, delta=-(10**18))])
    with pytest.raises(MarketDataError, match="fees without liquidity"):
        replay_pool(msgspec.structs.replace(pool, liquidity=0, ticks={}), [GiftEvent(amount0=1, amount1=1)])


def test_positions_that_a_history_does_not_have(history: History) -> None:
    """Edges off the spacing or unwatched, rows that do not exist, more liquidity than the pool has: all named."""
    pool, events = history
    position = RangePosition(name="one", pool=pool.name, liquidity=10**15, tick_lower=-120, tick_upper=180)
    replay = replay_pool(pool, events, [-120, 180, -60])
    good = held_ranges([position], [0], len(events), in_pool=True)
    end = np.array([len(events)])
    assert fees_of(replay, good, end).amounts0[0, 0] > 0

    def refused(match: str, rows: np.ndarray = end, **changes: object) -> None:
        fields = {name: getattr(good, name) for name in good.__slots__}
        with pytest.raises(InputError, match=match):
            fees_of(replay, HeldRanges(**(fields | changes)), rows)

    refused("off the tick spacing", tick_lower=np.array([-119]))
    refused("was not watched", tick_lower=np.array([-240]))
    refused("bears a liquidity of", tick_lower=np.array([-60]))
    refused("bears a liquidity of", liquidity=np.array([10**30], dtype=object))
    refused("a liquidity of 0", liquidity=np.array([0], dtype=object))
    refused("held from row 5 to 4", from_row=np.array([5]), to_row=np.array([4]))
    refused("rows -1 to -1", rows=np.array([-1]))
    with pytest.raises(InputError, match="edges"):
        replay_pool(pool, events, [900_000])
