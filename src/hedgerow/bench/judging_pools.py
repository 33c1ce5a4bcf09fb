"""Whether frameworks mean the same pool: amounts, quotes and fees held against our exact integers."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hedgerow.bench.judging import plain
from hedgerow.bench.pools_task import DECIMALS, numbers
from hedgerow.pools.exact.integers import Q96

HALF: Final = 52
"""Whole numbers are left in two columns, which hold the bits above and below this one."""


def halves(values: list[int]) -> NDArray[np.float64]:
    """Return whole numbers as floats that lose nothing.

    Parameters
    ----------
    values : list of int
        Below 2^104. [any]

    Returns
    -------
    ndarray of shape (2, n)
        Their high and their low bits. [any]
    """
    high = [float(value >> HALF) for value in values]
    return np.array([high, [float(value & ((1 << HALF) - 1)) for value in values]])


def wholes(column: NDArray[Any]) -> list[int]:
    """Return the whole numbers of two halves.

    Parameters
    ----------
    column : ndarray of shape (2, n)
        High and low bits. [any]

    Returns
    -------
    list of int
        The numbers. [any]
    """
    return [(int(high) << HALF) + int(low) for high, low in zip(*column.tolist(), strict=True)]


def judge_pools(work: str, data: Path, result: Path, exact: Path) -> dict[str, Any]:
    """Say what a run's result is worth.

    Parameters
    ----------
    work : str
        ``positions``, ``quotes``, ``fees`` or ``replay``. [name]
    data, result : Path
        The task's ``.npz`` and the ``.npy`` that the framework left. [path]
    exact : Path
        What our exact call on the same task left. [path]

    Returns
    -------
    dict
        positions: the number of rows; the largest difference of an amount, of those that count in whole units; the
        largest error of value, amounts and gamma, of those that count in floats. [count; smallest units; relative to
        the position's value, gamma to itself]
        quotes: the number of rows, the largest difference, and initialized ticks between the prices before and after,
        on average. [count; smallest units; count]
        fees and replay: the number of rows (of the replay swaps times strategies), and the largest error of fees.
        [count; relative to the largest fees of all]
    """
    return _JUDGES[work](data, np.load(result), np.load(exact))


def _positions(data: Path, found: NDArray[Any], exact: NDArray[Any]) -> dict[str, Any]:
    if found.ndim == 3:  # whole units of both tokens
        off = max(_units_off(found[token], exact[token]) for token in (0, 1))
        return {"rows": int(found.shape[2]), "units_off": off, "float_off": None}
    with np.load(data) as given:
        (root,) = numbers(given["sqrt_price_x96"])
        inside = (given["tick_lower"] <= given["tick"]) & (given["tick"] < given["tick_upper"])
        held = np.array([float(one) for one in numbers(given["liquidity"])])
    unit0, unit1 = (10.0**digits for digits in DECIMALS)
    price = (root / Q96) ** 2 * unit0 / unit1
    amount0, amount1 = (np.array([float(one) for one in wholes(exact[token])]) for token in (0, 1))
    value = amount0 / unit0 * price + amount1 / unit1
    gamma = -0.5 * inside * held / np.sqrt(unit0 * unit1) * price**-1.5
    off = max(
        np.max(np.abs(found[0] - value) / value),
        np.max(np.abs(found[1] - amount0 / unit0) * price / value),
        np.max(np.abs(found[2] - amount1 / unit1) / value),
        np.max(np.abs(found[3] - gamma)[inside] / -gamma[inside], initial=0.0),
        np.max(np.abs(found[3][~inside]), initial=0.0),
    )
    return {"rows": int(found.shape[1]), "units_off": None, "float_off": plain(float(off))}


def _quotes(_data: Path, found: NDArray[Any], exact: NDArray[Any]) -> dict[str, Any]:
    return {
        "rows": int(found.shape[1]),
        "units_off": _units_off(found[:2], exact[:2]),
        "ticks": plain(float(exact[2].mean())),
    }


def _fees(_data: Path, found: NDArray[Any], exact: NDArray[Any]) -> dict[str, Any]:
    return {"rows": int(found.shape[1]), "fees_off": _fees_off(found, exact)}


def _replay(data: Path, found: NDArray[Any], exact: NDArray[Any]) -> dict[str, Any]:
    with np.load(data) as given:
        rows = int(given["paid"].size * given["held"].size)
    return {"rows": rows, "fees_off": _fees_off(found, exact)}


def _fees_off(found: NDArray[Any], exact: NDArray[Any]) -> float | None:
    return plain(float(np.max(np.abs(found - exact) / exact.max(axis=1, keepdims=True))))


def _units_off(found: NDArray[Any], exact: NDArray[Any]) -> int:
    return max(abs(a - b) for a, b in zip(wholes(found), wholes(exact), strict=True))


_JUDGES: Final = {"positions": _positions, "quotes": _quotes, "fees": _fees, "replay": _replay}
