"""Array aliases and the one place where arrays are frozen.

Arrays are C-ordered float64 with axes in the order scenario, time, instrument, factor; shapes stand in the
annotation, for example ``Float64[np.ndarray, "n_instrument n_factor"]``.
"""

from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

__all__ = ["Bool", "Float32", "Float64", "Int64", "Vector", "frozen", "vector"]

Vector: TypeAlias = Float64[np.ndarray, " n"]


def frozen(values: np.ndarray) -> np.ndarray:
    """Make an array read-only, so that a frozen dataclass that holds it is frozen indeed.

    Parameters
    ----------
    values : ndarray
        An array that nobody else needs to write to. [any]

    Returns
    -------
    ndarray
        The same array. [as given]
    """
    values.setflags(write=False)
    return values


def vector(values: object) -> Vector:
    """Return values as a fresh, read-only, C-ordered float64 vector.

    Parameters
    ----------
    values : array_like of shape (n,)
        Numbers of any real type. [any]

    Returns
    -------
    ndarray of shape (n,)
        A copy that nobody else can write to. [as given]
    """
    return frozen(np.array(values, dtype=np.float64, order="C", ndmin=1))
