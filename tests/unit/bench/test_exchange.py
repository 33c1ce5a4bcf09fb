"""How the exchange bench holds trades side by side."""

from hedgerow.bench.exchange import same_trades

TRADES = [(0.5, 60_000.0), (-0.02, 59_000.5), (-0.02, 58_500.0), (0.02, 59_100.0)]


def test_equal_runs_have_all_trades_in_common() -> None:
    assert same_trades(TRADES, [list(trade) for trade in TRADES]) == 4
    assert same_trades([], TRADES) == 0


def test_a_trade_at_another_price_is_another_trade() -> None:
    moved = [TRADES[0], (-0.02, 59_001.0), *TRADES[2:]]
    assert same_trades(TRADES, moved) == 3


def test_a_trade_too_many_does_not_hide_those_behind_it() -> None:
    more = [TRADES[0], (0.001, 1.0), *TRADES[1:]]
    assert same_trades(TRADES, more) == same_trades(more, TRADES) == 4


def test_order_counts() -> None:
    assert same_trades(TRADES, TRADES[::-1]) == 1
