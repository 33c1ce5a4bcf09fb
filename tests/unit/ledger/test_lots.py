"""Lots on numbers small enough to check by hand."""

from decimal import Decimal

import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.money import Money
from hedgerow.instruments import Instrument, parse_deribit
from hedgerow.ledger import Account, GainLog, LotMethod, RealisedGain, priced_in_usd

SPOT = parse_deribit("ETH_USDC")
LINEAR = parse_deribit("ETH_USDC-PERPETUAL")
INVERSE = parse_deribit("BTC-PERPETUAL")  # 10 USD a contract


def traded(instrument: Instrument, *fills: tuple[str, str], method: LotMethod = "FIFO", fee: str = "0") -> Account:
    account = Account(lot_method=method)
    for at_ns, (quantity, price) in enumerate(fills, start=1):
        account = account.book_trade(
            instrument, Decimal(quantity), Decimal(price), Money.of(fee, instrument.settle), at_ns=at_ns
        )
    return account


@pytest.mark.parametrize(
    ("method", "gains"),
    [
        ("FIFO", [(1, "100"), (2, "-50")]),  # 1 at 2000, then half of 1 at 2200, sold at 2100
        ("LIFO", [(3, "0"), (2, "-50")]),
        ("HIFO", [(2, "-100"), (3, "0")]),
    ],
)
def test_which_coins_are_sold(method: LotMethod, gains: list[tuple[int, str]]) -> None:
    account = traded(SPOT, ("1", "2000"), ("1", "2200"), ("1", "2100"), ("-1.5", "2100"), method=method)
    assert [(gain.opened_ns, gain.gain) for gain in account.gains] == [(at, Decimal(g)) for at, g in gains]
    assert [gain.closed_ns for gain in account.gains] == [4, 4]
    assert account.balance("USDC") == Money.of("-3150", "USDC")


@pytest.mark.parametrize(("method", "opened"), [("FIFO", 1), ("LIFO", 3), ("HIFO", 2)])
def test_of_a_short_position_the_lowest_sale_gains_least(method: LotMethod, opened: int) -> None:
    account = traded(LINEAR, ("-1", "2000"), ("-1", "1900"), ("-1", "2100"), ("1", "1950"), method=method)
    (gain,) = account.gains
    assert gain.opened_ns == opened
    assert gain.proceeds - gain.cost == gain.opened_price - 1950


def test_of_equal_prices_the_oldest_goes_first() -> None:
    account = traded(SPOT, ("1", "2000"), ("2", "2000"), ("-1", "2100"), method="HIFO")
    assert [gain.opened_ns for gain in account.gains] == [1]


def test_the_average_entry_of_the_venue_and_the_lots_agree_when_all_is_closed() -> None:
    fills = [("2", "2000"), ("2", "2100"), ("-1", "2150"), ("-3", "2080")]
    open_ = traded(LINEAR, *fills[:3])
    assert open_.balance("USDC") == Money.of(100, "USDC")  # average entry 2050
    assert [gain.gain for gain in open_.gains] == [Decimal(150)]  # the first lot
    flat = traded(LINEAR, *fills)
    assert flat.balance("USDC").amount == sum(gain.gain for gain in flat.gains) == 190


def test_an_inverse_gain_is_in_coins_and_so_are_its_proceeds_and_cost() -> None:
    # 100 contracts are 1000 USD: 0.025 coins at 40,000 and 0.02 at 50,000.
    (gain,) = traded(INVERSE, ("100", "40000"), ("-100", "50000")).gains
    assert (gain.proceeds, gain.cost, gain.gain, gain.currency) == (
        Decimal("0.025"),
        Decimal("0.02"),
        Decimal("0.005"),
        "BTC",
    )
    (loss,) = traded(INVERSE, ("-100", "40000"), ("100", "50000")).gains
    assert (loss.proceeds, loss.cost, loss.gain) == (Decimal("0.02"), Decimal("0.025"), Decimal("-0.005"))


def test_fees_go_along_with_the_quantity() -> None:
    account = traded(LINEAR, ("4", "2000"), ("-1", "2000"), ("-6", "2000"), fee="12")
    first, second = account.gains
    assert first.fees == 12 + 3  # its own, and a quarter of the opening
    assert second.fees == 6 + 9  # half of its own for the half that closes, and the rest of the opening
    (lot,) = account.holding(LINEAR).lots
    assert lot.quantity == -3
    assert lot.fee == 6
    assert account.unrealised(LINEAR, Decimal(2000)) == Money.of(-6, "USDC")


def test_a_fee_in_another_currency_is_no_part_of_a_gain() -> None:
    account = Account().book_trade(LINEAR, Decimal(1), Decimal(2000), Money.of(1, "USDT"))
    account = account.book_trade(LINEAR, Decimal(-1), Decimal(2100), Money.of(1, "USDT"))
    (gain,) = account.gains
    assert gain.fees == 0
    assert gain.gain == 100
    assert account.flow("USDT", "fee") == Money.of(-2, "USDT")


def test_a_forced_trade_is_a_trade_whose_fee_is_the_price_of_liquidation() -> None:
    account = traded(LINEAR, ("1", "2000"))
    after = account.book_trade(LINEAR, Decimal(-1), Decimal(1500), Money.of(15, "USDC"), at_ns=7, forced=True)
    assert after.flow("USDC", "trade") == Money.of(-500, "USDC")
    assert after.flow("USDC", "liquidation") == Money.of(-15, "USDC")
    assert after.flow("USDC", "fee") == Money.of(0, "USDC")
    (gain,) = after.gains
    assert (gain.cause, gain.gain) == ("liquidation", Decimal(-515))


