"""Desk units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.book import Sensitivities
from hedgerow.report.units import desk_numbers


def raw(delta: float, gamma: float) -> Sensitivities:
    return Sensitivities(value=1.0, delta=delta, gamma=gamma, vega=250.0, theta=-730.0)


@given(st.floats(-1e3, 1e3), st.floats(-1.0, 1.0))
def test_gamma_per_1pct_is_the_change_of_delta_for_one_percent(first: float, second: float) -> None:
    # A value W(S) = first·S + ½·second·(S - S0)² in USD; in coin its delta is S·d(W/S)/dS.
    spot, step = 2_000.0, 1e-4

    def slope(s: float) -> float:
        return first + second * (s - spot)

    def worth(s: float) -> float:
        return first * s + 0.5 * second * (s - spot) ** 2

    usd = desk_numbers(raw(slope(spot), second), numeraire="USD", base="ETH", spot=spot)["gamma_per_1pct"]
    moved = (slope(spot * (1 + step)) - slope(spot * (1 - step))) / (2 * step)
    assert usd == pytest.approx(0.01 * moved, rel=1e-6, abs=1e-9)

    def coin_delta(s: float) -> float:
        return slope(s) - worth(s) / s

    gamma = second / spot - 2.0 * coin_delta(spot) / spot**2
    coin = desk_numbers(raw(coin_delta(spot), gamma), numeraire="ETH", base="ETH", spot=spot)["gamma_per_1pct"]
    moved = (coin_delta(spot * (1 + step)) - coin_delta(spot * (1 - step))) / (2 * step)
    assert coin == pytest.approx(0.01 * moved, rel=1e-5, abs=1e-6)


def test_vega_is_per_point_and_theta_per_day() -> None:
    numbers = desk_numbers(raw(0.0, 0.0), numeraire="USD", base="ETH", spot=2_000.0)
    assert numbers["vega_per_volpoint"] == 2.5
    assert numbers["theta_per_day"] == -2.0
