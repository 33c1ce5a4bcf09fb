"""Bad input to the pricing room, its columns, and its blocks against its scalar functions."""

import importlib
import itertools
from typing import Any

import numba
import numpy as np
import pytest

import hedgerow as hr
from hedgerow.pricing import (
    OptionColumns,
    PriceFault,
    VolFault,
    black76,
    greeks_into,
    implied_vol,
    implied_vol_into,
    vol_kernels,
    workspace,
)
from hedgerow.pricing.function_kernels import BLOCK
from hedgerow.pricing.greek_kernels import all_greeks

runtime: Any = importlib.import_module("numba.core.runtime")
GOOD: dict[str, Any] = {"forward": 2000.0, "strike": 2100.0, "expiry_years": 0.25, "vol": 0.6}
GREEKS = ("price", "delta", "gamma", "vega", "theta", "vanna", "volga", "rho")


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_scalar_option_must_have_a_price(name: str, value: float) -> None:
    rule = f"{name} must be positive" if np.isfinite(value) else "every input must be a finite number"
    with pytest.raises(hr.InputError, match=f"{name} {value:g}.*{rule}"):
        black76(**(GOOD | {name: value}), is_call=True, inverse=True)
    row = black76(**(GOOD | {name: [value]}), is_call=True, inverse=True)
    assert row.fault[0] != PriceFault.PRICED
    assert np.isnan(row.price[0])


@pytest.mark.parametrize(
    ("price", "is_call", "inverse", "rule"),
    [
        (0.0, True, False, "must exceed the discounted intrinsic"),
        (99.0, False, False, "must exceed the discounted intrinsic"),
        (2001.0, True, False, "below its bound"),
        (1.0, True, True, "below its bound"),
        (2101.0, False, False, "below its bound"),
        (np.nan, True, False, "finite number"),
    ],
)
def test_a_scalar_price_must_imply_a_vol(price: float, is_call: bool, inverse: bool, rule: str) -> None:
    with pytest.raises(hr.InputError, match=rule):
        implied_vol(price, 2000.0, 2100.0, 0.25, is_call, inverse=inverse)


def test_lengths_must_fit() -> None:
    with pytest.raises(hr.InputError, match="do not fit together"):
        black76([1.0, 2.0], [1.0, 2.0, 3.0], 1.0, 1.0, True, inverse=False)


@pytest.mark.parametrize("is_call", [1, 1.0, "C"])
def test_is_call_must_be_bool(is_call: object) -> None:
    with pytest.raises(hr.InputError, match="is_call"):
        black76([1.0, 2.0], 1.0, 1.0, 1.0, is_call, inverse=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("price", "forward", "strike", "expiry", "is_call", "fault"),
    [
        (np.nan, 100.0, 100.0, 1.0, True, VolFault.NOT_FINITE),
        (0.1, np.inf, 100.0, 1.0, True, VolFault.NOT_FINITE),
        (0.1, -1.0, 100.0, 1.0, True, VolFault.BAD_FORWARD),
        (0.1, 100.0, 0.0, 1.0, True, VolFault.BAD_STRIKE),
        (0.1, 100.0, 100.0, -1.0, True, VolFault.EXPIRED),
        (0.0, 100.0, 100.0, 1.0, True, VolFault.NO_TIME_VALUE),
        (0.5, 100.0, 50.0, 1.0, True, VolFault.NO_TIME_VALUE),
        (1.0, 100.0, 100.0, 1.0, True, VolFault.ABOVE_BOUND),  # a call in coin is below 1
        (0.5, 100.0, 50.0, 1.0, False, VolFault.ABOVE_BOUND),  # a put in coin is below K/F
    ],
)
def test_a_row_without_a_solution_gets_nan_and_its_reason(
    price: float, forward: float, strike: float, expiry: float, is_call: bool, fault: VolFault
) -> None:
    vol, found = implied_vol(
        [price, 0.1], [forward, 100.0], [strike, 100.0], [expiry, 1.0], [is_call, True], inverse=True
    )
    assert VolFault(int(found[0])) is fault
    assert np.isnan(vol[0])
    assert found[1] == VolFault.SOLVED
    assert vol[1] > 0.0


def chain(n: int) -> OptionColumns:
    """Options of every kind: in and out of the money, far tails, ten minutes to two years."""
    rng = np.random.default_rng(n)
    expiry, vol = np.exp(rng.uniform(np.log(2e-5), np.log(2.0), n)), rng.uniform(0.1, 3.0, n)
    forward = np.exp(rng.uniform(0.0, 12.0, n))
    strike = forward * np.exp(rng.normal(0.0, 3.0, n) * vol * np.sqrt(expiry))
    sign, rate = np.where(rng.random(n) < 0.5, 1.0, -1.0), rng.uniform(-0.05, 0.2, n)
    return OptionColumns(forward=forward, strike=strike, expiry_years=expiry, vol=vol, sign=sign, rate=rate)


def columns_of(o: OptionColumns) -> tuple[np.ndarray, ...]:
    return o.forward, o.strike, o.expiry_years, o.vol, o.sign, o.rate


def compiled(function: Any) -> Any:
    return numba.njit(error_model="numpy")(function)


