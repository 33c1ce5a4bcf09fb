"""Options as columns: what a kernel reads, and how inputs of any form become that."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pricing import greek_kernels, vol_kernels


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionColumns:
    """Options as contiguous, writable columns, for ``greeks_into`` and ``implied_vol_into``.

    Parameters
    ----------
    forward, strike : ndarray of shape (n_option,)
        Forward and strike. [quote per coin]
    expiry_years : ndarray of shape (n_option,)
        Time to expiry. [years, Act/365]
    vol : ndarray of shape (n_option,)
        Vol. [fraction per square root of a year]
    sign : ndarray of shape (n_option,)
        +1 for calls, -1 for puts. [1]
    rate : ndarray of shape (n_option,)
        Discount rate of the settlement currency, continuously compounded. [fraction per year]

    Raises
    ------
    InputError
        If a column is not contiguous, writable, of double precision and of the length of the others, or a sign is not
        +1 or -1.
    """

    forward: Float64[np.ndarray, " n_option"]
    strike: Float64[np.ndarray, " n_option"]
    expiry_years: Float64[np.ndarray, " n_option"]
    vol: Float64[np.ndarray, " n_option"]
    sign: Float64[np.ndarray, " n_option"]
    rate: Float64[np.ndarray, " n_option"]

    def __post_init__(self) -> None:
        size = np.size(self.forward)
        for name in self.__slots__:
            check_column(name, getattr(self, name), (size,), np.float64)
        if not np.all(np.abs(self.sign) == 1.0):
            raise InputError("a sign that is neither +1 nor -1", "give +1 for calls and -1 for puts")


def workspace() -> Float64[np.ndarray, " n_scratch"]:
    """Return scratch space for ``greeks_into`` and ``implied_vol_into``, for one thread, whatever the number of rows.

    Returns
    -------
    ndarray of shape (n_scratch,)
        Uninitialised. [none]

    References
    ----------
    None: memory, not a formula.
    """
    return np.empty(max(greek_kernels.GREEK_SCRATCH, vol_kernels.VOL_SCRATCH))


def check_column(name: str, array: Any, shape: tuple[int, ...], dtype: Any) -> None:
    """Refuse an array that a kernel would misread: a kernel does not look.

    Parameters
    ----------
    name : str
        What it is. [text]
    array : object
        What was given.
    shape : tuple of int
        The shape that it has to have. [count]
    dtype : dtype
        Its type of numbers.

    Raises
    ------
    InputError
        If it is of another shape or type, or not contiguous and writable.
    """
    if not (isinstance(array, np.ndarray) and array.shape == shape and array.dtype == dtype and array.flags.carray):
        told = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise InputError(f"{name} is {told}", f"give a contiguous, writable array of {np.dtype(dtype)}, shape {shape}")


def check_inverse(inverse: object) -> None:
    """Refuse what is not a flag: a word like "linear" would count as True.

    Parameters
    ----------
    inverse : object
        Has to be True or False.

    Raises
    ------
    InputError
        If it is not.
    """
    if not isinstance(inverse, bool | np.bool_):
        raise InputError(f"inverse is {inverse!r}", "give True for coin-settled options, False for linear ones")


def read_columns(
    is_call: ArrayLike, given: dict[str, ArrayLike], inverse: object
) -> tuple[dict[str, Float64[np.ndarray, " n_option"]], Float64[np.ndarray, " n_option"]]:
    """Bring inputs to one length, and flags to signs; vectors that the kernel can read as they are stay themselves.

    Parameters
    ----------
    is_call : array_like of shape (n_option,)
        True for calls. [bool]
    given : dict of str to array_like
        The numbers, by name. [as their callers say]
    inverse : object
        Has to be True or False.

    Returns
    -------
    tuple of (dict of str to ndarray, ndarray)
        Columns of one length by name, and +1 or -1. [as given], [1]

    Raises
    ------
    InputError
        If something is not a number or a flag, or lengths do not fit.

    References
    ----------
    None: shapes, not a formula.
    """
    check_inverse(inverse)
    flags = np.atleast_1d(np.asarray(is_call))
    if flags.dtype != np.bool_:
        raise InputError(f"is_call is {is_call!r}", "give True for calls and False for puts")
    arrays = {name: _numbers(name, values) for name, values in given.items()}
    lengths = {name: array.shape for name, array in arrays.items()} | {"is_call": flags.shape}
    try:
        shape = np.broadcast_shapes(*lengths.values())
    except ValueError:
        shape = ()
    if len(shape) != 1:
        raise InputError(f"shapes {lengths} do not fit together", "give scalars, or vectors of one length")
    columns = {name: _column(array, shape) for name, array in arrays.items()}
    return columns, _column(np.where(flags, 1.0, -1.0), shape)


def _numbers(name: str, values: ArrayLike) -> Float64[np.ndarray, " n_given"]:
    """Return values as doubles; what is not a real number is not guessed at."""
    try:
        array = np.asanyarray(values)
    except ValueError:
        array = np.empty(0, dtype=object)
    if np.ma.isMaskedArray(array) or array.dtype.kind not in "fiu":
        told = "masked" if np.ma.isMaskedArray(array) else f"of type {array.dtype}"
        raise InputError(f"{name} is {told}", "give real numbers; mark what is missing by NaN")
    own: np.ndarray = np.atleast_1d(np.asarray(array, dtype=np.float64))
    return own


def _column(array: Any, shape: tuple[int, ...]) -> Float64[np.ndarray, " n_option"]:
    """Return an array itself if one compiled kernel can serve it: contiguous, writable, of full length."""
    if array.shape == shape and array.flags.carray:
        own: np.ndarray = array
        return own
    return np.array(np.broadcast_to(array, shape), order="C")
