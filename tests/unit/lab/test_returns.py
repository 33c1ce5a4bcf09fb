"""Real returns: blocks never cross a hole, and the mean is taken out if that is asked for."""

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from hedgerow.config.simulation import SimulationStudy
from hedgerow.core.errors import ConfigError
from hedgerow.lab.returns import RealReturns, read_returns
from hedgerow.lab.run import simulate
from simulated_studies import load, text

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
HOLED = [*range(40), *range(60, 90), *range(91, 95)]
"""Hours with two holes: episodes of 40, 30 and 4 rows."""


def written(folder: Path, hours: list[int], *, kind: str = "parquet", twice: bool = False) -> np.ndarray:
    """Write prices whose log is the hour squared over a thousand: each return tells where it is from."""
    prices = np.exp(np.array(hours) ** 2 / 1000.0)
    columns = {
        "ts": [START + dt.timedelta(hours=hour) for hour in hours],
        "close": prices,
        "asset": ["ETH"] * len(hours),
    }
    table = pa.table(columns)
    if twice:
        other = pa.table(columns | {"asset": ["BTC"] * len(hours), "close": np.ones(len(hours))})
        table = pa.concat_tables([table, other])
    if kind == "csv":
        pa.csv.write_csv(table, folder / "bars.csv")
    else:
        pq.write_table(table, folder / "bars.parquet")
    return prices


def study_of(folder: Path, keys: str = "", *, kind: str = "parquet", steps: int = 10) -> SimulationStudy:
    """Return a study on the file: an option of ten bars."""
    model = f'[resample]\nfile = "bars.{kind}"\ncolumn = "close"\nblock_bars = 8\n{keys}'
    held, hedge = f"[option]\nexpiry_days = {10.0 / 24.0!r}\n", f"[hedge]\nsteps = {steps}\n"
    return load(folder, text('kind = "delta"', model=model, held=held, hedge=hedge))


def read(study: SimulationStudy) -> RealReturns:
    assert study.resample is not None
    return read_returns(study, study.resample)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_blocks_lie_between_holes(tmp_path: Path, kind: str) -> None:
    written(tmp_path, HOLED, kind=kind)
    returns = read(study_of(tmp_path, 'drift = "recorded"\n', kind=kind))
    assert returns.logs.size == 39 + 29 + 3
    assert returns.starts.size == 32 + 22  # the last episode is too short for a block of 8
    drawn = returns.draw(np.random.default_rng(1), 500, 20)
    hour = (drawn * 1000.0 - 1.0) / 2.0  # ((h + 1)² - h²) = 2h + 1
    assert hour == pytest.approx(np.round(hour), abs=1e-6)
    inside = np.diff(hour, axis=1)
    for k in range(19):
        if (k + 1) % 8:  # within a block hour follows hour
            assert np.allclose(inside[:, k], 1.0)
    assert set(np.round(hour).astype(int).ravel()) <= {*range(39), *range(60, 89)}


def test_paths_depend_on_seed_and_number_only(tmp_path: Path) -> None:
    written(tmp_path, HOLED)
    returns = read(study_of(tmp_path))
    whole = returns.draw(np.random.default_rng(5), 100, 20)
    generator = np.random.default_rng(5)
    assert np.array_equal(whole, np.vstack([returns.draw(generator, 37, 20), returns.draw(generator, 63, 20)]))


