"""Time never runs backwards, and nothing is seen before it could be known.

Look-ahead is caught by changing the future: whatever happens at or after an instant is perturbed in the files, and
what was decided and traded before it must stay the same, byte for byte. Cheats are planted to show that it would not.
"""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow import examples, load_study
from hedgerow.backtesting import Session, load, run_skip_ahead
from hedgerow.backtesting.fits import VolFitter
from hedgerow.backtesting.holdings import held_rows
from hedgerow.backtesting.market_tape import make_tape
from hedgerow.backtesting.wiring import engine_settings, make_venue
from hedgerow.config import Study
from hedgerow.config.policy_lines import (
    EveryBlockLine,
    GasAwareLine,
    LelandLine,
    PriceMoveLine,
    QuadraticImpactLine,
    WhalleyWilmottLine,
    ZakamoulineLine,
)
from hedgerow.config.study_accounts import OptionLine
from hedgerow.config.study_tables import GridLine, PolicyLine, RefitRules, ToleranceLine
from hedgerow.core.arrays import frozen
from hedgerow.core.errors import InputError, InvariantBroken
from hedgerow.core.ids import InstrumentName, PoolName
from hedgerow.engine import Engine
from hedgerow.events import ClockBeat, Decision, GasUpdate, PoolUpdate, QuoteUpdate, encode
from hedgerow.market.series import Series, read_bars
from hedgerow.venues import Chunk
from seam_worlds import START, World, filled, worlds

EXAMPLE = Path(examples.__file__).parent / "lp-2023-08-13"
MINUTE = 60 * 10**9
FILES = {"price": "WETH", "pool": "closeTick", "gas": "gas_price", "funding": "funding_rate"}
BAR_NS = {"price": MINUTE, "pool": MINUTE, "gas": MINUTE, "funding": 0}
BEGIN = dt.datetime(2023, 8, 14, 6, 30, tzinfo=dt.UTC)
LENGTH = 120
"""Minutes of the study; funding is settled at 08:00, in the middle of them."""

Loader: TypeAlias = Callable[..., Series]
Traded: TypeAlias = list[tuple[int, int, object]]

# Time ----------------------------------------------------------------------------------------------------------------

INSTANTS = st.integers(START, START + 10**12)
EVENTS = st.sampled_from(
    [
        lambda at, known: QuoteUpdate(at, known, InstrumentName("ETH_USDC"), 2_000.0, 2_001.0),
        lambda at, known: PoolUpdate(at, known, PoolName("pool"), 2_000.0, 1e6, 5),
        lambda at, known: GasUpdate(at, known, 20.0),
        lambda at, known: ClockBeat(at, known),
    ]
)


@given(worlds(longest=5), EVENTS, EVENTS, INSTANTS, st.integers(1, 10**12))
def test_what_was_known_earlier_cannot_come_later(world: World, one: Any, other: Any, now: int, earlier: int) -> None:
    engine = Engine(world.settings)
    state, _ = engine.step(engine.start(), one(now, now))
    assert state.now_ns == now
    with pytest.raises(InvariantBroken, match="comes after"):
        engine.step(state, other(now - earlier, now - earlier))
    assert engine.step(state, other(now, now))[0].now_ns == now


@given(worlds(longest=5), EVENTS, INSTANTS, st.integers(1, 10**12))
def test_what_has_not_happened_cannot_be_known(world: World, event: Any, at: int, early: int) -> None:
    engine = Engine(world.settings)
    with pytest.raises(InvariantBroken, match="before it happened"):
        engine.step(engine.start(), event(at, at - early))


@given(worlds(longest=30), st.data())
def test_a_chunk_refuses_rows_that_are_known_too_early_or_out_of_order(world: World, data: st.DataObject) -> None:
    rows = world.rows
    place = data.draw(st.integers(0, rows.known_ns.size - 1))
    at = rows.at_ns.copy()
    at[place] = rows.known_ns[place] + data.draw(st.integers(1, 10**12))
    with pytest.raises(InputError, match="before they happened"):
        filled(rows, at_ns=at)
    known = rows.known_ns.copy()
    known[place] += data.draw(st.integers(1, 10**12))
    if place + 1 < known.size and known[place] > known[place + 1]:
        with pytest.raises(InputError, match="out of order"):
            filled(rows, known_ns=known)
    assert isinstance(filled(rows), Chunk)


