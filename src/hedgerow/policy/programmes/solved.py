"""Solved programs: from memory, from disk, or solved now; and what they say at one date."""

import functools
from typing import Literal

import msgspec
import numpy as np

from hedgerow.policy.programmes.cara import Tell, solve_cara
from hedgerow.policy.programmes.keeping import keep
from hedgerow.policy.programmes.mean_risk import solve_mean_risk
from hedgerow.policy.programmes.problem import HedgingProblem
from hedgerow.policy.programmes.tables import BandTable, LineTable


class _Cara(msgspec.Struct, frozen=True):
    problem: HedgingProblem
    risk_aversion: float
    tolerance: float


class _MeanRisk(msgspec.Struct, frozen=True):
    problem: HedgingProblem
    kind: Literal["mean_std", "cvar"]
    weight: float


class _Silent:
    """A callback that makes no difference to what is remembered."""

    def __init__(self, tell: Tell | None) -> None:
        self.tell = tell

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Silent)

    def __hash__(self) -> int:
        return 0


def exact_bands(
    problem: HedgingProblem, risk_aversion: float, *, tolerance: float = 0.0, tell: Tell | None = None
) -> BandTable:
    """Return the exact bands of a problem, solved once and kept on disk.

    Parameters
    ----------
    problem : HedgingProblem
        What is hedged.
    risk_aversion : float
        g, positive. [per money]
    tolerance : float
        As ``solve_cara`` takes it. [money]
    tell : callable, optional
        Told the progress if it is solved now.

    Returns
    -------
    BandTable
        The bands. [asset]

    Raises
    ------
    InputError
        As ``solve_cara``.

    References
    ----------
    As ``solve_cara``.
    """
    return _cara(_Cara(problem, risk_aversion, tolerance), _Silent(tell))


@functools.lru_cache(maxsize=16)
def _cara(key: _Cara, silent: _Silent) -> BandTable:
    def solve() -> dict[str, np.ndarray]:
        table = solve_cara(key.problem, key.risk_aversion, tolerance=key.tolerance, tell=silent.tell)
        return {"bands": table.bands, "numbers": np.array([table.first, table.spacing, table.value, table.error])}

    kept = keep(["cara", key], solve)
    first, spacing, value, error = (float(number) for number in kept["numbers"])
    return BandTable(first=first, spacing=spacing, bands=_locked(kept["bands"]), value=value, error=error)


def mean_risk_bands(
    problem: HedgingProblem, kind: Literal["mean_std", "cvar"], weight: float, *, tell: Tell | None = None
) -> LineTable:
    """Return the bands of an objective over all paths, solved once and kept on disk.

    Parameters
    ----------
    problem : HedgingProblem
        What is hedged.
    kind : {"mean_std", "cvar"}
        The objective.
    weight : float
        As ``solve_mean_risk`` takes it. [pure]
    tell : callable, optional
        Told the progress if it is solved now.

    Returns
    -------
    LineTable
        The bands. [asset]

    Raises
    ------
    InputError
        As ``solve_mean_risk``.

    References
    ----------
    As ``solve_mean_risk``.
    """
    return _mean_risk(_MeanRisk(problem, kind, weight), _Silent(tell))


@functools.lru_cache(maxsize=4)
def _mean_risk(key: _MeanRisk, silent: _Silent) -> LineTable:
    names = ("first", "spacing", "lowest", "width", "jump", "start", "value", "error")

    def solve() -> dict[str, np.ndarray]:
        table = solve_mean_risk(key.problem, key.kind, key.weight, tell=silent.tell)
        return {"bands": table.bands, "numbers": np.array([getattr(table, name) for name in names])}

    kept = keep(["mean_risk", key], solve)
    numbers = {name: float(number) for name, number in zip(names, kept["numbers"], strict=True)}
    return LineTable(bands=_locked(kept["bands"]), **numbers)


def _locked(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array
