"""The compiled scan to the next moment at which a wake fires."""

from typing import Final

from hedgerow.core.compiling import inlined, kernel

LARGEST_PRICE: Final = 1e300
"""As in ``market``; kernels import from kernels only. [as quoted]"""

QUOTE: Final = 0
POOL: Final = 1
GAS: Final = 2
"""Kinds of sources."""


@inlined
def _is_usable(kind, a, b):
    """As ``market.is_usable`` says, written for columns."""
    if kind == QUOTE:
        return 0.0 < a <= b < LARGEST_PRICE
    if kind == POOL:
        return 0.0 < a < LARGEST_PRICE and 0.0 <= b < LARGEST_PRICE
    return 0.0 <= a < LARGEST_PRICE


@kernel
def next_wake(kinds, source, a, b, block, reference, below, above, at_block, start, stop):
    """Return the first row in [start, stop) at which the wake fires, or stop.

    It fires at a quote of the reference whose mid is at or beyond one of the two prices, and at a row of a block that
    is reached, as ``Wake`` says and the engine does. A row whose numbers cannot be true is
    not passed over either: the engine counts it.
    """
    for i in range(start, stop):
        if not _is_usable(kinds[source[i]], a[i], b[i]):
            return i
        if source[i] == reference:
            mid = 0.5 * (a[i] + b[i])
            if not (below < mid < above):
                return i
        elif block[i] >= at_block:
            return i
    return stop
