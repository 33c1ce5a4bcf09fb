"""What the exchange bench times is the whole exchange, and decides the same with both drivers."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgerow.bench import exchange_task
from hedgerow.bench import quotes as engine_task
from hedgerow.bench.ours_exchange import main, session_of, timed, told

QUOTES = 40_000  # more than an hour: funding is settled once


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exchange") / "task.npz"
    exchange_task.write_exchange(path, QUOTES)
    return path


@pytest.fixture(scope="module")
def skipped(task: Path) -> dict[str, Any]:
    return timed("skip", str(task), 1)


def test_both_drivers_decide_the_same(tmp_path: Path) -> None:
    exchange_task.write_exchange(tmp_path / "task.npz", 6_000)
    walked, skipped = (timed(driver, str(tmp_path / "task.npz"), 1) for driver in ("loop", "skip"))
    same = ("decisions_hash", "trades", "fills", "fees", "funding", "final_position", "margin_looks", "liquidations")
    assert {name: walked[name] for name in same} == {name: skipped[name] for name in same}
    assert skipped["trades"] > 0
    assert skipped["events"] == 6_000


def test_fees_and_funding_are_what_the_trades_owe(task: Path, skipped: dict[str, Any]) -> None:
    fills = [(Decimal(str(size)), Decimal(str(price))) for size, price in skipped["fills"]]
    assert skipped["final_position"] == float(sum(size for size, _ in fills))
    assert skipped["fees"] == pytest.approx(float(sum(abs(size) * price for size, price in fills)) * 5e-4, rel=1e-12)
    with np.load(task) as given:
        (due,) = given["funding_ns"].tolist()
        row = int(np.searchsorted(given["at_ns"], due, side="right")) - 1
        mid = 0.5 * (given["bid"][row] + given["ask"][row])
    # All trades of the first hour are in the position: the last one is earlier, or the sum would not fit.
    paid = {-float(sum(size for size, _ in fills[:n])) * mid * 0.0000125 for n in range(len(fills) + 1)}
    assert any(skipped["funding"] == pytest.approx(amount, rel=1e-9) for amount in paid if amount)


def test_the_margin_of_both_accounts_is_watched() -> None:
    session, tape = session_of(exchange_task.chunks_of(1_000), 1_000)
    session.venue.advance(engine_task.START_NS + engine_task.STEP_NS)
    assert {look.account for look in session.venue.margins} == {"hedge", "options"}
    short = next(look for look in session.venue.margins if look.account == "options")
    # A short call needs at least what Paradex's loss of a 16 % rise takes: 0.16 of the delta's worth or more.
    assert short.initial > 0.16 * 0.4 * 60_000.0
    assert short.covering < exchange_task.CASH  # the call is owed
    assert tape.next_chunk() is not None
    assert told(session)["margin_looks"] == len(session.venue.margins)


def test_an_order_that_margin_does_not_cover_is_refused(monkeypatch: pytest.MonkeyPatch, task: Path) -> None:
    monkeypatch.setattr(exchange_task, "CASH", 100)
    poor = timed("skip", str(task), 1)
    assert poor["trades"] == 0


def test_delays_alike_are_the_median(task: Path, skipped: dict[str, Any]) -> None:
    alike = timed("alike", str(task), 1)
    assert alike["fills"] == skipped["fills"]  # quotes are ten delays apart
    assert exchange_task.ORDER_LATENCY.median_ns == engine_task.ORDER_LATENCY_NS


def test_a_coin_settled_round_trip_earns_a_hundredth(capsys: pytest.CaptureFixture[str]) -> None:
    main(["round-trip"])
    found = json.loads(capsys.readouterr().out)
    assert Decimal(found["gain_coin"]) == Decimal("0.01")
    # Deribit charges 0.03 % of the underlying, on either side, and the cap of 12.5 % of the premium is far.
    assert found["fees"] == "0.00060 BTC"
