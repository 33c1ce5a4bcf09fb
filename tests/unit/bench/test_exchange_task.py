"""The task of the full exchange, as every framework is given it."""

from pathlib import Path

import numpy as np

from hedgerow.bench import quotes as engine_task
from hedgerow.bench.exchange_task import chunks_of, funding_of, write_exchange

HOUR_NS = 3_600_000_000_000


def test_every_framework_has_the_same_quotes_and_delays(tmp_path: Path) -> None:
    write_exchange(tmp_path / "task.npz", 70_000)
    chunks = chunks_of(70_000)
    assert len(chunks) > 1
    quotes = next(engine_task.quote_blocks(70_000, 70_000))
    with np.load(tmp_path / "task.npz") as given:
        assert np.array_equal(given["at_ns"], quotes.at_ns)
        assert np.array_equal(given["bid"], quotes.bid)
        assert np.array_equal(given["ask"], quotes.ask)
        assert np.array_equal(given["known_ns"], np.concatenate([chunk.known_ns for chunk in chunks]))
        late = given["known_ns"] - given["at_ns"]
        assert np.array_equal(given["funding_ns"], funding_of(70_000).at_ns)
    assert late.min() >= engine_task.DATA_LATENCY_NS
    # An exponential wait of 1 ms on top: 70,000 draws have a standard error of 4 us.
    assert abs(late.mean() - engine_task.DATA_LATENCY_NS - 1e6) < 2e4
    assert late.std() > 5e5


def test_funding_falls_due_every_hour_and_never_at_a_quote() -> None:
    funding = funding_of(80_000)  # 2.2 hours
    assert [at // HOUR_NS - engine_task.START_NS // HOUR_NS for at in funding.at_ns] == [1, 2]
    assert all((at - engine_task.START_NS) % engine_task.STEP_NS for at in funding.at_ns)
    assert len(funding.rate) == 2
    assert funding_of(1_000).at_ns == ()
