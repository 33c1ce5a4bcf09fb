# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Strips: a few dozen paths that walk together, so that the compiler turns a step into vector code.

The state of a strip lies in columns of one scratch vector. Loops over it always run over the whole strip: a path then
comes out with the same bits wherever in a block it lies.
"""

from typing import Final

from hedgerow.core.compiling import inlined

STRIP: Final = 64
"""Paths per strip."""
PITCH: Final = STRIP + 8
"""Floats from one column to the next: a power of two would put all columns into the same cache lines."""


@inlined
def take(one, other, first, rows, step, s, column, other_column):
    """Copy two drivers of one step of a strip into columns."""
    for i in range(rows):
        s[column + i] = one[first + i, step]
        s[other_column + i] = other[first + i, step]


@inlined
def put(s, column, other_column, one, other, first, rows, date):
    """Copy two columns into one date of the paths of a strip."""
    for i in range(rows):
        one[first + i, date] = s[column + i]
        other[first + i, date] = s[other_column + i]
