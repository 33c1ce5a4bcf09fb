"""Fast Brownian paths: their generators are the published ones, their normals normal, path by path the same."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from hedgerow.core.errors import InputError
from hedgerow.pricing.paths.brownian import brownian_blocks

WORD = (1 << 64) - 1
GIVEN: dict[str, Any] = {"spot": 100.0, "vol": 0.6, "years": 30.0 / 365.0, "steps": 30, "seed": 5}


def splitmix(place: int) -> int:
    """Steele, Lea, Flood (2014), fig. 16, in integers of any size."""
    word = place & WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & WORD
    return word ^ (word >> 31)


def xoshiro(state: list[int]) -> int:
    """Blackman, Vigna (2021), fig. 1: 256++, the same way."""

    def turned(word: int, by: int) -> int:
        return ((word << by) | (word >> (64 - by))) & WORD

    drawn = (turned((state[0] + state[3]) & WORD, 23) + state[0]) & WORD
    late = (state[1] << 17) & WORD
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= late
    state[3] = turned(state[3], 45)
    return drawn


def test_paths_are_those_of_the_published_generators_in_plain_integers() -> None:
    seed = int(np.random.SeedSequence(5).generate_state(1, np.uint64)[0])
    prices = np.concatenate(list(brownian_blocks(**GIVEN, paths=70, block=33)), axis=1)
    step = GIVEN["years"] / 30
    for path in (0, 1, 32, 33, 65, 69):
        state = [splitmix(seed + (4 * path + k) * 0x9E3779B97F4A7C15) for k in (1, 2, 3, 4)]
        x = 0.0
        for date in range(1, 31, 2):
            u, v = ((2 * (xoshiro(state) >> 12) + 1) / 2.0**53 for _ in range(2))
            radius = math.sqrt(-2.0 * math.log(u))
            for z, at in (
                (radius * math.cos(2.0 * math.pi * v), date),
                (radius * math.sin(2.0 * math.pi * v), date + 1),
            ):
                x += -0.18 * step + 0.6 * math.sqrt(step) * z
                assert prices[at, path] == pytest.approx(100.0 * math.exp(x), rel=1e-12)


def normals(paths: int, **changed: float) -> np.ndarray:
    given = GIVEN | changed
    prices = np.concatenate(list(brownian_blocks(**given, paths=paths)), axis=1)
    step = given["years"] / given["steps"]
    return np.asarray((np.diff(np.log(prices), axis=0) + 0.18 * step) / (0.6 * math.sqrt(step)))


def test_increments_are_normal_and_independent() -> None:
    z = normals(100_000)
    n = z.shape[1]
    assert min(stats.kstest(row, "norm").pvalue for row in z) > 1e-4
    assert stats.kstest(z.ravel(), "norm").pvalue > 1e-3
    # 435 pairs of dates; neighbours among the paths, whose generators start side by side.
    apart = np.corrcoef(z)[np.triu_indices(30, 1)] * math.sqrt(n)
    assert np.abs(apart).max() < 4.5
    assert stats.kstest(apart, "norm").pvalue > 1e-3
    for lag in (1, 2, 64):
        assert abs(np.corrcoef(z[:, :-lag].ravel(), z[:, lag:].ravel())[0, 1]) * math.sqrt(z.size) < 4.0
    assert abs(np.mean(z**4) - 3.0) < 4.0 * math.sqrt(96.0 / z.size)
    squares = np.corrcoef(z[0] ** 2, z[1] ** 2)[0, 1]  # the two of a pair share their radius
    assert abs(squares) * math.sqrt(n) < 4.0


def test_a_path_depends_on_its_number_and_the_seed_alone() -> None:
    whole = np.concatenate(list(brownian_blocks(**GIVEN, paths=1000)), axis=1)
    cut = np.concatenate(list(brownian_blocks(**GIVEN, paths=1000, block=37)), axis=1)
    assert np.array_equal(whole, cut)
    assert np.array_equal(whole[:, :10], next(iter(brownian_blocks(**GIVEN, paths=10))))
    other = next(iter(brownian_blocks(**GIVEN | {"seed": 6}, paths=1000)))
    assert abs(np.corrcoef(np.log(whole[-1]), np.log(other[-1]))[0, 1]) * math.sqrt(1000) < 4.0
    assert not other.flags.writeable
    assert np.all(whole[0] == 100.0)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_end_has_the_law_of_the_model(steps: int) -> None:
    given = GIVEN | {"steps": steps}
    ends = np.concatenate([b[-1] for b in brownian_blocks(**given, drift=0.4, paths=50_000)])
    width = 0.6 * math.sqrt(GIVEN["years"])
    z = (np.log(ends / 100.0) - 0.4 * GIVEN["years"] + 0.5 * width**2) / width
    assert stats.kstest(z, "norm").pvalue > 1e-3


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"spot": 0.0}, "spot"),
        ({"vol": -1.0}, "vol"),
        ({"steps": 0}, "steps"),
        ({"seed": -1}, "seed"),
        ({"block": 0}, "block"),
        ({"drift": math.nan}, "drift"),
        ({"steps": 10_000_001}, "one path"),
    ],
)
def test_what_cannot_be_simulated_is_refused(changed: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        list(brownian_blocks(**GIVEN | {"paths": 10} | changed))


def test_prices_beyond_all_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="range of numbers"):
        list(brownian_blocks(**GIVEN | {"years": 1e6}, paths=10))
