"""``hr.risk``: a desk's book in scenarios, against the valuation of the same book."""

import dataclasses
import math
from typing import Any

import msgspec
import numpy as np
import pytest

import hedgerow as hr
from hedgerow.book import exposure_of, make_scenarios, scenario_pnl, simulate_scenarios, value_book
from hedgerow.config import ContractTerms, Desk
from hedgerow.config.desk import PositionLine
from hedgerow.core.ids import Currency
from hedgerow.market import Snapshot
from hedgerow.oneshot.compile_desk import compile_desk


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_the_spot_column_of_the_grid_is_the_valuation(desk: Desk, market: Snapshot, numeraire: str) -> None:
    report = hr.risk(desk, market, numeraire=numeraire)
    book = compile_desk(desk, market).book
    now = value_book(book, numeraire=numeraire)[0].sum()
    unmoved = report.grid.vols.index(0.0)
    for k, hours in enumerate(report.grid.hours):
        for i, spot in enumerate(report.grid.spots):
            there = value_book(book, numeraire=numeraire, spot=spot * book.spot, years_passed=hours / 8760.0)[0]
            assert report.grid.pnl[i, unmoved, k] == pytest.approx(there.sum() - now, abs=1e-10 * np.abs(there).sum())
    assert report.exposure == exposure_of(book, numeraire=numeraire)
    assert report.numeraire == numeraire


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_the_worst_cell_is_the_worst_and_its_parts_add_up(desk: Desk, market: Snapshot, numeraire: str) -> None:
    report = hr.risk(desk, market, numeraire=numeraire)
    worst = report.worst
    assert worst.pnl == report.grid.pnl.min() < 0.0
    place = report.grid.spots.index(worst.spot), report.grid.vols.index(worst.vol), report.grid.hours.index(worst.hours)
    assert report.grid.pnl[place] == worst.pnl
    parts = [pnl for _, _, pnl in worst.buckets]
    assert sum(parts) == pytest.approx(worst.pnl, rel=1e-9)
    assert [(kind, at) for kind, at, _ in worst.buckets] == [(b.kind, b.expiry_ns) for b in report.exposure.buckets]


def test_named_moves_scale_vols_as_the_desk_says(desk: Desk, market: Snapshot) -> None:
    flat = msgspec.structs.replace(desk, risk=msgspec.structs.replace(desk.risk, vol_term_exponent=0.0))
    report = hr.risk(flat, market, numeraire="USD")
    book = compile_desk(flat, market).book
    now = value_book(book, numeraire="USD")[0].sum()
    assert [one.name for one in report.stresses] == ["2020-03-12", "2021-05-19", "2024-08-05"]
    for one, pnl in zip(report.stresses, report.stress_pnl, strict=True):
        there = value_book(book, numeraire="USD", spot=one.spot * book.spot, vol_shift=one.vol)[0].sum()
        assert pnl == pytest.approx(there - now, rel=1e-9)
        # Another exponent moves other expiries otherwise.
        assert abs(pnl - hr.risk(desk, market, numeraire="USD").stress_pnl[report.stresses.index(one)]) > 1.0


def test_the_simulated_deviation_is_near_the_tickets_and_another_seed_changes_it_little(
    desk: Desk, market: Snapshot
) -> None:
    report, ticket = hr.risk(desk, market, numeraire="USD"), hr.hedge(desk, market, numeraire="USD")
    drawn = report.simulated
    assert drawn.model_deviation == pytest.approx(ticket.risk_before, rel=1e-12)
    assert drawn.pnl.std() == pytest.approx(drawn.model_deviation, rel=0.05)
    book = compile_desk(desk, market).book
    other = simulate_scenarios(desk.risk, book.option_expiries_ns, market.as_of_ns, count=20_000, seed=99)
    deviation = scenario_pnl(book, other, numeraire="USD").std()
    assert deviation != drawn.pnl.std()
    assert deviation == pytest.approx(drawn.pnl.std(), rel=0.05)


