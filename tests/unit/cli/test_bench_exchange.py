"""``hedgerow bench exchange``, as a user sees it, without the peer: it needs the network."""

import json
from typing import Any

import pytest

from command_line import hedgerow
from hedgerow.bench import ExchangeBench, exchange
from hedgerow.cli.benching import show_exchange_bench

MACHINE = {"instruction_set": "AVX2", "threads": 1, "numpy": "2", "numba": "0"}


def framework(name: str, rate: float) -> dict[str, Any]:
    return {
        "framework": name,
        "version": "7",
        "features": f"what {name} simulates",
        "events": 1_000,
        "trades": 9,
        "events_per_s": {"median": rate, "best": 2.0 * rate},
    }


def test_json_and_tables_hold_times(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "JOBS", {"margin alone": None})
    ran = hedgerow(capsys, ("bench", "exchange", "--quotes", 1_000, "--rounds", 1, "--no-peers", "--json"))
    assert ran.code == 0, ran.err
    bench = json.loads(ran.out)
    loop, skip = bench["frameworks"]
    assert loop["decisions_hash"] == skip["decisions_hash"]
    assert loop["margin_looks"] == skip["margin_looks"] > 0
    assert (loop["events"], len(loop["seconds"])) == (1_000, 3)
    (trip,) = bench["round_trip"]
    assert float(trip["gain_coin"]) == 0.01
    (row,) = bench["tasks"]["margin"]
    assert row["margin_off"] < 1e-11
    assert row["values_per_s"] == pytest.approx(240_000 * 1e3 / row["median_ms"])


def test_tables_set_us_beside_the_peer(capsys: pytest.CaptureFixture[str]) -> None:
    missing = {"framework": "numpy + scipy", "missing": "ERROR: no wheel for [this] machine"}
    bench = ExchangeBench(
        machine=MACHINE,
        frameworks=(framework("hedgerow, skip-ahead", 5e6), framework("nautilus_trader", 1e5)),
        agreement=(
            {"what": "delays by chance", "ours": 9, "peer": 8, "same": 7, "fees_off": 0.25, "funding_off": -0.5},
        ),
        round_trip=(
            {"framework": "peer", "version": "1", "gain_coin": "-5", "fees": "0.1 BTC", "what": "as [it] falls"},
        ),
        tasks={"margin": (missing,)},
        missing={"nautilus, round trip": "it stopped with 1: [why]"},
    )
    show_exchange_bench(bench, as_json=False)
    shown = capsys.readouterr().out
    for words in ("50.00", "what nautilus_trader simulates", "0.250000", "-0.500000", "as [it] falls", "[why]"):
        assert words in shown
    assert "not measured: ERROR: no wheel for [this] machine" in shown
    assert ["delays", "by", "chance", "9", "8", "7"] in [line.split()[:6] for line in shown.splitlines()]


@pytest.mark.parametrize("wrong", [("--options", 5000), ("--rounds", 0), ("--quotes", 10), ("--growth",)])
def test_options_that_do_not_fit_are_refused(capsys: pytest.CaptureFixture[str], wrong: tuple[object, ...]) -> None:
    assert hedgerow(capsys, ("bench", "exchange", *wrong)).code == 2
