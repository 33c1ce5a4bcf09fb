"""Stable pools: our whole numbers equal those of Balancer's own contract; it is the second oracle of Curve's pools."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from balancer_world import BalancerWorld, balancer_world
from chain_evm import OWNER, Contract, Reverted
from hedgerow.core.errors import InputError, SolveError
from hedgerow.core.ids import PoolName
from hedgerow.instruments import PoolShare
from hedgerow.market.pool_states import BalancerStablePool, CurveStablePool
from hedgerow.pools.curves import curve_of
from hedgerow.pools.exact import balancer_stable as exact
from hedgerow.pools.exact import curve_stable

EXAMPLES = settings(max_examples=200, deadline=None)
ONE = 10**18
NOT_ENDED = ("BAL#321", "BAL#322")  # the contract's iterations for the invariant and for a balance

Ours = TypeVar("Ours")
Theirs = TypeVar("Theirs")


@dataclasses.dataclass(frozen=True)
class Case:
    decimals: tuple[int, ...]
    whole: tuple[float, ...]
    amplification: int
    fee: int
    protocol_fee: int
    tokens: tuple[int, int]
    part: float


@st.composite
def cases(draw: Any) -> Case:
    n = draw(st.integers(2, 5))
    pair = draw(st.permutations(range(n)))
    size = draw(st.sampled_from([1e3, 1e6, 1e9]))
    tilt = draw(st.sampled_from([0.0, 0.5, 3.0]))
    tilts = draw(st.lists(st.floats(-1.0, 1.0), min_size=n, max_size=n))
    return Case(
        decimals=tuple(draw(st.lists(st.sampled_from([6, 8, 18]), min_size=n, max_size=n))),
        whole=tuple(size * float(np.exp(tilt * own)) for own in tilts),
        amplification=draw(st.sampled_from([1, 5_000]) | st.integers(1, 5_000)),
        fee=draw(st.sampled_from([10**12, 10**15, 10**17]) | st.integers(10**12, 10**17)),
        protocol_fee=draw(st.sampled_from([0, 5 * 10**17]) | st.integers(0, 5 * 10**17)),
        tokens=(pair[0], pair[1]),
        part=draw(st.sampled_from([1e-4, 3.0]) | st.floats(1e-4, 3.0)),
    )


def _made(case: Case) -> tuple[BalancerWorld, Contract, list[tuple[str, int]]]:
    world = balancer_world()
    world.take_protocol_fee(case.protocol_fee)
    tokens = world.tokens(case.decimals)
    addresses = [address for address, _ in tokens]
    pool = world.stable_pool(addresses, case.amplification, case.fee)
    balances = [int(whole * 10**digits) for whole, (_, digits) in zip(case.whole, tokens, strict=True)]
    held = [balance * 10 ** (18 - digits) for balance, (_, digits) in zip(balances, tokens, strict=True)]
    _alike(lambda: exact.invariant(held, case.amplification * 1_000), lambda: world.join(pool, addresses, balances))
    return world, pool, tokens


def _alike(ours: Callable[[], Ours], theirs: Callable[[], Theirs]) -> tuple[Ours, Theirs]:
    """What ours and the contract's give. Where the contract's iteration does not end, ours must say the same."""
    try:
        paid = theirs()
    except Reverted as refusal:
        if refusal.reason not in NOT_ENDED:
            raise
        with pytest.raises(SolveError):
            ours()
        reject()
    return ours(), paid


@contextlib.contextmanager
def _where_it_ends() -> Iterator[None]:
    """Give an example up where the contract's iteration does not end; that ours then says so is another test's."""
    try:
        yield
    except Reverted as refusal:
        if refusal.reason not in NOT_ENDED:
            raise
        reject()


@EXAMPLES
@given(cases())
def test_swaps_and_exits_equal_the_contract_to_the_unit(case: Case) -> None:
    with balancer_world().chain.undone():
        world, pool, tokens = _made(case)
        before = world.stable_state(pool, tokens)
        held = [own * 10 ** (18 - token.decimals) for own, token in zip(before.balances, before.tokens, strict=True)]
        assert exact.invariant(held, before.amplification) == before.last_invariant
        there, back = case.tokens
        amount = max(int(before.balances[there] * case.part), 1)
        swap, received = _alike(
            lambda: exact.preview_swap(before, there, back, amount),
            lambda: world.swap(pool, tokens[there][0], tokens[back][0], amount),
        )
        assert swap.amount_out == received
        middle = world.stable_state(pool, tokens)
        assert middle == swap.pool

        wanted = int(middle.balances[there] * min(case.part, 0.9))
        cost, paid = _alike(
            lambda: exact.swap_cost(middle, back, there, wanted),
            lambda: world.swap(pool, tokens[back][0], tokens[there][0], wanted, given_out=True),
        )
        assert paid == cost.amount_in
        after = world.stable_state(pool, tokens)
        shares = pool.call("balanceOf", OWNER) * int(10**6 * min(case.part, 0.9)) // 10**6
        burn, paid_out = _alike(
            lambda: exact.preview_burn(after, PoolShare(name="mine", pool=PoolName("pool"), shares=shares)),
            lambda: world.exit(pool, [address for address, _ in tokens], shares),
        )
        assert list(burn) == paid_out


@EXAMPLES
@given(cases())
def test_curves_pool_of_the_same_invariant_agrees(case: Case) -> None:
    """Balancer's contract is the second oracle of Curve's StableSwap, whose bytecode no package ships.

    Fees are put back by hand: Balancer takes them of what is paid. What is left is Balancer's own rounding.
    """
    case = dataclasses.replace(case, fee=10**12, protocol_fee=0)
    with balancer_world().chain.undone():
        world, pool, tokens = _made(case)
        state = world.stable_state(pool, tokens)
        twin = _twin(state)
        there, back = case.tokens
        amount = max(int(state.balances[there] * case.part), 10**6)
        with _where_it_ends():
            out = world.swap(pool, tokens[there][0], tokens[back][0], amount)
        fee = exact.preview_swap(state, there, back, amount).fee
        swap = curve_stable.preview_swap(twin, there, back, amount - fee)
        assert isinstance(swap.pool, CurveStablePool)
        of_d, of_amount = _rounding(twin, swap.pool, back)
        unit = 10 ** (18 - tokens[back][1])
        assert abs(curve_stable.invariant(twin) - state.last_invariant) <= of_d
        assert -1 - of_d / unit <= swap.amount_out - out <= 1 + of_amount / unit
        burn = exact.preview_burn(state, PoolShare(name="mine", pool=PoolName("pool"), shares=state.total_supply // 3))
        same = curve_stable.preview_burn(
            twin, PoolShare(name="mine", pool=PoolName("pool"), shares=state.total_supply // 3)
        )
        # Balancer rounds the share to 18 decimals first
        for one, other, balance in zip(burn, same, state.balances, strict=True):
            assert 0 <= other - one <= 1 + balance // ONE


def _rounding(before: CurveStablePool, after: CurveStablePool, token: int) -> tuple[float, float]:
    """How far Balancer's roundings may move its D, and its amount out, in units of 10^-18.

    Its D_P is a product made with a division at every step: a unit lost grows with the steps that follow. Its quadratic
    y² + (b - D)·y = c has D/Ann in b cut to thousands of units, and in c a quotient rounded up that is then taken
    1000 times the old balance.
    """
    held, n = curve_stable.scaled_balances(before), len(before.tokens)
    level, annual = curve_stable.invariant(before), before.amplification * n / 1_000
    of_d = 4.0 + n * float(np.prod([max(1.0, level / (n * own)) for own in held]))
    moved = curve_stable.scaled_balances(after)
    y, rest = float(moved[token]), float(sum(moved) - moved[token])
    shifted = rest + level / annual - level
    slope = 2.0 * y + shifted
    of_level = (y + (n + 1) * (y * y + shifted * y) / level) / slope
    return of_d * max(1.0, of_level), 4.0 + 1_000.0 * (held[token] + y) / slope + of_level * of_d


def _twin(state: BalancerStablePool) -> CurveStablePool:
    return CurveStablePool(
        name=state.name,
        tokens=state.tokens,
        balances=state.balances,
        amplification=state.amplification,
        rates=tuple(10 ** (36 - token.decimals) for token in state.tokens),
        fee=0,
        admin_fee=0,
        total_supply=state.total_supply,
        a_precision=1_000,
    )


def _exit_of_half(world: BalancerWorld, pool: Contract, tokens: list[tuple[str, int]]) -> np.ndarray:
    with world.chain.undone():
        paid = world.exit(pool, [address for address, _ in tokens], pool.call("balanceOf", OWNER) // 2)
    return np.array([out / 10**digits for out, (_, digits) in zip(paid, tokens, strict=True)])


@EXAMPLES
@given(cases(), st.floats(0.002, 0.02))
def test_burns_move_with_swaps_as_delta_and_gamma_say(case: Case, part: float) -> None:
    """Swap in the real pool, and compare what a burn pays with the curve at the prices after the swap."""
    case = dataclasses.replace(case, fee=10**12, protocol_fee=0)
    with balancer_world().chain.undone():
        world, pool, tokens = _made(case)
        before = world.stable_state(pool, tokens)
        there, back = case.tokens
        curve = curve_of(before)
        share = 0.5 * pool.call("balanceOf", OWNER) / before.total_supply
        with _where_it_ends():
            first = _exit_of_half(world, pool, tokens)
        here = curve.spot_prices()
        cut = np.array([1.01 / 10**digits for _, digits in tokens])  # the burn rounds down to a unit
        assert np.all(np.abs(first - share * curve.at(here[None, :]).amounts[0]) <= cut + 1e-10 * first)

        least = min(before.balances[there], before.balances[back] * 10 ** (tokens[there][1]) // 10 ** tokens[back][1])
        with _where_it_ends():
            world.swap(pool, tokens[there][0], tokens[back][0], int(least * part))
            second = _exit_of_half(world, pool, tokens)
        moved = curve_of(world.stable_state(pool, tokens)).spot_prices()
        ends = curve.at(np.stack([here, moved]))
        # what fees keep in the pool moves the amounts at given prices by their elasticity in these
        reaction = 1.0 + np.sum(np.abs(ends.gamma[1]) * moved, axis=1) / ends.amounts[1]
        assert np.all(np.abs(second - share * ends.amounts[1]) <= cut + (1e-6 * part + 1e-9) * reaction * second)

        change, ways = second - first, share * ends.gamma @ (moved - here)
        predicted = ways.mean(axis=0)
        for token in (there, back):
            # The mean of both ends is off by the square of what they differ by, of this token's own gamma.
            apart = abs(ways[1, token] - ways[0, token]) / abs(predicted[token])
            assume(apart < 0.3)
            assert abs(change[token] - predicted[token]) <= 2.0 * cut[token] + (apart**2 + 1e-3) * abs(change[token])


def test_what_the_contract_refuses_is_refused() -> None:
    case = Case((6, 18), (1e6, 1e6), 100, 10**15, 0, (0, 1), 0.1)
    with balancer_world().chain.undone():
        world, pool, tokens = _made(case)
        state = world.stable_state(pool, tokens)
        everything = state.balances[1]
        with pytest.raises(Reverted):
            world.swap(pool, tokens[0][0], tokens[1][0], everything, given_out=True)
        with pytest.raises(InputError, match="all of a token"):
            exact.swap_cost(state, 0, 1, everything)
        assert exact.preview_collect(state, PoolShare(name="mine", pool=PoolName("pool"), shares=1)) == (0, 0)
        with pytest.raises(InputError, match="issued"):
            exact.preview_burn(state, PoolShare(name="mine", pool=PoolName("pool"), shares=state.total_supply + 1))
