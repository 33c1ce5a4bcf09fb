"""Numbers that a caller gave, checked and named."""

import operator

import numpy as np

from hedgerow.core.errors import InputError

LARGEST = 1e300
"""No forward may be larger. [quote per coin]"""


def whole_number(name: str, value: object, least: int) -> int:
    """Return a whole number, or refuse.

    Parameters
    ----------
    name : str
        Its name in the call. [text]
    value : object
        What was given. [count]
    least : int
        The smallest that makes sense. [count]

    Returns
    -------
    int
        The number. [count]

    Raises
    ------
    InputError
        If it is none, or smaller.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = least - 1
    if isinstance(value, bool | np.bool_) or number < least:
        raise InputError(f"{name} is {value!r}", f"give a whole number, at least {least}")
    return number


def positive_number(name: str, value: object) -> float:
    """Return a positive number, or refuse.

    Parameters
    ----------
    name : str
        Its name in the call. [text]
    value : object
        What was given. [any]

    Returns
    -------
    float
        The number. [as given]

    Raises
    ------
    InputError
        If it is none, or not positive, or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise InputError(f"{name} is {value!r}", "give a positive number")
    if not 0.0 < float(value) <= LARGEST:
        raise InputError(f"{name} is {value!r}", "give a positive number")
    return float(value)
