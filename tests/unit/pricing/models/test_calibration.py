"""A calibration finds what it can, says how well, and refuses what cannot be told."""

import math

import msgspec
import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.errors import InputError, MarketDataError
from hedgerow.pricing.models import SVCJ, Calibration, Heston, LogNormalSV, calibrate_model
from hedgerow.pricing.models.coordinates import KINDS, FittedModel, at_bound, box, free_of, model_at, names_of
from hedgerow.pricing.models.weights import quote_weights, scatter
from hedgerow.pricing.surface import SmileQuotes, fit_chain, read_chain
from model_chains import BATES, HESTON, LEAPING, MERTON, VIOLATOR, make_model_chain

NOISE = 0.003


def scores(found: Calibration, truth: FittedModel) -> np.ndarray:
    """How many standard errors each parameter is off."""
    return np.array(
        [(getattr(found.model, name) - getattr(truth, name)) / error for name, error in found.standard_errors.items()]
    )


@pytest.mark.parametrize("truth", [HESTON, VIOLATOR, MERTON, BATES, LEAPING], ids=lambda one: type(one).__name__)
def test_parameters_are_found_within_their_error_bars(truth: FittedModel) -> None:
    kind = str(truth.__struct_config__.tag)
    found = calibrate_model(kind, make_model_chain(truth, noise=NOISE, seed=1))
    assert np.abs(scores(found, truth)).max() < 4.0
    # 200 residuals: their mean square scatters by a tenth.
    assert found.noise == pytest.approx(NOISE, rel=0.3)
    assert found.rmse <= found.noise


def test_error_bars_are_as_wide_as_estimates_scatter() -> None:
    n = 16
    z = np.array(
        [
            scores(calibrate_model("heston", make_model_chain(HESTON, noise=NOISE, seed=seed), start=HESTON), HESTON)
            for seed in range(n)
        ]
    )
    # z² has mean 1 and variance 2; four standard errors of its mean, and of the mean of z.
    assert np.abs((z**2).mean(axis=0) - 1.0).max() < 4.0 * math.sqrt(2.0 / n)
    assert np.abs(z.mean(axis=0)).max() < 4.0 / math.sqrt(n)


def test_without_noise_the_model_comes_back() -> None:
    found = calibrate_model("heston", make_model_chain(HESTON, noise=0.0, seed=0))
    for name in names_of("heston"):
        assert getattr(found.model, name) == pytest.approx(getattr(HESTON, name), rel=1e-5)
    assert found.rmse < 1e-7
    assert found.notes == ()


def test_a_richer_model_fits_no_worse() -> None:
    quotes = make_model_chain(LEAPING, noise=NOISE, seed=3, days=(7, 30, 180), strikes=13)
    noise = [calibrate_model(kind, quotes).noise for kind in ("heston", "bates", "svcj")]
    # Noise counts degrees of freedom, so a hair of room.
    assert noise[1] <= noise[0] * 1.02
    assert noise[2] <= noise[1] * 1.02


def test_the_recorded_chain() -> None:
    chain = fit_chain(read_chain(hr.load_snapshot(hr.example("eth-2024-01-08"))), kind="svi").chain
    quotes, _ = chain.smiles()
    found = calibrate_model("heston", quotes)
    again = calibrate_model("heston", quotes, start=found.model)
    assert again.noise <= found.noise * (1.0 + 1e-6)
    assert np.isfinite(found.vol).all()
    far = quotes.expiry_years[quotes.expiry] > 30.0 / 365.0
    used = far & (found.weight > 0.0)
    # One factor cannot hold expiries of a day and of a year at once; the long ones it meets within some vol points.
    assert math.sqrt(float(np.mean(found.residual[used] ** 2))) < 0.1


def test_quotes_weigh_by_their_spread_and_those_without_a_bid_nothing() -> None:
    quotes = SmileQuotes(
        expiry_years=np.array([0.1]),
        expiry=np.zeros(5, dtype=np.int64),
        log_moneyness=np.array([-0.2, -0.1, 0.0, 0.1, 0.2]),
        vol_bid=np.array([0.0, 0.58, 0.595, 0.58, 0.56]),
        vol_ask=np.array([0.9, 0.62, 0.605, 0.62, 0.64]),
    )
    assert quote_weights(quotes) == pytest.approx([0.0, 1.0, 16.0, 1.0, 0.25])


def test_quotes_without_a_spread_weigh_alike() -> None:
    quotes = make_model_chain(MERTON, noise=0.0, seed=0, half=0.0)
    assert quote_weights(quotes).tolist() == [1.0] * quotes.expiry.size


def test_a_chain_too_thin_is_refused_with_advice() -> None:
    thin = make_model_chain(HESTON, noise=NOISE, seed=1, days=(30,), strikes=25)
    with pytest.raises(MarketDataError, match=r"25 quotes with a bid in 1 expiry, 25 strikes .* 10 quotes, 2 expiries"):
        calibrate_model("heston", thin)
    few = make_model_chain(HESTON, noise=NOISE, seed=1, days=(30, 60), strikes=4)
    with pytest.raises(MarketDataError, match="8 quotes with a bid in 2 expiries"):
        calibrate_model("heston", few)


