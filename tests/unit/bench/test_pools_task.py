"""The tasks of the pools bench are what their titles say, and hold together."""

import sys
from pathlib import Path

import numpy as np
import pytest

from hedgerow.bench import pools_task
from hedgerow.bench.judging_pools import halves, wholes
from hedgerow.bench.pools_task import fees, numbers, pool_of, positions, quotes, replay, text
from hedgerow.pools.exact.ticks import sqrt_price_at_tick
from hedgerow.pools.exact.uniswap_v3 import swap

PEERS = Path(__file__).parents[3] / "benches" / "peers"
LARGE = [0, 1, 2**52 - 1, 2**52, 2**96, 2**104 - 1]


def test_some_positions_are_in_range_and_some_on_either_side() -> None:
    given = positions(500)
    tick, lower, upper = int(given["tick"]), given["tick_lower"], given["tick_upper"]
    (price,) = numbers(given["sqrt_price_x96"])
    assert sqrt_price_at_tick(tick) < price < sqrt_price_at_tick(tick + 1)
    assert (price / 2**96) ** 2 * 1e12 == pytest.approx(2_000.0)
    for some in (lower > tick, upper <= tick, (lower <= tick) & (tick < upper)):
        assert np.sum(some) > 50
    assert np.all(lower < upper)
    assert not np.any(lower % 60)
    assert not np.any(upper % 60)


def test_checkpoints_wrap_around_and_little_grew_since() -> None:
    given = fees(300)
    for name in ("last0", "outside1"):
        above = [word >= 2**255 for word in numbers(given[name])]
        assert 0.3 < sum(above) / len(above) < 0.7


def test_liquidity_in_range_is_the_sum_of_what_ticks_add() -> None:
    for given in (quotes(10), replay(5, 8)):
        nets = zip(given["initialized"].tolist(), numbers(given["net"]), strict=True)
        (in_range,) = numbers(given["in_range"])
        assert in_range == sum(net for tick, net in nets if tick <= int(given["tick"]))
        assert sum(numbers(given["net"])) == 0


def test_a_history_is_that_of_its_pool() -> None:
    given = replay(40, 10)
    pool = pool_of(given)
    for row, down in enumerate(given["zero_for_one"].tolist()):
        done = swap(pool, zero_for_one=down, amount=numbers(given["paid"])[row])
        pool = done.pool
        assert (done.amount_out, pool.sqrt_price_x96) == tuple(
            numbers(given[name])[row] for name in ("taken", "price_after")
        )
    assert pool.tick != int(given["tick"])


def test_every_task_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("POSITIONS", 20), ("QUOTES", 5), ("SWAPS", 6), ("STRATEGIES", 3), ("MANY_STRATEGIES", 9)):
        monkeypatch.setattr(pools_task, name, size)
    pools_task.write_tasks(tmp_path)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["fees", "positions", "quotes", "replay", "replay_many"]
    with np.load(tmp_path / "replay_many.npz") as given:
        assert (given["paid"].size, given["held"].size) == (6, 9)


def test_whole_numbers_survive_files_and_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert numbers(text([-(10**40), *LARGE])) == [-(10**40), *LARGE]
    assert wholes(halves(LARGE)) == LARGE
    monkeypatch.syspath_prepend(str(PEERS))
    import whole_units  # type: ignore[import-not-found]

    monkeypatch.delitem(sys.modules, "whole_units")
    assert whole_units.numbers(text(LARGE)) == LARGE
    assert np.array_equal(whole_units.split(LARGE), halves(LARGE))
