"""Where paths come from: a model, or real returns in blocks. Path p depends on the seed and on p, on nothing else."""

import math
from collections.abc import Iterator
from typing import Final, Protocol, runtime_checkable

import numpy as np

from hedgerow.config.simulation import SimulationStudy
from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InvariantBroken
from hedgerow.lab.returns import RealReturns
from hedgerow.lab.setting import Setting
from hedgerow.pricing.models import Merton
from hedgerow.pricing.paths import brownian_blocks, simulate, stated_bias

_LARGEST_BLOCK: Final = 1 << 21
"""Numbers of one array of a block."""
_MOST_PATHS: Final = 4096
_FINE, _COARSEST = 0.1, 0.5
"""Steps of a scheme, in units of the time in which the vol forgets: the usual, and the longest."""


@runtime_checkable
class PathSource(Protocol):
    """The port: whatever has this one method is a source of paths."""

    def blocks(self, paths: int) -> Iterator[Float64[np.ndarray, "n_date n_path"]]:
        """Walk the paths in order, block by block.

        Parameters
        ----------
        paths : int
            Paths in all. [count]

        Yields
        ------
        ndarray of shape (n_date, n_path)
            Prices of the asset, the first date is now. [money per asset]
        """
        ...


def block_size(numbers: int) -> int:
    """Return how many paths walk together: enough to hide what a date costs, few enough to fit.

    Parameters
    ----------
    numbers : int
        Random numbers of a path. [count]

    Returns
    -------
    int
        An even number. [count]
    """
    return max(min(_MOST_PATHS, _LARGEST_BLOCK // numbers), 2) // 2 * 2


def substeps_of(study: SimulationStudy, setting: Setting) -> int:
    """Return in how many steps of the scheme a model goes from one date to the next.

    Parameters
    ----------
    study : SimulationStudy
        With a model.
    setting : Setting
        The study in numbers.

    Returns
    -------
    int
        One where the scheme is exact, else at most a day and a fraction of the time in which the vol forgets. [count]

    Raises
    ------
    ConfigError
        If the study states fewer than can be trusted.

    References
    ----------
    Andersen (2008), J. Computational Finance 11(3):1, doi 10.21314/JCF.2008.189, section 5, for errors by step.
    """
    stated, model = study.simulation.substeps, setting.model
    if model is None or math.isinf(stated_bias(model).order):
        return stated or 1
    speed = max(getattr(model, name, 0.0) for name in ("kappa", "kappa1", "vol_of_vol"))
    forgets = speed * setting.step_years
    if stated is not None:
        if forgets > _COARSEST * stated:
            told = f"is {stated}: {forgets / stated:.2g} times the time in which the vol forgets, too coarse to trust"
            raise study.error("simulation.substeps", told, f"give at least {math.ceil(forgets / _COARSEST)}")
        return stated
    return max(math.ceil(setting.step_years * 365.0 - 1e-9), math.ceil(forgets / _FINE), 1)


class ModelPaths:
    """Paths of a model in the real world.

    Parameters
    ----------
    setting : Setting
        With a model.
    seed, substeps : int
        The seed; steps of the scheme from date to date. [none], [count]
    antithetic : bool
        Whether paths 2i and 2i + 1 mirror each other. [bool]
    size : int or None
        Paths of a block; None for as many as fit. [count]
    """

    def __init__(
        self, setting: Setting, *, seed: int, substeps: int, antithetic: bool, size: int | None = None
    ) -> None:
        self._setting, self._seed, self._substeps, self._antithetic = setting, seed, substeps, antithetic
        self._size = size or block_size(setting.steps * substeps)

    def blocks(self, paths: int) -> Iterator[Float64[np.ndarray, "n_date n_path"]]:
        """As the port says."""
        setting = self._setting
        if setting.model is None:
            raise InvariantBroken("paths of a model that is not there", "")
        if isinstance(setting.model, Merton) and setting.model.jump_intensity == 0.0 and not self._antithetic:
            yield from self._brownian(setting.model.vol, paths)
            return
        walks = simulate(
            setting.model,
            forward=1.0 / setting.spot if setting.inverse else setting.spot,
            years=setting.steps * setting.step_years,
            steps=setting.steps,
            paths=paths,
            seed=self._seed,
            measure="quote",
            substeps=self._substeps,
            drift=setting.drift,
            antithetic=self._antithetic,
            block=self._size,
        )
        for block in walks:
            y = np.ascontiguousarray(block.forward.T)
            yield 1.0 / y if setting.inverse else y

    def _brownian(self, vol: float, paths: int) -> Iterator[Float64[np.ndarray, "n_date n_path"]]:
        """Walk the paths of a constant vol, which need no steps between dates."""
        setting = self._setting
        walks = brownian_blocks(
            spot=1.0 / setting.spot if setting.inverse else setting.spot,
            vol=vol,
            years=setting.steps * setting.step_years,
            steps=setting.steps,
            paths=paths,
            seed=self._seed,
            drift=setting.drift,
            block=self._size,
        )
        for y in walks:
            yield 1.0 / y if setting.inverse else y


class ResampledPaths:
    """Paths put together from blocks of real returns.

    Parameters
    ----------
    setting : Setting
        The study.
    returns : RealReturns
        What happened.
    bars : int
        Returns from one date to the next. [count]
    seed : int
        The seed. [none]
    size : int or None
        Paths of a block; None for as many as fit. [count]
    """

    def __init__(
        self, setting: Setting, returns: RealReturns, *, bars: int, seed: int, size: int | None = None
    ) -> None:
        self._setting, self._returns, self._bars, self._seed = setting, returns, bars, seed
        self._size = size or block_size(setting.steps * bars)

    def blocks(self, paths: int) -> Iterator[Float64[np.ndarray, "n_date n_path"]]:
        """As the port says."""
        setting, generator = self._setting, np.random.Generator(np.random.SFC64(self._seed))
        for offset in range(0, paths, self._size):
            count = min(self._size, paths - offset)
            logs = self._returns.draw(generator, count, setting.steps * self._bars)
            walked = np.cumsum(logs.reshape(count, setting.steps, self._bars).sum(axis=2), axis=1)
            y = np.empty((setting.steps + 1, count))
            y[0] = setting.spot
            y[1:] = setting.spot * np.exp(-walked.T if setting.inverse else walked.T)
            yield y
