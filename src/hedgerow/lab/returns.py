"""Real returns for paths: read from a file, never over a hole, drawn in blocks that stay together."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.simulation_models import ResampleLine
from hedgerow.core.arrays import Float64, Int64, frozen

_HOUR_NS = 3_600_000_000_000
_LARGEST_MOVE = 20.0
"""Of ln of a price in one bar; more is no price. [pure]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealReturns:
    """Returns of bars, and where a block of them may begin.

    Parameters
    ----------
    logs : ndarray of shape (n_return,)
        Log returns of bars that follow each other, holes taken out. [pure]
    starts : ndarray of shape (n_start,)
        Where a whole block lies between two holes. [index]
    weights : ndarray of shape (n_return,)
        How often each is drawn, of all that are drawn. [fraction]
    block : int
        Returns of a block. [count]
    bars_per_year : float
        As the study counts years. [count]
    first_ns, last_ns : int
        Instants of the first and the last price. [ns since 1970 UTC]
    holes : int
        Steps of the series that are no bar: no return is taken there. [count]
    """

    logs: Float64[np.ndarray, " n_return"]
    starts: Int64[np.ndarray, " n_start"]
    weights: Float64[np.ndarray, " n_return"]
    block: int
    bars_per_year: float
    first_ns: int = 0
    last_ns: int = 0
    holes: int = 0

    @property
    def vol(self) -> float:
        """What those that are drawn came to. [fraction per square root of a year]"""
        return _deviation(self.logs, self.weights) * math.sqrt(self.bars_per_year)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know. [text]"""
        used, whole = int(np.count_nonzero(self.weights)), self.logs.size
        if used == whole:
            return ()
        told = f"of {whole:,} real returns {used:,} are drawn ({used / whole:.1%}): no block of {self.block} bars"
        return (f"{told} reaches the others",)

    def facts(self) -> dict[str, Any]:
        """Return what a reader must know of the series.

        Returns
        -------
        dict
            Its span, its returns, its holes, its vol. [UTC, count, fraction per square root of a year]
        """
        span = (self.first_ns, self.last_ns)
        first, last = (str(np.datetime64(each, "ns").astype("datetime64[s]")) + "Z" for each in span)
        return {"first": first, "last": last, "count": self.logs.size, "holes": self.holes, "vol": self.vol}

    def draw(self, generator: np.random.Generator, paths: int, bars: int) -> Float64[np.ndarray, "n_path n_bar"]:
        """Draw the next paths; each takes the same count of random numbers.

        Parameters
        ----------
        generator : Generator
            Where randomness comes from.
        paths, bars : int
            Paths, and returns of each. [count], [count]

        Returns
        -------
        ndarray of shape (n_path, n_bar)
            Log returns. [pure]

        References
        ----------
        Künsch (1989), Annals of Statistics 17:1217, doi 10.1214/aos/1176347265, section 2.
        """
        blocks = -(-bars // self.block)
        places = (generator.random((paths, blocks)) * self.starts.size).astype(np.int64)
        index = self.starts[places][:, :, None] + np.arange(self.block)
        return np.asarray(self.logs[index.reshape(paths, -1)[:, :bars]])


def read_returns(study: SimulationStudy, line: ResampleLine) -> RealReturns:
    """Read the returns of a study.

    Parameters
    ----------
    study : SimulationStudy
        The study, whose file names count from its own place.
    line : ResampleLine
        Its ``[resample]`` table.

    Returns
    -------
    RealReturns
        Between holes only. [as its fields]

    Raises
    ------
    ConfigError
        If the file or a column cannot be used, or no block fits between two holes.

    References
    ----------
    Künsch (1989), Annals of Statistics 17:1217, doi 10.1214/aos/1176347265, section 2.
    """
    times, prices = _read(study, line)
    order = np.argsort(times, kind="stable")
    times, prices = times[order], prices[order]
    if np.any(np.diff(times) == 0):
        at = np.datetime64(int(times[np.flatnonzero(np.diff(times) == 0)[0]]), "ns")
        raise study.error("resample.file", f"has two rows of {at}", "choose one series with resample.where")
    if not np.all((prices > 0.0) & np.isfinite(prices)):
        raise study.error("resample.column", "holds prices that are not positive", "name a column of prices")
    follows = np.abs(np.diff(times) - line.bar_hours * _HOUR_NS) < 0.01 * line.bar_hours * _HOUR_NS
    logs = np.diff(np.log(prices))
    starts = _starts(follows, line.block_bars)
    if not starts.size:
        told = f"is {line.block_bars}: no block of {line.block_bars * line.bar_hours:g} hours is without a hole"
        raise study.error("resample.block_bars", told, "shorten it, or check bar_hours")
    kept = np.cumsum(follows) - 1  # where a return lies once those over holes are gone
    logs = logs[follows]
    if np.abs(logs).max() > _LARGEST_MOVE:
        told = f"moves by a factor of e^{np.abs(logs).max():.0f} in one bar"
        raise study.error("resample.column", told, "name a column of prices")
    weights = _weights(kept[starts], logs.size, line.block_bars, study.horizon_days * 24.0 / line.bar_hours)
    if line.drift == "demeaned":
        logs = logs - math.log(weights @ np.exp(logs))
    if not _deviation(logs, weights) > 0.0:
        raise study.error("resample.column", "never moves", "name a column of prices")
    return RealReturns(
        logs=frozen(logs),
        starts=frozen(kept[starts]),
        weights=frozen(weights),
        block=line.block_bars,
        bars_per_year=study.days_per_year * 24.0 / line.bar_hours,
        first_ns=int(times[0]),
        last_ns=int(times[-1]),
        holes=int(np.count_nonzero(~follows)),
    )


def _weights(starts: np.ndarray, size: int, block: int, bars: float) -> Float64[np.ndarray, " n_return"]:
    """Return how often each return is drawn: by whole blocks, and by the one that the end of a path cuts."""
    whole, rest = divmod(max(round(bars), 1), block)
    steps = np.zeros(size + 1)
    for length, times in ((block, whole), (rest, 1)):
        steps[starts] += times
        steps[starts + length] -= times
    counts = np.cumsum(steps)[:-1]
    return np.asarray(counts / counts.sum())


def _deviation(logs: np.ndarray, weights: np.ndarray) -> float:
    return math.sqrt(float(weights @ (logs - weights @ logs) ** 2))


def _starts(follows: np.ndarray, block: int) -> Int64[np.ndarray, " n_start"]:
    """Return the returns from which on a whole block has no hole."""
    if follows.size < block:
        return np.empty(0, dtype=np.int64)
    good = np.concatenate(([0], np.cumsum(follows)))
    return np.flatnonzero(good[block:] - good[:-block] == block)


def _read(study: SimulationStudy, line: ResampleLine) -> tuple[np.ndarray, np.ndarray]:
    """Return times and prices as the file has them, rows of other series left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = _table(study, study.path(line.file))
    for key, name in (("column", line.column), ("ts", line.ts), *((f"where.{name}", name) for name in line.where)):
        if name not in table.column_names:
            told, known = f"names {name!r}, which the file lacks", ", ".join(table.column_names)
            raise study.error(f"resample.{key}", told, f"its columns are {known}")
    for name, value in line.where.items():
        table = table.filter(pc.equal(pc.cast(table.column(name), pa.string()), value))
    if table.num_rows < 2:
        raise study.error("resample.file", f"has {table.num_rows} such rows", "check file and resample.where")
    try:
        prices = np.asarray(pc.cast(table.column(line.column), pa.float64()).to_numpy(), dtype=np.float64)
        stamps = pc.cast(table.column(line.ts), pa.timestamp("ns", tz="UTC"))
        times = np.asarray(pc.cast(stamps, pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)
    except (pa.ArrowException, TypeError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise study.error("resample.column", f"cannot be read: {first}", "name prices and times") from None
    return times, prices


def _table(study: SimulationStudy, path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    if not path.is_file():
        raise study.error("resample.file", f"there is no file {path}", "paths count from the study file")
    try:
        return pa.csv.read_csv(path) if path.suffix == ".csv" else pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0]
        raise study.error("resample.file", f"is neither CSV nor Parquet: {first}", "check the file") from None
