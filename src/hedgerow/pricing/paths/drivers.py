"""Random numbers for paths: seeded streams, mirrored pairs, and Sobol points laid along a Brownian bridge."""

from typing import Any, Final, TypeAlias

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError
from hedgerow.pricing.paths.bridge_kernels import bridge_increments

SOBOL_DIMENSIONS: Final = 21_201
"""Coordinates for which Joe and Kuo give direction numbers."""

_NEARLY_ONE: Final = 1.0 - 2.0**-53
_HALF_CELL: Final = 2.0**-31
"""Sobol points are multiples of 2^-30: half of it more, they lie inside the cube."""


class Streams:
    """Independent pseudo-random streams, one per driver, so that models share the drivers that they have in common.

    Parameters
    ----------
    seed : int
        The seed. [none]
    steps : int
        Steps of a path. [count]
    normals, uniforms : int
        Drivers of each kind. [count]
    antithetic : bool
        If so paths come in pairs: of the second normals change their sign, and uniforms u become 1 - u. [bool]

    References
    ----------
    Generators: ``numpy.random.SFC64`` under ``numpy.random.SeedSequence.spawn``.
    """

    def __init__(self, seed: int, steps: int, normals: int, uniforms: int, *, antithetic: bool) -> None:
        children = np.random.SeedSequence(seed).spawn(4)
        streams = [np.random.Generator(np.random.SFC64(child)) for child in children]
        self._normals, self._uniforms = streams[:normals], streams[2 : 2 + uniforms]
        self._steps, self._antithetic = steps, antithetic

    def draw(self, count: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the next paths' normals and uniforms.

        Parameters
        ----------
        count : int
            Paths wanted, an even number if antithetic. [count]

        Returns
        -------
        normals, uniforms : list of ndarray of shape (n_path, n_step)
            One array per driver; uniforms are in [0, 1). [pure]
        """
        fresh = (count // 2 if self._antithetic else count, self._steps)
        normals = [stream.standard_normal(fresh) for stream in self._normals]
        uniforms = [stream.random(fresh) for stream in self._uniforms]
        if self._antithetic:
            normals = [_interleaved(z, -z) for z in normals]
            uniforms = [_interleaved(u, np.minimum(1.0 - u, _NEARLY_ONE)) for u in uniforms]
        return normals, uniforms


def _interleaved(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return rows of both in turn."""
    both = np.empty((2 * first.shape[0], first.shape[1]))
    both[0::2], both[1::2] = first, second
    return both


class SobolPoints:
    """Scrambled Sobol points: coordinates of the bridges first, by halves, then the uniforms step by step.

    Parameters
    ----------
    seed : int
        Seed of the scrambling. [none]
    steps : int
        Steps of a path. [count]
    normals, uniforms : int
        Drivers of each kind. [count]

    Raises
    ------
    InputError
        If there are not enough coordinates.

    References
    ----------
    Joe, Kuo (2008), SIAM J. Scientific Computing 30:2635, doi 10.1137/070709359; Matoušek (1998), J. Complexity 14:527,
    doi 10.1006/jcom.1998.0489, for the scrambling; ``scipy.stats.qmc.Sobol``.
    """

    def __init__(self, seed: int, steps: int, normals: int, uniforms: int) -> None:
        from scipy.stats import qmc

        dimension = steps * (normals + uniforms)
        if dimension > SOBOL_DIMENSIONS:
            told = f"sobol=True with {steps} steps of {normals + uniforms} random numbers: {dimension} dimensions"
            raise InputError(told, f"take fewer steps: there are {SOBOL_DIMENSIONS}; or pseudo-random paths")
        self._points: Any = qmc.Sobol(dimension, rng=np.random.default_rng(np.random.SeedSequence(seed)))
        self._steps, self._normals, self._uniforms = steps, normals, uniforms
        self._order, self._weights = bridge_plan(steps)

    def draw(self, count: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the next paths' normals and uniforms.

        Parameters
        ----------
        count : int
            Paths wanted. [count]

        Returns
        -------
        normals, uniforms : list of ndarray of shape (n_path, n_step)
            One array per driver; uniforms are in (0, 1). [pure]
        """
        from scipy.special import ndtri

        points = self._next(count)
        points += _HALF_CELL
        walked, steps = self._steps * self._normals, self._steps
        normals = []
        for driver in range(self._normals):
            ordered = ndtri(np.ascontiguousarray(points[:, driver : walked : self._normals]))
            increments = np.empty((count, steps))
            bridge_increments(ordered, self._order, self._weights, increments)
            normals.append(increments)
        starts = range(walked, walked + self._uniforms)
        return normals, [np.ascontiguousarray(points[:, start :: self._uniforms]) for start in starts]

    def _next(self, count: int) -> np.ndarray:
        """Return the next points; the first is drawn alone, because scipy warns of a first draw of no power of two."""
        if self._points.num_generated or count == 1:
            return np.asarray(self._points.random(count))
        return np.concatenate([self._points.random(1), self._points.random(count - 1)])


Drivers: TypeAlias = Streams | SobolPoints
"""Where the random numbers of a simulation come from, block after block."""


def bridge_plan(steps: int) -> tuple[Int64[np.ndarray, "n_step 3"], Float64[np.ndarray, "n_step 3"]]:
    """Return which normal sets which date of a Brownian bridge, and with what weights.

    Parameters
    ----------
    steps : int
        Steps of unit length. [count]

    Returns
    -------
    order : ndarray of shape (n_step, 3)
        Dates to the left of, at and to the right of what a normal sets; date 0 is the start. [index]
    weights : ndarray of shape (n_step, 3)
        Weights of left, right and normal. [pure]

    References
    ----------
    Glasserman (2003), "Monte Carlo Methods in Financial Engineering", section 3.1.1, eq. 3.11,
    doi 10.1007/978-0-387-21617-1.
    """
    order, weights = [(0, steps, 0)], [(0.0, 0.0, float(np.sqrt(steps)))]
    gaps = [(0, steps)]
    for left, right in gaps:  # the list grows while it is read: widest gaps first
        if right - left > 1:
            at = (left + right) // 2
            share = (at - left) / (right - left)
            order.append((left, at, right))
            weights.append((1.0 - share, share, float(np.sqrt(share * (right - at)))))
            gaps += [(left, at), (at, right)]
    return np.array(order, dtype=np.int64), np.array(weights)
