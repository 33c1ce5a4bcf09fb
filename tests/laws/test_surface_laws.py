"""Laws of surfaces: no arbitrage whatever comes in, and derivatives that are derivatives."""

import itertools
import math
from collections.abc import Iterator
from typing import Literal

import jaxtyping
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.arrays import Float64
from hedgerow.pricing.surface import SmileQuotes, Surface, SurfaceParameters, check_surface, fit_surface
from hedgerow.pricing.surface.svi_kernels import svi_domain
from smiles import (
    TEN_MINUTES,
    TWO_DAYS,
    Hostility,
    durrleman,
    least_durrleman,
    least_gap,
    make_essvi,
    make_hostile_quotes,
    make_quotes,
    make_truth,
    otm_price,
    slice_variance,
)

seeds = st.integers(0, 2**32 - 1)
kinds: st.SearchStrategy[Literal["svi", "essvi"]] = st.sampled_from(["svi", "essvi"])
first_years = st.sampled_from([TEN_MINUTES, 1.0 / 365.0, TWO_DAYS, 7.0 / 365.0, 0.1])


@pytest.fixture(scope="module", autouse=True)
def _without_shape_checks() -> Iterator[None]:
    """Shape checks take 30 ms per evaluation here; the unit tests evaluate under them."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@st.composite
def years_of_expiries(draw: st.DrawFn, most: int = 8) -> Float64[np.ndarray, " n_expiry"]:
    """Rising times, the first of ten minutes to a month, each 2 % to 300 % later, up to four years."""
    steps = draw(st.lists(st.floats(1.02, 4.0), max_size=most - 1))
    years = draw(first_years) * np.cumprod([1.0, *steps])
    return np.asarray(years[years <= 4.0])


@st.composite
def surfaces(draw: st.DrawFn) -> SurfaceParameters:
    """eSSVI surfaces of changing correlation, vols of some 20 % to 200 %."""
    years = draw(years_of_expiries(5))
    rng = np.random.default_rng(draw(seeds))
    pace = rng.uniform(0.2, 2.0) ** 2 * np.diff(years, prepend=0.0)
    x = np.column_stack([rng.normal(0.0, 0.4, years.size), np.log(pace), rng.normal(0.0, 1.5, years.size)])
    return make_essvi(x, years)


@st.composite
def hostilities(draw: st.DrawFn) -> Hostility:
    return Hostility(
        level=draw(st.sampled_from([0.01, 0.3, 0.65, 1.5, 5.0])),
        noise=draw(st.sampled_from([0.0, 0.003, 0.03, 0.4])),
        jumps=draw(st.sampled_from([0.0, 0.0, 0.1, 0.5])),
        reach=draw(st.sampled_from([0.0, 1.0, 1.0, 3.0, 40.0])),
        side=draw(st.sampled_from([0, 0, -1, 1])),
        twice=draw(st.booleans()),
        width=draw(st.sampled_from([0.0, 0.005, 0.05, 0.5])),
        outlying=draw(st.booleans()),
    )


@st.composite
def hostile_quotes(draw: st.DrawFn) -> SmileQuotes:
    years = draw(years_of_expiries())
    counts = draw(st.lists(st.sampled_from([0, 1, 2, 3, 5, 8]), min_size=years.size, max_size=years.size))
    counts[draw(st.integers(0, years.size - 1))] += 1
    return make_hostile_quotes(np.random.default_rng(draw(seeds)), years, counts, draw(hostilities()))


def assert_free(parameters: SurfaceParameters) -> None:
    """Hold a surface against the package's check and against oracles that share no code with it."""
    raw = parameters.array()
    assert np.all(np.isfinite(raw))
    assert check_surface(parameters).arbitrage_free
    for one in raw:
        assert least_durrleman(one) >= -1e-9
    for before, after in itertools.pairwise(raw):
        assert least_gap(before, after) >= -1e-9
        for side in (-1.0, 1.0):
            assert after[1] * (1.0 + side * after[2]) >= before[1] * (1.0 + side * before[2]) * (1.0 - 1e-12)