def test_a_position_taken_in_moves_no_cash() -> None:
    account = Account().open_position(INVERSE, Decimal(-100), Decimal(40_000), 3)
    assert account.currencies == ()
    assert account.unsettled(INVERSE, Decimal(50_000)) == Money.of("-0.005", "BTC")
    after = account.book_trade(INVERSE, Decimal(100), Decimal(50_000), Money.of(0, "BTC"), at_ns=9)
    assert after.balance("BTC") == Money.of("-0.005", "BTC")
    (gain,) = after.gains
    assert (gain.opened_ns, gain.closed_ns) == (3, 9)


def test_an_option_may_have_been_worth_nothing() -> None:
    call = parse_deribit("BTC-26JAN24-45000-C")
    account = Account().open_position(call, Decimal(2), Decimal(0), 0)
    after = account.book_trade(call, Decimal(-2), Decimal("0.01"), Money.of(0, "BTC"))
    assert [gain.gain for gain in after.gains] == [Decimal("0.02")]
    with pytest.raises(InputError, match="BTC-PERPETUAL: 2 at 0"):
        Account().open_position(INVERSE, Decimal(2), Decimal(0), 0)
    for quantity, price in [("0", "0"), ("NaN", "0"), ("1", "NaN"), ("1", "-1")]:
        with pytest.raises(InputError, match=f"BTC-26JAN24-45000-C: {quantity} at {price}"):
            Account().open_position(call, Decimal(quantity), Decimal(price), 0)


def test_deposited_coins_get_their_price_and_are_sold_from_it() -> None:
    account = Account().deposit(Money.of(2, "ETH")).open_position(SPOT, Decimal(2), Decimal(1000), 0)
    assert account.balance("ETH") == Money.of(2, "ETH")
    after = account.book_trade(SPOT, Decimal(-2), Decimal(1500), Money.of(0, "USDC"), at_ns=1)
    assert after.balance("ETH") == Money.of(0, "ETH")
    assert after.balance("USDC") == Money.of(3000, "USDC")
    assert [gain.gain for gain in after.gains] == [1000]


def test_positions_of_both_signs_are_not_taken_in() -> None:
    account = Account().open_position(INVERSE, Decimal(1), Decimal(40_000), 0)
    assert account.open_position(INVERSE, Decimal(2), Decimal(41_000), 0).holding(INVERSE).quantity == 3
    with pytest.raises(InputError, match="against one of the other sign"):
        account.open_position(INVERSE, Decimal(-1), Decimal(40_000), 0)
    with pytest.raises(InputError, match="BTC-PERPETUAL: 0 at 1"):
        account.open_position(INVERSE, Decimal(0), Decimal(1), 0)


def test_a_long_log_is_the_same_as_a_short_one() -> None:
    gains = list(traded(LINEAR, ("1", "2000"), ("-1", "2100")).gains) * 3
    log = GainLog()
    for _ in range(700):
        log = log.add(tuple(gains))
    assert len(log) == 2100
    assert list(log) == gains * 700
    assert log.add(()) is log


def test_an_account_without_lots_has_the_same_cash_and_does_not_grow() -> None:
    fills = [("2", "2000"), ("2", "2100"), ("-1", "2150"), ("-6", "2080"), ("1", "2000")]
    kept = traded(LINEAR, *fills, fee="1")
    bare = Account(lot_method=None)
    for quantity, price in fills:
        bare = bare.book_trade(LINEAR, Decimal(quantity), Decimal(price), Money.of(1, "USDC"))
    assert bare == kept.without_lots()
    assert bare.flows == kept.flows
    assert (len(bare.gains), len(bare.holding(LINEAR).lots)) == (0, 0)
    assert bare.unsettled(LINEAR, Decimal(1900)) == kept.unsettled(LINEAR, Decimal(1900))
    with pytest.raises(InputError, match="an account without lots"):
        bare.unrealised(LINEAR, Decimal(1900))


def test_a_gain_in_usd_is_at_the_price_of_the_closing() -> None:
    account = traded(INVERSE, ("100", "40000"), ("-50", "50000"), ("-50", "80000"))
    prices = {2: Decimal(50_000), 3: Decimal(80_000)}
    priced = priced_in_usd(account.gains, lambda currency, at_ns: prices[at_ns] if currency == "BTC" else Decimal(0))
    assert [gain.gain_usd for gain in priced] == [Decimal("0.0025") * 50_000, Decimal("0.00625") * 80_000]
    unpriced: RealisedGain = next(iter(account.gains))
    assert unpriced.gain_usd is None


def test_amounts_of_tokens_with_18_digits_are_exact() -> None:
    many, wei = Decimal(10) ** 15, Decimal("1e-18")
    assert many + wei == many  # in the 28 digits that Python has
    account = Account().deposit(Money(many, SPOT.base)).deposit(Money(wei, SPOT.base))
    assert account.balance("ETH").amount == Decimal("1000000000000000.000000000000000001")
    assert (account.balance("ETH") - Money(many, SPOT.base)).amount == wei
    account = account.book_trade(SPOT, many, Decimal("2000.01"), Money(wei, SPOT.settle))
    assert account.balance("USDC").amount == Decimal("-2000010000000000000.000000000000000001")


@pytest.mark.parametrize("fee", ["NaN", "Infinity"])
def test_no_fee_and_no_deposit_is_anything_but_a_number(fee: str) -> None:
    account = Account().deposit(Money.of(1, "BTC"))
    with pytest.raises(InputError, match=f"{fee} BTC is not finite"):
        account.book_trade(INVERSE, Decimal(1), Decimal(40_000), Money(Decimal(fee), INVERSE.settle))
    with pytest.raises(InputError, match=f"{fee} BTC is not finite"):
        account.deposit(Money(Decimal(fee), INVERSE.settle))