@compiled
def scalar_greeks(forward, strike, expiry, vol, sign, rate, inverse):  # type: ignore[no-untyped-def]
    out = np.empty((8, forward.size))
    for i in range(forward.size):
        row = all_greeks(forward[i], strike[i], expiry[i], vol[i], sign[i], rate[i], inverse)
        for j in range(8):
            out[j, i] = row[j]
    return out


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("n", [1, 3, BLOCK, 3 * BLOCK + 5])
def test_blocks_equal_scalar_functions(n: int, inverse: bool) -> None:
    options = chain(n)
    for o in (
        options,
        OptionColumns(**dict(zip(NAMES, (*columns_of(options)[:5], np.zeros(n)), strict=True))),
    ):
        out, fault = np.full((8, n), 7.0), np.full(n, 7)
        greeks_into(o, out, fault, workspace(), inverse=inverse)
        assert not fault.any()
        scalar = scalar_greeks(*columns_of(o), inverse)
        # A sum of a vector register may be fused otherwise than a scalar one.
        size = np.abs(out).max(axis=1, keepdims=True) * 1e-16 + np.abs(out)
        assert np.all(np.abs(out - scalar[:8]) <= 1e-12 * size)


NAMES = ("forward", "strike", "expiry_years", "vol", "sign", "rate")


@pytest.mark.parametrize("inverse", [False, True])
def test_block_search_equals_the_careful_one(inverse: bool) -> None:
    o = chain(2 * BLOCK + 3)
    n = o.vol.size
    out, fault, vol = np.empty((8, n)), np.empty(n, dtype=np.int64), np.empty(n)
    out_of_money = np.where(o.strike >= o.forward, 1.0, -1.0)
    o = OptionColumns(
        **{name: c for name, c in zip(NAMES, columns_of(o), strict=True) if name != "sign"}, sign=out_of_money
    )
    greeks_into(o, out, fault, workspace(), inverse=inverse)
    implied_vol_into(out[0], o, vol, fault, workspace(), inverse=inverse)
    careful = np.array(
        [careful_vol(*row, inverse) for row in zip(out[0], *columns_of(o)[:3], o.sign, o.rate, strict=True)]
    )
    priced = out[0] > 1e-280
    assert priced.mean() > 0.9
    assert not fault[priced].any()
    np.testing.assert_allclose(vol[priced], careful[priced], rtol=3e-14)


@compiled
def careful_vol(price, forward, strike, expiry, sign, rate, inverse):  # type: ignore[no-untyped-def]
    return vol_kernels.implied_vol_row(price, forward, strike, expiry, sign, rate, inverse)[0]


def test_the_guess_is_good_enough_for_one_step() -> None:
    # The share of rows that the careful search must solve: a guess that got worse would only be slow, never wrong.
    rng = np.random.default_rng(3)
    n = 20_000
    expiry, vol = np.exp(rng.uniform(np.log(1 / 365), np.log(2.0), n)), rng.uniform(0.2, 2.0, n)
    forward = rng.uniform(1e4, 1e5, n)
    strike = forward * np.exp(rng.uniform(-3.0, 3.0, n) * vol * np.sqrt(expiry))
    is_call = strike >= forward
    price = black76(forward, strike, expiry, vol, is_call, inverse=False).price
    found, fault = np.empty(n), np.empty(n, dtype=np.int64)
    columns = (np.array(price), forward, strike, expiry, np.where(is_call, 1.0, -1.0), np.zeros(n))
    assert vol_kernels.implied_vol_rows(*columns, False, found, fault, workspace()) == 0


def test_vectors_are_used_as_they_are_and_others_are_copied() -> None:
    n = 5
    wide = np.linspace(1900.0, 2100.0, 2 * n)
    for strike in (wide[:n], wide[::2], np.asfortranarray(wide[:n]), list(wide[:n]), hr_frozen(wide[:n])):
        given = np.array(strike)
        option = black76(2000.0, strike, 0.25, 0.6, True, inverse=False)
        expected = [black76(2000.0, float(k), 0.25, 0.6, True, inverse=False).price[0] for k in given]
        np.testing.assert_array_equal(option.price, expected)
        np.testing.assert_array_equal(given, strike)  # never written to


def hr_frozen(values: np.ndarray) -> np.ndarray:
    copy = values.copy()
    copy.setflags(write=False)
    return copy


def allocated() -> int:
    """Count what numba's runtime has allocated since its statistics were enabled."""
    return int(runtime.rtsys.get_allocation_stats().alloc)


def allocations(n: int) -> int:
    """Count what numba's runtime allocates in ten calls with n options."""
    o = chain(n)
    out, fault, vol, scratch = np.empty((8, n)), np.empty(n, dtype=np.int64), np.empty(n), workspace()
    before = allocated()
    for _, inverse in itertools.product(range(5), (False, True)):
        greeks_into(o, out, fault, scratch, inverse=inverse)
        implied_vol_into(out[0], o, vol, fault, scratch, inverse=inverse)
    return allocated() - before


def test_kernels_allocate_nothing() -> None:
    runtime._nrt_python.memsys_enable_stats()
    try:
        allocations(1)
        # Numba wraps each of the nine arrays of a call in a handle; blocks and rows add nothing to that.
        assert allocations(1) == allocations(30 * BLOCK + 1) == 10 * 2 * 9
        before = allocated()
        scalar_greeks(*columns_of(chain(3)), False)  # makes one array: the counter does count
        assert allocated() > before + 6
    finally:
        runtime._nrt_python.memsys_disable_stats()


def test_entry_points_without_allocation_refuse_columns_that_do_not_fit() -> None:
    o = chain(8)
    out, fault = np.empty((8, 8)), np.empty(8, dtype=np.int64)
    with pytest.raises(hr.InputError, match="workspace"):
        greeks_into(o, out, fault, np.empty(10), inverse=False)
    with pytest.raises(hr.InputError, match="contiguous"):
        implied_vol_into(np.empty(16)[::2], o, np.empty(8), fault, workspace(), inverse=False)