def test_a_grid_may_be_asked_for(desk: Desk, market: Snapshot) -> None:
    report = hr.risk(desk, market, numeraire="USD", spots=[1.1, 0.9, 0.9], vols=[0.05])
    assert report.grid.spots == (0.9, 1.1)
    assert report.grid.vols == (0.05,)
    assert report.grid.pnl.shape == (2, 1, 2)
    usual = hr.risk(desk, market, numeraire="USD")
    assert usual.grid.spots[usual.grid.spots.index(0.9)] == report.grid.spots[0]
    assert report.profile.vols == (0.0, 0.05)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"numeraire": "EUR"}, "state USD or ETH"),
        ({"spots": []}, "a grid without spots; give at least one"),
        ({"vols": []}, "a grid without vols; give at least one"),
        ({"spots": [0.0, 1.0]}, "spot is not positive"),
        ({"vols": [float("nan")]}, "moves are finite"),
    ],
)
def test_arguments_are_checked(desk: Desk, market: Snapshot, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(hr.InputError, match=said):
        hr.risk(desk, market, **arguments)


def test_a_position_that_cannot_be_valued_is_refused_or_left_out(desk: Desk, market: Snapshot) -> None:
    broken = PositionLine(instrument="ETH-27DEC30-2000-C", quantity=1.0)
    more = msgspec.structs.replace(desk, position=(*desk.position, broken))
    with pytest.raises(hr.ConfigError, match=r"position\[8\].instrument.*--leave-out"):
        hr.risk(more, market)
    report = hr.risk(more, market, leave_out=True)
    assert report.rejected[0].name == "ETH-27DEC30-2000-C"
    assert "NOT IN THE BOOK: ETH-27DEC30-2000-C" in str(report)
    np.testing.assert_array_equal(report.grid.pnl, hr.risk(desk, market).grid.pnl)


def test_what_expires_within_the_horizon_and_what_is_floored_is_said(desk: Desk, market: Snapshot) -> None:
    short = PositionLine(instrument="ETH-9JAN24-2250-C", quantity=-5.0)
    held = msgspec.structs.replace(desk, position=(short,), liquidity=(), balances={"ETH": 5.0})
    report = hr.risk(held, market, numeraire="USD")
    assert any("1 option positions expire within the horizon" in note for note in report.notes)
    assert any("1 option positions are at that floor" in note for note in report.notes)
    # After a day the covered call is worth its strike above it, at any vol.
    up, spot = report.grid.spots.index(1.3), market.index_price
    call = compile_desk(held, market).book
    now = value_book(call, numeraire="USD")[0].sum()
    np.testing.assert_allclose(report.grid.pnl[up, :, 1], 5.0 * 2_250.0 - now, rtol=1e-10)
    assert np.ptp(report.grid.pnl[up, :, 0]) > 1.0
    assert report.grid.pnl[up, 0, 1] < 5.0 * 0.3 * spot


def test_a_coin_without_named_moves_has_none(desk: Desk, market: Snapshot) -> None:
    sol = Currency("SOL")
    held = msgspec.structs.replace(desk, base=sol, position=(), liquidity=(), contract=(), balances={"SOL": 10.0})
    bare = dataclasses.replace(market, base=sol, quotes=market.quotes.take([]), pools={}, rejected=())
    report = hr.risk(held, bare, numeraire="USD")
    assert not report.stresses
    assert not report.stress_pnl
    assert "no named moves of SOL are on file" in report.notes
    assert report.worst.pnl == pytest.approx(-5.0 * market.index_price)


def test_a_dated_future_of_a_desk_knows_its_expiry(desk: Desk, market: Snapshot) -> None:
    held = msgspec.structs.replace(
        desk,
        position=(PositionLine(instrument="ETH-29MAR24", quantity=10_000.0, entry_price=2_250.0),),
        contract=(*desk.contract, ContractTerms(instrument="ETH-29MAR24", bid=2_290.0, ask=2_291.0, mark=2_290.5)),
        liquidity=(),
        balances={},
    )
    book = compile_desk(held, market).book
    years = (book.buckets[0][1] - market.as_of_ns) / (365 * 86_400 * 10**9)  # type: ignore[operator]
    moves = make_scenarios(spot=0.9, basis=[-0.1, 0.2], years_passed=0.01, vol_term_exponent=0.5)
    forward = 0.9 * 2_290.5 * np.exp(moves.basis * (years - 0.01))
    found = scenario_pnl(book, moves, numeraire="ETH")
    np.testing.assert_allclose(found, 10_000.0 * (1.0 / 2_290.5 - 1.0 / forward), rtol=1e-9)
    assert math.isclose(years, 80.86 / 365.0, rel_tol=1e-3)
