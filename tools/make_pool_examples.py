"""Make the pools of the example desk of a liquidity provider: invented, at the recorded market's prices.

.venv/bin/python tools/make_pool_examples.py [FOLDER]

The concentrated pool is brought there by mints and a day of seeded swaps in the contract's own arithmetic, so that its
ticks, fee growth and the position's uncollected fees fit together; the others start balanced.
"""

import json
import math
import random
import sys
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from hedgerow.core.ids import Currency, PoolName
from hedgerow.market import (
    BalancerWeightedPool,
    BlockStamp,
    CurveCryptoPool,
    CurveStablePool,
    PoolStorage,
    PoolToken,
    UniswapV2Pool,
    UniswapV3Pool,
    pool_to_dict,
)
from hedgerow.pools.exact import uniswap_v3
from hedgerow.pools.exact.ticks import sqrt_price_at_tick, tick_at_sqrt_price

FOLDER = Path(__file__).resolve().parents[1] / "src" / "hedgerow" / "examples" / "liquidity"
ETH, BTC = 2222.19, 44_900.0
BLOCK: Final = BlockStamp(number=18_962_000, at_ns=1_704_712_760_000_000_000)

USDC = PoolToken(symbol=Currency("USDC"), decimals=6)
USDT = PoolToken(symbol=Currency("USDT"), decimals=6)
WETH = PoolToken(symbol=Currency("WETH"), decimals=18)
STETH = PoolToken(symbol=Currency("stETH"), decimals=18)
PLAIN_ETH = PoolToken(symbol=Currency("ETH"), decimals=18)
WBTC = PoolToken(symbol=Currency("WBTC"), decimals=8)


def concentrated() -> UniswapV3Pool:
    """A pool of USDC and WETH at 0.05 %: a wide and a narrow range, then a day of swaps."""
    raw = 10**12 / ETH
    pool = UniswapV3Pool(
        name=PoolName("univ3:USDC/WETH"),
        tokens=(USDC, WETH),
        block=BLOCK,
        sqrt_price_x96=math.isqrt(int(raw * 2**192)),
        tick=tick_at_sqrt_price(math.isqrt(int(raw * 2**192))),
        liquidity=0,
        tick_spacing=10,
        fee_pips=500,
    )
    for lower, upper, liquidity in (
        (195_000, 204_000, 6 * 10**18),
        (198_600, 199_800, 9 * 10**18),
        (198_260, 200_260, 9 * 10**16),
    ):
        pool = uniswap_v3.mint(pool, lower, upper, liquidity).pool
    chance = random.Random(8)
    for _ in range(2_000):
        coins = chance.lognormvariate(1.5, 1.0)
        for_coins = chance.random() < 0.5
        amount = int(coins * ETH * 10**6) if for_coins else int(coins * 10**18)
        pool = uniswap_v3.swap(pool, zero_for_one=for_coins, amount=amount).pool
    # An arbitrageur leaves the pool a little off the index, as pools are within their fee.
    at = sqrt_price_at_tick(tick_at_sqrt_price(math.isqrt(int(10**12 / (ETH * 0.9997) * 2**192))))
    falls = at < pool.sqrt_price_x96
    return uniswap_v3.swap(pool, zero_for_one=falls, amount=10**30, sqrt_price_limit_x96=at).pool


def shared() -> list[PoolStorage]:
    """Pools in which a position is a share."""
    coins = 12_000
    return [
        UniswapV2Pool(
            name=PoolName("univ2:USDC/WETH"),
            tokens=(USDC, WETH),
            block=BLOCK,
            reserve0=int(coins * ETH * 10**6),
            reserve1=coins * 10**18,
            total_supply=math.isqrt(int(coins * ETH * 10**6) * coins * 10**18),
        ),
        BalancerWeightedPool(
            name=PoolName("balancer:80WETH-20USDC"),
            tokens=(USDC, WETH),
            block=BLOCK,
            balances=(int(2_000 * ETH * 10**6 / 4), 2_000 * 10**18),
            weights=(2 * 10**17, 8 * 10**17),
            swap_fee=3 * 10**15,
            total_supply=5_000 * 10**18,
        ),
        CurveStablePool(
            name=PoolName("curve:ETH/stETH"),
            tokens=(PLAIN_ETH, STETH),
            block=BLOCK,
            balances=(30_000 * 10**18, 34_000 * 10**18),
            amplification=200 * 100,
            rates=(10**18, 10**18),
            fee=1_000_000,
            admin_fee=5 * 10**9,
            total_supply=60_000 * 10**18,
        ),
        CurveCryptoPool(
            name=PoolName("curve:USDT/WBTC/WETH"),
            tokens=(USDT, WBTC, WETH),
            block=BLOCK,
            balances=(6_000_000 * 10**6, int(6_000_000 / BTC * 10**8), int(6_000_000 / ETH * 10**18)),
            amplification=1_707_629,
            gamma=11_809_167_828_997,
            invariant=18_000_000 * 10**18,
            price_scale=(int(BTC * 10**18), int(ETH * 10**18)),
            mid_fee=3_000_000,
            out_fee=30_000_000,
            fee_gamma=500_000_000_000_000,
            total_supply=17_000 * 10**18,
        ),
    ]


def main(folder: Path) -> None:
    """Write every pool, as ``KIND.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    for pool in (concentrated(), *shared()):
        path = folder / f"{pool.__struct_config__.tag}.json"
        path.write_text(json.dumps(pool_to_dict(replace(pool, block=BLOCK)), indent=1) + "\n", encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
