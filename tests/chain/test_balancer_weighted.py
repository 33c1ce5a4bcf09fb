"""Weighted pools: our whole numbers equal those of Balancer's own contract, and its burns move as the curve says."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from balancer_world import BalancerWorld, balancer_world
from chain_evm import OWNER, Contract, Reverted
from hedgerow.core.errors import InputError
from hedgerow.core.ids import PoolName
from hedgerow.instruments import PoolShare
from hedgerow.market.pool_states import BalancerWeightedPool
from hedgerow.pools.curves import curve_of
from hedgerow.pools.exact import balancer_weighted as exact

EXAMPLES = settings(max_examples=200, deadline=None)
ONE = 10**18


@dataclasses.dataclass(frozen=True)
class Case:
    decimals: tuple[int, ...]
    weights: tuple[int, ...]
    whole: tuple[float, ...]
    fee: int
    protocol_fee: int
    tokens: tuple[int, int]
    part: float


@st.composite
def cases(draw: Any, most: int = 8) -> Case:
    n = draw(st.integers(2, most))
    shares = draw(st.lists(st.integers(1, 50), min_size=n, max_size=n))
    free = ONE - n * ONE // 100  # the contract wants a hundredth at least
    weights = [ONE // 100 + free * share // sum(shares) for share in shares]
    weights[0] += ONE - sum(weights)
    pair = draw(st.permutations(range(n)))
    return Case(
        decimals=tuple(draw(st.lists(st.sampled_from([6, 8, 18]), min_size=n, max_size=n))),
        weights=tuple(weights),
        whole=tuple(draw(st.lists(st.floats(1.0, 1e9), min_size=n, max_size=n))),
        fee=draw(st.sampled_from([10**12, 3 * 10**15, 10**17]) | st.integers(10**12, 10**17)),
        protocol_fee=draw(st.sampled_from([0, 5 * 10**17]) | st.integers(0, 5 * 10**17)),
        tokens=(pair[0], pair[1]),
        part=draw(st.sampled_from([1e-6, 0.299]) | st.floats(1e-6, 0.299)),
    )


def _made(case: Case) -> tuple[BalancerWorld, Contract, list[tuple[str, int]]]:
    world = balancer_world()
    world.take_protocol_fee(case.protocol_fee)
    tokens = world.tokens(case.decimals)
    addresses = [address for address, _ in tokens]
    pool = world.weighted_pool(addresses, case.weights, case.fee)
    balances = [int(whole * 10**digits) for whole, (_, digits) in zip(case.whole, tokens, strict=True)]
    world.join(pool, addresses, balances)
    return world, pool, tokens


@EXAMPLES
@given(cases())
def test_swaps_and_exits_equal_the_contract_to_the_unit(case: Case) -> None:
    world = balancer_world()
    with world.chain.undone():
        world, pool, tokens = _made(case)
        before = world.weighted_state(pool, tokens)
        there, back = case.tokens
        amount = max(int(before.balances[there] * case.part), 1)
        swap = exact.preview_swap(before, there, back, amount)
        assert swap.amount_out == world.swap(pool, tokens[there][0], tokens[back][0], amount)
        middle = world.weighted_state(pool, tokens)
        assert middle == swap.pool

        wanted = int(middle.balances[there] * case.part * 0.9)
        if wanted:
            cost = exact.swap_cost(middle, back, there, wanted)
            paid = world.swap(pool, tokens[back][0], tokens[there][0], wanted, given_out=True)
            assert paid == cost.amount_in
        after = world.weighted_state(pool, tokens)
        shares = pool.call("balanceOf", OWNER) * int(10**7 * case.part) // 10**7
        burn = exact.preview_burn(after, PoolShare(name="mine", pool=PoolName("pool"), shares=shares))
        assert list(burn) == world.exit(pool, [address for address, _ in tokens], shares)


@EXAMPLES
@given(cases())
def test_the_invariant_equals_the_contract_to_the_unit(case: Case) -> None:
    with balancer_world().chain.undone():
        world, pool, tokens = _made(case)
        state = world.weighted_state(pool, tokens)
        held = [
            balance * 10 ** (18 - token.decimals) for balance, token in zip(state.balances, state.tokens, strict=True)
        ]
        assert exact.invariant(held, state.weights) == pool.call("getInvariant")


@EXAMPLES
@given(cases(), st.floats(0.3001, 3.0))
def test_what_the_contract_refuses_is_refused(case: Case, part: float) -> None:
    with balancer_world().chain.undone():
        world, pool, tokens = _made(case)
        state = world.weighted_state(pool, tokens)
        there, back = case.tokens
        amount = int(state.balances[there] * part / (1.0 - case.fee / ONE)) + 2
        with pytest.raises(Reverted):
            world.swap(pool, tokens[there][0], tokens[back][0], amount)
        with pytest.raises(InputError, match="three tenths"):
            exact.preview_swap(state, there, back, amount)


def _exit_of_half(world: BalancerWorld, pool: Contract, tokens: list[tuple[str, int]]) -> np.ndarray:
    with world.chain.undone():
        paid = world.exit(pool, [address for address, _ in tokens], pool.call("balanceOf", OWNER) // 2)
    return np.array([out / 10**digits for out, (_, digits) in zip(paid, tokens, strict=True)])


@EXAMPLES
@given(cases(most=4), st.floats(0.002, 0.02))
def test_burns_move_with_swaps_as_delta_and_gamma_say(case: Case, part: float) -> None:
    """Swap in the real pool, and compare what a burn pays with the curve at the prices after the swap.

    The fee is the smallest the contract takes, 10^-6, and the protocol has none. A burn that pays x before and after
    has a delta x; its change is gamma times the move of the prices, with an error of the third order.
    """
    case = dataclasses.replace(case, fee=10**12, protocol_fee=0, whole=tuple(max(w, 1e4) for w in case.whole))
    with balancer_world().chain.undone():
        world, pool, tokens = _made(case)
        before = world.weighted_state(pool, tokens)
        there, back = case.tokens
        curve = curve_of(before)
        share = 0.5 * pool.call("balanceOf", OWNER) / before.total_supply
        first = _exit_of_half(world, pool, tokens)
        here = curve.spot_prices()
        assert first == pytest.approx(share * curve.at(here[None, :]).amounts[0], rel=1e-9)

        world.swap(pool, tokens[there][0], tokens[back][0], int(before.balances[there] * part))
        second = _exit_of_half(world, pool, tokens)
        moved = curve_of(world.weighted_state(pool, tokens)).spot_prices()
        weights = np.array(case.weights) / ONE
        bump = part / min(weights[there], weights[back])
        assume(bump < 0.2)
        # fees and rounding keep at most 1e-6 of the swap in the pool
        assert second == pytest.approx(share * curve.at(moved[None, :]).amounts[0], rel=3e-6 * part + 1e-9)

        gammas = curve.at(np.stack([here, moved])).gamma.mean(axis=0)
        change = second - first
        predicted = share * gammas @ (moved - here)
        touched = np.isin(np.arange(len(tokens)), (there, back))
        assert change[touched] == pytest.approx(predicted[touched], rel=2.0 * bump**2 + 1e-4)
        assert np.all(np.abs(predicted[~touched]) <= 2.0 * bump**2 * first[~touched] * part + 1e-9 * first[~touched])


def test_a_pool_of_the_book_is_what_the_curve_reads() -> None:
    with balancer_world().chain.undone():
        case = Case((6, 18), (ONE // 5, ONE - ONE // 5), (2e6, 500.0), 10**15, 0, (0, 1), 0.1)
        world, pool, tokens = _made(case)
        state = world.weighted_state(pool, tokens)
        assert isinstance(state, BalancerWeightedPool)
        assert exact.preview_collect(state, PoolShare(name="mine", pool=PoolName("pool"), shares=1)) == (0, 0)
        with pytest.raises(InputError, match="issued"):
            exact.preview_burn(state, PoolShare(name="mine", pool=PoolName("pool"), shares=state.total_supply + 1))