@given(
    st.floats(-0.99, 0.99),
    st.floats(0.01, 0.99),
    st.floats(-4.0, 3.0),
    st.floats(-4.0, 4.0),  # nearer to the edge of mu the strikes with g < 0 are too few for the oracle's grid
    st.floats(-4.0, 4.0),
    seeds,
)
def test_the_domain_of_a_slice_is_exact(
    rho: float, steep: float, floor: float, place: float, width: float, seed: int
) -> None:
    """What it accepts has g >= 0; what lies clearly outside has a strike with g < 0."""
    b, flat = 2.0 * steep / (1.0 + abs(rho)), math.sqrt(1.0 - rho**2)
    gamma = flat * math.expm1(floor)
    _, low, high, _ = svi_domain(gamma * b, b, rho, 0.0, 1.0)
    mu = low + (high - low) / (1.0 + math.exp(-place))
    _, _, _, least = svi_domain(gamma * b, b, rho, mu, 1.0)
    sigma = max(least, 1e-3) * math.exp(width)
    edge = np.random.default_rng(seed).choice([1.0 + 1e-5, 0.9])  # just inside the domain, clearly outside
    for one in (sigma, edge * least):
        if not 0.0 < one < math.inf:
            continue
        raw = np.array([gamma * b * one, b, rho, mu * one, one])
        inside, *_ = svi_domain(*raw)
        if not math.isclose(one, least, rel_tol=1e-6):
            assert inside == (one >= least and low < mu < high)
        if inside and one >= least * (1.0 + 1e-6):  # sigma* is known to 1e-7 of itself
            assert least_durrleman(raw) >= -1e-9
        elif one < 0.95 * least and low < mu < high:
            assert least_durrleman(raw) < 0.0


@given(st.floats(-0.95, 0.95), st.floats(0.05, 0.95), st.floats(-3.0, 2.0), st.floats(1.05, 3.0), st.booleans())
def test_outside_the_interval_of_its_centre_no_width_helps(
    rho: float, steep: float, floor: float, beyond: float, above: bool
) -> None:
    b = 2.0 * steep / (1.0 + abs(rho))
    gamma = math.sqrt(1.0 - rho**2) * math.expm1(floor)
    _, low, high, _ = svi_domain(gamma * b, b, rho, 0.0, 1.0)
    if not low < high:
        return
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    mu = middle + (beyond if above else -beyond) * half
    for sigma in (0.01, 0.3, 10.0):
        raw = np.array([gamma * b * sigma, b, rho, mu * sigma, sigma])
        assert not svi_domain(*raw)[0]
    assert least_durrleman(np.array([gamma * b * 0.3, b, rho, mu * 0.3, 0.3])) < 0.0


@given(st.floats(-0.9, 0.9), st.floats(0.05, 0.95), st.floats(-3.0, 2.0), st.floats(-4.0, 4.0), st.floats(0.0, 100.0))
def test_a_slice_in_the_domain_may_be_raised(rho: float, steep: float, floor: float, place: float, rise: float) -> None:
    # What the continuation beyond the last expiry rests on.
    b = 2.0 * steep / (1.0 + abs(rho))
    gamma = math.sqrt(1.0 - rho**2) * math.expm1(floor)
    _, low, high, _ = svi_domain(gamma * b, b, rho, 0.0, 1.0)
    mu = low + (high - low) / (1.0 + math.exp(-place))
    sigma = 1.001 * svi_domain(gamma * b, b, rho, mu, 1.0)[3]
    if 0.0 < sigma < math.inf:
        raised = np.array([(gamma + rise) * b * sigma, b, rho, mu * sigma, sigma])
        assert least_durrleman(raised) >= -1e-9


@given(years_of_expiries(), seeds, st.sampled_from([0.3, 1.0, 2.0]))
def test_the_global_parametrization_holds_no_arbitrage_anywhere(
    years: Float64[np.ndarray, " n_expiry"], seed: int, spread: float
) -> None:
    x = spread * np.random.default_rng(seed).normal(size=(years.size, 3)) - [0.0, 4.0, 0.0]
    raw = make_essvi(x, years).array()
    for one in raw:
        assert least_durrleman(one) >= -1e-9
    for before, after in itertools.pairwise(raw):
        assert least_gap(before, after) >= -1e-9


