"""Curve's pools against 70-digit arithmetic by a road of its own (tools/make_curve_vectors.py).

These two kinds are not tested against their contracts, whose bytecode no package ships. The vectors hold exact zeros of
the invariant rounded down, and so do we: integers are equal. The contracts' own iterations may end a unit or two away
(StableSwap), or 10^-14 of the balance or 100 units (CryptoSwap).
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from mpmath import mpf

from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments import PoolShare
from hedgerow.market.pool_states import CurveCryptoPool, CurveStablePool, PoolToken
from hedgerow.pools.curves import curve_of
from hedgerow.pools.exact import curve_crypto, curve_stable

ONE = 10**18
VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "curve_vectors.json").read_text("utf-8"))
STABLE = [vector for vector in VECTORS if vector["kind"] == "curve-stableswap"]
CRYPTO = [vector for vector in VECTORS if vector["kind"] == "curve-cryptoswap"]


def _tokens(vector: dict[str, Any]) -> tuple[PoolToken, ...]:
    return tuple(PoolToken(symbol=Currency(f"T{i}"), decimals=digits) for i, digits in enumerate(vector["decimals"]))


def _stable(vector: dict[str, Any]) -> CurveStablePool:
    return CurveStablePool(
        name=PoolName("pool"),
        tokens=_tokens(vector),
        balances=tuple(vector["balances"]),
        amplification=vector["amplification"],
        rates=tuple(vector["rates"]),
        fee=vector["fee"],
        admin_fee=vector["admin_fee"],
        total_supply=vector["invariant"],
    )


def _crypto(vector: dict[str, Any]) -> CurveCryptoPool:
    return CurveCryptoPool(
        name=PoolName("pool"),
        tokens=_tokens(vector),
        balances=tuple(vector["balances"]),
        amplification=vector["amplification"],
        gamma=vector["gamma_parameter"],
        invariant=vector["invariant"],
        price_scale=tuple(vector["price_scale"]),
        mid_fee=vector["mid_fee"],
        out_fee=vector["out_fee"],
        fee_gamma=vector["fee_gamma"],
        total_supply=vector["invariant"],
    )


def test_there_are_enough_of_them() -> None:
    assert len(STABLE) >= 200
    assert len(CRYPTO) >= 200
    assert {len(vector["balances"]) for vector in STABLE} == {2, 3, 4}
    assert {len(vector["balances"]) for vector in CRYPTO} == {2, 3}


def test_stableswap_in_whole_numbers() -> None:
    for vector in STABLE:
        pool, back = _stable(vector), vector["token_out"]
        assert curve_stable.invariant(pool) == vector["invariant"]
        swap = curve_stable.preview_swap(pool, vector["token_in"], back, vector["amount_in"])
        gross = curve_stable.scaled_balances(pool)[back] - vector["reserve_after"] - 1
        net = gross - gross * vector["fee"] // 10**10
        rate = vector["rates"][back]
        assert swap.amount_out == net * ONE // rate
        assert isinstance(swap.pool, CurveStablePool)
        lost = pool.balances[back] - swap.pool.balances[back] - swap.amount_out
        assert lost == (gross - net) * vector["admin_fee"] // 10**10 * ONE // rate
        assert abs(swap.fee - (gross - net) * ONE / rate) <= 1 + 1e-12 * swap.fee


def test_cryptoswap_in_whole_numbers() -> None:
    for vector in CRYPTO:
        pool, back = _crypto(vector), vector["token_out"]
        assert curve_crypto.invariant(pool) == vector["invariant"]
        scale = (ONE, *pool.price_scale)[back] * 10 ** (18 - vector["decimals"][back])
        gross = (curve_crypto.scaled_balances(pool)[back] - vector["reserve_after"] - 1) * ONE // scale
        free = msgspec.structs.replace(pool, mid_fee=0, out_fee=0)
        assert curve_crypto.preview_swap(free, vector["token_in"], back, vector["amount_in"]).amount_out == gross

        # the fee is cut to 10^-10 of the amount
        near = mpf(pool.fee_gamma) / (pool.fee_gamma + ONE - mpf(vector["balance_after"]) * ONE)
        rate = (pool.mid_fee * near + pool.out_fee * (1 - near)) / 10**10
        swap = curve_crypto.preview_swap(pool, vector["token_in"], back, vector["amount_in"])
        assert swap.amount_out + swap.fee == gross
        assert abs(swap.fee - gross * rate) <= 1 + 1.001e-10 * gross
        assert isinstance(swap.pool, CurveCryptoPool)
        assert swap.pool.invariant == curve_crypto.invariant(swap.pool)
        assert swap.pool.invariant >= vector["invariant"]


@pytest.mark.parametrize("kind", ["stable", "crypto"])
def test_prices_gamma_and_speed(kind: str) -> None:
    """Within 1e-10 of the entry that the two tokens' own gammas allow; more where the prices' last digit matters more.

    Amounts are a function of prices given as floats. Where the curve is flat these move by their elasticity times the
    rounding of a price, so errors are measured in units of one plus this elasticity.
    """
    for vector in STABLE if kind == "stable" else CRYPTO:
        pool = _stable(vector) if kind == "stable" else _crypto(vector)
        curve = curve_of(pool)
        spot = np.array(vector["spot"])
        assert curve.spot_prices() == pytest.approx(spot, rel=1e-12)
        point = curve.at(spot[None, :])
        gamma, truth = point.gamma[0], np.array(vector["gamma"])
        reserves = np.array([b / 10**d for b, d in zip(vector["balances"], vector["decimals"], strict=True)])
        steep = 1.0 + float(np.max(np.abs(truth) @ spot / reserves))
        assert np.all(np.abs(point.amounts[0] - reserves) <= 1e-14 * steep * reserves)
        size = np.sqrt(np.outer(np.diag(truth), np.diag(truth)))
        # what rounding of a price does to gamma: its own derivative, of the order of the speed
        bent = 1.0 + float(np.max(np.abs(vector["speed"]) * spot[1:] / np.abs(np.diag(truth)[1:])))
        assert np.max(np.abs(gamma - truth) / size) <= 1e-11 + 1e-14 * (steep + bent)
        speed = np.array(vector["speed"])
        # and to speed, which near balance turns within a millionth of the price: seen from larger moves
        bumps = spot * np.exp(1e-13 * np.vstack([np.eye(spot.size), -np.eye(spot.size)]))
        rounding = 1e-2 * np.max(np.abs(curve.at(bumps).speed - point.speed), axis=0)[1:]
        scale = np.abs(speed) + np.abs(np.diag(truth)[1:]) / spot[1:]
        assert np.all(np.abs(point.speed[0, 1:] - speed) <= 1e-9 * scale + rounding)


def test_a_share_is_paid_out_of_every_balance() -> None:
    for vector in STABLE[:20]:
        pool = _stable(vector)
        third = PoolShare(name="mine", pool=PoolName("pool"), shares=pool.total_supply // 3)
        paid = curve_stable.preview_burn(pool, third)
        assert all(abs(3 * out - own) <= 3 + 3 * own // 10**20 for out, own in zip(paid, pool.balances, strict=True))
        assert curve_stable.preview_collect(pool, third) == (0,) * len(pool.tokens)
    for vector in CRYPTO[:20]:
        crypto = _crypto(vector)
        everything = PoolShare(name="all", pool=PoolName("pool"), shares=crypto.total_supply)
        assert curve_crypto.preview_burn(crypto, everything) == crypto.balances
        assert curve_crypto.preview_collect(crypto, everything) == (0,) * len(crypto.tokens)
