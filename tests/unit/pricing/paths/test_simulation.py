"""What ``simulate`` promises whatever the model: the same paths from a seed, flat memory, finite paths, errors."""

import math
import tracemalloc
from typing import Any

import msgspec
import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.pricing.models import SABR, SVCJ, Bates, Heston, LogNormalSV, Merton, Model
from hedgerow.pricing.paths import PathBlock, simulate, stated_bias
from hedgerow.pricing.paths.drivers import SOBOL_DIMENSIONS

CALM = {"v0": 0.3, "kappa": 3.0, "theta": 0.4, "vol_of_vol": 1.0, "rho": -0.4}
JUMPS = {"jump_intensity": 40.0, "jump_mean": -0.02, "jump_vol": 0.05}
MODELS: dict[str, Model] = {
    "heston": Heston(**CALM),
    "bates": Bates(**CALM, **JUMPS),
    "merton": Merton(vol=0.6, **JUMPS),
    "svcj": SVCJ(**CALM, **JUMPS, variance_jump_mean=0.1, jump_correlation=-0.3),
    "sabr": SABR(alpha=0.6, beta=1.0, vol_of_vol=1.2, rho=-0.4),
    "sabr, beta < 1": SABR(alpha=3.0, beta=0.6, vol_of_vol=1.2, rho=-0.4),
    "lognormal sv": LogNormalSV(vol0=0.6, theta=0.7, kappa1=2.0, kappa2=2.0, beta=0.3, vol_of_vol=1.0),
}
GIVEN: dict[str, Any] = {"forward": 2_000.0, "years": 0.5, "steps": 8, "paths": 150, "seed": 11, "measure": "quote"}
HESTON = MODELS["heston"]
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def draw(model: Model, **changed: Any) -> PathBlock:
    """All paths as one block."""
    blocks = list(simulate(model, **(GIVEN | changed)))
    arrays = {name: np.concatenate([getattr(b, name) for b in blocks]) for name in ("forward", "variance")}
    return PathBlock(offset=0, times=blocks[0].times, **arrays)


def measures(model: Model) -> list[str]:
    return ["quote"] if isinstance(model, SABR) and model.beta < 1.0 else ["quote", "coin"]


@every_model
def test_blocks_change_nothing(model: Model) -> None:
    for measure in measures(model):
        whole = draw(model, measure=measure)
        for block in (1, 7, 64, 149):
            cut = draw(model, measure=measure, block=block)
            np.testing.assert_array_equal(cut.forward, whole.forward)
            np.testing.assert_array_equal(cut.variance, whole.variance)
        longer = draw(model, measure=measure, paths=211)
        np.testing.assert_array_equal(longer.forward[:150], whole.forward)
        assert not np.any(draw(model, measure=measure, seed=12).forward[:, 1:] == whole.forward[:, 1:])


def test_blocks_say_where_they_lie() -> None:
    blocks = list(simulate(HESTON, **(GIVEN | {"block": 64})))
    assert [(b.offset, b.forward.shape, b.variance.shape) for b in blocks] == [
        (0, (64, 9), (64, 9)),
        (64, (64, 9), (64, 9)),
        (128, (22, 9), (22, 9)),
    ]
    np.testing.assert_allclose(blocks[0].times, np.linspace(0.0, 0.5, 9), rtol=1e-15)
    assert np.all(blocks[1].forward[:, 0] == 2_000.0)
    assert np.all(blocks[1].variance[:, 0] == 0.3)
    with pytest.raises(ValueError, match="read-only"):
        blocks[0].forward[0, 0] = 1.0


@every_model
def test_substeps_are_steps_that_are_not_kept(model: Model) -> None:
    fine, coarse = draw(model), draw(model, steps=2, substeps=4)
    np.testing.assert_array_equal(coarse.forward, fine.forward[:, ::4])
    np.testing.assert_array_equal(coarse.variance, fine.variance[:, ::4])
    np.testing.assert_allclose(coarse.times, fine.times[::4], rtol=1e-15)


@every_model
def test_antithetic_paths_mirror_their_twins(model: Model) -> None:
    for block in (None, 6):
        found = draw(model, antithetic=True, block=block, paths=4_000)
        alone = draw(model, paths=2_000)
        np.testing.assert_array_equal(found.forward[0::2], alone.forward)
        moves = np.log(found.forward[:, 1] / 2_000.0)
        assert np.corrcoef(moves[0::2], moves[1::2])[0, 1] < -0.7


