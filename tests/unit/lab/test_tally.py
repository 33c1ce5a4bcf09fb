"""Running figures equal those of stored losses, and their errors the brute-force jackknife."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.lab.tally import GROUPS, Figures, Tally, standard_error
from hedgerow.lab.trading import PARTS, Outcome


def tallied(
    losses: np.ndarray, parts: np.ndarray, sizes: list[int], *, level: float, aversion: float | None
) -> Figures:
    """Count paths block by block."""
    tally, offset = Tally(risk_aversion=aversion, level=level), 0
    for size in [*sizes, losses.size - sum(sizes)]:
        rows = slice(offset, offset + size)
        tally.add(offset, Outcome(losses=losses[rows], parts=np.ascontiguousarray(parts[:, rows])))
        offset += size
    return tally.figures()


def worst(losses: np.ndarray, level: float) -> float:
    """Return the CVaR of stored losses: the worst share of them, the last one in part."""
    ranked, tail = np.sort(losses)[::-1], (1.0 - level) * losses.size
    whole = int(tail)
    return float((ranked[:whole].sum() + (tail - whole) * ranked[min(whole, losses.size - 1)]) / tail)


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10**6),
    shape=st.sampled_from(["normal", "skewed", "mixed"]),
    level=st.sampled_from([0.5, 0.9, 0.95, 0.99]),
)
def test_figures_equal_those_of_stored_losses(seed: int, shape: str, level: float) -> None:
    rng = np.random.default_rng(seed)
    losses = 3.0 + rng.standard_normal(6000)
    if shape == "skewed":
        losses = np.exp(losses)
    if shape == "mixed":
        losses[rng.random(6000) < 0.3] = 2.0
    parts = rng.random((len(PARTS), 6000))
    found = tallied(losses, parts, [2000, 1502], level=level, aversion=0.2)
    assert found.mean[0] == pytest.approx(losses.mean(), rel=1e-12)
    assert found.std[0] == pytest.approx(losses.std(ddof=1), rel=1e-10)
    certain = (np.logaddexp.reduce(0.2 * losses) - np.log(6000.0)) / 0.2
    assert found.certainty_equivalent[0] == pytest.approx(certain, rel=1e-10)
    assert found.parts[:, 0] == pytest.approx(parts.mean(axis=1), rel=1e-12)
    assert found.cvar[0] == pytest.approx(worst(losses, level), rel=1e-12)
    group = (np.arange(6000) // 2) % GROUPS
    for g in (0, 7, 49):
        kept = losses[group != g]
        assert found.mean[g + 1] == pytest.approx(kept.mean(), rel=1e-12)
        assert found.std[g + 1] == pytest.approx(kept.std(ddof=1), rel=1e-10)
        assert found.cvar[g + 1] == pytest.approx(worst(kept, level), rel=1e-12)


def test_errors_are_those_of_a_brute_force_jackknife() -> None:
    rng = np.random.default_rng(4)
    losses = rng.gamma(2.0, 1.0, 10_000)
    found = tallied(losses, np.zeros((len(PARTS), losses.size)), [4096, 4096], level=0.95, aversion=None)
    group = (np.arange(losses.size) // 2) % GROUPS
    objective = np.array([losses[group != g].mean() + 1.5 * losses[group != g].std(ddof=1) for g in range(GROUPS)])
    brute = np.sqrt((GROUPS - 1.0) / GROUPS * ((objective - objective.mean()) ** 2).sum())
    assert standard_error(found.mean + 1.5 * found.std) == pytest.approx(brute, rel=1e-9)
    assert np.isnan(found.certainty_equivalent).all()


def test_errors_are_the_scatter_of_repeated_studies() -> None:
    rng = np.random.default_rng(8)
    none = np.zeros((len(PARTS), 4000))
    runs = [tallied(rng.gamma(2.0, 1.0, 4000), none, [], level=0.9, aversion=0.3) for _ in range(300)]
    for name in ("mean", "std", "cvar", "certainty_equivalent"):
        values = np.array([getattr(run, name)[0] for run in runs])
        stated = np.mean([standard_error(getattr(run, name)) for run in runs])
        assert stated == pytest.approx(values.std(ddof=1), rel=0.2), name


def test_a_paired_difference_is_known_better_than_either() -> None:
    rng = np.random.default_rng(2)
    common, none = rng.standard_normal(20_000), np.zeros((len(PARTS), 20_000))
    one = tallied(common, none, [], level=0.95, aversion=None)
    other = tallied(common + 0.1 * rng.standard_normal(20_000), none, [], level=0.95, aversion=None)
    assert standard_error(one.mean - other.mean) == pytest.approx(0.1 / np.sqrt(20_000), rel=0.3)
    assert standard_error(one.mean) > 5.0 * standard_error(one.mean - other.mean)


def test_mirrored_pairs_count_as_one() -> None:
    rng = np.random.default_rng(6)
    half = rng.standard_normal(5000)
    mirrored = np.stack([half, -half], axis=1).ravel()
    found = tallied(mirrored, np.zeros((len(PARTS), 10_000)), [3000], level=0.95, aversion=None)
    assert found.mean[0] == pytest.approx(0.0, abs=1e-15)
    assert standard_error(found.mean) < 1e-15
    assert standard_error(found.std) > 0.003


@pytest.mark.parametrize("aversion", [1e-6, 50.0, 1e4])
def test_exponentials_do_not_overflow(aversion: float) -> None:
    losses = np.linspace(-40.0, 60.0, 5000)
    found = tallied(losses, np.zeros((len(PARTS), 5000)), [100, 1900], level=0.95, aversion=aversion)
    top = losses.max()
    expected = top + np.log(np.mean(np.exp(aversion * (losses - top)))) / aversion
    assert found.certainty_equivalent[0] == pytest.approx(expected, rel=1e-7)


def test_losses_that_are_all_alike_have_no_spread() -> None:
    found = tallied(np.full(1000, 7.0), np.zeros((len(PARTS), 1000)), [], level=0.95, aversion=2.0)
    assert (found.mean[0], found.std[0]) == (7.0, 0.0)
    assert found.cvar[0] == pytest.approx(7.0, rel=1e-12)
    assert found.certainty_equivalent[0] == pytest.approx(7.0, rel=1e-12)


def blocks(losses: np.ndarray, size: int, *, level: float, aversion: float | None = None) -> Figures:
    """Count paths in blocks of one size."""
    none = np.zeros((len(PARTS), losses.size))
    return tallied(losses, none, [size] * ((losses.size - 1) // size), level=level, aversion=aversion)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("size", [2, 238, 4096])
def test_no_block_decides_where_the_tail_begins(level: float, size: int) -> None:
    """More paths than are kept as they are: of a first block of 238 the worst thousandth says nothing."""
    for seed in range(1 if size == 2 else 6):
        losses = np.random.default_rng(seed).standard_normal(20_000)
        found = blocks(losses, size, level=level)
        assert found.cvar[0] == pytest.approx(worst(losses, level), abs=5e-3)
        group = (np.arange(20_000) // 2) % GROUPS
        for g in (0, 21):
            assert found.cvar[g + 1] == pytest.approx(worst(losses[group != g], level), abs=5e-3)


@pytest.mark.parametrize("shape", ["heavy", "one outlier", "mostly the same", "all the same", "an atom at the tail"])
def test_bins_hold_whatever_the_law(shape: str) -> None:
    rng = np.random.default_rng(7)
    losses = rng.standard_normal(40_000)
    if shape == "heavy":
        losses = rng.standard_cauchy(40_000)
    if shape == "one outlier":
        losses[5] = 1e12
    if shape == "mostly the same":
        losses[rng.random(40_000) < 0.995] = -3.0
    if shape == "all the same":
        losses[:] = 7.0
    if shape == "an atom at the tail":
        losses = np.minimum(losses, 1.0)
    for level in (0.5, 0.95, 0.99):
        found = blocks(losses, 1000, level=level)
        assert found.cvar[0] == pytest.approx(worst(losses, level), rel=2e-3)


def test_a_tail_that_begins_outside_of_the_bins_is_not_told() -> None:
    """Paths that get far better than the first 16,384, as no source makes them: no figure rather than a wrong one."""
    losses = np.concatenate([np.full(17_000, 5.0), np.linspace(-9.0, -8.0, 400_000)])
    assert np.isnan(blocks(losses, 4096, level=0.9).cvar).all()


def test_errors_of_a_thin_tail_are_the_scatter_of_repeated_studies() -> None:
    runs = [blocks(np.random.default_rng(seed).standard_normal(20_000), 238, level=0.99) for seed in range(120)]
    stated = np.mean([standard_error(run.cvar) for run in runs])
    assert stated == pytest.approx(np.std([run.cvar[0] for run in runs], ddof=1), rel=0.25)


@pytest.mark.parametrize("aversion", [1e11, 1e3, 1.0, 1e-8, 1e-15])
def test_no_risk_aversion_is_too_large_or_too_small(aversion: float) -> None:
    losses = np.random.default_rng(3).gamma(2.0, 1.0, 3000)
    found = blocks(losses, 700, level=0.95, aversion=aversion)
    group = (np.arange(3000) // 2) % GROUPS
    for g in (-1, 0, 1, 49):
        kept = losses[group != g]
        if aversion < 1e-6:  # mean and half the variance times g; digits of the third term are beyond those of a float
            expected = kept.mean() + 0.5 * aversion * kept.var()
        else:
            top = kept.max()
            expected = top + np.log(np.exp(aversion * (kept - top)).mean()) / aversion
        assert found.certainty_equivalent[g + 1] == pytest.approx(expected, rel=1e-10)
    assert np.isfinite(standard_error(found.certainty_equivalent))
    top, weights = losses.max(), np.exp(aversion * (losses - losses.max()))
    assert found.heaviest == pytest.approx(np.bincount(group, weights).max() / weights.sum(), rel=1e-9)


def test_a_worst_loss_beyond_all_bins_still_counts() -> None:
    rng = np.random.default_rng(1)
    losses = rng.standard_normal(4000)
    losses[3999] = 1e4  # seen last, a thousand times farther out than the bins reach
    found = tallied(losses, np.zeros((len(PARTS), 4000)), [1000], level=0.95, aversion=None)
    assert found.cvar[0] == pytest.approx(worst(losses, 0.95), rel=1e-4)
