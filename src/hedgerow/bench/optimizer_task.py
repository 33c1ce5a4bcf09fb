"""The tasks of ``hedgerow bench optimizer``: seeded hedge problems, as streams of ticks or one beside the other.

Every column has the cases of a task along its first axis, or one entry if all cases share it. With x the contracts
traded, and the columns' names for what they hold,

    minimise   ½·(e + Bx)'·Sigma·(e + Bx) + cost'|x| + ½·x'·diag(quadratic)·x + power'|x|^1.5 + fixed'(x != 0)
               + CVaR(-book_pnl - unit_pnl·x) at the level
    subject to |book_greeks + unit_greeks·x| <= band,  margin'|x| <= most_margin,  |x| <= most,  x in whole lots

with e, B and Sigma in ``book_loads``, ``unit_loads`` and ``covariance``; what a task has not is absent or zero.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hedgerow.core.arrays import Float64

Columns = dict[str, NDArray[Any]]

TICKS: Final = 300
"""Of a stream; they are gone through forth and back. [count]"""

_TICK: Final = 0.02
"""How far a tick moves the book: share of its size, and of each band."""

LEVEL: Final = 0.95
"""Of the CVaR. [fraction]"""

_SEED: Final = 20_240_109

TASKS: Final = {
    "tick_20": "ticks",
    "tick_100": "ticks",
    "impact": "impact",
    "cvar": "cvar",
    "cvar_warm": "cvar_warm",
    "cvar_100k": "cvar",
    "fixed": "fixed",
    "lots": "lots",
}
"""What is asked for, by task; a task is some data for it."""


def write_task(folder: Path, task: str) -> None:
    """Write the data of a task.

    Parameters
    ----------
    folder : Path
        Gets one ``.npz`` file, named like the task. [path]
    task : str
        One of ``TASKS``. [name]
    """
    columns: dict[str, Any] = make_task(task)
    np.savez(folder / f"{task}.npz", **columns)


def make_task(task: str, *, cases: int | None = None, scenarios: int | None = None) -> Columns:
    """Return the data of a task; the same numbers every time.

    Parameters
    ----------
    task : str
        One of ``TASKS``. [name]
    cases : int, optional
        Ticks, or problems; by default as many as the bench has. [count]
    scenarios : int, optional
        Scenarios where the task has them; by default as many as the bench has. [count]

    Returns
    -------
    dict of str to ndarray
        Columns, as this module's docstring says. [one numeraire, contracts]
    """
    rng = np.random.default_rng(_SEED + list(TASKS).index(task))
    match task:
        case "tick_20":
            return stream(rng, instruments=20, factors=8, bands=8, ticks=cases or TICKS)
        case "tick_100":
            return stream(rng, instruments=100, factors=200, bands=8, ticks=cases or TICKS)
        case "impact":
            columns = stream(rng, instruments=20, factors=8, bands=8, ticks=cases or 20)
            return columns | {"power": rng.uniform(0.02, 0.2, (1, 20))}
        case "cvar":
            return _stacked([_with_scenarios(rng, scenarios or 10_000, ticks=1) for _ in range(cases or 3)])
        case "cvar_100k":
            return _with_scenarios(rng, scenarios or 100_000, ticks=1)
        case "cvar_warm":
            return _with_scenarios(rng, scenarios or 10_000, ticks=cases or 20)
        case _:
            return _stacked([_charged(rng, in_lots=task == "lots") for _ in range(cases or 6)])


def stream(rng: Generator, *, instruments: int, factors: int, bands: int, ticks: int) -> Columns:
    """Return a hedge problem whose book moves from tick to tick.

    Parameters
    ----------
    rng : Generator
        Where its numbers come from.
    instruments, factors, bands, ticks : int
        How many there are. [count]

    Returns
    -------
    dict of str to ndarray
        Columns; those of the book have a row for each tick. [one numeraire, contracts]
    """
    unit_loads = rng.normal(size=(factors, instruments)) * rng.uniform(0.2, 1.5, instruments)
    unit_loads[0] = rng.uniform(0.3, 1.2, instruments)  # one factor that all of them follow
    root = rng.normal(size=(factors, factors)) / np.sqrt(factors)
    covariance = root @ root.T + np.diag(rng.uniform(0.02, 0.3, factors))
    unit_greeks = rng.normal(size=(bands, instruments))
    unit_greeks[0] = unit_loads[0]
    band = np.concatenate([[0.05], rng.uniform(0.5, 1.5, bands - 1)])
    most, margin = rng.uniform(1.0, 6.0, instruments), rng.uniform(0.05, 0.2, instruments)
    # The Greeks begin where a trade well within the limits brings them inside their bands.
    inside = rng.uniform(-0.2, 0.2, instruments) * most
    greeks = -unit_greeks @ inside + rng.uniform(-0.3, 0.3, bands) * band
    loads = 8.0 * rng.normal(size=factors)
    moves = _TICK * rng.normal(size=(ticks, factors + bands))
    shared = {
        "unit_loads": unit_loads,
        "covariance": covariance,
        "unit_greeks": unit_greeks,
        "band": band,
        "cost": rng.uniform(0.02, 0.25, instruments),
        "quadratic": rng.uniform(0.005, 0.05, instruments),
        "most": most,
        "margin": margin,
        "most_margin": np.array(0.35 * (margin @ most)),
        "lot": 1e-6 * most,
    }
    return {name: values[None] for name, values in shared.items()} | {
        "book_loads": loads + 8.0 * np.cumsum(moves[:, :factors], axis=0),
        "book_greeks": greeks + band * np.cumsum(moves[:, factors:], axis=0),
    }


def _with_scenarios(rng: Generator, scenarios: int, *, ticks: int) -> Columns:
    """Replace the variance by scenarios with fat tails: a book of short options, and instruments that bend."""
    columns = stream(rng, instruments=20, factors=8, bands=8, ticks=ticks)
    factors = columns["unit_loads"].shape[1]
    fat = np.asarray(rng.standard_t(4.0, (scenarios, factors))) / np.sqrt(2.0)
    moves = fat @ np.linalg.cholesky(columns["covariance"][0]).T
    squares = moves**2 - np.mean(moves**2, axis=0)
    bend = rng.normal(size=columns["unit_loads"][0].shape) * 0.1
    book = moves @ columns["book_loads"].T - squares @ rng.uniform(0.0, 1.0, (factors, 1))
    unit = moves @ columns["unit_loads"][0] + squares @ bend + 0.3 * rng.normal(size=(scenarios, bend.shape[1]))
    return columns | {
        "covariance": np.zeros_like(columns["covariance"]),
        "quadratic": np.zeros_like(columns["quadratic"]),
        "book_pnl": np.ascontiguousarray(book.T),
        "unit_pnl": unit[None],
        "level": np.array([LEVEL]),
    }


def _charged(rng: Generator, *, in_lots: bool) -> Columns:
    """Add fixed charges, and lots of a fifth to a twentieth of the largest trade."""
    bands = 4 if in_lots else 8
    columns = stream(rng, instruments=20, factors=8, bands=bands, ticks=1)
    count = rng.choice([5, 10, 20], columns["most"].shape)
    fixed = {"fixed": rng.uniform(0.05, 1.2, columns["most"].shape)}
    if not in_lots:
        return columns | fixed
    return columns | fixed | {"lot": columns["most"] / count, "band": 1.5 * columns["band"] + 0.4}


def _stacked(cases: list[Columns]) -> Columns:
    return {name: np.concatenate([case[name] for case in cases]) for name in cases[0]}


def case_of(columns: Columns, index: int) -> Columns:
    """Return one case of a task.

    Parameters
    ----------
    columns : dict of str to ndarray
        Those of the task. [one numeraire, contracts]
    index : int
        Which case. [count]

    Returns
    -------
    dict of str to ndarray
        The same names, without the first axis. [one numeraire, contracts]
    """
    return {name: values[index if len(values) > 1 else 0] for name, values in columns.items()}


def count_cases(columns: Columns) -> int:
    """Return how many cases a task has.

    Parameters
    ----------
    columns : dict of str to ndarray
        Those of the task. [one numeraire, contracts]

    Returns
    -------
    int
        Ticks, or problems. [count]
    """
    return len(columns["book_loads"])


def objective(case: Columns, x: Float64[np.ndarray, " n_instrument"]) -> float:
    """Return what a trade is worth, by the formula of this module's docstring.

    Parameters
    ----------
    case : dict of str to ndarray
        One case. [one numeraire, contracts]
    x : ndarray of shape (n_instrument,)
        Trade. [contracts]

    Returns
    -------
    float
        Risk and cost. [numeraire]

    References
    ----------
    Rockafellar, Uryasev (2002), J. Banking & Finance 26:1443, Proposition 8, for the CVaR of equally likely scenarios.
    """
    loads, size = case["book_loads"] + case["unit_loads"] @ x, np.abs(x)
    total = 0.5 * loads @ case["covariance"] @ loads + case["cost"] @ size + 0.5 * case["quadratic"] @ size**2
    if "power" in case:
        total += case["power"] @ size**1.5
    if "fixed" in case:
        total += case["fixed"] @ (size > 1e-7 * case["most"])
    if "book_pnl" in case:
        losses = np.sort(-case["book_pnl"] - case["unit_pnl"] @ x)[::-1]
        weight = np.clip((1.0 - case["level"]) * losses.size - np.arange(losses.size), 0.0, 1.0)
        total += weight @ losses / weight.sum()
    return float(total)


def violation(case: Columns, x: Float64[np.ndarray, " n_instrument"]) -> float:
    """Return by how much a trade breaks a band, the margin, a limit, or its lots.

    Parameters
    ----------
    case : dict of str to ndarray
        One case. [one numeraire, contracts]
    x : ndarray of shape (n_instrument,)
        Trade. [contracts]

    Returns
    -------
    float
        The largest, over half the band, the margin allowed, the largest trade, the lot; 0 if none. [fraction]
    """
    greeks = np.abs(case["book_greeks"] + case["unit_greeks"] @ x)
    broken = [
        float(np.max(greeks / case["band"])) - 1.0,
        float(case["margin"] @ np.abs(x) / case["most_margin"]) - 1.0,
        float(np.max(np.abs(x) / case["most"])) - 1.0,
    ]
    if np.any(case["lot"] > 1e-3 * case["most"]):
        lots = x / case["lot"]
        broken.append(float(np.max(np.abs(lots - np.round(lots)))) - 1e-9)
    return max(0.0, *broken)