def all_drawn(returns: RealReturns, bars: int) -> np.ndarray:
    """Return the bars of every path that can be drawn: each block of it from every start, the last one cut."""
    found = []
    for start in returns.starts:
        block = returns.logs[start : start + returns.block]
        found += [block] * (bars // returns.block) + [block[: bars % returns.block]]
    return np.concatenate(found)


@pytest.mark.parametrize("days", [10.0 / 24.0, 5.0 / 24.0, 16.0 / 24.0, 1.0])
def test_the_mean_of_what_is_drawn_is_taken_out(tmp_path: Path, days: float) -> None:
    """Steep episodes that are too short for a block are not drawn, and ends of long ones seldom."""
    written(tmp_path, HOLED)
    bars = round(days * 24.0)

    def real(keys: str = "") -> RealReturns:
        content = Path(study_of(tmp_path, keys).file).read_text()
        return read(load(tmp_path, content.replace(f"expiry_days = {10.0 / 24.0!r}", f"expiry_days = {days!r}")))

    plain, bare = real('drift = "recorded"\n'), real()
    assert np.exp(all_drawn(bare, bars)).mean() == pytest.approx(1.0, abs=1e-12)
    assert np.exp(all_drawn(plain, bars)).mean() > 1.01
    for returns in (plain, bare):
        assert returns.vol == pytest.approx(all_drawn(returns, bars).std() * math.sqrt(365.0 * 24.0), rel=1e-12)
    assert abs(np.exp(bare.logs).mean() - 1.0) > 1e-3  # that of all returns is another one


def test_it_tells_how_many_returns_are_drawn(tmp_path: Path) -> None:
    written(tmp_path, HOLED)
    report = simulate(study_of(tmp_path))
    assert report.notes[0].startswith("of 71 real returns 68 are drawn (95.8%)")
    assert report.notes[0] in report.to_dict()["notes"]
    written(tmp_path, list(range(40)))
    assert not any("are drawn" in note for note in simulate(study_of(tmp_path)).notes)


def test_prices_that_leap_are_no_prices(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"ts": [START + dt.timedelta(hours=h) for h in range(30)], "close": [1e-300, 1e300] * 15}),
        tmp_path / "bars.parquet",
    )
    with pytest.raises(ConfigError, match=r"study\.toml:3: resample\.column: moves by a factor of e\^1382 in one bar"):
        read(study_of(tmp_path))


def test_one_series_of_several_is_chosen(tmp_path: Path) -> None:
    written(tmp_path, HOLED, twice=True)
    with pytest.raises(ConfigError, match=r"two rows of .*choose one series"):
        read(study_of(tmp_path))
    chosen = read(study_of(tmp_path, 'where = {asset = "ETH"}\n'))
    assert chosen.logs.size == 71


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("block_bars = 50\n", r"study\.toml:4: resample\.block_bars: is 50: no block of 50 hours is without a hole"),
        ("bar_hours = 2.0\n", r"resample\.block_bars: .*check bar_hours"),
        ('where = {asset = "SOL"}\n', r"resample\.file: has 0 such rows"),
        ('where = {coin = "SOL"}\n', r"resample\.where\.coin: names 'coin', which the file lacks"),
        ('ts = "time"\n', r"resample\.ts: names 'time'.*its columns are ts, close, asset"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, keys: str, told: str) -> None:
    written(tmp_path, HOLED)
    text_of = study_of(tmp_path)
    content = Path(text_of.file).read_text()
    content = content.replace("block_bars = 8\n", keys if "block_bars" in keys else f"block_bars = 8\n{keys}")
    study = load(tmp_path, content)
    with pytest.raises(ConfigError, match=told):
        read(study)


def test_a_missing_file_and_a_column_of_words_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"resample\.file: there is no file .*paths count from the study file"):
        read(study_of(tmp_path))
    written(tmp_path, HOLED)
    study = study_of(tmp_path)
    words = load(tmp_path, Path(study.file).read_text().replace('"close"', '"asset"'))
    with pytest.raises(ConfigError, match=r"resample\.column: cannot be read"):
        read(words)


def test_dates_fall_on_the_ends_of_bars(tmp_path: Path) -> None:
    written(tmp_path, HOLED)
    assert simulate(study_of(tmp_path, steps=5)).policies[0].trades == pytest.approx(6.0, abs=1.0)
    with pytest.raises(ConfigError, match=r"hedge\.steps: makes dates 2\.5 bars apart"):
        simulate(study_of(tmp_path, steps=4))