def test_an_unknown_kind_and_a_start_of_another_kind_are_refused() -> None:
    quotes = make_model_chain(HESTON, noise=NOISE, seed=1)
    with pytest.raises(InputError, match="the model 'hestn'; give one of heston, bates"):
        calibrate_model("hestn", quotes)
    with pytest.raises(InputError, match="a start of type Merton; give a Heston"):
        calibrate_model("heston", quotes, start=MERTON)


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    calibrate_model("heston", make_model_chain(HESTON, noise=NOISE, seed=1), progress=lambda *at: told.append(at))
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("kind", list(KINDS))
def test_free_numbers_and_models_are_each_others_inverse(kind: str) -> None:
    low, high = box(kind)
    for share in (0.3, 0.5, 0.62):
        x = low + share * (high - low)
        model = model_at(kind, x)
        again = model_at(kind, free_of(model))
        for name in names_of(kind):
            assert getattr(again, name) == pytest.approx(getattr(model, name), rel=1e-12)


def test_a_parameter_at_its_edge_has_no_error_bar_and_is_noted() -> None:
    still = Heston(v0=0.3, kappa=2.0, theta=0.3, vol_of_vol=0.0, rho=0.0)
    found = calibrate_model("heston", make_model_chain(still, noise=0.0005, seed=5))
    assert math.isnan(found.standard_errors["vol_of_vol"])
    assert found.notes[0].startswith("vol_of_vol ends at an edge of where it was looked for, 0.001")
    assert found.notes[1] == "the error bars of the others take vol_of_vol as known"


def test_what_the_quotes_do_not_tell_apart_has_no_error_bar() -> None:
    # Two expiries of days say what the variance is, and little of where it goes.
    quotes = make_model_chain(HESTON, noise=NOISE, seed=7, days=(5, 9), strikes=9)
    found = calibrate_model("heston", quotes, start=HESTON)
    vague = {name for name, error in found.standard_errors.items() if not error < abs(getattr(found.model, name))}
    assert "kappa" in vague
    assert any("hardly determine" in note or "at an edge" in note for note in found.notes)


def test_a_single_strike_is_no_smile() -> None:
    flat = make_model_chain(MERTON, noise=0.0005, seed=2, days=(30, 60, 90), strikes=1)
    many = SmileQuotes(
        expiry_years=flat.expiry_years,
        expiry=np.repeat(flat.expiry, 5),
        log_moneyness=np.zeros(15),
        vol_bid=np.repeat(flat.vol_bid, 5),
        vol_ask=np.repeat(flat.vol_ask, 5),
    )
    with pytest.raises(MarketDataError, match=r"15 quotes with a bid in 3 expiries, 1 strikes .* 3 strikes or more"):
        calibrate_model("merton", many)


def test_flat_directions_are_seen_and_not_called_certain() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 40))
    spread, alike = scatter(np.column_stack([a, 2.0 * b, a, np.zeros(40)]))
    # The first and the third are one and the same, the fourth does nothing; the second is as sure as least squares say.
    assert np.isinf(spread[[0, 2, 3]]).all()
    two = np.column_stack([a, 2.0 * b])
    assert spread[1] == pytest.approx(math.sqrt(np.linalg.inv(two.T @ two)[1, 1]))
    assert np.isnan(alike[0]).all()
    assert alike[1, 1] == pytest.approx(1.0)
    full = np.column_stack([a, a + b])
    spread, alike = scatter(full)
    covariance = np.linalg.inv(full.T @ full)
    np.testing.assert_allclose(spread, np.sqrt(np.diag(covariance)))
    assert alike[0, 1] == pytest.approx(covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1]))


def test_the_log_normal_model_is_found_too() -> None:
    truth = LogNormalSV(vol0=0.7, theta=0.8, kappa1=3.0, kappa2=3.0 / 0.8, beta=-0.3, vol_of_vol=1.2)
    quotes = make_model_chain(truth, noise=NOISE, seed=1, days=(14, 60, 180), strikes=9)
    found = calibrate_model("lognormal_sv", quotes, start=truth)
    assert np.abs(scores(found, truth)).max() < 4.0
    assert found.noise == pytest.approx(NOISE, rel=0.6)


def test_a_correlation_of_jumps_held_back_is_at_its_edge() -> None:
    x = free_of(msgspec.structs.replace(LEAPING, variance_jump_mean=0.5, jump_correlation=0.79))
    x[list(names_of("svcj")).index("jump_correlation")] = 2.0
    model = model_at("svcj", x)
    assert isinstance(model, SVCJ)
    assert model.jump_correlation * model.variance_jump_mean == pytest.approx(0.4)
    assert at_bound("svcj", model) == ("jump_correlation",)


def test_a_start_that_cannot_be_priced_is_refused() -> None:
    wild = LogNormalSV(vol0=1.0, theta=1.0, kappa1=0.05, kappa2=0.05, beta=0.0, vol_of_vol=6.0)
    quotes = make_model_chain(HESTON, noise=NOISE, seed=1, days=(30, 3650), strikes=7)
    with pytest.raises(InputError, match="the start cannot be priced: LogNormalSV"):
        calibrate_model("lognormal_sv", quotes, start=wild)
