"""The frontier from Python."""

import msgspec
import pytest

import hedgerow as hr
from hedgerow.config import Desk
from hedgerow.market import Snapshot


def test_it_belongs_to_the_ticket_and_tells_how_far_it_is(desk: Desk, market: Snapshot) -> None:
    told: list[tuple[int, int]] = []
    ticket = hr.hedge(desk, market, frontier=3, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert ticket.frontier is not None
    assert len(ticket.frontier.points) == 4
    assert ticket.frontier.unhedged == pytest.approx(ticket.risk_before, rel=1e-12)
    own = ticket.frontier.own
    assert own.risk_lots == pytest.approx(ticket.risk_after, rel=1e-12)
    assert own.cost_lots == pytest.approx(ticket.cost, rel=1e-12)
    assert own.used == tuple(trade.instrument for trade in ticket.trades)
    assert hr.hedge(desk, market).frontier is None


def test_every_plan_is_the_ticket_of_a_desk_with_its_aversion(desk: Desk, market: Snapshot) -> None:
    frontier = hr.hedge(desk, market, frontier=3).frontier
    assert frontier is not None
    for point in frontier.points:
        hedge = msgspec.structs.replace(desk.hedge, risk_aversion=point.risk_aversion)
        ticket = hr.hedge(msgspec.structs.replace(desk, hedge=hedge), market)
        assert {trade.instrument: trade.lots for trade in ticket.trades} == {
            name: lots for name, lots in zip(frontier.names, point.lots.tolist(), strict=True) if lots
        }
        assert ticket.risk_after == pytest.approx(point.risk_lots, rel=1e-9)
        assert ticket.cost == pytest.approx(point.cost_lots, rel=1e-9)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("count", [1, 201, 2.5, "5", True])
def test_a_bad_count_is_refused(desk: Desk, market: Snapshot, count: int) -> None:
    with pytest.raises(hr.InputError, match="give a whole number from 2 to 200"):
        hr.hedge(desk, market, frontier=count)