def test_antithetic_normals_are_the_same_with_the_other_sign() -> None:
    # Without vol of vol and jumps the logarithm is normal: its mirror image about the mean is the twin.
    still = Merton(vol=0.6, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.0)
    moves = np.log(draw(still, antithetic=True).forward / 2_000.0)
    mean = -0.5 * 0.36 * draw(still).times
    np.testing.assert_allclose(moves[0::2] - mean, mean - moves[1::2], atol=1e-13)


def test_models_share_the_drivers_that_they_have_in_common() -> None:
    # Without jumps to speak of Bates and SVCJ are Heston path by path.
    rare = {"jump_intensity": 1e-12, "jump_mean": -0.1, "jump_vol": 0.1}
    plain = draw(HESTON)
    for model in (Bates(**CALM, **rare), SVCJ(**CALM, **rare, variance_jump_mean=0.5, jump_correlation=0.1)):
        np.testing.assert_allclose(draw(model).forward, plain.forward, rtol=1e-12)
    log_normal = LogNormalSV(vol0=0.6, theta=0.6, kappa1=0.0, kappa2=0.0, beta=-0.48, vol_of_vol=1.2 * math.sqrt(0.84))
    np.testing.assert_allclose(draw(log_normal).forward, draw(MODELS["sabr"]).forward, rtol=1e-12)


@every_model
@pytest.mark.parametrize("sobol", [False, True])
def test_paths_are_finite_and_variances_are_not_negative(model: Model, sobol: bool) -> None:
    for measure in measures(model):
        found = draw(model, measure=measure, sobol=sobol, paths=2_048, steps=5)
        assert np.all(np.isfinite(found.forward) & (found.forward > 0.0))
        assert np.all(np.isfinite(found.variance) & (found.variance >= 0.0))


@pytest.mark.parametrize("rho", [-0.95, 0.0, 0.6])
@pytest.mark.parametrize(("v0", "theta"), [(0.0, 0.3), (0.4, 0.0), (1e-12, 1e-9), (0.4, 0.3)])
def test_feller_violating_variances_stay_at_or_above_zero(v0: float, theta: float, rho: float) -> None:
    wild = Heston(v0=v0, kappa=0.5, theta=theta, vol_of_vol=5.0, rho=rho)  # 2·kappa·theta <= 0.3, nu² = 25
    for measure in ("quote", "coin"):
        found = draw(wild, measure=measure, paths=5_000, steps=20, years=0.5)
        assert np.all(np.isfinite(found.forward) & (found.forward > 0.0))
        assert np.all(np.isfinite(found.variance) & (found.variance >= 0.0))
        assert np.mean(found.variance[:, -1] == 0.0) > 0.2


def test_without_vol_of_vol_everything_is_exact() -> None:
    still = Heston(v0=0.3, kappa=2.0, theta=0.5, vol_of_vol=0.0, rho=-0.5)
    found = draw(still, paths=20_000, steps=2)
    decay = np.exp(-2.0 * found.times)
    np.testing.assert_allclose(found.variance, np.broadcast_to(0.5 - 0.2 * decay, found.variance.shape), rtol=1e-14)
    total = 0.5 * found.times - 0.2 * (1.0 - decay) / 2.0
    moves = np.log(found.forward / 2_000.0)
    errors = (moves + 0.5 * total)[:, 1:] / np.sqrt(total[1:])
    assert np.all(np.abs(errors.mean(axis=0)) < 4.0 / math.sqrt(20_000))
    assert np.all(np.abs((errors**2).mean(axis=0) - 1.0) < 4.0 * math.sqrt(2.0 / 20_000))
    barely = draw(msgspec.structs.replace(still, vol_of_vol=1e-7), paths=100)
    np.testing.assert_allclose(barely.variance, draw(still, paths=100).variance, rtol=1e-5)
    for calm in (0.0, 1e-7):
        vol = LogNormalSV(vol0=0.6, theta=0.6, kappa1=1.0, kappa2=0.0, beta=0.0, vol_of_vol=calm)
        np.testing.assert_allclose(draw(vol).variance, 0.36, rtol=1e-5)


@every_model
def test_a_real_world_drift_moves_every_path_alike(model: Model) -> None:
    found, plain = draw(model, drift=0.3), draw(model)
    np.testing.assert_allclose(found.forward, plain.forward * np.exp(0.3 * plain.times), rtol=1e-12)
    np.testing.assert_array_equal(found.variance, plain.variance)


def test_zero_absorbs_sabr_with_a_small_beta() -> None:
    falling = SABR(alpha=25.0, beta=0.5, vol_of_vol=1.0, rho=-0.5)
    found = draw(falling, paths=5_000, years=2.0, steps=50)
    gone = found.forward == 0.0
    assert 0.05 < gone[:, -1].mean() < 0.9
    assert np.all(gone[:, 1:] >= gone[:, :-1])
    assert np.all((found.variance == 0.0) == gone)


