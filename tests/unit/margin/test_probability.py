"""Probabilities of liquidation: reflection, two barriers, jumps, against mpmath and simulations of another kind."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.errors import InputError
from hedgerow.margin import (
    best_leverage,
    exit_probability,
    jump_liquidation_probability,
    leverage_cost,
    liquidation_move,
    liquidation_probability,
    touch_probability,
)
from hedgerow.margin.probability import _leaves_by_images, _stays_by_modes
from hedgerow.pricing.models import Merton


def touch_density(t: float, barrier: float, drift: float, vol: float) -> float:
    """Density of the first time at which a Brownian motion with drift reaches a barrier."""
    spread = vol * math.sqrt(2.0 * math.pi * t**3)
    return abs(barrier) / spread * math.exp(-((barrier - drift * t) ** 2) / (2.0 * vol * vol * t))


@pytest.mark.parametrize("move", [-0.6, -0.2, -0.02, 0.02, 0.2, 1.5])
@pytest.mark.parametrize("drift", [None, 0.4, -1.1])
def test_touching_is_the_integral_of_its_density(move: float, drift: float | None) -> None:
    vol, years = 0.8, 0.3
    log_drift = -0.5 * vol * vol if drift is None else drift
    expected = mpmath.quad(
        lambda t: touch_density(float(t), math.log1p(move), log_drift, vol) if t > 0 else 0.0,
        [0, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, years],
    )
    found = touch_probability(move, vol=vol, years=years, log_drift=drift)
    assert found == pytest.approx(float(expected), rel=1e-7, abs=1e-12)


def test_leaving_an_interval_without_drift_is_the_textbook_series() -> None:
    """P(|B| reaches 1 before t) = 1 - 4/pi·sum (-1)^n/(2n+1)·exp(-(2n+1)²pi²t/8)."""
    for years in (0.05, 0.3, 1.0, 4.0):
        total = mpmath.nsum(
            lambda n, t=years: (-1) ** n / (2 * n + 1) * mpmath.exp(-((2 * n + 1) ** 2) * mpmath.pi**2 * t / 8),
            [0, mpmath.inf],
        )
        expected = 1.0 - float(4 / mpmath.pi * total)
        found = exit_probability(math.expm1(-1.0), math.expm1(1.0), vol=1.0, years=years, log_drift=0.0)
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-12)


@given(
    start=st.floats(0.05, 0.95),
    width=st.floats(0.1, 3.0),
    share=st.floats(0.4, 1.2),
    tilt=st.floats(-3.0, 3.0),
)
def test_images_and_sine_series_agree(start: float, width: float, share: float, tilt: float) -> None:
    start, s = start * width, share * width
    stays = 1.0 - _leaves_by_images(start, width, s, tilt * s * s)
    assert stays == pytest.approx(_stays_by_modes(start, width, s, tilt), rel=1e-6, abs=1e-10)


def normal(x: Any) -> Any:
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def touched(move: float, vol: float, years: float, drift: float) -> Any:
    """The reflection principle as Harrison writes it, in many digits."""
    barrier, t = mpmath.log1p(mpmath.mpf(move)), mpmath.mpf(years)
    b, m, s = abs(barrier), mpmath.sign(barrier) * drift * t, vol * mpmath.sqrt(t)
    return normal((m - b) / s) + mpmath.exp(2 * m * b / s**2) * normal((-m - b) / s)


def left(down: float, up: float, vol: float, years: float, drift: float) -> Any:
    """What the images of the start leave between the barriers, taken from one, in many digits."""
    start, t = -mpmath.log1p(mpmath.mpf(down)), mpmath.mpf(years)
    width, s, tilt = (
        mpmath.log1p(mpmath.mpf(up)) + start,
        vol * mpmath.sqrt(t),
        mpmath.mpf(drift) / mpmath.mpf(vol) ** 2,
    )
    stays = mpmath.mpf(0)
    images = 8 if s < width else 40
    for k in range(-images, images + 1):
        for image, sign in ((start + 2 * k * width, 1), (-start + 2 * k * width, -1)):
            low, high = -image / s - tilt * s, (width - image) / s - tilt * s
            inside = normal(-low) - normal(-high) if low > 0 else normal(high) - normal(low)
            stays += sign * mpmath.exp(tilt * (image - start)) * inside
    return 1 - stays


@pytest.mark.parametrize(("vol", "drift", "expected"), [(0.02, 0.405465, 0.5098309982), (0.015, 0.41, 0.6258063896)])
def test_a_strong_drift_counts_where_the_normal_tail_is_next_to_nothing(
    vol: float, drift: float, expected: float
) -> None:
    assert touch_probability(0.5, vol=vol, years=1.0, log_drift=drift) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("vol", [0.001, 0.005, 0.015, 0.02, 0.1, 0.6, 2.0])
@pytest.mark.parametrize("years", [1 / 365, 0.1, 1.0, 5.0])
def test_touching_is_exact_for_strong_drifts_and_tiny_vols(vol: float, years: float) -> None:
    with mpmath.workdps(50):
        for move in (-0.9, -0.5, -0.1, -1e-3, 1e-3, 0.1, 0.5, 3.0):
            for drift in (-3.0, -0.41, -0.405465, -0.01, 0.0, 0.01, 0.405465, 0.41, math.log(2.0), 3.0):
                found = touch_probability(move, vol=vol, years=years, log_drift=drift)
                expected = touched(move, vol, years, drift)
                assert abs(found - expected) <= 1e-10 * expected + 1e-300, (move, drift)


@pytest.mark.parametrize("vol", [0.005, 0.02, 0.1, 0.6])
@pytest.mark.parametrize(("down", "up"), [(-0.1, 0.1), (-0.5, 0.5), (-0.01, 0.8), (-0.3, 0.02)])
def test_leaving_is_exact_for_strong_drifts_and_tiny_vols(vol: float, down: float, up: float) -> None:
    with mpmath.workdps(140):  # what is left may be 1e-100: a small chance, not zero
        for years in (1 / 365, 1.0):
            for drift in (-3.0, -0.41, 0.0, 0.405465):
                found = exit_probability(down, up, vol=vol, years=years, log_drift=drift)
                expected = left(down, up, vol, years, drift)
                assert abs(found - expected) <= 1e-10 * abs(expected) + 1e-100, (years, drift)


def test_the_smallest_vols_and_horizons_give_a_probability() -> None:
    for drift, reached in ((0.5, 1.0), (0.1, 0.0), (-0.5, 0.0)):
        for vol, years in ((1e-200, 1.0), (1e-200, 1e-300), (1e-3, 1e-300)):
            expected = reached if years == 1.0 else 0.0
            assert touch_probability(0.5, vol=vol, years=years, log_drift=drift) == expected
            assert exit_probability(-0.9, 0.5, vol=vol, years=years, log_drift=drift) == expected
    # A wide spread beside narrow barriers and a strong drift: neither exponent may run away.
    assert exit_probability(-0.1, 0.1, vol=0.01, years=1e6, log_drift=0.9) == 1.0


@given(
    down=st.floats(-0.9, -0.01),
    up=st.floats(0.01, 3.0),
    vol=st.floats(0.1, 2.0),
    years=st.floats(0.001, 3.0),
)
def test_two_barriers_lie_between_one_and_the_sum_of_both(down: float, up: float, vol: float, years: float) -> None:
    both = exit_probability(down, up, vol=vol, years=years)
    one = [touch_probability(move, vol=vol, years=years) for move in (down, up)]
    assert max(one) - 1e-9 <= both <= min(sum(one), 1.0) + 1e-9
    assert both <= exit_probability(down, up, vol=vol, years=years * 1.5) + 1e-9


def stepped(
    edges: tuple[float, float], vol: float, drift: float, years: float, seed: int, jumps: Merton | None = None
) -> tuple[float, float]:
    """Simulate in small steps, each corrected for a touch of either barrier between its ends; jumps once a step."""
    rng, paths, steps = np.random.default_rng(seed), 10_000, 300
    dt, spot, stays = years / steps, np.zeros(paths), np.ones(paths)
    for _ in range(steps):
        after = spot + drift * dt + vol * math.sqrt(dt) * rng.standard_normal(paths)
        for edge, sign in zip(edges, (1.0, -1.0), strict=True):
            near, far = sign * (spot - edge), sign * (after - edge)
            stays *= np.where((near > 0) & (far > 0), 1.0 - np.exp(-2.0 * near * far / (vol * vol * dt)), 0.0)
        spot = after
        if jumps is not None:
            hit = rng.random(paths) < -math.expm1(-jumps.jump_intensity * dt)
            spot = spot + np.where(hit, jumps.jump_mean + jumps.jump_vol * rng.standard_normal(paths), 0.0)
            stays *= (spot > edges[0]) & (spot < edges[1])
    return 1.0 - float(stays.mean()), float(stays.std()) / math.sqrt(paths)


def test_probabilities_agree_with_a_simulation_of_small_steps() -> None:
    """Short at leverage 5, 10, 20 with 1 % maintenance over 30 days at 80 %, and an account with two barriers."""
    for leverage in (5.0, 10.0, 20.0):
        move = liquidation_move(leverage, 0.01, short=True, inverse=False)
        assert move is not None
        found = touch_probability(move, vol=0.8, years=30 / 365)
        simulated, error = stepped((-50.0, math.log1p(move)), 0.8, -0.32, 30 / 365, 3)
        assert abs(found - simulated) < 4.0 * error
    found = liquidation_probability(-0.25, 0.3, vol=0.8, years=0.25)
    simulated, error = stepped((math.log(0.75), math.log(1.3)), 0.8, -0.32, 0.25, 4)
    assert abs(found - simulated) < 4.0 * error


@pytest.mark.parametrize(("down", "up"), [(-0.25, 0.3), (None, 0.3), (-0.25, None)])
def test_jumps_agree_with_a_simulation_of_small_steps(down: float | None, up: float | None) -> None:
    model = Merton(vol=0.5, jump_intensity=6.0, jump_mean=-0.04, jump_vol=0.1)
    found = jump_liquidation_probability(down, up, model=model, years=0.25)
    drift = -0.125 - 6.0 * math.expm1(-0.04 + 0.005)
    edges = (-50.0 if down is None else math.log1p(down), 50.0 if up is None else math.log1p(up))
    simulated, error = stepped(edges, 0.5, drift, 0.25, 5, model)
    assert 0.0 < found.standard_error < 0.01
    # One jump at most in a step: its bias is of the order of intensity·dt.
    assert abs(found.probability - simulated) < 4.0 * math.hypot(error, found.standard_error) + 0.002


def test_without_jumps_the_simulation_is_the_closed_form() -> None:
    calm = Merton(vol=0.8, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.0)
    found = jump_liquidation_probability(-0.2, 0.4, model=calm, years=0.2)
    assert found.probability == pytest.approx(exit_probability(-0.2, 0.4, vol=0.8, years=0.2))
    assert found.standard_error == 0.0
    assert jump_liquidation_probability(None, None, model=calm, years=0.2).probability == 0.0
    # Jumps that do nothing change nothing but the draws.
    idle = Merton(vol=0.8, jump_intensity=5.0, jump_mean=0.0, jump_vol=0.0)
    noisy = jump_liquidation_probability(-0.2, 0.4, model=idle, years=0.2, count=6_000)
    assert abs(noisy.probability - found.probability) < 4.0 * noisy.standard_error
    again = jump_liquidation_probability(-0.2, 0.4, model=idle, years=0.2, count=6_000)
    assert again == noisy


def test_ends_and_refusals() -> None:
    assert touch_probability(0.0, vol=0.5, years=1.0) == 1.0
    assert touch_probability(0.1, vol=0.5, years=0.0) == 0.0
    assert exit_probability(0.0, 0.1, vol=0.5, years=0.0) == 1.0
    assert exit_probability(-0.1, 0.1, vol=0.5, years=0.0) == 0.0
    assert liquidation_probability(None, None, vol=0.5, years=1.0) == 0.0
    assert liquidation_probability(None, 0.3, vol=0.5, years=1.0) == touch_probability(0.3, vol=0.5, years=1.0)
    assert touch_probability(5.0, vol=0.01, years=0.01, log_drift=2.0) == pytest.approx(0.0, abs=1e-300)
    for call in (
        lambda: touch_probability(-1.0, vol=0.5, years=1.0),
        lambda: touch_probability(0.1, vol=0.0, years=1.0),
        lambda: touch_probability(0.1, vol=0.5, years=-1.0),
        lambda: exit_probability(0.1, 0.2, vol=0.5, years=1.0),
        lambda: jump_liquidation_probability(
            -0.1,
            0.1,
            model=Merton(vol=0.5, jump_intensity=1.0, jump_mean=0.0, jump_vol=0.1),
            years=1.0,
            count=1,
        ),
        lambda: liquidation_move(0.0, 0.01, short=True, inverse=False),
        lambda: liquidation_move(2.0, 1.0, short=True, inverse=False),
    ):
        with pytest.raises(InputError):
            call()


@given(
    leverage=st.floats(1.05, 30.0),
    maintenance=st.floats(0.0, 0.02),
    short=st.booleans(),
    inverse=st.booleans(),
)
def test_at_the_liquidation_move_margin_equals_maintenance(
    leverage: float, maintenance: float, short: bool, inverse: bool
) -> None:
    """One coin, or one dollar, at a price of 1: equity less maintenance is zero at the moved price."""
    move = liquidation_move(leverage, maintenance, short=short, inverse=inverse)
    assert move is not None
    sign, price = (-1.0 if short else 1.0), 1.0 + move
    if inverse:  # in coins
        gap = 1.0 / leverage + sign * (1.0 - 1.0 / price) - maintenance / price
    else:
        gap = 1.0 / leverage + sign * (price - 1.0) - maintenance * price
    assert gap == pytest.approx(0.0, abs=1e-12)


def test_a_short_against_its_own_coins_is_never_liquidated() -> None:
    assert liquidation_move(1.0, 0.01, short=True, inverse=True) is None
    assert liquidation_move(1.0, 0.01, short=False, inverse=False) is None
    assert liquidation_move(200.0, 0.01, short=True, inverse=False) == 0.0


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("inverse", [True, False])
def test_best_leverage_is_the_best_of_a_fine_grid(short: bool, inverse: bool) -> None:
    terms: dict[str, Any] = {
        "maintenance": 0.01,
        "capital_rate": 0.1,
        "liquidation_loss": 0.03,
        "short": short,
        "inverse": inverse,
    }
    found = best_leverage(vol=0.7, years=14 / 365, lowest=0.8, highest=40.0, **terms)

    def chance(move: float) -> float:
        return touch_probability(move, vol=0.7, years=14 / 365)

    tried = [
        leverage_cost(float(at), chance=chance, years=14 / 365, **terms).cost
        for at in np.exp(np.linspace(math.log(0.8), math.log(40.0), 4_001))
    ]
    assert found.cost <= min(tried) + 1e-12
    assert found.cost == found.capital_cost + found.liquidation_cost
    assert 0.8 <= found.leverage <= 40.0
    assert found.capital_cost == pytest.approx(0.1 * 14 / 365 / found.leverage)


def test_best_leverage_moves_as_it_should() -> None:
    terms: dict[str, Any] = {"vol": 0.7, "years": 30 / 365, "maintenance": 0.01, "short": True, "inverse": False}
    base = best_leverage(capital_rate=0.1, liquidation_loss=0.03, **terms)
    assert best_leverage(capital_rate=0.3, liquidation_loss=0.03, **terms).leverage > base.leverage
    assert best_leverage(capital_rate=0.1, liquidation_loss=0.3, **terms).leverage < base.leverage
    # Alexander, Deng and Zou (2023): with the optimum the probability is below 1 % and the leverage mostly below 5.
    careful = best_leverage(capital_rate=0.05, liquidation_loss=0.25, **terms)
    assert careful.probability < 0.01
    assert careful.leverage < 5.0
    assert best_leverage(capital_rate=0.0, liquidation_loss=0.03, **terms).leverage == pytest.approx(0.5)
    assert best_leverage(capital_rate=0.1, liquidation_loss=0.0, **terms).leverage == pytest.approx(50.0)
    jumpy = best_leverage(capital_rate=0.1, liquidation_loss=0.03, chance=lambda move: min(0.02 / move, 1.0), **terms)
    assert jumpy.probability == pytest.approx(0.02 / (jumpy.move or math.inf))
    refused: list[dict[str, Any]] = [{"lowest": 0.0}, {"lowest": 5.0, "highest": 2.0}]
    for bad in refused:
        with pytest.raises(InputError):
            best_leverage(capital_rate=0.1, liquidation_loss=0.03, **terms, **bad)
    with pytest.raises(InputError):
        best_leverage(capital_rate=-0.1, liquidation_loss=0.03, **terms)