@given(hostile_quotes(), kinds)
def test_a_fit_holds_no_arbitrage_whatever_the_quotes_are(quotes: SmileQuotes, kind: Literal["svi", "essvi"]) -> None:
    parameters = fit_surface(quotes, kind=kind)
    assert_free(parameters)
    assert parameters.expiry_years == tuple(quotes.expiry_years.tolist())
    named = [note for note in parameters.notes if "usable quote" in note]
    thin = [t for t, count in zip(quotes.expiry_years, quotes.counts(), strict=True) if count < 5]
    assert len(named) == len(thin)
    for note, t in zip(named, thin, strict=True):
        assert f"{t * 365.0:.4g} days" in note


@given(hostile_quotes(), kinds)
def test_two_fits_of_the_same_quotes_are_equal_bit_for_bit(quotes: SmileQuotes, kind: Literal["svi", "essvi"]) -> None:
    one, other = (fit_surface(quotes, kind=kind) for _ in range(2))
    assert one == other


@given(hostile_quotes(), hostile_quotes(), kinds)
def test_a_fit_from_any_previous_one_holds_no_arbitrage(
    first: SmileQuotes, second: SmileQuotes, kind: Literal["svi", "essvi"]
) -> None:
    previous = fit_surface(first, kind="essvi")
    if len(previous.slices) == second.expiry_years.size:
        previous = msgspec.structs.replace(previous, kind=kind)
        assert_free(fit_surface(second, kind=kind, previous=previous))
        cold = msgspec.structs.replace(fit_surface(second, kind=kind), kind=kind)  # SVI may have fallen back to eSSVI
        assert_free(fit_surface(second, kind=kind, previous=cold))


@given(years_of_expiries(), seeds, kinds, st.sampled_from([5, 9, 20]))
def test_quotes_of_a_true_surface_are_met(
    years: Float64[np.ndarray, " n_expiry"], seed: int, kind: Literal["svi", "essvi"], count: int
) -> None:
    rng = np.random.default_rng(seed)
    vol = rng.uniform(0.3, 1.5)
    truth = make_truth(rng, years, vol)
    quotes = make_quotes(truth, [np.linspace(-2.0, 2.0, count) * vol * math.sqrt(t) for t in years])
    parameters = fit_surface(quotes, kind=kind)
    found = Surface.from_parameters(parameters).vol(quotes.log_moneyness, years[quotes.expiry])
    # Of 1,500 such surfaces 99 % were met to 0.02 vol points; the worst seen since lie 0.11 (SVI) and 0.48 (eSSVI) off.
    assert parameters.kind == kind
    assert math.sqrt(float(np.mean((found - quotes.vol_bid) ** 2))) < (2.5e-3 if kind == "svi" else 7.5e-3)