def test_memory_does_not_grow_with_paths() -> None:
    def peak(paths: int, **how: Any) -> int:
        tracemalloc.start()
        for _ in simulate(HESTON, **(GIVEN | {"steps": 32, "paths": paths} | how)):
            tracemalloc.reset_peak() if _.offset == 0 else None
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2_048)
    few, many = peak(20_000), peak(200_000)
    assert many < 1.05 * few
    assert few < 10_000_000
    assert peak(1 << 15, sobol=True) < 1.1 * peak(1 << 13, sobol=True)


# Bad input.


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"forward": 0.0}, "forward is 0.0"),
        ({"forward": math.nan}, "forward is nan"),
        ({"forward": "2000"}, "forward is '2000'"),
        ({"years": -1.0}, "years is -1.0"),
        ({"years": math.inf}, "years is inf"),
        ({"steps": 0}, "steps is 0"),
        ({"steps": 2.0}, "steps is 2.0"),
        ({"substeps": 0}, "substeps is 0"),
        ({"paths": 0}, "paths is 0"),
        ({"paths": True}, "paths is True"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": None}, "seed is None"),
        ({"block": 0}, "block is 0"),
        ({"measure": "usd"}, 'measure is \'usd\'; give "quote" or "coin"'),
        ({"drift": math.nan}, "drift is nan"),
        ({"drift": 0.1, "measure": "coin"}, 'a drift needs measure="quote"'),
        ({"antithetic": True, "paths": 3}, "give an even number, say 4"),
        ({"antithetic": True, "sobol": True}, "choose one"),
        ({"sobol": True, "paths": 1_000}, "give a power of two, say 1024"),
        ({"sobol": True, "paths": 4, "steps": SOBOL_DIMENSIONS // 2 + 1}, "take fewer steps"),
    ],
)
def test_bad_input_is_refused_before_the_first_block(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        simulate(HESTON, **(GIVEN | changed))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("unchecked")
def test_the_measure_has_no_default_and_no_model_is_made_up() -> None:
    with pytest.raises(TypeError, match="measure"):
        simulate(HESTON, **{name: value for name, value in GIVEN.items() if name != "measure"})
    with pytest.raises(InputError, match="a model of type str"):
        simulate("heston", **GIVEN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "changed", "told"),
    [
        (MODELS["sabr, beta < 1"], {"measure": "coin"}, "weigh every path by F_T/F_0"),
        (SABR(alpha=0.6, beta=1.0, vol_of_vol=1.0, rho=0.3), {"measure": "coin"}, "its forward is no martingale"),
        (Heston(**CALM | {"vol_of_vol": 3.0, "rho": 0.9}), {"steps": 1, "years": 1.0}, "times as many steps"),
        (Merton(vol=0.5, **JUMPS | {"jump_intensity": 5e3}), {"steps": 1}, "give 6 times as many steps"),
        (SABR(alpha=0.5, beta=1.0, vol_of_vol=30.0, rho=0.0), {"steps": 1}, "give 10 times as many steps"),
    ],
)
def test_what_cannot_be_simulated_is_refused(model: Model, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        simulate(model, **(GIVEN | changed))


def test_the_advised_number_of_steps_is_enough() -> None:
    steep = Heston(**CALM | {"vol_of_vol": 4.0, "rho": 0.95})
    with pytest.raises(InputError, match="give 7 times as many") as caught:
        simulate(steep, **(GIVEN | {"steps": 1, "years": 1.0}))
    advised = int(caught.value.advice.split()[1])
    assert np.all(np.isfinite(draw(steep, steps=advised, years=1.0).forward))


def test_paths_beyond_all_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="leave the range of numbers"):
        draw(HESTON, drift=5_000.0)
    high = Merton(vol=60.0, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.0)
    assert np.all(np.isfinite(draw(high).forward))  # to zero: a value like others
    with pytest.raises(InputError, match="leave the range of numbers"):
        draw(high, measure="coin")


@pytest.mark.parametrize("name", MODELS)
def test_every_scheme_states_its_bias(name: str) -> None:
    found = stated_bias(MODELS[name])
    assert found.order == (math.inf if name == "merton" else 2.0)
    assert found.says.startswith("Exact")


def test_a_path_that_does_not_fit_in_memory_is_refused() -> None:
    calm = Merton(vol=0.6, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.0)
    with pytest.raises(InputError, match="1,000,000,000 steps in one path; give at most 10,000,000"):
        simulate(calm, forward=1.0, years=1.0, steps=10**9, paths=2, seed=1, measure="quote")
