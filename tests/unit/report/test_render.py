"""The ticket as text: no number is ever cut."""

import msgspec

import hedgerow as hr
from hedgerow.config import Desk
from hedgerow.market import Snapshot


def test_no_cell_is_cut_however_large_the_numbers(desk: Desk, market: Snapshot) -> None:
    large = tuple(
        msgspec.structs.replace(line, quantity=line.quantity * 1e6) if line.instrument != "ETH-PERPETUAL" else line
        for line in desk.position
    )
    hedge = msgspec.structs.replace(desk.hedge, limits={})
    ticket = hr.hedge(msgspec.structs.replace(desk, position=large, hedge=hedge), market)
    text = str(ticket)
    assert "…" not in text
    for trade in ticket.trades:
        assert f"{trade.lots:+,d}" in text


def test_a_notebook_gets_the_same_text(desk: Desk, market: Snapshot) -> None:
    html = hr.hedge(desk, market)._repr_html_()
    assert "ETH-PERPETUAL" in html
    assert "<script" not in html
    assert "…" not in html