def make_points(
    seed: int, parameters: SurfaceParameters, count: int, reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return random k and times from half of the first expiry to twice the last, and one deviation at each."""
    rng, years = np.random.default_rng(seed), np.array(parameters.expiry_years)
    t = np.exp(rng.uniform(math.log(0.5 * years[0]), math.log(2.0 * years[-1]), count))
    t = t[np.abs(t[:, None] - years).min(axis=1) > 1e-2 * t]  # the pace of variance jumps at an expiry
    deviation = Surface.from_parameters(parameters).vol(np.zeros(t.size), t) * np.sqrt(t)
    return rng.uniform(-reach, reach, t.size) * deviation, t, deviation


@given(surfaces(), seeds)
def test_derivatives_equal_finite_differences(parameters: SurfaceParameters, seed: int) -> None:
    k, t, deviation = make_points(seed, parameters, 40, 4.0)
    n, in_k, in_t = t.size, 1e-3 * deviation, 1e-4 * t
    sides = (-2.0, -1.0, 1.0, 2.0)
    places = [k, *(k + i * in_k for i in sides), *(k for _ in sides)]
    times = [t, *(t for _ in sides), *(t + i * in_t for i in sides)]
    points = Surface.from_parameters(parameters).points(np.concatenate(places), np.concatenate(times))

    def differ(column: np.ndarray, row: int) -> np.ndarray:
        """Return the five-point derivative (Abramowitz, Stegun 1964, 25.3.6) times the step."""
        rows = column.reshape(9, n)[row : row + 4]
        return np.asarray((rows[0] - 8.0 * rows[1] + 8.0 * rows[2] - rows[3]) / 12.0)

    vol = points.vol[:n]
    assert np.all(np.abs(points.skew[:n] * in_k - differ(points.vol, 1)) <= 1e-12 * vol)
    assert np.all(np.abs(points.curvature[:n] * in_k - differ(points.skew, 1)) * deviation <= 1e-11 * vol)
    assert np.all(np.abs(points.term[:n] * in_t - differ(points.vol, 5)) <= 1e-9 * vol)


@given(surfaces(), seeds, st.sampled_from([3.0, 8.0, 30.0]))
def test_butterflies_cost_nothing_at_no_time_whatever(parameters: SurfaceParameters, seed: int, reach: float) -> None:
    k, t, _ = make_points(seed, parameters, 200, reach)
    points = Surface.from_parameters(parameters).points(k, t)
    w, slope = points.vol**2 * t, 2.0 * points.vol * points.skew * t
    bend = 2.0 * t * (points.skew**2 + points.vol * points.curvature)
    assert np.all(durrleman(w, slope, bend, k) >= -1e-9)
    assert np.all(points.term * 2.0 * t >= -points.vol * (1.0 + 1e-9))


@given(surfaces(), st.floats(0.3, 3.0))
def test_call_prices_are_convex_in_strike(parameters: SurfaceParameters, share: float) -> None:
    surface, times = Surface.from_parameters(parameters), share * np.array(parameters.expiry_years)
    deviation = surface.vol(0.0, times) * np.sqrt(times)
    strike = np.linspace(np.exp(-5.0 * deviation), np.exp(5.0 * deviation), 200).T
    k, t = np.log(strike).ravel(), np.repeat(times, 200)
    price = otm_price(k, surface.vol(k, t) ** 2 * t)
    call = np.where(k >= 0.0, price, price + 1.0 - strike.ravel()).reshape(strike.shape)
    room = 1e-14 * np.maximum(1.0, strike)
    assert np.all(np.diff(call, 2) >= -room[:, 2:])
    assert np.all(np.diff(call) <= room[:, 1:])


@given(surfaces(), seeds, st.floats(-30.0, 30.0))
def test_total_variance_rises_in_time(parameters: SurfaceParameters, seed: int, place: float) -> None:
    years = np.array(parameters.expiry_years)
    surface = Surface.from_parameters(parameters)
    rng = np.random.default_rng(seed)
    t = np.exp(rng.uniform(math.log(0.2 * years[0]), math.log(3.0 * years[-1]), 200))
    t = np.sort(np.concatenate([t, years, years * (1.0 - 1e-7), years * (1.0 + 1e-7)]))
    k = place * float(surface.vol(0.0, rng.choice(t))[0]) * math.sqrt(rng.choice(years))
    w = surface.vol(k, t) ** 2 * t
    assert np.all(np.diff(w) >= -1e-12 * w[1:])


@given(surfaces(), seeds)
def test_vols_join_at_the_expiries(parameters: SurfaceParameters, seed: int) -> None:
    years = np.array(parameters.expiry_years)
    surface = Surface.from_parameters(parameters)
    at = np.random.default_rng(seed).uniform(-2.0, 2.0, years.size) * np.sqrt(years)
    own = np.array([slice_variance(raw, k)[0] for raw, k in zip(parameters.array(), at[:, None], strict=True)])[:, 0]
    near = np.concatenate([years, years * (1.0 - 1e-9), years * (1.0 + 1e-9)])
    here, before, after = surface.vol(np.tile(at, 3), near).reshape(3, -1)
    np.testing.assert_allclose(here**2 * years, own, rtol=1e-12)
    # Prices join; a vol may leap within hours where the earlier price is nothing beside the later one.
    prices = [otm_price(at, vol**2 * years) for vol in (before, here, after)]
    np.testing.assert_allclose(prices[0], prices[1], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(prices[2], prices[1], rtol=1e-7, atol=1e-8)


@given(surfaces(), kinds)
def test_numbers_survive_events_and_files(parameters: SurfaceParameters, kind: Literal["svi", "essvi"]) -> None:
    parameters = msgspec.structs.replace(parameters, kind=kind)
    assert SurfaceParameters.from_values(parameters.values()) == parameters
    assert msgspec.json.decode(msgspec.json.encode(parameters), type=SurfaceParameters) == parameters
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(parameters), type=SurfaceParameters) == parameters
    assert all(isinstance(value, float) for value in parameters.values().values())
