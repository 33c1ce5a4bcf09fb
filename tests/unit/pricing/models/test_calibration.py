"""A calibration finds what it can, says how well, and refuses what cannot be told."""

import math

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.errors import InputError, MarketDataError
from hedgerow.pricing.models import Calibration, Heston, calibrate_model
from hedgerow.pricing.models.coordinates import KINDS, FittedModel, box, free_of, model_at, names_of
from hedgerow.pricing.models.weights import quote_weights
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
    n = 40
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
    quotes = make_model_chain(LEAPING, noise=NOISE, seed=3, days=(7, 30, 90, 180))
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
    with pytest.raises(MarketDataError, match=r"25 quotes with a bid in 1 expiry .* 10 quotes in 2 expiries"):
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
    assert found.notes
    assert any(
        math.isnan(error) or error > abs(getattr(found.model, name)) for name, error in found.standard_errors.items()
    )
