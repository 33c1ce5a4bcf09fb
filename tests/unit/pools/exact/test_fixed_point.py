"""Balancer's arithmetic against 60-digit arithmetic: its powers err by less than the margin it grants."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from hedgerow.core.errors import InputError
from hedgerow.pools.exact import fixed_point as fixed

EXAMPLES = settings(max_examples=200, deadline=None)
ONE = 10**18


@EXAMPLES
@given(st.integers(10**6, 10**40), st.integers(0, 50 * ONE))
def test_powers_lie_between_their_bounds(base: int, exponent: int) -> None:
    with mp.workdps(60):
        log = mp.log(mpf(base) / ONE) * exponent / ONE
        assume(-40 < log < 129)
        truth = mp.exp(log) * ONE
        # the logarithm has 18 decimals, and the exponent multiplies its error
        assume(exponent < 5000 * ONE)
        assert fixed.power(base, exponent, up=False) <= truth <= fixed.power(base, exponent, up=True)


@EXAMPLES
@given(st.integers(-40 * ONE, 129 * ONE))
def test_exponential(x: int) -> None:
    with mp.workdps(60):
        truth = mp.exp(mpf(x) / ONE) * ONE
        assert abs(fixed.exponential(x) - truth) <= 2 + truth * mpf(10) ** -17


@EXAMPLES
@given(st.integers(1, 10**58))
def test_logarithm(a: int) -> None:
    with mp.workdps(60):
        truth = mp.log(mpf(a) / ONE) * ONE
        # below one the contract takes the logarithm of the reciprocal, which is cut to a whole number
        cut = 0 if a >= ONE else mpf(a) / ONE
        assert abs(fixed.logarithm(a) - truth) <= 3 + cut


@EXAMPLES
@given(st.integers(0, 10**40), st.integers(1, 10**40))
def test_products_and_quotients_round_by_one_unit(a: int, b: int) -> None:
    assert fixed.multiplied(a, b) * ONE <= a * b <= fixed.multiplied(a, b, up=True) * ONE
    assert fixed.multiplied(a, b, up=True) - fixed.multiplied(a, b) in (0, 1)
    assert fixed.divided(a, b) * b <= a * ONE <= fixed.divided(a, b, up=True) * b
    assert fixed.divided(a, b, up=True) - fixed.divided(a, b) in (0, 1)


def test_edges() -> None:
    assert fixed.raw_power(0, 5) == 0
    assert fixed.raw_power(0, 0) == ONE
    assert fixed.complement(2 * ONE) == 0
    with pytest.raises(InputError, match="-41 to 130"):
        fixed.raw_power(10 * ONE, 100 * ONE)
    with pytest.raises(InputError, match="18 at most"):
        fixed.upscaled([1], [19])
