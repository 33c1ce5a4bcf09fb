"""Put-call parity on the recorded chain: C - P = 1 - K/F in coin, within the quoted spread."""

from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.market import Snapshot

# Pairs whose quotes allowed a conversion or reversal at that instant, before fees; none here is wider than a tick.
EXCEPTIONS: set[str] = set()


def test_parity_within_the_spread_exceptions_named(market: Snapshot) -> None:
    checked, outside = 0, {}
    for name in market.quotes.names:
        option = parse_deribit(name)
        assert isinstance(option, EuropeanOption)
        twin = name[:-1] + "P"
        if not option.is_call or twin not in market.quotes:
            continue
        call, put = market.quotes.quote(name), market.quotes.quote(twin)
        low, high = call.bid - put.ask, call.ask - put.bid
        if low != low or high != high:  # one of the four prices is missing
            continue
        checked += 1
        parity = 1.0 - option.strike / call.forward
        if not low <= parity <= high:
            outside[name] = (low, parity, high)
    assert checked > 80
    assert set(outside) == EXCEPTIONS, outside


def test_marks_obey_parity_up_to_a_few_cents_of_the_forward(market: Snapshot) -> None:
    # The forward that two marks imply, against the underlying that their row states. Marks are published with six
    # decimals (a cent or so of forward); the marks of some expiries were made with an underlying seven cents lower.
    off = {}
    for name in market.quotes.names:
        option = parse_deribit(name)
        twin = name[:-1] + "P"
        if not isinstance(option, EuropeanOption) or not option.is_call or twin not in market.quotes:
            continue
        call, put = market.quotes.quote(name), market.quotes.quote(twin)
        implied = option.strike / (1.0 - (call.mark - put.mark))
        if abs(implied - call.forward) > 0.08:
            off[name] = implied - call.forward
    assert off == {}
