"""What the pools' peers share: whole numbers of any size, in and out. It stands alone, as `stopwatch.py` does."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

HALF = 52
"""Whole numbers are left in two columns, which hold the bits above and below this one."""


def numbers(column: NDArray[Any]) -> list[int]:
    """Return the whole numbers of a column of decimal text."""
    return [int(value) for value in column.tolist()]


def split(values: list[int]) -> NDArray[np.float64]:
    """Return whole numbers below 2^104 as two rows of floats that lose nothing: high and low bits."""
    low = (1 << HALF) - 1
    return np.array([[float(value >> HALF) for value in values], [float(value & low) for value in values]])
