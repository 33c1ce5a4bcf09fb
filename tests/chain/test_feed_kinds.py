"""Every kind of pool read from a node: its struct holds what the contract's own views say."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak

from anvil import (
    AnvilChain,
    answering_code,
    anvil,
    deploy_balancer,
    deploy_v2,
    deploy_v4,
    install_multicall,
    stable_pool,
    weighted_pool,
)
from chain_evm import OWNER, V2_CORE, V2_PERIPHERY, ZERO, Contract, V4World, approve, compiled, v4_artifact
from feeds import SQRT_ONE, Follower, followed, fresh, number, same
from hedgerow.core.errors import InputError, Rejected
from hedgerow.market import (
    BalancerStablePool,
    BalancerWeightedPool,
    CurveCryptoPool,
    CurveStablePool,
    UniswapV2Pool,
    UniswapV4Pool,
)
from hedgerow.venues.chain import (
    Answer,
    FollowedBlock,
    ManagerPosition,
    Node,
    OwnedShare,
    PoolKey,
    V4Layout,
    pool_reader,
)
from hedgerow.venues.chain.live import LiveWire
from hedgerow.venues.chain.readers import _hook_notes
from hedgerow.venues.chain.uniswap import DYNAMIC_FEE

CURVE = "0x" + 20 * "c1"


@pytest.fixture(scope="module", params=[True, False], ids=["multicall", "batches"])
def chain(request: pytest.FixtureRequest) -> Iterator[AnvilChain]:
    with anvil() as running:
        if request.param:
            install_multicall(running)
        yield running


def read(chain: AnvilChain, address: str, **how: Any) -> Any:
    return asyncio.run(fresh(chain, address, "latest", **how))


def test_a_pair(chain: AnvilChain) -> None:
    world = deploy_v2(chain)
    for token in world.tokens:
        token.call("transfer", world.pair.address, 10**20)
    world.pair.call("mint", OWNER)

    async def play(follower: Follower, _: Node) -> list[FollowedBlock]:
        seen = await follower.until(number(chain))
        world.tokens[0].call("transfer", world.pair.address, 10**18)
        world.pair.call("swap", 0, 9 * 10**17, OWNER, b"")
        world.factory.call("setFeeTo", OWNER)
        world.tokens[1].call("transfer", world.pair.address, 10**18)
        world.tokens[0].call("transfer", world.pair.address, 10**18)
        world.pair.call("mint", OWNER)
        seen += await follower.until(number(chain))
        await same(chain, seen)
        return seen

    share = OwnedShare(token=world.pair.address.lower(), owner=OWNER)
    seen = followed(chain.ipc, world.pair.address, play, [share])
    pool = seen[-1].pool
    assert isinstance(pool, UniswapV2Pool)
    assert (pool.reserve0, pool.reserve1) == tuple(world.pair.call("getReserves")[:2])
    assert pool.total_supply == world.pair.call("totalSupply")
    assert pool.k_last == world.pair.call("kLast") > 0
    assert pool.fee_on
    assert not seen[0].pool.fee_on
    assert seen[-1].positions[0].shares == world.pair.call("balanceOf", OWNER) > seen[0].positions[0].shares


def test_a_pair_through_reorganisations(chain: AnvilChain) -> None:
    world = deploy_v2(chain)
    for token in world.tokens:
        token.call("transfer", world.pair.address, 10**20)
    world.pair.call("mint", OWNER)

    async def play(follower: Follower, _: Node) -> list[FollowedBlock]:
        await follower.until(number(chain))
        for _i in range(3):
            world.tokens[0].call("transfer", world.pair.address, 10**18)
            world.pair.call("sync")
        await follower.until(number(chain))
        chain.rpc("anvil_reorg", 4, [])
        chain.mine(1)
        seen = await follower.until(number(chain))
        await same(chain, seen)
        return seen

    seen = followed(chain.ipc, world.pair.address, play)
    assert len(seen[0].reverted) == 4
    assert seen[-1].pool.reserve0 == 10**20 + 10**18  # the last two donations and their syncs are gone


def test_a_pair_whose_token_shrinks_is_refused(chain: AnvilChain) -> None:
    world = deploy_v2(chain)
    for token in world.tokens:
        token.call("transfer", world.pair.address, 10**20)
    world.pair.call("mint", OWNER)
    chain.rpc("anvil_impersonateAccount", world.pair.address)
    chain.rpc("anvil_setBalance", world.pair.address, hex(10**18))
    world.tokens[0].call("transfer", OWNER, 1, sender=world.pair.address)  # as a token that shrinks would do
    with pytest.raises(Rejected, match="it shrinks"):
        read(chain, world.pair.address)


@pytest.mark.parametrize("synced", [False, True])
def test_a_pair_whose_token_takes_a_fee_of_transfers_is_refused(chain: AnvilChain, synced: bool) -> None:
    world = deploy_v2(chain)
    taxed = chain.deploy(compiled(V2_PERIPHERY, "build/DeflatingERC20.json"), 10**30)  # keeps one in a hundred
    address = world.factory.call("createPair", taxed.address, world.tokens[0].address)
    pair = chain.at(address, compiled(V2_CORE, "build/UniswapV2Pair.json"))
    for token in (taxed, world.tokens[0]):
        token.call("transfer", address, 10**20)
    pair.call("mint", OWNER)
    if synced:
        pair.call("sync")
    assert taxed.call("balanceOf", address) in pair.call("getReserves")  # nothing is missing that could be seen
    with pytest.raises(Rejected, match="of 99000000000000000 units of DTT that it pays 98010000000000000 arrive"):
        read(chain, address)


def test_what_a_pair_holds_and_does_not_count_is_said(chain: AnvilChain) -> None:
    world = deploy_v2(chain)
    for token in world.tokens:
        token.call("transfer", world.pair.address, 10**20)
    world.pair.call("mint", OWNER)
    world.tokens[1].call("transfer", world.pair.address, 77)
    assert [one.split(" more than")[0].split(" of ")[0] for one in _notes(chain, world.pair.address)] == [
        "the pair holds 77 units"
    ]
    world.pair.call("sync")
    assert not _notes(chain, world.pair.address)


def _notes(chain: AnvilChain, address: str) -> tuple[str, ...]:
    async def ask() -> tuple[str, ...]:
        wire = LiveWire(chain.ipc)
        try:
            node = Node(wire)
            return (await pool_reader(node, address, await node.header("latest"))).notes
        finally:
            await wire.close()

    return asyncio.run(ask())


def test_a_node_that_tries_no_transfers_is_named(chain: AnvilChain) -> None:
    class Plain(LiveWire):
        """A node that knows no third argument."""

        async def ask(self, questions: Any) -> Any:
            if any(one.method == "eth_call" and len(one.params) > 2 for one in questions):
                return [Answer(None, "too many arguments, want at most 2")]
            return await super().ask(questions)

    world = deploy_v2(chain)
    for token in world.tokens:
        token.call("transfer", world.pair.address, 10**20)
    world.pair.call("mint", OWNER)

    async def ask() -> tuple[str, ...]:
        wire = Plain(chain.ipc)
        try:
            node = Node(wire)
            return (await pool_reader(node, world.pair.address, await node.header("latest"))).notes
        finally:
            await wire.close()

    notes = asyncio.run(ask())
    assert len(notes) == 2
    assert all(one.startswith("not checked: whether UNI-V2") and "too many arguments" in one for one in notes)


@pytest.fixture(scope="module")
def v4(chain: AnvilChain) -> V4World:
    return deploy_v4(chain)


def _pool_key(world: V4World, hooks: str = ZERO) -> PoolKey:
    ends = (token.address.lower() for token in world.tokens)
    return PoolKey(**dict(zip(("currency0", "currency1"), ends, strict=True)), fee=3000, tick_spacing=60, hooks=hooks)


def test_a_pool_of_the_v4_manager(chain: AnvilChain, v4: V4World) -> None:
    key, named = v4.key(3000, 60), _pool_key(v4)
    v4.manager.call("initialize", key, SQRT_ONE)
    for lower, upper in ((-600, 600), (-60, 60)):
        v4.liquidity.call(_CHANGE, key, (lower, upper, 10**21, bytes(32)), b"")

    async def play(follower: Follower, _: Node) -> list[FollowedBlock]:
        seen = await follower.until(number(chain))
        v4.swaps.call("swap", key, (True, -(10**19), 2**96 // 2), (False, False), b"")
        v4.liquidity.call(_CHANGE, key, (-120, 120, 10**20, bytes(32)), b"")
        v4.swaps.call("swap", key, (False, -2 * 10**19, 2**97), (False, False), b"")
        v4.liquidity.call(_CHANGE, key, (-60, 60, -(10**20), bytes(32)), b"")
        chain.mine(1)
        seen += await follower.until(number(chain))
        await same(chain, seen, v4.manager.address, key=named)
        return seen

    layout = V4Layout(name="p", emitter=v4.manager.address.lower(), tokens=(), key=named)
    mine = ManagerPosition(layout=layout, owner=v4.liquidity.address.lower(), tick_lower=-60, tick_upper=60)
    seen = followed(chain.ipc, v4.manager.address, play, [mine], key=named)
    pool = seen[-1].pool
    assert isinstance(pool, UniswapV4Pool)
    assert set(pool.ticks) == {-600, -120, -60, 60, 120, 600}
    assert pool.ticks[-60].liquidity_net == 9 * 10**20 == -pool.ticks[60].liquidity_net
    assert pool.fee_growth_global0_x128 > 0 < pool.fee_growth_global1_x128
    assert [one.positions[0].liquidity for one in (seen[0], seen[-1])] == [10**21, 9 * 10**20]
    assert seen[-1].positions[0].fees.growth_inside0_x128 > 0


_CHANGE = "modifyLiquidity((address,address,uint24,int24,address),(int24,int24,int256,bytes32),bytes)"


def test_donations_to_a_pool_of_the_v4_manager(chain: AnvilChain, v4: V4World) -> None:
    key = v4.key(500, 10)
    named = _key_of(v4, 500, 10)
    v4.manager.call("initialize", key, SQRT_ONE)
    v4.liquidity.call(_CHANGE, key, (-600, 600, 10**21, bytes(32)), b"")
    donor = chain.deploy(v4_artifact("PoolDonateTest"), v4.manager.address)
    approve(v4.tokens, donor)

    async def play(follower: Follower, _: Node) -> list[FollowedBlock]:
        seen = await follower.until(number(chain))
        donor.call("donate", key, 10**18, 2 * 10**18, b"")
        v4.swaps.call("swap", key, (True, -(10**19), 2**95), (False, False), b"")
        donor.call("donate", key, 5, 7, b"")
        seen += await follower.until(number(chain))
        chain.rpc("anvil_reorg", 2, [])
        chain.mine(1)
        seen = [*seen[:-2], *(await follower.until(number(chain)))]
        await same(chain, seen, v4.manager.address, key=named)
        return seen

    seen = followed(chain.ipc, v4.manager.address, play, key=named)
    pool = seen[-1].pool
    assert isinstance(pool, UniswapV4Pool)
    assert (pool.fee_growth_global0_x128, pool.fee_growth_global1_x128) == (2**128 // 1000, 2 * 2**128 // 1000)
    assert pool.sqrt_price_x96 == SQRT_ONE


def _key_of(world: V4World, fee: int, spacing: int) -> PoolKey:
    ends = [token.address.lower() for token in world.tokens]
    return PoolKey(currency0=ends[0], currency1=ends[1], fee=fee, tick_spacing=spacing, hooks=ZERO)


@pytest.mark.parametrize(("fee", "spacing"), [(1 << 24, 60), (-1, 60), (3000, 0), (3000, 1 << 15)])
def test_numbers_that_do_not_fit_into_a_key_are_named(fee: int, spacing: int) -> None:
    with pytest.raises(InputError, match=f"a pool key with the fee {fee} and the spacing {spacing}"):
        PoolKey(currency0=ZERO, currency1="0x" + 20 * "11", fee=fee, tick_spacing=spacing, hooks=ZERO)


@pytest.mark.parametrize("salt", [-1, 1 << 256])
def test_a_salt_that_does_not_fit_is_named(salt: int) -> None:
    key = PoolKey(currency0=ZERO, currency1="0x" + 20 * "11", fee=3000, tick_spacing=60, hooks=ZERO)
    layout = V4Layout(name="p", emitter=ZERO, tokens=(), key=key)
    with pytest.raises(InputError, match=f"a salt of {salt}"):
        ManagerPosition(layout=layout, owner=ZERO, tick_lower=-60, tick_upper=60, salt=salt)


def test_a_hook_that_may_state_the_fee_of_a_swap_is_noted() -> None:
    hook, plain = "0x" + 18 * "ab" + "0080", "0x" + 18 * "ab" + "1000"
    keys = [PoolKey(currency0=ZERO, currency1="0x" + 20 * "11", fee=fee, tick_spacing=60, hooks=place)
            for fee, place in ((DYNAMIC_FEE, hook), (3000, hook), (DYNAMIC_FEE, plain))]  # fmt: skip
    assert [len(_hook_notes(key)) for key in keys] == [1, 0, 0]


def test_a_v4_hook_that_may_change_amounts_is_refused(chain: AnvilChain, v4: V4World) -> None:
    with pytest.raises(Rejected, match="a hook that may change amounts"):
        read(chain, v4.manager.address, key=_pool_key(v4, "0x" + 39 * "0" + "4"))


def test_the_v4_manager_needs_a_key(chain: AnvilChain, v4: V4World) -> None:
    with pytest.raises(Rejected, match="say which pool: --pool-key"):
        read(chain, v4.manager.address)


def test_balancer_pools(chain: AnvilChain) -> None:
    world = deploy_balancer(chain, 3)
    weighted = weighted_pool(world, [5 * 10**17, 3 * 10**17, 2 * 10**17], 3 * 10**15)
    stable = stable_pool(world, 200, 4 * 10**14)
    for pool in (weighted, stable):
        world.join(pool, [10**21, 2 * 10**21, 3 * 10**21])
        world.swap(pool, 0, 1, 10**19)
    first, second = read(chain, weighted.address), read(chain, stable.address)
    assert isinstance(first, BalancerWeightedPool)
    assert isinstance(second, BalancerStablePool)
    for pool, struct in ((weighted, first), (stable, second)):
        held = world.vault.call("getPoolTokens", pool.call("getPoolId"))
        assert [token.address for token in struct.tokens] == [address.lower() for address in held[0]]
        assert list(struct.balances) == list(held[1])
        assert struct.total_supply == pool.call("totalSupply")
        assert struct.swap_fee == pool.call("getSwapFeePercentage")
    assert list(first.weights) == list(weighted.call("getNormalizedWeights"))
    assert first.last_invariant == weighted.call("getLastInvariant")
    assert second.amplification == stable.call("getAmplificationParameter")[0] == 200_000
    assert (second.last_invariant, second.last_invariant_amplification) == tuple(stable.call("getLastInvariant"))


def test_balancer_pools_are_followed(chain: AnvilChain) -> None:
    world = deploy_balancer(chain, 2)
    weighted = weighted_pool(world, [5 * 10**17, 5 * 10**17], 3 * 10**15)
    stable = stable_pool(world, 200, 4 * 10**14)
    for pool in (weighted, stable):
        world.join(pool, [10**21, 2 * 10**21])

        async def play(follower: Follower, _: Node, one: Contract = pool) -> list[FollowedBlock]:
            seen = await follower.until(number(chain))
            world.swap(one, 0, 1, 10**19)
            world.join(one, [10**18, 10**18], kind=1)
            world.swap(one, 1, 0, 10**18)
            seen += await follower.until(number(chain))
            chain.rpc("anvil_reorg", 1, [])
            chain.mine(1)
            seen = [*seen[:-1], *(await follower.until(number(chain)))]
            await same(chain, seen, one.address)
            return seen

        seen = followed(chain.ipc, pool.address, play)
        held = world.vault.call("getPoolTokens", pool.call("getPoolId"))[1]
        assert tuple(held) == seen[-1].pool.balances == (10**21 + 10**19 + 10**18, seen[2].pool.balances[1])
        assert len({one.pool.balances for one in seen}) == 3


def test_a_stableswap_pool_is_followed(chain: AnvilChain) -> None:
    coins = ["0x" + 20 * digits for digits in ("d1", "d2")]
    for address, symbol in zip(coins, ("DAI", "USDC"), strict=True):
        _token(chain, address, symbol, 18)
    views: dict[str, tuple[str, Any]] = {f"coins(uint256) {i}": ("address", one) for i, one in enumerate(coins)}
    views |= {"A()": ("uint256", 2000), "fee()": ("uint256", 10**6), "admin_fee()": ("uint256", 0)}
    views["totalSupply()"] = ("uint256", 10**24)

    def stand(first: int, second: int) -> None:
        held = {"balances(uint256) 0": ("uint256", first), "balances(uint256) 1": ("uint256", second)}
        chain.rpc("anvil_setCode", CURVE, _answers({**views, **held}))
        chain.mine(1)

    stand(10**24, 10**24)

    async def play(follower: Follower, _: Node) -> list[FollowedBlock]:
        seen = await follower.until(number(chain))
        for first, second in ((10**24 + 5, 10**24 - 3), (10**24 + 7, 10**24 - 5)):
            stand(first, second)  # the code of now counts for the block before it too: look at the newest alone
            seen += await follower.until(number(chain))
            await same(chain, seen[-1:])
        return seen

    seen = followed(chain.ipc, CURVE, play)
    assert [one.pool.balances[0] - 10**24 for one in seen] == [0, 5, 7]


def _answers(views: dict[str, tuple[str, Any]]) -> str:
    """Code that answers views as ``name(types) arguments -> type, value``."""
    table = {}
    for call, (kind, value) in views.items():
        signature, _, argument = call.partition(" ")
        data = keccak(signature.encode())[:4] + (int(argument).to_bytes(32) if argument else b"")
        table[data] = encode([kind], [value])
    return answering_code(table)


def _token(chain: AnvilChain, address: str, symbol: str, decimals: int) -> None:
    code = _answers({"symbol()": ("string", symbol), "decimals()": ("uint8", decimals)})
    chain.rpc("anvil_setCode", address, code)


@pytest.mark.parametrize("index", ["uint256", "int128"])
@pytest.mark.parametrize("stored", ["none", "uint256[]", "uint256[3]"])
def test_a_stableswap_pool(chain: AnvilChain, index: str, stored: str) -> None:
    # No package ships a contract of Curve: code that answers like one stands in for it.
    coins = ["0x" + 20 * digits for digits in ("d1", "d2", "d3")]
    for address, symbol, decimals in zip(coins, ("DAI", "USDC", "USDT"), (18, 6, 6), strict=True):
        _token(chain, address, symbol, decimals)
    rates = [10**18, 10**30, 11 * 10**29]
    views: dict[str, tuple[str, Any]] = {f"coins({index}) {i}": ("address", one) for i, one in enumerate(coins)}
    views |= {f"balances({index}) {i}": ("uint256", 10**7 + i) for i in range(3)}
    views |= {"A()": ("uint256", 2000), "fee()": ("uint256", 10**6), "admin_fee()": ("uint256", 5 * 10**9)}
    if stored == "none":
        token = "0x" + 20 * "dd"
        chain.rpc("anvil_setCode", token, _answers({"totalSupply()": ("uint256", 77)}))
        views |= {"lp_token()": ("address", token)}
    else:
        views |= {
            "A_precise()": ("uint256", 200_000),
            "totalSupply()": ("uint256", 77),
            "stored_rates()": (stored, rates),
        }
    chain.rpc("anvil_setCode", CURVE, _answers(views))
    pool = read(chain, CURVE)
    assert isinstance(pool, CurveStablePool)
    assert [token.symbol for token in pool.tokens] == ["DAI", "USDC", "USDT"]
    assert pool.balances == (10**7, 10**7 + 1, 10**7 + 2)
    assert (pool.fee, pool.admin_fee, pool.total_supply) == (10**6, 5 * 10**9, 77)
    newer = stored != "none"
    assert (pool.amplification, pool.a_precision) == ((200_000, 100) if newer else (2000, 1))
    assert pool.rates == (tuple(rates) if newer else (10**18, 10**30, 10**30))


@pytest.mark.parametrize("accrued", [False, True])
def test_a_stableswap_pool_must_have_the_virtual_price_that_it_states(chain: AnvilChain, accrued: bool) -> None:
    coins = ["0x" + 20 * digits for digits in ("d1", "d2")]
    for address, symbol, decimals in zip(coins, ("cDAI", "USDC"), (18, 6), strict=True):
        _token(chain, address, symbol, decimals)
    views: dict[str, tuple[str, Any]] = {f"coins(uint256) {i}": ("address", one) for i, one in enumerate(coins)}
    views |= {"balances(uint256) 0": ("uint256", 10**24), "balances(uint256) 1": ("uint256", 10**12)}
    views |= {"A()": ("uint256", 2000), "fee()": ("uint256", 10**6), "admin_fee()": ("uint256", 0)}
    # Where all balances are equal the invariant is their sum, here two millions, over 1.9 millions of supply.
    price = 2 * 10**36 // 1_900_000 * 10**6 // 10**18
    if accrued:
        price = price * 102 // 100  # its tokens are worth more than their face, and it does not say so
    views |= {"totalSupply()": ("uint256", 1_900_000 * 10**18), "get_virtual_price()": ("uint256", price)}
    chain.rpc("anvil_setCode", CURVE, _answers(views))
    if accrued:
        with pytest.raises(Rejected, match=r"its virtual price is 1\.0736\d*, that of what was read is 1\.0526"):
            read(chain, CURVE)
    else:
        assert read(chain, CURVE).rates == (10**18, 10**30)


@pytest.mark.parametrize("n_token", [2, 3])
def test_a_cryptoswap_pool(chain: AnvilChain, n_token: int) -> None:
    coins = ["0x" + 20 * digits for digits in ("e1", "e2", "e3")][:n_token]
    for address, symbol in zip(coins, ("USDC", "WBTC", "WETH"), strict=False):
        _token(chain, address, symbol, 18)
    views: dict[str, tuple[str, Any]] = {f"coins(uint256) {i}": ("address", one) for i, one in enumerate(coins)}
    views |= {f"balances(uint256) {i}": ("uint256", 10**20 + i) for i in range(n_token)}
    numbers = {"A": 1_707_629, "gamma": 11_809_167_828_997, "D": 10**24, "mid_fee": 3 * 10**6, "out_fee": 3 * 10**7}
    views |= {f"{name}()": ("uint256", value) for name, value in numbers.items()}
    views |= {"fee_gamma()": ("uint256", 5 * 10**14), "totalSupply()": ("uint256", 10**22)}
    scales = (
        {"price_scale()": 2 * 10**21} if n_token == 2 else {f"price_scale(uint256) {i}": 10**21 + i for i in (0, 1)}
    )
    views |= {name: ("uint256", value) for name, value in scales.items()}
    chain.rpc("anvil_setCode", CURVE, _answers(views))
    pool = read(chain, CURVE)
    assert isinstance(pool, CurveCryptoPool)
    assert pool.price_scale == tuple(scales.values())
    assert (pool.amplification, pool.gamma, pool.invariant) == tuple(numbers.values())[:3]
    assert (pool.mid_fee, pool.out_fee, pool.fee_gamma) == (3 * 10**6, 3 * 10**7, 5 * 10**14)
    assert len(pool.balances) == n_token


@pytest.mark.parametrize(
    ("view", "words"), [("base_pool()", "built on another pool"), ("underlying_coins(uint256) 0", "lent tokens")]
)
def test_curve_pools_on_top_of_others_are_refused(chain: AnvilChain, view: str, words: str) -> None:
    coins = ["0x" + 20 * digits for digits in ("d1", "d2")]
    for address, symbol in zip(coins, ("DAI", "USDC"), strict=True):
        _token(chain, address, symbol, 18)
    views: dict[str, tuple[str, Any]] = {f"coins(uint256) {i}": ("address", one) for i, one in enumerate(coins)}
    chain.rpc("anvil_setCode", CURVE, _answers(views | {view: ("uint256", 1), "A()": ("uint256", 1)}))
    with pytest.raises(Rejected, match=words):
        read(chain, CURVE)


def test_what_is_no_pool_is_refused_by_name(chain: AnvilChain) -> None:
    with pytest.raises(Rejected, match="no known kind of pool is there; known are Uniswap v2, v3 and v4"):
        read(chain, "0x" + 20 * "ab")
    with pytest.raises(Rejected, match="is no address of a pool"):
        read(chain, "0x12")


def test_the_users_symbols_replace_those_of_the_tokens(chain: AnvilChain) -> None:
    pair: Contract = deploy_v2(chain).pair
    chain.rpc("evm_mine")
    pool = read(chain, pair.address, symbols=("WETH", "USDC"), name="mine")
    assert ([token.symbol for token in pool.tokens], pool.name) == (["WETH", "USDC"], "mine")
    with pytest.raises(Rejected, match="1 symbols for the 2 tokens"):
        read(chain, pair.address, symbols=("WETH",))
