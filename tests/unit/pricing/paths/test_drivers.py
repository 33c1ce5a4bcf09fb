"""Random numbers: the streams, the bridge, and the inverse laws of jumps."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from hedgerow.core.errors import InputError
from hedgerow.pricing.paths.affine_kernels import _count_jumps, _erlang
from hedgerow.pricing.paths.bridge_kernels import bridge_increments
from hedgerow.pricing.paths.drivers import SOBOL_DIMENSIONS, SobolPoints, Streams, bridge_plan


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 8, 100])
def test_the_bridge_is_an_orthogonal_map_whose_first_normal_sets_the_end(steps: int) -> None:
    order, weights = bridge_plan(steps)
    assert sorted(order[:, 1]) == list(range(1, steps + 1))
    increments = np.empty((steps, steps))
    bridge_increments(np.eye(steps), order, weights, increments)
    np.testing.assert_allclose(increments @ increments.T, np.eye(steps), atol=1e-13)
    np.testing.assert_allclose(increments[0], 1.0 / np.sqrt(steps), rtol=1e-13)
    np.testing.assert_allclose(increments[1:].sum(axis=1), 0.0, atol=1e-13)


def test_streams_are_independent_and_of_the_right_law() -> None:
    normals, uniforms = Streams(5, 50, 2, 2, antithetic=False).draw(2_000)
    flat = np.stack([*(stats.norm.cdf(z).ravel() for z in normals), *(u.ravel() for u in uniforms)])
    for u in flat:
        assert stats.kstest(u, "uniform").pvalue > 1e-3
    correlations = np.corrcoef(flat)[np.triu_indices(4, 1)]
    assert np.all(np.abs(correlations) < 4.0 / np.sqrt(flat.shape[1]))


def test_mirrored_uniforms_stay_below_one() -> None:
    normals, uniforms = Streams(5, 50, 1, 1, antithetic=True).draw(200)
    np.testing.assert_array_equal(normals[0][1::2], -normals[0][0::2])
    np.testing.assert_allclose(uniforms[0][1::2], 1.0 - uniforms[0][0::2], rtol=0.0, atol=2.0**-53)
    assert np.all(uniforms[0] < 1.0)


def test_sobol_points_are_even_and_give_the_ends_their_best_coordinates() -> None:
    normals, uniforms = SobolPoints(3, 4, 2, 1).draw(1_024)
    for (
        z
    ) in normals:  # one point in each of 1,024 slices of equal chance: Owen (1998), a digital net in each coordinate
        cells = np.floor(1_024 * stats.norm.cdf(z.sum(axis=1) / 2.0)).astype(int)
        np.testing.assert_array_equal(np.sort(cells), np.arange(1_024))
    for step in range(4):
        np.testing.assert_array_equal(np.sort(np.floor(1_024 * uniforms[0][:, step])), np.arange(1_024))
    assert np.all((uniforms[0] > 0.0) & (uniforms[0] < 1.0))


def test_sobol_points_go_on_where_the_last_draw_ended() -> None:
    whole, cut = SobolPoints(3, 3, 1, 1), SobolPoints(3, 3, 1, 1)
    all_normals, all_uniforms = whole.draw(100)
    parts = [cut.draw(count) for count in (1, 6, 93)]
    np.testing.assert_array_equal(np.concatenate([normals[0] for normals, _ in parts]), all_normals[0])
    np.testing.assert_array_equal(np.concatenate([uniforms[0] for _, uniforms in parts]), all_uniforms[0])


def test_sobol_points_know_their_limit() -> None:
    assert SOBOL_DIMENSIONS == qmc.Sobol.MAXDIM
    with pytest.raises(InputError, match="21204 dimensions; take fewer steps"):
        SobolPoints(1, SOBOL_DIMENSIONS // 3 + 1, 2, 1)


@pytest.mark.parametrize("mean", [1e-6, 0.03, 1.0, 12.0, 480.0])
def test_counts_are_the_poisson_quantiles_and_leave_a_uniform(mean: float) -> None:
    none = np.exp(-mean)
    for u in np.linspace(none, 1.0, 41)[:-1]:
        count, left = _count_jumps(u, none, mean)
        below, upto = stats.poisson.cdf([count - 1, count], mean)
        assert below - 1e-11 <= u <= upto + 1e-11
        assert count >= 1
        assert left == pytest.approx((u - below) / (upto - below), abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 200])
def test_sums_of_exponentials_are_the_gamma_quantiles(count: int) -> None:
    u = np.array([1e-9, 1e-4, 0.02, 0.3, 0.5, 0.9, 0.999, 1.0 - 1e-9, 1.0 - 2.0**-53])
    found = [_erlang(count, each) for each in u]
    np.testing.assert_allclose(found, stats.gamma.isf(1.0 - u, count), rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(stats.gamma.sf(found, count), 1.0 - u, rtol=1e-9)
    assert 0.0 <= _erlang(count, 0.0) <= found[0]
