"""Arrays that leave a constructor are copies which nobody can write to."""

import numpy as np
import pytest

from hedgerow.core.arrays import frozen, vector


@pytest.mark.parametrize("values", [[1, 2, 3], (1.0, 2.0, 3.0), np.array([1, 2, 3], dtype=np.int32), range(1, 4)])
def test_vector_takes_any_numbers_as_float64(values: object) -> None:
    made = vector(values)
    assert made.dtype == np.float64
    assert made.flags.c_contiguous
    assert made.tolist() == [1.0, 2.0, 3.0]


def test_a_number_alone_is_a_vector_of_one() -> None:
    assert vector(2.5).shape == (1,)
    assert vector([]).shape == (0,)


def test_vector_is_a_copy_even_of_a_strided_view() -> None:
    source = np.arange(6.0)
    made = vector(source[::2])
    source[:] = -1.0
    assert made.tolist() == [0.0, 2.0, 4.0]
    assert made.flags.c_contiguous


def test_nobody_can_write_to_a_vector() -> None:
    with pytest.raises(ValueError, match="read-only"):
        vector([1.0])[0] = 2.0


def test_frozen_freezes_the_array_itself() -> None:
    source = np.arange(3)
    assert frozen(source) is source
    with pytest.raises(ValueError, match="read-only"):
        source[0] = 5