# Look-ahead ----------------------------------------------------------------------------------------------------------


@cache
def tables() -> dict[str, pa.Table]:
    """Read the recorded days, once, and keep what the study needs."""
    begin = pa.scalar(BEGIN - dt.timedelta(hours=12), pa.timestamp("us", tz="UTC"))
    end = pa.scalar(BEGIN + dt.timedelta(minutes=LENGTH + 10), pa.timestamp("us", tz="UTC"))
    found = {}
    for name in FILES:
        table = pq.read_table(EXAMPLE / f"{name}.parquet")
        table = table.filter(pc.and_(pc.greater_equal(table["ts"], begin), pc.less_equal(table["ts"], end)))
        found[name] = table
    return found


def perturbed(table: pa.Table, name: str, from_ns: int) -> pa.Table:
    """Change every number of the rows that happen at or after an instant; labels stay."""
    labels = np.array([stamp.value for stamp in table["ts"]], dtype=np.int64) * 1000
    late = labels + BAR_NS[name] >= from_ns
    changes: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "WETH": lambda values: values * 1.5,
        "closeTick": lambda values: values - 4_055.0,  # a factor of 1.5, the way the price goes
        "currentLiquidity": lambda values: values // 3,
        "gas_price": lambda values: values * 5.0,
        "funding_rate": lambda values: -7.0 * values - 0.001,
    }
    for column, change in changes.items():
        if column in table.column_names:
            values = table[column].to_numpy()
            new = pa.array(np.where(late, change(values), values), table.schema.field(column).type)
            table = table.set_column(table.column_names.index(column), column, new)
    return table


@contextmanager
def study_of(base: Study, from_ns: int | None) -> Iterator[Study]:
    """Write the files, perturbed from an instant on, and a study that reads them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, table in tables().items():
            path = Path(folder) / f"{name}.parquet"
            pq.write_table(table if from_ns is None else perturbed(table, name, from_ns), path)
        (Path(folder) / "study.toml").write_text("")
        yield msgspec.structs.replace(base, file=str(Path(folder) / "study.toml"))


def run(study: Study) -> tuple[list[Decision], Traded, Session]:
    """Run the only policy of a study and keep every decision."""
    recorded = load.load_recorded(study)
    line = study.policy[0]
    engine = Engine(engine_settings(study, line, held_rows(study, recorded), recorded))
    instrument = study.traded_by(line)
    market = make_tape(study, recorded, instrument)
    venue, tape = make_venue(study, recorded, instrument, engine, market)
    decisions: list[Decision] = []

    def keep(record: object) -> None:
        if isinstance(record, Decision):
            decisions.append(record)

    session = Session(engine, venue, keep, VolFitter(study, market[1]))
    run_skip_ahead(session, tape)
    session.finish(study.end_ns)
    return decisions, list(venue.executions), session


def short(name: str, policy: PolicyLine, **latency: float) -> Study:
    """Two hours of the example, with an option whose vol is fitted anew every ten minutes."""
    study = load_study(EXAMPLE / name)
    option = OptionLine(instrument="ETH-25AUG23-1850-C", quantity=-20.0, vol=0.4)
    late = msgspec.structs.replace(study.latency, **latency)
    return msgspec.structs.replace(
        study,
        start=BEGIN,
        end=BEGIN + dt.timedelta(minutes=LENGTH),
        policy=(policy,),
        option=(option,),
        latency=late,
        refit=RefitRules(every_s=600.0, window_s=1_800.0),
    )


POLICIES: st.SearchStrategy[PolicyLine] = st.one_of(
    st.floats(0.1, 2.0).map(lambda width: ToleranceLine(tolerance=width)),
    st.sampled_from([60.0, 300.0]).map(lambda every: GridLine(every_s=every)),
    st.sampled_from(
        [
            EveryBlockLine(),
            PriceMoveLine(move=0.001),
            LelandLine(every_s=300.0),
            WhalleyWilmottLine(risk_aversion=0.01),
            ZakamoulineLine(risk_aversion=0.01),
            GasAwareLine(risk_aversion=0.01, fixed_cost=0.1),
            QuadraticImpactLine(risk_aversion=0.01, impact_cost=1e-5),
        ]
    ),
)
STUDIES = st.builds(
    short,
    st.sampled_from(["study.toml", "onchain.toml"]),
    POLICIES,
    data_ms=st.sampled_from([0.0, 200.0, 20_000.0]),
    jitter_ms=st.sampled_from([0.0, 50.0]),
)
# Whole minutes, where bars end, and anything between them.
CUTS = st.integers(1, LENGTH - 1).map(lambda minute: minute * MINUTE) | st.integers(MINUTE, LENGTH * MINUTE)


def saw_the_future(study: Study, cut_ns: int) -> bool:
    """Tell whether anything before an instant depends on what happens at it or later."""
    with study_of(study, None) as here, study_of(study, cut_ns) as there:
        one, other = run(here), run(there)
    before = [[encode(made) for made in found if made.known_ns < cut_ns] for found in (one[0], other[0])]
    traded = [[done for done in found if done[0] < cut_ns] for found in (one[1], other[1])]
    return before[0] != before[1] or traded[0] != traded[1]


@settings(max_examples=12)
@given(STUDIES, CUTS)
def test_the_future_changes_nothing_before_it(study: Study, after_ns: int) -> None:
    assert not saw_the_future(study, study.start_ns + after_ns)


def test_the_future_that_is_changed_matters_once_it_is_there() -> None:
    """Else the law above would hold for a book that looks at nothing."""
    for name in ("study.toml", "onchain.toml"):
        study = short(name, ToleranceLine(tolerance=0.5))
        cut = study.start_ns + 30 * MINUTE
        with study_of(study, None) as here, study_of(study, cut) as there:
            one, other = run(here), run(there)
        assert [encode(made) for made in one[0]] != [encode(made) for made in other[0]]
        assert [done for done in one[1] if done[0] < cut] or name == "onchain.toml"
    assert len({made.known_ns for made in one[0]}) > 1


@pytest.mark.parametrize("minutes", [17, 60])
@pytest.mark.parametrize("policy", [ToleranceLine(tolerance=0.5), GridLine(every_s=20.0)])
@pytest.mark.parametrize("name", ["study.toml", "onchain.toml"])
def test_a_loader_that_labels_bars_by_their_opening_is_caught(
    monkeypatch: pytest.MonkeyPatch, name: str, policy: PolicyLine, minutes: int
) -> None:
    honest: Loader = read_bars

    def cheat(*args: Any, **kwargs: Any) -> Series:
        series = honest(*args, **kwargs)
        return replace(series, at_ns=frozen(series.at_ns - kwargs["bar_ns"]))

    study = short(name, policy)
    cut = study.start_ns + minutes * MINUTE
    assert not saw_the_future(study, cut)
    monkeypatch.setattr(load, "read_bars", cheat)
    assert saw_the_future(study, cut)


def test_a_fit_of_prices_to_come_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = VolFitter.__call__
    study = short("study.toml", GridLine(every_s=60.0))
    cut = study.start_ns + 61 * MINUTE
    assert not saw_the_future(study, cut)
    monkeypatch.setattr(VolFitter, "__call__", lambda self, request, now_ns: _ahead(honest, self, request, now_ns))
    assert saw_the_future(study, cut)


def _ahead(honest: Any, fitter: VolFitter, request: Any, now_ns: int) -> Any:
    """Fit the hour to come and pretend that it was the last one."""
    done = honest(fitter, request, now_ns + 60 * MINUTE)
    return msgspec.structs.replace(done, at_ns=done.at_ns - 60 * MINUTE, known_ns=done.known_ns - 60 * MINUTE)
